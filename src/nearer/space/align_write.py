"""Aligned vectors of a space of any size, on disk: block by block; after a kill, on from the last block."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import FormatError, InputError, shown
from nearer.progress import Progress
from nearer.replace import require_free
from nearer.space import formats, store
from nearer.space.alignment import BLOCK, Alignment
from nearer.space.joining import join
from nearer.space.shards import Shard, Shards, open_shards
from nearer.space.space import Space

BYTES_A_BLOCK = 32 << 20  # of aligned vectors


def write_aligned(
    alignment: Alignment,
    space: Space,
    out: str | os.PathLike[str],
    *,
    told: dict[str, Any] | None = None,
    overwrite: bool = False,
    show_progress: bool | None = None,
) -> Space:
    """`alignment.apply(space)`, written to the folder `out`, a block of 32 MiB in memory at a time.

    Blocks are cut by rows alone and gathered in `OUT.parts`. A run that is killed leaves them, whole; the
    next one with the same map and space goes on after the last and ends with the same bytes.

    Parameters
    ----------
    space : of the map's source identity; its vectors may be memory-mapped, keys and payload are in memory.
    told : added to the provenance of the aligned space.
    overwrite : whether what is at `out`, and blocks of another map, may be replaced.

    Returns
    -------
    The space at `out`, memory-mapped.

    Raises `SpaceMismatch` for a space that the map is not for and for blocks of another map, `InputError`
    where the space is empty or has changed since the interruption, `FormatError` for an `out` that is no
    `.space` folder, `StorageError` where it exists or cannot be written.
    """
    target = Path(out)
    if target.suffix and formats.format_of(target) != "space":
        raise FormatError(
            f"{shown(target.suffix)} keeps no chain of custody", file=target, remedy="end in .space"
        )
    require_free(target, overwrite)
    store.require_replaceable(target)
    if not len(space):
        raise InputError("the space is empty: there is nothing to align", remedy="pass a space with keys")
    first = alignment.apply(space[:1])
    plan = {"identity": first.identity, "dim": first.dim, "rows": len(space)}
    with open_shards(target, plan, overwrite) as shards:
        with Progress("aligning", len(space), "items", show_progress) as progress:
            for number, rows in enumerate(_blocks(len(space), first.dim)):
                _add(shards, number, alignment, space, rows, overwrite)
                progress.advance(rows.stop - rows.start)
        join(shards.paths, target, provenance={**first.provenance, **(told or {})}, overwrite=overwrite)
        shards.remove()
    return store.read(target, verify=False)


def _blocks(count: int, dim: int) -> Iterator[slice]:
    step = max(1, BYTES_A_BLOCK // (4 * dim * BLOCK)) * BLOCK  # whole blocks of `transform`: its bits
    return (slice(start, min(start + step, count)) for start in range(0, count, step))


def _add(
    shards: Shards, number: int, alignment: Alignment, space: Space, rows: slice, overwrite: bool
) -> None:
    """Write the block of `rows`, or see that it was made of the same rows."""
    digest = _digest(space.keys[rows], space.vectors[rows])
    if number < len(shards.paths):
        made, _ = shards.read(number)
        if (made.start, made.stop, made.digest) == (rows.start, rows.stop, digest):
            return
        if not overwrite:
            raise InputError(
                "these are not the vectors that were aligned before the interruption",
                file=shards.folder,
                row=f"rows {rows.start:,} to {rows.stop - 1:,}",
                remedy="pass the space as it was, or overwrite=True (--overwrite) to start anew",
            )
        shards.remove_from(number)
    shards.add(Shard(rows.start, rows.stop, digest, []), alignment.apply(space[rows]))


def _digest(keys: list[str], vectors: NDArray[np.float32]) -> str:
    """SHA-256 of keys and vectors of a block."""
    found = hashlib.sha256(json.dumps(keys).encode())
    found.update(np.ascontiguousarray(vectors).view(np.uint8).data)
    return found.hexdigest()
