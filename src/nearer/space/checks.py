"""What a space accepts: keys, vectors, payload columns and provenance are checked here, before any work."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, shown

if TYPE_CHECKING:
    import pyarrow as pa

Metric = Literal["cosine", "dot", "euclidean"]
METRICS: tuple[str, ...] = get_args(Metric)

BLOCK = 1 << 16  # rows looked at together, so that a check of a large matrix needs little memory


def checked_keys(keys: Iterable[str]) -> list[str]:
    """`keys` as a list of plain strings; raises `InputError` for anything that is not a string."""
    if isinstance(keys, str | bytes):
        raise InputError(f"keys is one string, {shown(keys)}", remedy="pass a sequence of strings")
    values: list[Any] = _listed(keys)
    if set(map(type, values)) <= {str}:
        return values
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise InputError(
                f"key {shown(value)} is {type(value).__name__}, not a string", row=row, remedy="pass str keys"
            )
    return [str.__str__(value) for value in values]


def _listed(keys: Any) -> list[Any]:
    """A plain list of Python values, from NumPy and Arrow arrays too."""
    for method in ("to_pylist", "tolist"):
        if hasattr(keys, method):
            return list(getattr(keys, method)())
    return list(keys)


def checked_metric(metric: str) -> Metric:
    """`metric` if it is one of `METRICS`, else `ParameterError`."""
    if metric not in METRICS:
        raise ParameterError(f"metric is {shown(metric)}", remedy=f"use one of {', '.join(METRICS)}")
    return metric  # type: ignore[return-value]  # the test above narrows it


def checked_dim(dim: int, most: int) -> int:
    """`dim` if it is a whole number from 1 to `most`, else `ParameterError`."""
    try:
        number = operator.index(dim)
    except TypeError:
        number = 0
    if isinstance(dim, bool) or not 1 <= number <= most:
        raise ParameterError(f"dim is {shown(dim)}", remedy=f"use a whole number from 1 to {most:,}")
    return number


def checked_number(name: str, value: object, least: int) -> int:
    """A whole number of at least `least`, else `ParameterError`."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # what is no number is refused
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise ParameterError(f"{name} is {shown(value)}", remedy=f"pass a whole number of at least {least:,}")
    return number


def checked_matrix(vectors: ArrayLike) -> NDArray[np.float32]:
    """`vectors` as a read-only float32 array (n, dim) in C order.

    An array that is all of this already, such as a read-only memory map, is kept as it is; anything else is
    copied, a read-only view of a writable array too, so that nobody else can change the result.
    """
    try:
        given = np.asarray(vectors)
    except ValueError:
        raise InputError("vectors have rows of different lengths", remedy="pass shape (n, dim)") from None
    if given.dtype.kind not in "fiub":
        raise InputError(f"vectors hold {given.dtype}, not real numbers", remedy="pass floats")
    if given.ndim != 2:
        raise InputError(f"vectors have {given.ndim} axes, shape {given.shape}", remedy="pass shape (n, dim)")
    if given.shape[1] == 0:
        raise InputError("vectors have no columns", remedy="pass at least one column")
    if given.dtype == np.float32 and given.flags.c_contiguous and _is_constant(given):
        return given
    with np.errstate(over="ignore"):  # a number too large for float32 becomes inf, which is refused by name
        matrix = np.array(given, dtype=np.float32, order="C")
    matrix.flags.writeable = False
    return matrix


def seal(array: NDArray[Any]) -> None:
    """Make `array` read-only, and what it is a view of: only for an array that nobody else has."""
    for layer in _layers(array):
        layer.flags.writeable = False


def _is_constant(array: NDArray[Any]) -> bool:
    """Whether neither `array` nor an array that it is a view of can be written through."""
    return not any(layer.flags.writeable for layer in _layers(array))


