"""Room for word ids: in memory, or in memory-mapped files where they would take too much of it."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from types import TracebackType

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
        self._file = tempfile.TemporaryFile(prefix="nearer-ids-") if memory is not None else None  # noqa: SIM115

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
            try:
                self._file.write(ids.data)
            except OSError as error:
                raise StorageError(
                    f"word ids cannot be written to {tempfile.gettempdir()}: {error.strerror}",
                    remedy="free room there, or point TMPDIR at a larger disk",
                ) from None
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
    with tempfile.TemporaryFile(prefix="nearer-ids-") as file:
        try:
            file.truncate(count * 4)
            return np.memmap(file, dtype=np.uint32, mode="r+", shape=(count,))
        except OSError as error:
            raise StorageError(
                f"{count * 4:,} bytes of ids cannot be kept in {tempfile.gettempdir()}: {error.strerror}",
                remedy="free room there, or point TMPDIR at a larger disk",
            ) from None
