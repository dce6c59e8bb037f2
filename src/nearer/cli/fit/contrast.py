"""What the verbs that train by contrast share: they save model and vectors, and tell how it went."""

from __future__ import annotations

import shlex
from collections.abc import Callable
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
from nearer.cli.fit.training import Facts, interrupted, model_fact, save_space, saved_fact, training_facts
from nearer.cli.output import print_facts, print_json, print_next
from nearer.errors import StorageError, TrainingFailed
from nearer.signal import Masked

ModelOut = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where to save the model.")]
SpaceOut = Annotated[
    Path | None, typer.Option(metavar="OUT", help="Save the vectors too, by key.", show_default="none")
]
Dim = Annotated[int | None, word.training(help="Dimension of the vectors.", show_default="the network's")]
Objective = Annotated[
    Literal["infonce", "triplet", "vicreg"], word.training(help="What is made small; vicreg: no negatives.")
]
Margin = Annotated[float, word.training(help="triplet: by how much positives must be nearer.")]
Matryoshka = Annotated[
    str | None,
    word.training(metavar="D,D", help="Dimensions whose leading columns serve too.", show_default="none"),
]
HardNegatives = Annotated[int, word.training(help="Nearest wrong items told apart too, for each left one.")]
WeightDecay = Annotated[float, word.training(help="Of AdamW.")]
Augment = Annotated[bool, word.training("--augment", help="Change items at random in training.")]
Temperature = Annotated[float, word.training(help="infonce: cosines are divided by it.")]
BatchSize = Annotated[int, word.training(help="Items a mini-batch: each is told from the others.")]
LearningRate = Annotated[float, word.training(help="Of AdamW, at its highest.")]
HeldOut = Annotated[float, word.training(help="Share of the items that judge the training.")]
Patience = Annotated[
    int | None,
    word.training(help="Epochs without a better result after which it ends.", show_default="none"),
]


def dimensions(text: str | None) -> list[int] | None:
    """The numbers of --matryoshka; raises `BadParameter` for what is none."""
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"--matryoshka {text} is not whole numbers with commas between") from None


def require_places(out: Path, space: Path | None, checkpoint: Path | None, overwrite: bool) -> None:
    """Raise an error if model, vectors or checkpoints cannot be saved where they are wanted."""
    require_apart(out, space, checkpoint)
    require_model_destination(out, overwrite)
    if space is not None:
        require_space_destination(space, overwrite)
    if checkpoint is not None:
        make_folder(checkpoint)


def fit_and_save(
    model: nearer.Contrastive,
    data: Any,
    out: Path,
    space: Path | None,
    *,
    overwrite: bool,
    as_json: bool,
    facts: Callable[[nearer.Contrastive], Facts],
) -> None:
    """Fit `model`, save it to `out` and its vectors to `space`, and report; what Ctrl-C left is saved too.

    `facts` gives what people are shown of the data.
    """
    ended = None
    try:
        model.fit(data)
    except TrainingFailed as error:
        remedies = ["lower --learning-rate", "raise --batch-size"]
        if not isinstance(model.signal, Masked):  # which has a loss of its own
            remedies.append("choose --objective vicreg")
        raise TrainingFailed(error.problem, remedy=f"{', '.join(remedies[:-1])} or {remedies[-1]}") from None
    except (KeyboardInterrupt, StorageError) as error:
        if not hasattr(model, "space_"):
            raise
        ended = str(error) or interrupted(model.checkpoint)
    model.save(out, overwrite)
    if space is not None:
        save_space(model.space_, space, overwrite)
    _report(model, out, space, as_json, facts)
    if ended:
        typer.echo(f"nearer: {ended}; what was learned so far is saved in {out}", err=True)
        raise typer.Exit(1)


def _report(
    model: nearer.Contrastive,
    out: Path,
    space: Path | None,
    as_json: bool,
    facts: Callable[[nearer.Contrastive], Facts],
) -> None:
    loss = model.loss_curve_.tolist()
    if as_json:
        print_json(
            {
                "model": str(out),
                "space": None if space is None else str(space),
                "identity": model.identity,
                "dim": model.space_.dim,
                **vars(model.report_),
                "loss": loss[-1] if loss else None,
                "loss_curve": loss,
                "held_out_curve": model.held_out_curve_.tolist(),
            }
        )
        return
    report = model.report_
    told: Facts = [*facts(model), *training_facts(model)]
    two = model.left_encoder_ is not model.right_encoder_
    ways = {"left to right" if two else "held out": report.left_to_right}
    if two:
        ways["right to left"] = report.right_to_left
    told += [(name, _retrieval(way)) for name, way in ways.items() if way.get("queries")]
    if report.nested:
        nested = ", ".join(f"{value:.3f} at {dim}" for dim, value in report.nested.items())
        told.append(("nested", f"MAP {nested} dimensions"))
    told.append(("kept", f"epoch {report.best_epoch}{', stopped early' if report.stopped_early else ''}"))
    told.append(("effective rank", f"{report.effective_rank:.1f} of {model.space_.dim}"))
    if space is not None:
        told.append(saved_fact(model.space_, space))
    print_facts([*told, model_fact(out)])
    if space is not None:
        print_next(
            f"nearer neighbors {shlex.quote(str(space))} {shlex.quote(model.space_.keys[0])}",
            f"nearer map {shlex.quote(str(space))} {shlex.quote(space.stem)}.html",
        )


def _retrieval(way: dict[str, float]) -> str:
    found = [f"recall@{k} {way[f'recall@{k}']:.1%} (by chance {way[f'chance@{k}']:.1%})" for k in (1, 10)]
    return f"{', '.join(found)} of {way['queries']:,.0f}"
