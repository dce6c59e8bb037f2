"""Pairs: a left and a right item of every row belong together: a title and a photo, a query and a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from nearer.data.columns import Role
from nearer.errors import InputError, shown
from nearer.signal.items import (
    Items,
    checked_items,
    column_items,
    distinct,
    is_table,
    listed,
    named_columns,
    own_keys,
    taken,
)
from nearer.signal.joined import Joined
from nearer.signal.positives import Relation

LEFT, RIGHT = ("left", "query", "anchor", "text"), ("right", "document", "positive", "image")


@dataclass(frozen=True)
class Pairs:
    """Items of two kinds that are given in pairs.

    Data are a table, a list of tuples (left, right), or a tuple of two sequences of one length. An item may
    be in several pairs: all its partners are positives, none of them a negative.

    Attributes
    ----------
    left, right : columns; a list of columns makes an item of their values. None: left, query, anchor or text;
        right, document, positive or image.
    left_key, right_key : columns of keys. None: the items' own texts where short, else numbers.
    """

    left: str | Sequence[str] | None = None
    right: str | Sequence[str] | None = None
    left_key: str | None = None
    right_key: str | None = None

    @property
    def towers(self) -> int:
        """Two kinds of items."""
        return 2

    def settings(self) -> dict[str, Any]:
        """The names of the columns."""
        return {"signal": "Pairs", **asdict(self)}

    def read(self, data: Any, whole: tuple[bool, bool]) -> Joined:
        """The different items of each side, and which of them are pairs."""
        left, right, keys, where = self._sides(data, whole)
        if len(left) != len(right):
            raise InputError(
                f"there are {len(left):,} left and {len(right):,} right items: pairs need as many of both",
                file=where,
            )
        if len(left) == 0:
            raise InputError("there are no pairs, and training needs two at least", file=where)
        (items, rows), (others, columns) = _different(left, keys[0], where), _different(right, keys[1], where)
        pairs = np.unique(np.stack([rows, columns], axis=1), axis=0)
        return Joined(items, others, Relation(pairs, (len(items), len(others)), one_kind=False))

    def _sides(self, data: Any, whole: tuple[bool, bool]) -> tuple[Any, Any, list[Any], str | None]:
        if isinstance(data, tuple) and len(data) == 2:
            self._require_unnamed()
            return listed(data[0]), listed(data[1]), [None, None], None
        if is_table(data):
            return self._columns(data, whole)
        self._require_unnamed()
        rows = listed(data)
        for number, row in enumerate(rows):
            if not isinstance(row, tuple | list) or len(row) != 2:
                raise InputError(
                    f"{shown(row)} is no pair", row=number, remedy="give tuples of a left and a right item"
                )
        return [row[0] for row in rows], [row[1] for row in rows], [None, None], None

    def _columns(self, data: Any, whole: tuple[bool, bool]) -> tuple[Any, Any, list[Any], str | None]:
        roles = [
            Role(name, given if isinstance(given, str) else None, known, is_id=not rows)
            for name, given, known, rows in (
                ("left", self.left, LEFT, whole[0]),
                ("right", self.right, RIGHT, whole[1]),
            )
            if isinstance(given, str | None)
        ]
        keys = [Role(name, given, (), is_id=True) for name, given in self._keys() if given is not None]
        table, where = named_columns(data, [*roles, *keys])
        sides = []
        for given, known, rows in zip((self.left, self.right), (LEFT, RIGHT), whole, strict=True):
            name = given or next(n for k in known for n in table.column_names if n.lower() == k)
            sides.append(column_items(table, name, where, whole=rows))
        named = [None if given is None else table.column(given).to_pylist() for _, given in self._keys()]
        return sides[0], sides[1], named, where

    def _keys(self) -> tuple[tuple[str, str | None], tuple[str, str | None]]:
        return ("left_key", self.left_key), ("right_key", self.right_key)

    def _require_unnamed(self) -> None:
        named = next((value for name, value in asdict(self).items() if value is not None), None)
        if named is not None:
            raise InputError(
                f"the column {shown(named)} is named, but these pairs have no columns",
                remedy="leave it out, or give a table",
            )


def _different(values: Any, keys: list[Any] | None, where: str | None) -> tuple[Items, Any]:
    """The different items of a side, under their keys, and the number of each row's item."""
    if keys is None:
        firsts, codes = distinct(values)
        different = taken(values, firsts)
        return Items(different, own_keys(different), firsts), codes
    firsts, codes = distinct(list(keys))
    found = checked_items(taken(values, firsts), [keys[row] for row in firsts.tolist()], where)
    return replace(found, rows=firsts), codes
