"""Room for word ids: in memory, or in memory-mapped files where they would take too much of it."""

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


class IdStore:
    """Pieces of provisional ids in reading order; beyond `memory` bytes they go to a temporary file.

    Pieces in memory are anonymous maps, so that draining gives each back to the system at once.
    """

    def __init__(self, memory: int | None) -> None:
        self.memory = memory
        self.tokens = 0
        self._held: list[tuple[int, NDArray[np.uint32]]] = []
        self._spilled: list[tuple[int, int]] = []
        # closed by __exit__
        self._file = _temporary_file() if memory is not None else None

    def __enter__(self) -> IdStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def append(self, counter: int, ids: NDArray[np.uint32]) -> None:
        """Keep `ids`, which belong to the given counter."""
        if len(ids) == 0:
            return
        self.tokens += len(ids)
        if self._file is not None and self.memory is not None and self.tokens * 4 > self.memory:
            with _temporary_room():
                self._file.write(ids.data)
                self._file.flush()
            self._spilled.append((counter, len(ids)))
        else:
            self._held.append((counter, _mapped(ids)))

    def drain(self) -> Iterator[tuple[int, NDArray[np.uint32]]]:
        """Every piece once, in order; a piece is let go when the next is asked for."""
        held = self._held[::-1]
        self._held = []
        while held:
            yield held.pop()
        if self._file is not None:
            self._file.seek(0)
            for counter, count in self._spilled:
                yield counter, np.frombuffer(self._file.read(count * 4), dtype=np.uint32)


def _mapped(ids: NDArray[np.uint32]) -> NDArray[np.uint32]:
    room: NDArray[np.uint32] = np.frombuffer(mmap.mmap(-1, ids.nbytes), dtype=np.uint32)
    room[:] = ids
    return room


def id_array(count: int, *, on_disk: bool) -> NDArray[np.uint32]:
    """An array for `count` ids, in memory or over a temporary file that vanishes with it."""
    if not on_disk:
        return np.empty(count, dtype=np.uint32)
    with _temporary_file() as file, _temporary_room():
        if hasattr(os, "posix_fallocate"):  # a full disk is found now, not by a signal while ids are written
            os.posix_fallocate(file.fileno(), 0, count * 4)
        else:
            file.truncate(count * 4)
        return np.memmap(file, dtype=np.uint32, mode="r+", shape=(count,))


def _temporary_file() -> BinaryIO:
    with _temporary_room():
        return cast(BinaryIO, tempfile.TemporaryFile(prefix="nearer-ids-"))


@contextmanager
def _temporary_room() -> Iterator[None]:
    """Turn what the system says about a failed write into a `StorageError` with the remedy."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"word ids cannot be kept in temporary files: {error.strerror or error}",
            remedy="free room, or point TMPDIR at a larger disk",
        ) from None
