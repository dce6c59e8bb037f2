"""Rows of a table in any form that Nearer reads, as Arrow columns by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nearer.data.columns import Role, is_path, read_table
from nearer.errors import InputError, shown

WHAT = "a table"
INDEX = re.compile(r"__index_level_\d+__")  # what pandas calls an index without a name, as a column


@dataclass(frozen=True, eq=False)
class Rows:
    """Arrow columns of equal length, by name, and the file they came from."""

    columns: Mapping[str, Any]
    count: int
    where: str | None = None

    def __len__(self) -> int:
        return self.count

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return list(self.columns)

    def without_values(self, names: Sequence[str]) -> Rows:
        """A table of these columns, without rows."""
        import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

        return Rows({name: pa.chunked_array([pa.nulls(0)]) for name in names}, 0, self.where)


def read_rows(source: Any, as_written: Sequence[str] = ()) -> Rows:
    """The rows of `source`; text files keep the columns of `as_written` as text, 007 is not 7.

    Raises `InputError` for what is no table, `FormatError` for a file that cannot be read as its ending says.
    """
    if isinstance(source, Rows):
        return source
    if isinstance(source, np.ndarray):
        return _of_array(source)
    if is_path(source) or hasattr(source, "__arrow_c_stream__") or hasattr(source, "columns"):
        roles = [Role(name, None, (name.lower(),), required=False, is_id=True) for name in as_written]
        table, _, where = read_table(source, roles, WHAT)
        columns = zip(map(str, table.column_names), table.columns, strict=True)
        kept = {name: column for name, column in columns if not INDEX.fullmatch(name)}
        return Rows(kept, table.num_rows, where)
    if isinstance(source, Mapping):
        return _of_columns(source)
    if isinstance(source, Iterable) and not isinstance(source, bytes | bytearray):
        return _of_mappings(source if isinstance(source, Sequence) else list(source))
    raise InputError(
        f"{shown(source)} is no table",
        remedy="give a .parquet, .csv or .tsv file, a table, a mapping of columns or a list of mappings",
    )


def _of_array(array: np.ndarray[Any, Any]) -> Rows:
    """An array (n, f) of numbers; its columns are x0, x1 and so on."""
    import pyarrow as pa  # noqa: PLC0415

    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise InputError(
            f"an array of shape {array.shape} and type {array.dtype} is no table",
            remedy="give numbers in the shape (rows, columns)",
        )
    columns = [pa.chunked_array([pa.array(np.ascontiguousarray(column))]) for column in array.T]
    return Rows({f"x{place}": column for place, column in enumerate(columns)}, len(array))


def _of_columns(columns: Mapping[Any, Any]) -> Rows:
    arrays: dict[str, Any] = {}
    for name, values in columns.items():
        if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
            raise InputError(f"column {shown(name)} is {shown(values)}, no sequence of values")
        arrays[str(name)] = _column(str(name), values)
    lengths = {name: len(array) for name, array in arrays.items()}
    for name, length in lengths.items():
        if length != (first := next(iter(lengths.values()))):
            raise InputError(
                f"column {shown(name)} has {length:,} values, the first column has {first:,}",
                remedy="give columns of one length",
            )
    return Rows(arrays, next(iter(lengths.values()), 0))


def _of_mappings(rows: Sequence[Any]) -> Rows:
    names: dict[str, None] = {}
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise InputError(
                f"{shown(row)} is no row",
                row=number,
                remedy="give mappings of column names to values, or a table",
            )
        names |= dict.fromkeys(row)
    columns = {name: _column(str(name), [row.get(name) for row in rows]) for name in names}
    return Rows({str(name): column for name, column in columns.items()}, len(rows))


def _column(name: str, values: Any) -> Any:
    """Values of one column as an Arrow array; raises `InputError` naming the first of another type."""
    import pyarrow as pa  # noqa: PLC0415

    if isinstance(values, pa.ChunkedArray):
        return values
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise InputError(f"column {shown(name)} is an array of shape {values.shape}, no list of values")
    plain: Any = values if isinstance(values, list | np.ndarray | pa.Array) else list(values)
    try:
        return pa.chunked_array([pa.array(plain, from_pandas=True)])
    except (pa.ArrowException, TypeError, OverflowError):
        raise _mixed(name, list(values)) from None


def _mixed(name: str, values: list[Any]) -> InputError:
    """The error that names the first value unlike those before it."""
    first: Any = next((value for value in values if value is not None), None)
    for number, value in enumerate(values):
        if value is not None and _family(value) is not _family(first):
            return InputError(
                f"column {shown(name)}: {shown(value)} is of another type than {shown(first)} before it",
                row=number,
                remedy="give the values of a column one type",
            )
    return InputError(f"column {shown(name)}: {shown(first)} is no value of a table")


def _family(value: Any) -> type:
    """The type that values of one column share: that of all numbers is float."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return float if number else str if isinstance(value, str) else type(value)
