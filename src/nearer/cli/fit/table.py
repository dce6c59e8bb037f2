"""`nearer fit table`: vectors of the rows of a table, by an autoencoder or by FAMD."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import nearer
from nearer.cli.destination import require_apart, require_model_destination, require_space_destination
from nearer.cli.fit import options as word
from nearer.cli.fit.training import (
    Facts,
    WholeModel,
    model_fact,
    save_space,
    saved_fact,
    train,
    training_facts,
)
from nearer.cli.options import AsJson, Overwrite, Seed, Threads
from nearer.cli.output import print_facts, print_json, print_next

EXAMPLES = (
    "nearer fit table people.csv -o people.space --ignore income --dim 8 --model people.model",
    "nearer fit table people.csv -o people.space --method famd --dim 4 --ignore income,name",
)
METHODS = {"autoencoder": "TableAutoencoder", "famd": "FAMD"}

Kinds = Annotated[
    list[str] | None,
    word.reading(
        metavar="COL=KIND",
        help="A column is number, category, text, date or boolean; may be repeated.",
        show_default="told from its values",
    ),
]
Trained = partial(word.training, show_default="autoencoder's own")


def table(
    rows: Annotated[
        Path, typer.Argument(metavar="TABLE", help="A row an item: a .parquet, .csv or .tsv table.")
    ],
    out: word.Out,
    method: Annotated[
        Literal["autoencoder", "famd"], word.training(help="Trained, or by linear factors.")
    ] = "autoencoder",
    key: Annotated[
        str | None,
        word.reading(metavar="COL", help="Keys of the rows.", show_default="key or id, else numbers"),
    ] = None,
    column_kinds: Kinds = None,
    ignore: Annotated[
        str | None,
        word.reading(metavar="A,B,C", help="Columns left out: labels above all.", show_default="none"),
    ] = None,
    dim: word.Dim = 32,
    hidden: Annotated[int | None, Trained(help="Width of the hidden layer.")] = None,
    bins: Annotated[int | None, Trained(help="Most bins of a number.")] = None,
    noise: Annotated[float | None, Trained(help="Share of values swapped for others'.")] = None,
    epochs: Annotated[int | None, Trained(help="Passes over the rows.")] = None,
    batch_size: Annotated[int | None, Trained(help="Rows a mini-batch.")] = None,
    learning_rate: Annotated[float | None, Trained(help="At the start.")] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Save the model too, for encode.", show_default="none")
    ] = None,
    checkpoint: word.Checkpoint = None,
    threads: Threads = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Learn a vector for every row of a table of numbers, categories, texts, dates and booleans.

    Missing is a value. Columns that say nothing are left out and named. Ctrl-C saves what was learned so far.
    """
    trained: dict[str, Any] = {
        "hidden": hidden,
        "bins": bins,
        "noise": noise,
        "epochs": epochs,
        "batch_size": batch_size,
    }
    trained |= {"learning_rate": learning_rate, "checkpoint": checkpoint}
    given = {name: value for name, value in trained.items() if value is not None}
    kind = getattr(nearer, METHODS[method])
    for name in given:
        if name not in kind.parameter_names():
            raise typer.BadParameter(f"--{name.replace('_', '-')} is nothing that --method {method} has")
    learner = kind(
        dim=dim,
        kinds=_kinds(column_kinds or []),
        ignore=None if ignore is None else ignore.split(","),
        key=key,
        threads=threads,
        seed=seed,
        **given,
    )
    learner.check_parameters()
    require_apart(out, model, checkpoint)
    require_space_destination(out, overwrite)
    if model is not None:
        require_model_destination(model, overwrite)
    if method == "famd":
        _fit_at_once(learner, rows, out, model, overwrite=overwrite, as_json=as_json)
        return
    whole = None
    if model is not None:
        save = partial(learner.save, model, overwrite=overwrite)
        whole = WholeModel(model, save, lambda _: _embed(model, rows))
    train(learner, rows, out, overwrite=overwrite, as_json=as_json, whole=whole, facts=_facts, steps=_steps)


def _kinds(given: list[str]) -> dict[str, str] | None:
    """Kinds by column; raises `BadParameter` for what is not COL=KIND."""
    found = {}
    for setting in given:
        name, sign, kind = setting.rpartition("=")
        if not sign or not name:
            raise typer.BadParameter(f"--column-kinds {setting} is not COL=KIND")
        found[name] = kind
    return found or None


def _fit_at_once(
    learner: Any, rows: Path, out: Path, model: Path | None, *, overwrite: bool, as_json: bool
) -> None:
    """For a model that is not trained in epochs."""
    learner.fit(rows)
    save_space(learner.space_, out, overwrite)
    if model is not None:
        learner.save(model, overwrite)
    report = learner.report_
    if as_json:
        places = {"space": str(out), "model": None if model is None else str(model)}
        space = {"identity": learner.space_.identity, "dim": learner.space_.dim}
        print_json({**places, **space, **vars(report)})
        return
    told = [
        *_table_facts(learner),
        ("reading", f"{report.count_seconds:.2f} s"),
        ("factorising", f"{report.train_seconds:.2f} s"),
        ("explained", f"{report.explained_inertia:.1%} of the inertia"),
        saved_fact(learner.space_, out),
    ]
    steps = _steps(learner.space_, out)
    if model is not None:
        told.append(model_fact(model))
        steps.append(_embed(model, rows))
    print_facts(told)
    print_next(*steps)


def _facts(model: Any) -> Facts:
    return [*_table_facts(model), *training_facts(model)]


def _table_facts(model: Any) -> Facts:
    plan = model.plan_
    kinds = [column.kind for column in plan.columns]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    told: Facts = [("rows", f"{len(model.space_):,}"), ("columns", f"{len(kinds)}: {counts}")]
    if plan.ignored:
        why = "; ".join(f"{name} ({reason})" for name, reason in plan.ignored.items())
        told.append(("left out", why))
    return told


def _steps(space: nearer.Space, out: Path) -> list[str]:
    return [f"nearer neighbors {out} {shlex.quote(space.keys[0])}", f"nearer map {out} {out.stem}.html"]


def _embed(model: Path, rows: Path) -> str:
    return f"nearer embed {shlex.quote(str(rows))} again.space --encoder {shlex.quote(str(model))}"
