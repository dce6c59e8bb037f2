"""Tables of features: a column of keys, and one of lists or several of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nearer.data.columns import KEY_NAMES, Role, is_path, is_table_file, read_table
from nearer.errors import InputError, shown


def is_table(source: Any) -> bool:
    """Whether `source` is a table in memory or a path with the ending of one."""
    if is_path(source):
        return is_table_file(source)
    return hasattr(source, "__arrow_c_stream__")


def table_columns(
    source: Any, key: str | None, columns: str | Sequence[str] | None
) -> tuple[list[Any], list[Any]]:
    """Keys, and features a row: the list in one column, or the numbers in several.

    Raises `InputError` where it is not clear which columns those are, `FormatError` for files that are none.
    """
    table, roles, where = read_table(
        source, [Role("key", key, (*KEY_NAMES, "node"), is_id=True, has_option=False)], "a table of features"
    )
    names, key = [str(name) for name in table.schema.names], roles["key"]
    chosen = (
        [columns] if isinstance(columns, str) else list(columns or _clear_columns(table, names, key, where))
    )
    for name in chosen:
        if name not in names:
            raise InputError(
                f"there is no column {shown(name)}", file=where, remedy=f"it has {', '.join(names)}"
            )
    keys = table.column(key).to_pylist()
    if None in keys:
        raise InputError(f"the key in column {shown(key)} is missing", file=where, row=keys.index(None))
    lists = [name for name in chosen if _holds_lists(table.schema.field(name).type)]
    if lists and len(chosen) > 1:
        raise InputError(
            f"column {shown(lists[0])} holds lists, so it cannot be joined with others",
            file=where,
            remedy="name it alone, or columns of numbers",
        )
    if lists:
        return keys, _lists(table.column(chosen[0]))
    return keys, [list(row) for row in zip(*(_numbers(table, name, where) for name in chosen), strict=True)]


def _clear_columns(table: Any, names: list[str], key: str, where: str | None) -> list[str]:
    """The only column of lists, or where all but the keys are floating-point numbers, those.

    Labels, splits and the like must not be taken for features by guesswork.
    """
    import pyarrow as pa  # noqa: PLC0415

    others = [name for name in names if name != key]
    if others and all(pa.types.is_floating(table.schema.field(name).type) for name in others):
        return others
    lists = [name for name in others if _holds_lists(table.schema.field(name).type)]
    if len(lists) != 1:
        raise InputError(
            f"which columns hold features is not clear: found {', '.join(lists) or 'no'} column of lists",
            file=where,
            remedy=f'name them, as columns=["NAME", ...]; the columns are {", ".join(names)}',
        )
    return lists


def _holds_lists(kind: Any) -> bool:
    import pyarrow as pa  # noqa: PLC0415

    kinds = pa.types
    return bool(kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind))


def _lists(column: Any) -> list[Any]:
    """The rows: arrays where the lists have one size by their type, which are vectors."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    rows = column.to_pylist()
    if pa.types.is_fixed_size_list(column.type):
        return [None if row is None else np.array(row, np.float32) for row in rows]
    return list(rows)


def _numbers(table: Any, name: str, where: str | None) -> list[float]:
    """A column of numbers, booleans as 0 and 1; what is missing is refused."""
    import pyarrow as pa  # noqa: PLC0415

    column = table.column(name)
    kind = column.type
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if not number:
        raise InputError(f"column {shown(name)} holds {kind}, no numbers", file=where)
    values = column.to_pylist()
    if None in values:
        raise InputError(
            f"column {shown(name)} is empty", file=where, row=values.index(None), remedy="fill it in"
        )
    return [float(value) for value in values]