def _layers(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """`array`, the array that it is a view of, and so on."""
    layer: Any = array
    while isinstance(layer, np.ndarray):
        yield layer
        layer = layer.base


def first_duplicate(keys: Sequence[str]) -> tuple[int, int] | None:
    """Rows of the first key that stands twice, or None."""
    seen: dict[str, int] = {}
    for row, key in enumerate(keys):
        if seen.setdefault(key, row) != row:
            return seen[key], row
    return None


def first_not_finite(matrix: NDArray[np.float32]) -> tuple[int, int] | None:
    """Row and column of the first NaN or infinity, or None."""
    for start in range(0, len(matrix), BLOCK):
        finite = np.isfinite(matrix[start : start + BLOCK])
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            return start + int(row), int(column)
    return None


def require_distinct(keys: Sequence[str]) -> None:
    """Raise `InputError` naming both rows of the first key that stands twice."""
    if (rows := first_duplicate(keys)) is not None:
        raise InputError(
            f"key {shown(keys[rows[1]])} already stands at row {rows[0]}",
            row=rows[1],
            remedy="keys must be distinct",
        )


def require_finite(keys: Sequence[str], matrix: NDArray[np.float32]) -> None:
    """Raise `InputError` naming key, row and column of the first value that is NaN or infinite."""
    if (place := first_not_finite(matrix)) is not None:
        row, column = place
        raise InputError(
            f"the vector of {shown(keys[row])} holds {matrix[row, column]} in column {column}",
            row=row,
            remedy="every value must be a finite float32",
        )


def require_same_length(keys: Sequence[str], matrix: NDArray[np.float32]) -> None:
    """Raise `InputError` unless there are as many keys as vectors."""
    if len(keys) != len(matrix):
        raise InputError(f"{len(keys):,} keys for {len(matrix):,} vectors", remedy="pass one key a vector")


def checked_items(items: Any, n: int) -> pa.Table | Callable[[], pa.Table | None] | None:
    """Payload columns as a pyarrow Table of `n` rows; takes whatever `pyarrow.table` takes.

    NumPy columns become a table when they are first asked for: pyarrow takes time and memory to load.
    """
    if items is None:
        return None
    if isinstance(items, dict) and items and all(_plain_column(column) for column in items.values()):
        columns = {str(name): column.copy() for name, column in items.items()}
        for column in columns.values():
            _require_items(list(columns), len(column), n)
        return lambda: checked_table(columns, n)
    return checked_table(items, n)


def _plain_column(column: Any) -> bool:
    return isinstance(column, np.ndarray) and column.ndim == 1 and column.dtype.kind in "iufb"


def checked_table(items: Any, n: int) -> pa.Table | None:
    """`items` as a pyarrow Table of `n` rows, None where it has no columns; raises `InputError`."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    try:
        table = items if isinstance(items, pa.Table) else pa.table(items)
    except (TypeError, ValueError) as error:
        raise InputError(f"items are {type(items).__name__}, not a table: {error}") from None
    names = table.column_names
    _require_items(names, table.num_rows, n)
    return table if names else None


def _require_items(names: list[str], rows: int, n: int) -> None:
    if rows != n:
        raise InputError(f"items have {rows:,} rows for {n:,} keys", remedy="pass one row a key")
    if "key" in names:
        raise InputError("items have a column called 'key'", remedy="rename it: keys are passed as keys")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"items have two columns called {shown(twice)}", remedy="rename one")


def checked_provenance(provenance: dict[str, Any] | None) -> str:
    """`provenance` as JSON text; raises `InputError` for what JSON cannot hold."""
    if not isinstance(provenance, dict | None):
        raise InputError(f"provenance is {type(provenance).__name__}", remedy="pass a dict")
    try:
        return json.dumps(provenance or {}, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"provenance cannot be written as JSON: {error}") from None


def checked_identity(identity: str | None) -> str | None:
    """`identity` if it is 64 lower-case hexadecimal digits or None, else `ParameterError`."""
    if identity is None or is_identity(identity):
        return identity
    raise ParameterError(f"identity is {shown(identity)}", remedy="pass 64 hexadecimal digits, or None")


def is_identity(value: object) -> bool:
    """Whether `value` is 64 lower-case hexadecimal digits."""
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")
