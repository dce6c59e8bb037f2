"""word2vec binary: a line `n dim`, then for every row the key, one space and dim little-endian float32.

The format of the word2vec program (Mikolov et al., 2013), which ends each row with a line break; gensim does
not, so line breaks before a key are skipped. It keeps keys and vectors, not the metric.
"""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np

from nearer.errors import EncodingError, FormatError, shown
from nearer.replace import new_file
from nearer.space.checks import Metric
from nearer.space.formats.holding import require_holdable
from nearer.space.formats.source import imported, reading_errors
from nearer.space.formats.word2vec_text import header
from nearer.space.space import Space

NAME = "word2vec binary"
ENDS_A_KEY = " \n"
LONGEST_HEADER = 64
WRITE_BLOCK = 1 << 13  # rows written together


def read(path: Path, metric: Metric = "cosine") -> Space:
    """The space in a word2vec binary file.

    Raises `FormatError` for a file that is cut short or of another format, `EncodingError` for a key that is
    not UTF-8.
    """
    path = Path(path)
    with reading_errors(path), path.open("rb") as handle:
        start = handle.read(LONGEST_HEADER)
        line, _, _ = start.partition(b"\n")
        n, dim = header(path, line)
        with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _read_rows(path, data, len(line) + 1, (n, dim), metric)


def _read_rows(path: Path, data: mmap.mmap, at: int, shape: tuple[int, int], metric: Metric) -> Space:
    n, dim = shape
    width = 4 * dim
    if n * (width + 2) > max(len(data) - at, 0):
        raise FormatError(
            f"the header promises {n:,} vectors of {dim:,} numbers, {len(data):,} bytes are too few for them",
            file=path,
            remedy="fetch it again: it was cut short",
        )
    keys: list[str] = []
    vectors = np.empty((n, dim), dtype="<f4")
    for row in range(n):
        end = data.find(b" ", at)
        if end < 0 or end + 1 + width > len(data):
            raise FormatError(
                f"ends within vector {row + 1} of {n:,}", file=path, remedy="fetch it again: it was cut short"
            )
        keys.append(_key(path, data[at:end].lstrip(b"\n"), row, at))
        vectors[row] = np.frombuffer(data, "<f4", dim, end + 1)
        at = end + 1 + width
    if data[at:].strip(b"\n"):
        raise FormatError(
            f"the header promises {n:,} vectors, but {len(data) - at:,} bytes follow them",
            file=path,
            remedy="correct its first line",
        )
    return imported(path, NAME, keys, vectors.astype(np.float32, copy=False), metric=metric)


def _key(path: Path, key: bytes, row: int, at: int) -> str:
    try:
        return key.decode()
    except UnicodeDecodeError as error:
        raise EncodingError(
            f"the key {shown(key)} before byte {at + len(key)} is not UTF-8: {error.reason}",
            file=path,
            row=row + 1,
            remedy="fetch it again, or convert its keys to UTF-8",
        ) from None


def write(space: Space, path: Path, overwrite: bool = False) -> None:
    """Write keys and vectors; raises `FormatError` for a key that is empty or holds a space or line break."""
    require_holdable(space.keys, NAME, ENDS_A_KEY)
    vectors = space.vectors.astype("<f4", copy=False)
    with new_file(Path(path), overwrite) as handle:
        handle.write(f"{len(space)} {space.dim}\n".encode())
        for start in range(0, len(space), WRITE_BLOCK):
            rows = zip(space.keys[start : start + WRITE_BLOCK], vectors[start:], strict=False)
            handle.write(b"".join(key.encode() + b" " + vector.tobytes() + b"\n" for key, vector in rows))
