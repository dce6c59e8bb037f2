"""Saved spaces of one identity, one after another, as one saved space; a part at a time is in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError
from nearer.replace import new_folder
from nearer.space import manifest as manifests
from nearer.space import store, tensors
from nearer.space.identity import require_same
from nearer.space.manifest import FileRecord, Manifest
from nearer.space.space import Space


def join(parts: Sequence[Path], target: Path, *, provenance: dict[str, Any], overwrite: bool = False) -> None:
    """Write the rows of the spaces saved at `parts`, in order, as one space at `target`, at one instant.

    Parts have float32 vectors and payload columns of the same types; their keys must differ, which whoever
    made them has seen to. Raises `SpaceMismatch` where identities differ, `InputError` where there is no
    part, and what `Space.save` raises.
    """
    if not parts:
        raise InputError("there are no spaces to join", remedy="give at least one")
    known = [manifests.read_manifest(part) for part in parts]
    first, count = known[0], sum(part.n for part in known)
    for place, part in zip(parts, known, strict=True):
        require_same(part.identity, first.identity, f"the space {place}", "join spaces of one encoder")
    store.require_replaceable(target)
    with new_folder(target, overwrite) as folder:
        vectors = store.write_file(
            folder / store.VECTORS,
            tensors.packed_rows("vectors", (count, first.dim), _vectors(parts)),
        )
        files = {store.VECTORS: vectors, store.ITEMS: _write_items(folder / store.ITEMS, parts)}
        made = Manifest(count, first.dim, first.metric, first.identity, provenance, files)
        store.write_file(folder / manifests.NAME, [made.text().encode()])


def _read(parts: Sequence[Path]) -> Iterator[Space]:
    return (store.read(part, verify=False) for part in parts)


def _vectors(parts: Sequence[Path]) -> Iterator[NDArray[np.float32]]:
    return (part.vectors for part in _read(parts))


def _write_items(path: Path, parts: Sequence[Path]) -> FileRecord:
    """Keys and payload, a row group a part."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)
    import pyarrow.parquet as pq  # noqa: PLC0415

    writer: Any = None
    with pa.OSFile(str(path), "wb") as sink:
        for part in _read(parts):
            table = store.items_table(part)
            if writer is None:
                writer = pq.ParquetWriter(sink, table.schema, compression="zstd")
            writer.write_table(table.cast(writer.schema))
        writer.close()
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
    return store.record_of(path)
