"""What the verbs that train by contrast share: options, fitting, saving the model, saying how it went."""

from __future__ import annotations

from collections.abc import Sequence
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
from nearer.errors import StorageError

Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where to save the model.")]
SpaceOut = Annotated[
    Path | None,
    typer.Option("--space", metavar="OUT", help="Save the vectors of the items too.", show_default="none"),
]
Dim = Annotated[
    int | None, word.training(help="Dimension of the vectors.", show_default="the encoder's, or 128")
]
Objective = Annotated[
    Literal["infonce", "triplet", "vicreg"], word.training(help="What pulls together and pushes apart.")
]
Temperature = Annotated[float, word.training(help="infonce: cosines are divided by it.")]
Margin = Annotated[float, word.training(help="triplet: by how much positives must be nearer.")]
Matryoshka = Annotated[
    str | None,
    word.training(metavar="D,D", help="Dimensions whose leading columns serve too.", show_default="none"),
]
HardNegatives = Annotated[int, word.training(help="Nearest wrong items told apart too, for each left one.")]
HeldOut = Annotated[float, word.training(help="Share of the pairs that judges the training.")]
Epochs = Annotated[int, word.training(help="Passes over the pairs.")]
Patience = Annotated[
    int, word.training(help="Epochs without a better result that end training; 0: it never ends early.")
]
BatchSize = Annotated[int, word.training(help="Pairs a mini-batch.")]
LearningRate = Annotated[float, word.training(help="Of AdamW, at its highest.")]
WeightDecay = Annotated[float, word.training(help="Of AdamW.")]
Augment = Annotated[bool, word.training("--augment", help="Change items at random in training.")]


def dimensions(text: str | None) -> list[int] | None:
    """The numbers of --matryoshka; raises `BadParameter` for what is none."""
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"--matryoshka {text} is not whole numbers with commas between") from None


def fit_contrastive(
    model: nearer.Contrastive,
    data: Any,
    out: Path,
    space: Path | None,
    *,
    overwrite: bool,
    as_json: bool,
    steps: Sequence[str] = (),
) -> None:
    """Fit `model` to `data`, save it to `out` and its items' vectors to `space`, and report.

    What Ctrl-C left is saved too. `steps` are commands that one may want to run next.
    """
    model.check_parameters()
    require_apart(out, space, model.checkpoint if model.checkpoint is None else Path(model.checkpoint))
    require_model_destination(out, overwrite)
    if space is not None:
        require_space_destination(space, overwrite)
    if model.checkpoint is not None:
        make_folder(Path(model.checkpoint))
    ended = None
    try:
        model.fit(data)
    except (KeyboardInterrupt, StorageError) as error:
        if not hasattr(model, "space_"):
            raise
        ended = str(error) or interrupted(model.checkpoint)
    model.save(out, overwrite=overwrite)
    if space is not None:
        save_space(model.space_, space, overwrite)
    _report(model, out, space, as_json, steps)
    if ended:
        typer.echo(f"nearer: {ended}; what was learned so far is saved in {out}", err=True)
        raise typer.Exit(1)


def _report(
    model: nearer.Contrastive, out: Path, space: Path | None, as_json: bool, steps: Sequence[str]
) -> None:
    report, loss = model.report_, model.loss_curve_.tolist()
    if as_json:
        print_json(
            {
                "model": str(out),
                "space": None if space is None else str(space),
                "identity": model.identity,
                "dim": model.dim,
                **vars(report),
                "loss": loss[-1] if loss else None,
                "loss_curve": loss,
                "held_out_curve": model.held_out_curve_.tolist(),
            }
        )
        return
    items = f"{report.left_items:,}"
    if model.left_space_ is not model.space_:
        items += f" left, {report.right_items:,} right"
    told: Facts = [("items", items), ("pairs", f"{report.pairs:,}, and {report.held_out:,} queries held out")]
    told += training_facts(model)
    ways = (("left to right", report.left_to_right), ("right to left", report.right_to_left))
    for way, found in ways:
        if found.get("queries"):
            told.append((way, retrieval_line(found)))
    if report.nested:
        nested = ", ".join(f"{value:.3f} at {dim}" for dim, value in report.nested.items())
        told.append(("MAP of prefixes", nested))
    told.append(("kept", f"epoch {report.best_epoch}" + (", stopped early" * report.stopped_early)))
    told.append(
        ("vectors", f"mean cosine {report.mean_cosine:.3f}, effective rank {report.effective_rank:.1f}")
    )
    if space is not None:
        told.append(saved_fact(model.space_, space))
    print_facts([*told, model_fact(out)])
    if steps:
        print_next(*steps)


def retrieval_line(found: dict[str, float]) -> str:
    """Held-out retrieval of one way, as people are shown it."""
    return (
        f"recall@1 {found['recall@1']:.3f} (chance {found['chance@1']:.3f}), "
        f"recall@10 {found['recall@10']:.3f} (chance {found['chance@10']:.3f}), MRR {found['MRR']:.3f}"
    )
