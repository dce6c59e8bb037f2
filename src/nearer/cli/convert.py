"""`nearer convert`: the same vectors in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import nearer
from nearer.cli.destination import require_space_destination
from nearer.cli.options import AsJson, Overwrite
from nearer.cli.output import print_facts, print_json

EXAMPLES = ("nearer convert words.space words.vec", "nearer convert words.space words.parquet --json")


def convert(
    source: Annotated[str, typer.Argument(metavar="IN", help="A space, a file of vectors or a known model.")],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="Where to write; the ending says the format, see `nearer fit words --help`."
        ),
    ],
    source_format: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FORMAT",
            help="Format of IN, such as word2vec or glove.",
            show_default="by ending",
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write a space in another format.

    A .space folder and .parquet keep everything. What another format cannot keep is said; a key that it
    cannot hold is refused before anything is written.
    """
    require_space_destination(target, overwrite)
    space = nearer.load(source, format=source_format)
    space.save(target, overwrite=overwrite)
    if as_json:
        print_json({"from": source, "to": str(target), "n": len(space), "dim": space.dim})
        return
    print_facts((("written", target), ("keys", len(space)), ("dim", space.dim)))
