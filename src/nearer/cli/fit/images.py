"""`nearer fit images`: a network over images, trained from scratch by contrast."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

import nearer
from nearer.cli.fit import contrast
from nearer.cli.fit import options as word
from nearer.cli.fit.training import Facts, parameters
from nearer.cli.options import AsJson, Overwrite, Seed, Threads
from nearer.data import list_images
from nearer.networks import ResNet
from nearer.signal import Views

EXAMPLES = (
    "nearer fit images photos -o photos.model --space photos.space --size 16 --epochs 2 --threads 1",
    "nearer fit images photos -o photos.model --crop 0.5 --flip 0.5 --size 16 --epochs 2 --threads 1",
)
CHANGES = ("crop", "colour", "flip", "grey", "blur")

Column = partial(word.reading, metavar="COL")
Change = partial(typer.Option, rich_help_panel="Changes of a view", show_default="the network's")


def images(
    source: Annotated[
        str,
        typer.Argument(
            metavar="IMAGES",
            help="A folder, a quoted glob, or a table (.parquet .csv .tsv) with a column of bytes or paths.",
        ),
    ],
    out: contrast.ModelOut,
    space: contrast.SpaceOut = None,
    key: Annotated[str | None, Column(help="Column of keys.", show_default="key or id")] = None,
    image: Annotated[str | None, Column(help="Column of images.", show_default="image or path")] = None,
    size: Annotated[int, word.training(help="Pixels a side.")] = 32,
    channels: Annotated[int, word.training(help="Of the first stage; each next one has twice.")] = 32,
    stages: Annotated[int, word.training(help="Stages of the network.")] = 3,
    depth: Annotated[int, word.training(help="Residual blocks a stage.")] = 1,
    crop: Annotated[float | None, Change(help="Largest part of the area that is cut away.")] = None,
    colour: Annotated[float | None, Change(help="Of brightness, contrast, saturation, hue.")] = None,
    flip: Annotated[float | None, Change(help="Probability of a mirrored view.")] = None,
    grey: Annotated[float | None, Change(help="Probability of one without colours.")] = None,
    blur: Annotated[float | None, Change(help="Probability of a smoothed one.")] = None,
    dim: contrast.Dim = None,
    objective: contrast.Objective = "infonce",
    temperature: contrast.Temperature = 0.2,
    held_out: contrast.HeldOut = 0.05,
    epochs: Annotated[int, word.training(help="Passes over the images.")] = 60,
    patience: contrast.Patience = None,
    batch_size: contrast.BatchSize = 256,
    learning_rate: contrast.LearningRate = 0.002,
    checkpoint: word.Checkpoint = None,
    checkpoint_every: word.CheckpointEvery = 60.0,
    threads: Threads = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train a network on images without labels, and save it.

    Two views of an image, cropped and coloured at random, are to be near, those of others far. The model
    opens by `nearer.encoder`. Where one change is named, no others are made. Ctrl-C saves what was learned.
    """
    given = locals()
    changes = {name: float(given[name]) for name in CHANGES if given[name] is not None}
    model = nearer.Contrastive(
        Views(item="image", key="key", **changes),
        ResNet(size=size, channels=channels, stages=stages, depth=depth),
        **parameters(nearer.Contrastive, given),
    )
    model.check_parameters()
    contrast.require_places(out, space, checkpoint, overwrite)
    found = list_images(source, key=key, image=image)
    table = {"key": list(found.keys), "image": list(found.images)}
    contrast.fit_and_save(model, table, out, space, overwrite=overwrite, as_json=as_json, facts=_facts)


def _facts(model: nearer.Contrastive) -> Facts:
    return [("images", f"{len(model.space_):,}, of {model.space_.dim} dimensions")]
