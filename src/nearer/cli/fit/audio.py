"""`nearer fit audio`: a network over sounds, trained from scratch by contrast."""

from __future__ import annotations

import glob
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import nearer
from nearer.cli.fit import contrast
from nearer.cli.fit import options as word
from nearer.cli.fit.training import Facts, parameters
from nearer.cli.options import AsJson, Overwrite, Seed, Threads
from nearer.data import list_audio
from nearer.networks import LogMelCNN, WaveEncoder
from nearer.signal import Masked, Views

EXAMPLES = (
    "nearer fit audio sounds -o sounds.model --space sounds.space --epochs 2",
    "nearer fit audio sounds -o waves.model --network wave --rate 8000 --epochs 1",
)
CHANGES = ("shift", "stretch", "warp", "tilt", "gain", "noise", "mix", "time_mask", "frequency_mask")
TABLES = (".parquet", ".csv", ".tsv")

Column = partial(word.reading, metavar="COL")
Change = partial(typer.Option, rich_help_panel="Changes of a view", show_default="the network's")


def audio(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOUNDS",
            help="A folder, a quoted glob, or a table (.parquet .csv .tsv) with a column of bytes or paths.",
        ),
    ],
    out: contrast.ModelOut,
    space: contrast.SpaceOut = None,
    key: Annotated[str | None, Column(help="Column of keys.", show_default="numbers")] = None,
    sound: Annotated[str | None, Column("--audio", help="Column of sounds.", show_default="audio")] = None,
    network: Annotated[
        Literal["logmel", "wave"],
        word.training(help="Convolutions over spectrograms, by views; or over waves, by hiding spans."),
    ] = "logmel",
    rate: Annotated[int, word.training(help="Samples a second that sounds are resampled to.")] = 16_000,
    seconds: Annotated[
        float | None, word.training(help="Of each sound, from its middle.", show_default="what holds 95 %")
    ] = None,
    bands: Annotated[
        int | None, word.training(help="logmel: bands of the mel scale.", show_default="40")
    ] = None,
    shift: Annotated[float | None, Change(help="In time, as a share of the length.")] = None,
    stretch: Annotated[float | None, Change(help="Of time, a logarithm.")] = None,
    warp: Annotated[float | None, Change(help="Of frequency, a logarithm.")] = None,
    tilt: Annotated[float | None, Change(help="Smooth over frequency, in deviations.")] = None,
    gain: Annotated[float | None, Change(help="Of all bands, in deviations.")] = None,
    noise: Annotated[float | None, Change(help="In deviations.")] = None,
    mix: Annotated[float | None, Change(help="Largest share of another sound.")] = None,
    time_mask: Annotated[float | None, Change(help="Longest span of frames hidden, a share.")] = None,
    frequency_mask: Annotated[float | None, Change(help="Widest span of bands hidden, a share.")] = None,
    dim: contrast.Dim = None,
    objective: contrast.Objective = "infonce",
    temperature: contrast.Temperature = 0.1,
    held_out: contrast.HeldOut = 0.05,
    epochs: Annotated[int, word.training(help="Passes over the sounds.")] = 20,
    patience: contrast.Patience = None,
    batch_size: contrast.BatchSize = 256,
    learning_rate: contrast.LearningRate = 0.001,
    checkpoint: word.Checkpoint = None,
    checkpoint_every: word.CheckpointEvery = 60.0,
    threads: Threads = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train a network on sounds without labels, and save it.

    Two views of a sound, moved, warped and partly hidden at random, are to be near, those of others far. The
    model opens by `nearer.encoder`. Where one change is named, no others are made. Ctrl-C saves what was
    learned.
    """
    given = locals()
    changes = {name: float(given[name]) for name in CHANGES if given[name] is not None}
    if network == "wave" and changes:
        raise typer.BadParameter(f"--{next(iter(changes)).replace('_', '-')} goes with --network logmel")
    if network == "wave" and bands is not None:
        raise typer.BadParameter("--bands goes with --network logmel")
    is_table = Path(source).suffix.lower() in TABLES
    if not is_table and (key is not None or sound is not None):
        raise typer.BadParameter(f"--{'key' if key else 'audio'} names a column, and {source} is no table")
    spectrum: dict[str, Any] = {} if bands is None else {"bands": bands}
    item, name = (sound, key) if is_table else ("audio", "key")
    model = nearer.Contrastive(
        Views(item, name, **changes) if network == "logmel" else Masked(item, name),
        WaveEncoder(rate, seconds) if network == "wave" else LogMelCNN(rate, seconds, **spectrum),
        **parameters(nearer.Contrastive, given),
    )
    model.check_parameters()
    contrast.require_places(out, space, checkpoint, overwrite)
    data = source if is_table else _files(source)
    contrast.fit_and_save(model, data, out, space, overwrite=overwrite, as_json=as_json, facts=_facts)


def _files(source: str) -> dict[str, list[Any]]:
    """Sound files of a folder or a glob, by their paths below it."""
    found = list_audio(source)
    folder = Path(source) if Path(source).is_dir() else None
    if folder is None and glob.has_magic(source):
        folder = Path(*[part for part in Path(source).parts[:-1] if not glob.has_magic(part)])
    keys = [
        str(path.relative_to(folder) if folder and path.is_relative_to(folder) else path) for path in found
    ]
    return {"key": keys, "audio": [str(path) for path in found]}


def _facts(model: nearer.Contrastive) -> Facts:
    return [("sounds", f"{len(model.space_):,}, of {model.space_.dim} dimensions")]
