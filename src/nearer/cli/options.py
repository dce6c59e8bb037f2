"""Arguments and options that several verbs take, with their help."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

SpaceName = Annotated[
    str,
    typer.Argument(
        metavar="SPACE",
        help="A .space folder, a file of vectors (.txt .vec .bin .tsv .parquet .npz .npy), or a known model.",
    ),
]
HowMany = Annotated[int, typer.Option("-k", "--k", help="How many hits.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document, and errors as one, on standard output.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
BatchSize = Annotated[int | None, typer.Option(help="Items encoded together.", show_default="the encoder's")]
EncoderSettings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="An option of the encoder; may be repeated."),
]
Threads = Annotated[int | None, typer.Option(help="CPU threads.", show_default="all cores")]
Seed = Annotated[int, typer.Option(help="Of everything random.")]


def named_values(settings: list[str]) -> dict[str, Any]:
    """Names and values of options NAME=VALUE (--set); a value that is no JSON is text."""
    found = {}
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign or not name:
            raise typer.BadParameter(f"--set {setting} is not NAME=VALUE")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def saved_space(name: str) -> Path | None:
    """The folder of a saved space, or None where `name` is a file of another format or a known model."""
    folder = Path(name)
    return folder if (folder / "space.json").is_file() else None
