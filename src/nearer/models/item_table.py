"""A table of items, put into the order of a recommender's items."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nearer.data.columns import TABLE_ENDINGS, ending, is_path
from nearer.data.ids import codes_of
from nearer.errors import FormatError, InputError, shown

KEY_NAMES = ("item", "item_id", "key", "id")


def items_in_order(table: Any, key: str | None, keys: Sequence[str]) -> Any:
    """The columns of `table` but its keys: a pyarrow Table with a row for each of `keys`, or nulls.

    Raises `InputError` for a table without such a column, or with two rows of one item.
    """
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    where = str(table) if is_path(table) else None
    read = _read_file(Path(table), key) if is_path(table) else _in_memory(table)
    name = key or next((name for name in KEY_NAMES if name in read.column_names), None)
    if name is None or name not in read.column_names:
        raise InputError(
            f"there is no column of item keys{f' {shown(key)}' if key else ''}",
            file=where or "the table of items",
            remedy=f"name it; the columns are {', '.join(read.column_names)}",
        )
    rows = codes_of("item", read.column(name), keys, where)
    place = np.full(len(keys), -1, np.int64)
    known = np.flatnonzero(rows >= 0)
    place[rows[known]] = known
    if len(np.unique(rows[known])) < len(known):
        again = next(row for row in known.tolist() if place[rows[row]] != row)
        raise InputError(
            f"the item {shown(keys[rows[again]])} stands here twice",
            file=where or "the table of items",
            row=again,
            remedy="keep one of the rows",
        )
    taken: Any = pa.array(np.maximum(place, 0), mask=place < 0)
    return read.drop_columns([name]).take(taken)


def _in_memory(table: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    try:
        return pa.table(table)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(f"this is no table of items ({error})", remedy="give a file or columns") from None


def _read_file(path: Path, key: str | None) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    if not path.is_file():
        raise InputError("there is no such file" if not path.exists() else "it is no file", file=path)
    if ending(path) not in TABLE_ENDINGS:
        raise InputError(
            f"the ending {path.suffix or '(none)'} names no table",
            file=path,
            remedy=f"a table ends in {', '.join(TABLE_ENDINGS)}",
        )
    try:
        if ending(path) == ".parquet":
            return pq.read_table(path)
        return csv.read_csv(
            path,
            parse_options=csv.ParseOptions(delimiter="\t" if ending(path) == ".tsv" else ","),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys((key, *KEY_NAMES) if key else KEY_NAMES, pa.string())
            ),
        )
    except (pa.ArrowException, OSError) as error:
        raise FormatError(f"not a readable table ({error})", file=path) from None
