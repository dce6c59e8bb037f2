"""Features of nodes or items: what is known of each one, from arrays, sparse matrices, mappings and tables.

A feature is given as numbers (a row of a matrix) or by name (a list of words, or of whole numbers that name
features that are present, as sets of binary attributes come).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.columns import TABLE_ENDINGS, is_path
from nearer.data.feature_tables import is_table, table_columns
from nearer.errors import InputError, shown


@dataclass(frozen=True, eq=False)
class Features:
    """A row of features for each of n things.

    Attributes
    ----------
    matrix : float32 (n, f), finite: an array, or a `scipy.sparse.csr_array`.
    keys : what each row belongs to, distinct; None: rows are told by their place.
    names : of the columns, where features came by name; None: columns are told by their place.
    """

    matrix: Any
    keys: Sequence[str] | None = None
    names: Sequence[str] | None = None

    def __len__(self) -> int:
        return int(self.matrix.shape[0])


def read_features(
    source: Any,
    *,
    key: str | None = None,
    columns: str | Sequence[str] | None = None,
    known: Features | None = None,
) -> Features:
    """The features in `source`.

    Parameters
    ----------
    source : a matrix (n, f), a SciPy sparse matrix, a mapping key -> features, a sequence of those, a `Space`
        or what else has `keys` and `vectors`, an Arrow, pandas or Polars table, or a path to one.
    key, columns : names of a table's columns. None: "key", "id" or "node"; the only column of lists, or all
        others where they are floating-point numbers.
    known : features that these are to be the same as: numbers need as many columns, of names those that
        `known` has are taken and others are dropped.

    Raises `InputError` for rows of different widths, values that are not finite numbers, keys that repeat.
    """
    found = _read(source, key, columns, None if known is None else known.names)
    if known is not None:
        _require_alike(found, known)
    _require_finite(found)
    if found.keys is not None:
        seen: set[str] = set()
        for row, name in enumerate(found.keys):
            if name in seen:
                raise InputError(f"{shown(name)} has features twice", row=row, remedy="give each key once")
            seen.add(name)
    return found


def _read(
    source: Any, key: str | None, columns: str | Sequence[str] | None, names: Sequence[str] | None
) -> Features:
    if hasattr(source, "vectors") and hasattr(source, "keys"):
        return Features(np.array(source.vectors, np.float32), list(source.keys))
    if isinstance(source, Mapping):
        return _of_values(list(source.values()), list(map(_key, source)), names)
    if is_table(source):
        keys, values = table_columns(source, key, columns)
        return _of_values(values, list(map(_key, keys)), names)
    if is_path(source) or isinstance(source, bytes):
        raise InputError(
            f"{shown(source)} is no table of features",
            remedy=f"give a path that ends in {', '.join(TABLE_ENDINGS)}, or a matrix",
        )
    if hasattr(source, "tocsr"):
        return Features(_sparse(source))
    if isinstance(source, np.ndarray):
        return Features(_dense(source))
    if not isinstance(source, Iterable):
        raise InputError(f"{shown(source)} holds no features", remedy="give a matrix, a mapping or a table")
    return _of_values(list(source), None, names)


def _key(value: Any) -> str:
    """A key as text: whole numbers in decimal."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return str(int(value))
    raise InputError(f"the key {shown(value)} is neither a string nor a whole number")


def _sparse(source: Any) -> Any:
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    matrix = csr_array(source, dtype=np.float32)
    if matrix is source:
        matrix = matrix.copy()
    matrix.sum_duplicates()
    return matrix


def _dense(source: Any) -> NDArray[np.float32]:
    try:
        matrix = np.array(source, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"features are not a matrix of numbers ({error})") from None
    if matrix.ndim != 2:
        raise InputError(
            f"features have {matrix.ndim} dimensions, shape {matrix.shape}",
            remedy="give a matrix (n, features)",
        )
    return matrix


def _of_values(values: list[Any], keys: list[str] | None, names: Sequence[str] | None) -> Features:
    """Features from a value a row: a vector, a list of names, or None for nothing known."""
    for row, value in enumerate(values):
        if value is not None and (isinstance(value, str | bytes) or not hasattr(value, "__len__")):
            raise InputError(
                f"the features {shown(value)} are no list", row=_place(keys, row),
                remedy="give a vector or a list of words for each key",
            )  # fmt: skip
    named = [_is_named(value) for value in values if value is not None and len(value)]
    if not named and names is None:
        raise InputError("no row has a feature", remedy="give features")
    if (named and named[0]) or (not named and names is not None):
        return _by_name(values, keys, names)
    return _by_number(values, keys)


