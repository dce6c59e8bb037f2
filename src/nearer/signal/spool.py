"""An array that is written from its start to its end: in memory, or in a temporary file."""

from __future__ import annotations

import mmap
import os
import tempfile
from types import TracebackType
from typing import BinaryIO, Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from nearer.signal.id_store import anonymous_map, temporary_room

START_BYTES = 1 << 20
Scalar = TypeVar("Scalar", bound=np.generic)


class Spool(Generic[Scalar]):
    """Values appended piece by piece, read as one array when they are all there.

    The file has no name, so that nothing is left of it however the process ends. `what` is what an error
    message calls the values.
    """

    def __init__(self, dtype: type[Scalar], in_file: bool, what: str) -> None:
        self.dtype, self.what = np.dtype(dtype), what
        self._bytes = 0
        self._file: BinaryIO | None = None
        self._room: mmap.mmap | None = None
        if in_file:
            with temporary_room(what):
                self._file = cast(BinaryIO, tempfile.TemporaryFile(prefix="nearer-"))  # noqa: SIM115  (see __exit__)
        else:
            self._room = anonymous_map(START_BYTES)

    def __enter__(self) -> Spool[Scalar]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            with temporary_room(self.what):
                self._file.close()  # the map outlives it

    def __len__(self) -> int:
        return self._bytes // self.dtype.itemsize

    def append(self, values: NDArray[Scalar]) -> None:
        """Keep `values` behind those there are; raises `StorageError` where a disk is full."""
        if len(values) == 0:
            return
        data = np.ascontiguousarray(values).data.cast("B")
        if self._file is not None:
            with temporary_room(self.what):
                self._file.write(data)
        else:
            self._append_to_memory(data)
        self._bytes += len(data)

    def array(self) -> NDArray[Scalar]:
        """Everything appended, as one array; nothing can be appended after."""
        if self._bytes == 0:
            return np.empty(0, dtype=self.dtype)
        if self._file is not None:
            with temporary_room(self.what):
                self._file.flush()
                self._room = mmap.mmap(self._file.fileno(), self._bytes, access=mmap.ACCESS_READ)
        assert self._room is not None
        return np.frombuffer(self._room, dtype=self.dtype, count=len(self))

    def release(self) -> None:
        """Let go of the pages that were read from the file; they are read again when they are needed."""
        if self._file is not None and self._room is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._room.madvise(mmap.MADV_DONTNEED)

    def _append_to_memory(self, data: memoryview) -> None:
        assert self._room is not None
        end = self._bytes + len(data)
        if end > len(self._room):
            size = max(end, len(self._room) * 3 // 2)
            try:
                self._room.resize(size)
            except SystemError:  # a system that cannot grow a map
                larger = anonymous_map(size)
                larger[: self._bytes] = self._room[: self._bytes]
                self._room = larger
        with memoryview(self._room) as room:
            room[self._bytes : end] = data


def room(size: int, in_file: bool, what: str) -> NDArray[np.uint8]:
    """Room for `size` bytes, in memory or in a temporary file; raises `StorageError` where a disk is full."""
    if not in_file or size == 0:
        return np.empty(size, dtype=np.uint8)
    with (
        temporary_room(what),
        cast(BinaryIO, tempfile.TemporaryFile(prefix="nearer-")) as file,
    ):
        if hasattr(os, "posix_fallocate"):  # a full disk is found now, not by a signal while it is written
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
        return np.frombuffer(mmap.mmap(file.fileno(), size), dtype=np.uint8)
