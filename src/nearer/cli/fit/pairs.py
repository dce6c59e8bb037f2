"""`nearer fit pairs`: one space for two kinds of items that a table gives in pairs."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

import nearer
from nearer.cli.fit import contrast
from nearer.cli.fit import options as word
from nearer.cli.fit.training import parameters
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
    out: contrast.Out,
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
    held_out: contrast.HeldOut = 0.1,
    epochs: contrast.Epochs = 30,
    patience: contrast.Patience = 10,
    batch_size: contrast.BatchSize = 256,
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
    given = {**locals(), "left": left_encoder, "right": right_encoder, "patience": patience or None}
    given["matryoshka"] = contrast.dimensions(matryoshka)
    model = nearer.Contrastive(
        nearer.signal.Pairs(left=left, right=right, left_key=left_key, right_key=right_key),
        **parameters(nearer.Contrastive, given),
    )
    steps = [] if space is None else [f"nearer info {shlex.quote(str(space))}"]
    contrast.fit_contrastive(model, table, out, space, overwrite=overwrite, as_json=as_json, steps=steps)
