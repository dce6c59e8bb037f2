"""A table of items, put into the order of a recommender's items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nearer.data.columns import KEY_NAMES, Role, read_table
from nearer.data.ids import codes_of
from nearer.errors import InputError, shown


def items_in_order(table: Any, key: str | None, keys: Sequence[str]) -> Any:
    """The columns of `table` but its keys: a pyarrow Table with a row for each of `keys`, or nulls.

    Raises `InputError` for a table without such a column, or with two rows of one item.
    """
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    read, names, where = read_table(
        table,
        [Role("key", key, ("item", "item_id", *KEY_NAMES), is_id=True, has_option=False)],
        "a table of items",
    )
    name = names["key"]
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
