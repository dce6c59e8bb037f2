"""`nearer fit items`: a recommender, from a table of who chose what."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import nearer
from nearer.cli.destination import (
    make_folder,
    require_apart,
    require_model_destination,
    require_space_destination,
)
from nearer.cli.fit import options as word
from nearer.cli.fit.training import Facts, interrupted, model_fact, save_space, saved_fact
from nearer.cli.options import AsJson, Overwrite, Threads, named_values
from nearer.cli.output import print_facts, print_json, print_next
from nearer.errors import ParameterError, StorageError

EXAMPLES = (
    "nearer fit items orders.csv -o items.model",
    "nearer fit items orders.csv -o items.model --method ease --set regularization=50 --item-table menu.csv",
)
METHODS = {"als": "ALS", "bpr": "BPR", "ease": "EASE", "item2vec": "Item2Vec"}

Column = partial(word.reading, metavar="COL")
Method = Annotated[
    Literal["als", "bpr", "ease", "item2vec"],
    word.training(help="Factors by least squares or by ranking, item-item weights, or items as words."),
]
Settings = Annotated[
    list[str] | None,
    word.training("--set", metavar="NAME=VALUE", help="A parameter of the method; may be repeated."),
]


def items(
    table: Annotated[
        Path,
        typer.Argument(metavar="TABLE", help="Who chose what: a .parquet, .csv or .tsv table."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where to save the recommender.")],
    method: Method = "als",
    user: Annotated[str | None, Column(help="Users.", show_default="user or user_id")] = None,
    item: Annotated[str | None, Column(help="Items.", show_default="item or item_id")] = None,
    weight: Annotated[str | None, Column(help="How much.", show_default="weight, if there")] = None,
    time: Annotated[str | None, Column(help="When.", show_default="time or timestamp, if there")] = None,
    item_table: Annotated[
        Path | None,
        word.reading(metavar="FILE", help="A table of items, for `recommend --where`.", show_default="none"),
    ] = None,
    dim: Annotated[
        int | None, word.training(help="Dimension of the vectors.", show_default="the method's")
    ] = None,
    epochs: Annotated[
        int | None, word.training(help="Passes, or iterations of ALS.", show_default="the method's")
    ] = None,
    settings: Settings = None,
    space: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Save the item vectors too.", show_default="none")
    ] = None,
    checkpoint: word.Checkpoint = None,
    threads: Threads = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.", show_default="0")] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train a recommender and save it, for `nearer recommend`.

    Repeated rows of a user and an item become one, and their weights add up. Ctrl-C saves what was learned so
    far.
    """
    given = {"dim": dim, "epochs": epochs, "checkpoint": checkpoint, "threads": threads, "seed": seed}
    model = _model(method, settings, given)
    require_apart(out, space, checkpoint)
    require_model_destination(out, overwrite)
    if space is not None:
        _require_vectors(model, space, overwrite)
    if checkpoint is not None:
        make_folder(checkpoint)
    data = nearer.Interactions.read(table, user=user, item=item, weight=weight, time=time)
    if item_table is not None:
        model.check_item_table(item_table, data)
    ended = None
    try:
        model.fit(data)
    except (KeyboardInterrupt, StorageError) as error:
        if not hasattr(model, "interactions_"):
            raise
        ended = str(error) or interrupted(checkpoint)
    model.save(out, overwrite)
    if item_table is not None:  # only now: what can go wrong still costs nothing that was learned
        model.describe_items(item_table)
        model.save(out, overwrite=True)
    if space is not None:
        save_space(model.item_space_, space, overwrite)
    _report(model, out, space, as_json)
    if ended:
        typer.echo(f"nearer: {ended}; what was learned so far is saved in {out}", err=True)
        raise typer.Exit(1)


def _model(method: str, settings: list[str] | None, given: dict[str, Any]) -> Any:
    """The recommender that is asked for; raises `ParameterError` for what it has no parameter for."""
    model = getattr(nearer, METHODS[method])()
    asked = {name: value for name, value in given.items() if value is not None}
    if "epochs" in asked and "iterations" in model.parameter_names():
        asked["iterations"] = asked.pop("epochs")
    for name, value in named_values(settings or []).items():
        if name in asked:
            raise ParameterError(f"{name} is set twice", remedy="leave out one of the two")
        asked[name] = value
    model.set_params(**asked)
    model.check_parameters()
    return model


def _require_vectors(model: Any, space: Path, overwrite: bool) -> None:
    """Raise an error if `model` will make no vectors of items, or they cannot be saved."""
    if "dim" not in model.parameter_names():
        raise ParameterError(
            f"{type(model).__name__} makes no vectors, so there is nothing for --space",
            remedy="leave it out, or choose another method",
        )
    require_space_destination(space, overwrite)


def _report(model: Any, out: Path, space: Path | None, as_json: bool) -> None:
    data, kind = model.interactions_, type(model).__name__
    facts: dict[str, object] = {"users": len(data.users), "items": len(data.items), "interactions": len(data)}
    if as_json:
        print_json(
            {
                "model": str(out),
                "kind": kind,
                "space": None if space is None else str(space),
                **facts,
                "merged": data.merged,
                **vars(model.report_),
            }
        )
        return
    told: Facts = [("method", kind), *facts.items()]
    if data.merged:
        told.append(("merged", f"{data.merged:,} rows that repeat a user and an item"))
    told.append(("training", f"{model.report_.train_seconds:.2f} s"))
    if hasattr(model, "loss_curve_") and len(model.loss_curve_):
        first, last = model.loss_curve_[[0, -1]].tolist()
        told.append(("loss", f"{first:.3f} at first, {last:.3f} at the end"))
    if space is not None:
        told.append(saved_fact(model.item_space_, space))
    print_facts([*told, model_fact(out)])
    print_next(
        f"nearer recommend {shlex.quote(str(out))} --user {shlex.quote(data.users[0])} --why 2",
        f"nearer recommend {shlex.quote(str(out))} --similar {shlex.quote(data.items[0])}",
    )
