"""What every reader does at its boundary: open the file, and name it in whatever goes wrong."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import FormatError, InputError, NearerError, shown
from nearer.space.checks import Metric, first_duplicate, first_not_finite, seal
from nearer.space.space import Space

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked if it ends in `.gz`; system errors become one error naming the file."""
    with reading_errors(path), path.open("rb") as packed:
        handle: Any = gzip.GzipFile(fileobj=packed) if is_gzip(path) else packed
        yield handle


@contextmanager
def reading_errors(path: Path) -> Iterator[None]:
    """Turn what the system says about a failed read into one `InputError` that names `path`."""
    try:
        yield
    except NearerError:
        raise
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FormatError(f"is no whole gzip file: {error}", file=path, remedy="fetch it again") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from error


def is_gzip(path: Path) -> bool:
    """Whether the name says that the file is packed."""
    return path.name.lower().endswith(".gz")


def imported(
    path: Path,
    format_name: str,
    keys: list[str],
    vectors: NDArray[np.float32],
    *,
    metric: Metric = "cosine",
    items: pa.Table | None = None,
    identity: str | None = None,
    provenance: dict[str, Any] | None = None,
    first_row: int = 1,
) -> Space:
    """A space of what was read; an error names the file and counts rows from `first_row`, as editors do."""
    made = provenance or {"imported": {"format": format_name, "file": path.name}}
    seal(vectors)
    try:
        return Space(keys, vectors, metric, items, identity=identity, provenance=made)
    except InputError as error:
        _name_duplicate(path, keys, first_row)
        _name_not_finite(path, keys, vectors, first_row)
        raise FormatError(error.problem, file=path, row=error.row, remedy=error.remedy) from None


def _name_duplicate(path: Path, keys: list[str], first_row: int) -> None:
    if (rows := first_duplicate(keys)) is not None:
        raise FormatError(
            f"key {shown(keys[rows[1]])} already stands in row {rows[0] + first_row}",
            file=path,
            row=rows[1] + first_row,
            remedy="keys must be distinct",
        ) from None


def _name_not_finite(path: Path, keys: list[str], vectors: NDArray[np.float32], first_row: int) -> None:
    if len(keys) == len(vectors) and (place := first_not_finite(vectors)) is not None:
        row, column = place
        raise FormatError(
            f"value {column + 1} of {shown(keys[row])} is {vectors[row, column]}",
            file=path,
            row=row + first_row,
            remedy="every value must be a finite float32",
        ) from None
