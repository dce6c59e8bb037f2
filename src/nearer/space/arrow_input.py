"""Bytes for Arrow's readers, in memory of Arrow's own.

Arrow reads ahead on threads of its own. What they let go of must not be a Python object: where that happens
while the interpreter ends, the thread cannot enter it any more, and the process aborts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

PIECE = 1 << 20


def arrow_input(source: bytes | IO[bytes]) -> pa.BufferReader:
    """A copy of `source`, or of what is left to read of a stream; raises `OSError` as its `read` does."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    copy = pa.BufferOutputStream()
    if isinstance(source, bytes):
        copy.write(source)
    else:
        while piece := source.read(PIECE):
            copy.write(piece)
    return pa.BufferReader(copy.getvalue())


@contextmanager
def arrow_file(path: Path) -> Iterator[pa.NativeFile]:
    """A file that Arrow opens itself; raises `OSError` as `path.open` does, and for pipes."""
    import pyarrow as pa  # noqa: PLC0415

    with path.open("rb") as handle:
        if not handle.seekable():
            raise OSError("it is a pipe, and a table is read from its end")
        with pa.OSFile(str(path), "rb") as file:
            yield file
