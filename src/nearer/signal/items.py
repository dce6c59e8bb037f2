"""Raw items that a signal joins: a sequence of them, or the columns of a table, and what each is called."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.columns import Role, ending, is_path, read_table
from nearer.errors import InputError, shown

LONGEST_KEY = 200  # characters: a longer text is called by its number


@dataclass(frozen=True, eq=False)
class Items:
    """Raw items and their keys.

    Attributes
    ----------
    values : a sequence, or an Arrow table where an item is a row of it.
    keys : what each is called: its own text where all are short and differ, else its number.
    rows : where each stands first in the data, where that is not its number.
    """

    values: Any
    keys: list[str]
    rows: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def taken(self, rows: NDArray[np.int64]) -> Any:
        """The items of these rows, in their order."""
        return taken(self.values, rows)


def taken(values: Any, rows: NDArray[np.int64]) -> Any:
    """The items of these rows of a list, an array or an Arrow table."""
    if isinstance(values, np.ndarray):
        return values[rows]
    return [values[row] for row in rows.tolist()] if isinstance(values, list) else values.take(rows)


def is_table(data: Any) -> bool:
    """Whether `data` is a table: the path of one, columns by name, or what hands over Arrow columns."""
    if is_path(data) or hasattr(data, "columns"):
        return True
    if hasattr(data, "__arrow_c_stream__"):
        return not _is_series(data)
    return isinstance(data, Mapping) and bool(data) and all(_is_column(value) for value in data.values())


def _is_series(data: Any) -> bool:
    """Whether what hands over an Arrow stream is one column: a Series of pandas or Polars, an Arrow array."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    if hasattr(data, "schema") or not hasattr(data, "__len__"):  # a reader of batches is read once only
        return False
    try:
        return not pa.types.is_struct(pa.chunked_array(data).type)
    except (pa.ArrowException, TypeError, ValueError):  # Python objects, which only a Series of them holds
        return True


def _is_column(value: object) -> bool:
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str | bytes)


def read_items(
    data: Any, item: str | Sequence[str] | None, key: str | None, *, whole: bool, known: tuple[str, ...]
) -> Items:
    """The items of `data`: a sequence, an array with an item a row, or a table.

    Parameters
    ----------
    item, key : columns of a table; None: the only one, or one whose name is `known`; no keys.
    whole : whether an item is a row of a table, so that all columns but the keys are taken.

    Raises `InputError` where there are no items, or where it is not clear which column holds them.
    """
    if is_table(data):
        roles = [] if key is None else [Role("key", key, (), is_id=True)]
        if not whole and isinstance(item, str | None):
            roles.append(Role("item", item, known, required=False, is_id=True))
        table, where = named_columns(data, roles)
        keys = None if key is None else table.column(key).to_pylist()
        chosen = [name for name in table.column_names if name != key] if item is None else item
        if item is None and not whole:
            chosen = _clear_column(list(chosen), known, where)
        return checked_items(column_items(table, chosen, where, whole=whole), keys, where)
    if item is not None or key is not None:
        raise InputError(
            f"the column {shown(item if item is not None else key)} is named, but {type(data).__name__} has "
            "no columns",
            remedy="leave it out, or give a table",
        )
    return checked_items(listed(data), None, None)


def named_columns(data: Any, roles: Sequence[Role]) -> tuple[Any, str | None]:
    """The table of `data`, whose columns of `roles` are there, and the file it came from."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    if isinstance(data, Mapping):
        try:
            data = pa.table({name: _arrow_column(column) for name, column in data.items()})
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise InputError(
                f"these columns are no table ({error})", remedy="give columns of one length and type"
            ) from None
    table, _, where = read_table(data, roles, "a table of items")
    return table, where


def _arrow_column(column: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    if isinstance(column, np.ndarray) and column.ndim > 1:
        return pa.array([row.tolist() for row in column.reshape(len(column), -1)])
    return pa.array([str(value) if isinstance(value, os.PathLike) else value for value in column])


def column_items(table: Any, chosen: str | Sequence[str], where: str | None, *, whole: bool = False) -> Any:
    """The items in a column, as a list; in several columns, or in one as `whole` rows: an Arrow table."""
    names = [chosen] if isinstance(chosen, str) else list(chosen)
    for name in names:
        if name not in table.column_names:
            raise InputError(
                f"there is no column {shown(name)}",
                file=where or "the table",
                remedy=f"it has {', '.join(table.column_names)}",
            )
    if whole or not isinstance(chosen, str):
        return table.select(names)
    values = table.column(chosen).to_pylist()
    if where is not None and ending(Path(where)) != ".parquet":  # an empty cell of a text file is no value
        values = [None if value == "" else value for value in values]
    if None in values:
        raise InputError(
            f"there is no {chosen}", file=where, row=values.index(None), remedy="fill it in, or leave it out"
        )
    return values


def _clear_column(names: list[str], known: tuple[str, ...], where: str | None) -> str:
    found = names if len(names) == 1 else [name for name in names if name.lower() in known]
    if len(found) != 1:
        raise InputError(
            "which column holds the items is not clear",
            file=where or "the table",
            remedy=f'name it, as item="NAME"; the columns are {", ".join(names)}',
        )
    return found[0]


def listed(data: Any) -> Any:
    """A sequence as a list, an array as it is; raises `InputError` for what is neither."""
    if isinstance(data, np.ndarray) and data.ndim > 0:
        return data
    if hasattr(data, "to_pylist"):  # Arrow's own would give scalars of Arrow
        return data.to_pylist()
    if isinstance(data, str | bytes) or not isinstance(data, Sequence):
        if hasattr(data, "__iter__") and not isinstance(data, str | bytes | Mapping):
            return list(data)
        raise InputError(f"{shown(data)} holds no items", remedy="give a list of items, an array or a table")
    return list(data)


def checked_items(values: Any, keys: list[Any] | None, where: str | None) -> Items:
    """Items under their keys; raises `InputError` for none at all, and for keys that are missing or twice."""
    count = len(values)
    if count == 0:
        raise InputError("there are no items, and training needs two at least", file=where)
    if keys is None:
        return Items(values, own_keys(values))
    seen: set[str] = set()
    for row, key in enumerate(keys):
        if not isinstance(key, str | int) or isinstance(key, bool) or key == "":
            raise InputError(
                f"{shown(key)} is no key", file=where, row=row, remedy="keys are text or numbers"
            )
        if str(key) in seen:
            raise InputError(f"the key {shown(key)} occurs twice", file=where, row=row)
        seen.add(str(key))
    return Items(values, [str(key) for key in keys])


def own_keys(values: Any) -> list[str]:
    """What items are called that have no keys: by their own text, or by their numbers."""
    if isinstance(values, list):
        texts = [str(value) for value in values if isinstance(value, str | Path | int)]
        if len(texts) == len(values) == len(set(texts)) and all(0 < len(t) <= LONGEST_KEY for t in texts):
            return texts
    return [str(row) for row in range(len(values))]


def distinct(values: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the first of each different item, and the number among these of every item."""
    if not isinstance(values, list | np.ndarray):  # the rows of a table: each is an item of its own
        rows = np.arange(len(values))
        return rows, rows
    numbers: dict[object, int] = {}
    codes = np.array([numbers.setdefault(_content(value), len(numbers)) for value in values], np.int64)
    _, firsts = np.unique(codes, return_index=True)
    return firsts.astype(np.int64), codes


def _content(value: Any) -> object:
    """What tells an item from another: its content, or for objects of other kinds the object itself."""
    if isinstance(value, str | bytes | int | float):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, list | tuple):
        return (type(value).__name__, *map(_content, value))
    return id(value)