def _place(keys: list[str] | None, row: int) -> str:
    return f"row {row}" if keys is None else f"key {shown(keys[row])}"


def _is_named(value: Any) -> bool:
    """Whether features are names: strings or whole numbers in a list; an array holds numbers."""
    if isinstance(value, np.ndarray) and value.dtype.kind not in "OSU":
        return False
    return isinstance(value[0], str) or (isinstance(value[0], int) and not isinstance(value[0], bool))


def _by_number(values: list[Any], keys: list[str] | None) -> Features:
    width = next(len(value) for value in values if value is not None and len(value))
    matrix = np.zeros((len(values), width), np.float32)
    for row, value in enumerate(values):
        if value is None:
            continue
        if len(value) != width:
            raise InputError(
                f"{len(value)} features, where others have {width}",
                row=_place(keys, row),
                remedy="give each row as many",
            )
        try:
            matrix[row] = value
        except (TypeError, ValueError):
            raise InputError(
                f"the features {shown(value)} are not all numbers", row=_place(keys, row)
            ) from None
    return Features(matrix, keys)


def _by_name(values: list[Any], keys: list[str] | None, names: Sequence[str] | None) -> Features:
    """A sparse matrix with a column a name; a name that stands twice in a row counts twice."""
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    for row, value in enumerate(values):
        for name in () if value is None else value:
            if not isinstance(name, str | int) or isinstance(name, bool):
                raise InputError(
                    f"{shown(name)} is no name of a feature, where others are",
                    row=_place(keys, row),
                    remedy="give lists of words or of whole numbers, or arrays of numbers for vectors",
                )
        if value is not None and not isinstance(next(iter(value), ""), str) and len(set(value)) < len(value):
            raise InputError(
                f"a feature stands twice in {shown(value)}: lists of whole numbers name features",
                row=_place(keys, row),
                remedy="give vectors as arrays (numpy.array) or with decimals",
            )
    if names is None:
        there = {name for value in values if value is not None for name in value}
        names = [str(name) for name in sorted(there, key=lambda name: (isinstance(name, str), name))]
    column = {name: place for place, name in enumerate(names)}
    places = [
        [column[str(name)] for name in value if str(name) in column] if value is not None else []
        for value in values
    ]
    starts = np.concatenate([[0], np.cumsum([len(found) for found in places], dtype=np.int64)])
    indices = np.array([place for found in places for place in found], dtype=np.int32)
    cells = (np.ones(len(indices), np.float32), indices, starts.astype(np.int32))
    matrix = csr_array(cells, shape=(len(values), len(names)))
    matrix.sum_duplicates()
    return Features(matrix, keys, names)


def _require_alike(found: Features, known: Features) -> None:
    """Raise `InputError` unless the columns mean the same."""
    if (found.names is None) != (known.names is None):
        kinds = ("names of features", "vectors of numbers")
        given, wanted = kinds if known.names is None else kinds[::-1]
        raise InputError(f"features are {given}, and the model was fitted to {wanted}")
    if found.matrix.shape[1] != known.matrix.shape[1]:
        raise InputError(
            f"{found.matrix.shape[1]} features, and the model was fitted to {known.matrix.shape[1]}",
            remedy="give the same features in the same order",
        )


def _require_finite(features: Features) -> None:
    matrix = features.matrix
    values = matrix if isinstance(matrix, np.ndarray) else matrix.data
    if np.isfinite(values).all():
        return
    bad = np.argwhere(~np.isfinite(values))[0]
    if isinstance(matrix, np.ndarray):
        row, column = (int(place) for place in bad)
        value = matrix[row, column]
    else:
        row = int(np.searchsorted(matrix.indptr, bad[0], side="right")) - 1
        column, value = int(matrix.indices[bad[0]]), matrix.data[bad[0]]
    keys = None if features.keys is None else list(features.keys)
    raise InputError(
        f"feature {column} is {value}",
        row=_place(keys, row),
        remedy="features must be finite: fill in or leave out",
    )
