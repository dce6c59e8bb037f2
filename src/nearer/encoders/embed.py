"""`embed`: any number of raw items becomes a space, in bounded memory; a killed run goes on where it was."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from nearer.data.item_tables import ItemColumns
from nearer.data.items import read_items
from nearer.encoders.base import (
    Encoder,
    as_written_of,
    checked_batch_size,
    modality_of,
    require_protocol,
)
from nearer.encoders.embed_run import Embedded, OnError, Run
from nearer.encoders.opening import encoder as open_encoder
from nearer.errors import FormatError, ParameterError, shown
from nearer.replace import require_free
from nearer.space import Space, formats, load, store
from nearer.space.joining import join
from nearer.space.shards import Shards, open_shards


def embed(
    encoder: Encoder | str | os.PathLike[str],
    source: Any,
    *,
    key: str | None = None,
    column: str | None = None,
    keep: Sequence[str] = (),
    out: str | os.PathLike[str] | None = None,
    batch_size: int | None = None,
    on_error: OnError = "raise",
    overwrite: bool = False,
    show_progress: bool | None = None,
) -> Embedded:
    """The vectors of all items of `source`, by `encode_document`, as a space of the encoder's identity.

    With `out`, items are read, encoded and written a few at a time: vectors are gathered in shards in the
    folder `OUT.parts`, each of them whole or not there, and in the end become one space. A run that is
    interrupted, or killed, leaves them: the same call goes on after the last, once what was encoded is seen
    to be what is there now. Only the keys are held in memory. Without `out` the vectors are, too.

    Parameters
    ----------
    encoder : an encoder, or what `nearer.encoder` opens.
    source : a .parquet, .csv or .tsv file; a table in memory or a stream of record batches (Arrow, pandas,
        Polars); a folder or a glob of files, whose keys are their paths below it; a text with a line an item,
        for encoders of texts; a mapping of key -> item; or an iterable of (key, item).
    key : column of the keys, texts or whole numbers; None: "key" or "id", or the number of the row.
    column : column of the items; None: the usual name for what the encoder reads, or the only one that fits.
        An encoder of tables takes the whole row.
    keep : columns that the space keeps as payload.
    out : where to write the space, in the format of the ending; None: nowhere.
    batch_size : items that the encoder computes together, at most those read at once (256 texts, 128 images,
        32 recordings, 1,024 others); None: as it likes.
    on_error : what becomes of an item that cannot be encoded: "raise", an error that names it; "skip", it is
        left out and told in the report.
    overwrite : whether what is at `out` may be replaced, and what an interrupted run left made anew where it
        does not fit.

    Raises `InputError` naming file, row and key: no item, or none that gives a vector; a key that is missing
    or stands twice; an item that cannot be encoded, now or before an interruption; `SpaceMismatch` where
    `OUT.parts` holds another encoder's shards; `StorageError` where `out` exists or cannot be written;
    `ParameterError`.
    """
    if on_error not in get_args(OnError):
        raise ParameterError(f"on_error is {shown(on_error)}", remedy="use 'raise' or 'skip'")
    batch = {} if batch_size is None else {"batch_size": checked_batch_size(batch_size)}
    target = None if out is None else Path(out)
    if target is not None:
        _require_room(target, overwrite)
    opened = open_encoder(encoder) if isinstance(encoder, str | os.PathLike) else encoder
    require_protocol(opened)
    kept = (keep,) if isinstance(keep, str) else tuple(keep)
    columns = ItemColumns(key, column, kept, as_written_of(opened))
    items = read_items(source, modality_of(opened), columns)
    run = Run(opened, items, batch, on_error == "skip", show_progress)
    if target is None:
        return run.ended(run.gathered())
    plan = {"identity": opened.identity, "dim": opened.dim, "key": key, "column": column, "keep": [*keep]}
    with open_shards(target, plan, overwrite) as shards:
        for part in run.parts(shards, overwrite):
            shards.add(*part)
        space = _joined(shards, target, run.provenance(), overwrite)
        shards.remove()
    return run.ended(space)


def _require_room(target: Path, overwrite: bool) -> None:
    """Raise before any work where the result could not be written."""
    if _format(target) is None:
        raise FormatError(
            f"the ending {shown(target.suffix)} names no format",
            file=target,
            remedy=f"use {' '.join(formats.ENDINGS)}",
        )
    require_free(target, overwrite)
    if _format(target) == "space":
        store.require_replaceable(target)


def _format(target: Path) -> str | None:
    return formats.format_of(target) if target.suffix else "space"


def _joined(shards: Shards, target: Path, provenance: dict[str, Any], overwrite: bool) -> Space:
    """The shards as one space at `target`, opened."""
    if _format(target) == "space":
        join(shards.paths, target, provenance=provenance, overwrite=overwrite)
        return store.read(target, verify=False)
    whole = shards.folder / "whole.space"
    join(shards.paths, whole, provenance=provenance, overwrite=True)
    store.read(whole, verify=False).save(target, overwrite=overwrite)
    return load(target)
