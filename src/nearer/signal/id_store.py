"""Room for word ids: one growing map of memory, or of a file where they would take too much memory."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from nearer.errors import StorageError
from nearer.kernels.text import rewrite_ids

START_BYTES = 1 << 24
FILE_STEP = 1 << 26  # bytes by which a file grows


class IdStore:
    """Pieces of provisional ids in reading order, side by side; beyond `memory` bytes, in a temporary file.

    The ids are rewritten where they lie, so that they never stand in memory twice.
    """

    def __init__(self, memory: int | None) -> None:
        self.memory = memory
        self.tokens = 0
        self._pieces: list[tuple[int, int]] = []  # counter, tokens
        self._room = anonymous_map(START_BYTES)
        self._file: BinaryIO | None = None

    def __enter__(self) -> IdStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()  # the map outlives it

    def append(self, counter: int, ids: NDArray[np.uint32]) -> None:
        """Keep `ids`, which belong to the given counter; raises `StorageError` where a disk is full."""
        if len(ids) == 0:
            return
        begin, end = self.tokens * 4, (self.tokens + len(ids)) * 4
        if end > len(self._room) or (self._file is None and self.memory is not None and end > self.memory):
            self._grow(end)
        with memoryview(self._room) as room:
            room[begin:end] = ids.data.cast("B")
        self._pieces.append((counter, len(ids)))
        self.tokens += len(ids)

    def rewrite(self, final_ids: list[NDArray[np.uint32]], kept: int) -> NDArray[np.uint32]:
        """The `kept` final ids, uint32 (kept,), in place of the provisional ones; the store is used up."""
        tokens: NDArray[np.uint32] = np.frombuffer(self._room, dtype=np.uint32)
        read, written, line_start = 0, 0, True
        for counter, count in self._pieces:
            piece = tokens[read : read + count]
            added, line_start = rewrite_ids(piece, final_ids[counter], tokens, written, line_start)
            read, written = read + count, written + added
        self._release_after(kept * 4)
        return tokens[:kept]

    def _release_after(self, end: int) -> None:
        """Hand back the whole pages after the first `end` bytes."""
        start = -(-end // mmap.PAGESIZE) * mmap.PAGESIZE
        if start < len(self._room) and hasattr(mmap, "MADV_DONTNEED"):
            self._room.madvise(mmap.MADV_DONTNEED, start)

    def _grow(self, needed: int) -> None:
        """Make room for `needed` bytes, in a file where that is more than `memory`."""
        if self.memory is not None and needed > self.memory:
            with temporary_room():
                self._grow_file(needed + FILE_STEP)
            return
        size = max(needed, len(self._room) * 3 // 2)
        try:
            self._room.resize(size)
        except SystemError:  # a system that cannot grow a map
            self._room = self._copied_to(anonymous_map(size))

    def _grow_file(self, size: int) -> None:
        fresh = self._file is None
        if self._file is None:
            self._file = cast(BinaryIO, tempfile.TemporaryFile(prefix="nearer-ids-"))  # noqa: SIM115  (see __exit__)
        if hasattr(os, "posix_fallocate"):  # a full disk is found now, not by a signal while ids are written
            os.posix_fallocate(self._file.fileno(), 0, size)
        else:
            self._file.truncate(size)
        room = mmap.mmap(self._file.fileno(), size)
        self._room = self._copied_to(room) if fresh else room

    def _copied_to(self, room: mmap.mmap) -> mmap.mmap:
        with memoryview(self._room) as old, memoryview(room) as new:
            new[: self.tokens * 4] = old[: self.tokens * 4]
        return room


def anonymous_map(size: int) -> mmap.mmap:
    """Memory of this process alone, which can grow; pages that were never written take no room."""
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


@contextmanager
def temporary_room(what: str = "word ids") -> Iterator[None]:
    """Turn what the system says about a failed write of `what` into a `StorageError` with the remedy."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{what} cannot be kept in temporary files: {error.strerror or error}",
            remedy="free room, or point TMPDIR at a larger disk",
        ) from None
