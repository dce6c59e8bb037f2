"""`nearer backfill`: the items of a store re-embedded by the new model, while it stays searchable."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

import nearer
from nearer.cli.destination import require_space_destination
from nearer.cli.options import AsJson, BatchSize, EncoderSettings, Overwrite, SpaceName, named_values
from nearer.cli.output import print_facts, print_json, print_next

EXAMPLES = ("nearer backfill papers.space new.space --encoder b.model --column text",)


def backfill(
    store: SpaceName,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Where the new vectors are saved, as a space.")],
    encoder: Annotated[
        str, typer.Option(metavar="ENCODER", help="The new model: a known encoder, or a saved one.")
    ],
    texts: Annotated[
        Path | None,
        typer.Option(metavar="TABLE", help="Items of the store's keys.", show_default="the store's payload"),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(metavar="COL", help="Column of items.", show_default="that SPACE was embedded from"),
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of keys in TABLE.", show_default="key or id")
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C", help="Columns of TABLE to keep as payload.", show_default="the store's payload"
        ),
    ] = None,
    batch_size: BatchSize = None,
    settings: EncoderSettings = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Re-embed the items of an aligned (or old) store by the new model; a killed run goes on where it was.

    What is finished stands in OUT.parts and can be searched together with the rest of the store
    (nearer.search.Halfway). The space at OUT has the identity of the new model.
    """
    if texts is None and (key is not None or keep is not None):
        raise typer.BadParameter("--key and --keep go with --texts")
    require_space_destination(out, overwrite)
    made = nearer.backfill(
        nearer.load(store),
        nearer.encoder(encoder, **named_values(settings or [])),
        None if texts is None else str(texts),
        out=out,
        key=key,
        column=column,
        keep=keep.split(",") if keep is not None else (),
        batch_size=batch_size,
        overwrite=overwrite,
    )
    space, report = made.space, made.report
    if as_json:
        print_json({"space": str(out), "n": len(space), "dim": space.dim, "identity": space.identity,
                    "column": report.column, "items": report.items, "resumed": report.resumed,
                    "seconds": report.seconds})  # fmt: skip
        return
    print_facts(
        (
            ("space", str(out)),
            ("keys", len(space)),
            ("dim", space.dim),
            ("identity", space.identity),
            *((("column of items", report.column),) if report.column is not None else ()),
            ("seconds", round(report.seconds, 1)),
            *((("made before", report.resumed),) if report.resumed else ()),
        )
    )
    print_next(f"nearer info {shlex.quote(str(out))}")
