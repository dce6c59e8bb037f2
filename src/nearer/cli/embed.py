"""`nearer embed`: raw items become a space, by an encoder that is there already."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

import nearer
from nearer.cli.destination import require_space_destination
from nearer.cli.options import AsJson, BatchSize, EncoderSettings, Overwrite, named_values
from nearer.cli.output import print_facts, print_json, print_next, print_table, write

EXAMPLES = (
    "nearer embed news.csv news.space --encoder texts.model --column body",
    "nearer embed news.csv news.space --encoder texts.model --column body --keep id --on-error skip --json",
)
SHOWN = 5  # items left out that are shown


def embed(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A .parquet, .csv or .tsv table, a folder, a quoted glob, or a text with a line an item.",
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Where to save the space.")],
    encoder: Annotated[
        str, typer.Option(metavar="ENCODER", help="A known encoder, a saved model, or a model's folder.")
    ],
    key: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of keys.", show_default="key or id")
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(metavar="COL", help="Column of items.", show_default="by its name, or the only one"),
    ] = None,
    keep: Annotated[
        str | None, typer.Option(metavar="A,B,C", help="Columns to keep as payload.", show_default="none")
    ] = None,
    batch_size: BatchSize = None,
    on_error: Annotated[
        Literal["raise", "skip"], typer.Option(help="What becomes of an item that cannot be encoded.")
    ] = "raise",
    settings: EncoderSettings = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Encode texts, images, recordings or rows, any number of them, into a space.

    What is finished is kept beside OUT, in OUT.parts: a run that was interrupted goes on where it was when it
    is started again.
    """
    require_space_destination(out, overwrite)
    made = nearer.embed(
        nearer.encoder(encoder, **named_values(settings or [])),
        source,
        key=key,
        column=column,
        keep=keep.split(",") if keep is not None else (),
        out=out,
        batch_size=batch_size,
        on_error=on_error,
        overwrite=overwrite,
    )
    space, report = made.space, made.report
    if as_json:
        skipped = [{"key": name, "problem": problem} for name, problem in report.skipped]
        print_json({
            "space": str(out), "n": len(space), "dim": space.dim, "identity": space.identity,
            **vars(report), "skipped": skipped,
        })  # fmt: skip
        return
    print_facts((
        ("space", str(out)),
        ("keys", len(space)),
        ("dim", space.dim),
        ("identity", space.identity),
        ("seconds", round(report.seconds, 1)),
        ("items per second", round(report.items_per_second)),
        *((("made before", report.resumed),) if report.resumed else ()),
        *((("left out", len(report.skipped)),) if report.skipped else ()),
    ))  # fmt: skip
    if report.skipped:
        write()
        print_table(("left out", "because"), report.skipped[:SHOWN])
        more = len(report.skipped) - SHOWN
        write(f"... and {more:,} more, all of them with --json" if more > 0 else "")
    name = shlex.quote(str(out))
    print_next(f"nearer map {name} map.html", f"nearer info {name}")
