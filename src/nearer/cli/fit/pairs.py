"""`nearer fit pairs`: one space for two kinds of items that a table gives in pairs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

import nearer
from nearer.cli.fit import contrast
from nearer.cli.fit import options as word
from nearer.cli.fit.training import Facts, parameters
from nearer.cli.options import AsJson, Overwrite, Seed, Threads

EXAMPLES = (
    "nearer fit pairs edges.csv -o friends.model --left from --right to --encoder nodes.space --dim 8",
    "nearer fit pairs edges.csv -o joint.model --left from --right to --left-encoder nodes.space "
    "--right-encoder nodes.space --dim 8 --space joint.space",
)
Column = partial(word.reading, metavar="COL")
Named = partial(word.training, metavar="ENCODER", show_default="none")


def pairs(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="A pair a row: a .parquet, .csv or .tsv table.")
    ],
    out: contrast.ModelOut,
    left: Annotated[str | None, Column(help="Left items.", show_default="left, query or text")] = None,
    right: Annotated[str | None, Column(help="Right items.", show_default="right or document")] = None,
    left_key: Annotated[
        str | None, Column(help="Their keys.", show_default="their texts, or numbers")
    ] = None,
    right_key: Annotated[
        str | None, Column(help="Their keys.", show_default="their texts, or numbers")
    ] = None,
    encoder: Annotated[str | None, Named(help="Encodes both: a name, a folder or a space.")] = None,
    left_encoder: Annotated[str | None, Named(help="Encodes left items.")] = None,
    right_encoder: Annotated[str | None, Named(help="Encodes right items.")] = None,
    hidden: Annotated[
        int | None, word.training(help="Units of a hidden layer of the heads.", show_default="linear heads")
    ] = None,
    dim: contrast.Dim = None,
    objective: contrast.Objective = "infonce",
    temperature: contrast.Temperature = 0.1,
    margin: contrast.Margin = 0.2,
    matryoshka: contrast.Matryoshka = None,
    hard_negatives: contrast.HardNegatives = 0,
    augment: contrast.Augment = False,
    held_out: Annotated[float, word.training(help="Share of the pairs that judges the training.")] = 0.1,
    epochs: Annotated[int, word.training(help="Passes over the pairs.")] = 30,
    patience: Annotated[
        int, word.training(help="Epochs without a better result after which training ends.")
    ] = 10,
    batch_size: Annotated[int, word.training(help="Pairs a mini-batch.")] = 256,
    learning_rate: contrast.LearningRate = 0.001,
    weight_decay: contrast.WeightDecay = 0.01,
    space: contrast.SpaceOut = None,
    checkpoint: word.Checkpoint = None,
    checkpoint_every: word.CheckpointEvery = 60.0,
    threads: Threads = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train heads over two encoders, so that what a row pairs is near in one space, and save the model.

    Encoders stay as they are. Held-out retrieval is reported both ways. Ctrl-C saves what was learned so far.
    """
    _require_encoders(encoder, left_encoder, right_encoder)
    given = {**locals(), "left": left_encoder, "right": right_encoder}
    given["matryoshka"] = contrast.dimensions(matryoshka)
    model = nearer.Contrastive(
        nearer.signal.Pairs(left=left, right=right, left_key=left_key, right_key=right_key),
        **parameters(nearer.Contrastive, given),
    )
    model.check_parameters()
    contrast.require_places(out, space, checkpoint, overwrite)
    contrast.fit_and_save(model, table, out, space, overwrite=overwrite, as_json=as_json, facts=_facts)


def _require_encoders(both: str | None, left: str | None, right: str | None) -> None:
    """Raise `BadParameter` unless one encoder is given for both kinds, or one for each."""
    remedy = "give --encoder, or --left-encoder and --right-encoder"
    if both is not None and (left is not None or right is not None):
        raise typer.BadParameter(f"--encoder is given, and one for a side too; {remedy}")
    if both is None and left is None and right is None:
        raise typer.BadParameter(f"no encoder is given; {remedy}")
    if both is None and (left is None or right is None):
        side, other = ("right", "left") if left is None else ("left", "right")
        raise typer.BadParameter(f"--{side}-encoder is given alone; give --{other}-encoder too")


def _facts(model: nearer.Contrastive) -> Facts:
    report = model.report_
    return [
        ("items", f"{report.left_items:,} left, {report.right_items:,} right"),
        ("pairs", f"{report.pairs:,}, and {report.held_out:,} queries held out"),
    ]
