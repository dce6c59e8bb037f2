"""SameLabel: items of one label belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nearer.data.columns import Role
from nearer.errors import InputError, shown
from nearer.signal.items import checked_items, column_items, is_table, listed, named_columns
from nearer.signal.joined import Joined
from nearer.signal.positives import Groups, require_pairs

ITEM, LABEL = ("item", "text", "image", "audio"), ("label", "class", "target")


@dataclass(frozen=True)
class SameLabel:
    """Items of one label are positives, and never each other's negatives (supervised contrast; Khosla et al.
    2020, Supervised Contrastive Learning).

    Data are a table, a list of tuples (item, label), or a tuple of items and labels.

    Attributes
    ----------
    item, label : columns; a list of columns makes an item of their values. None: item, text, image or audio;
        label, class or target.
    key : column of keys. None: the items' own texts where short and different, else numbers.
    """

    item: str | Sequence[str] | None = None
    label: str | None = None
    key: str | None = None

    @property
    def towers(self) -> int:
        """One kind of items."""
        return 1

    def settings(self) -> dict[str, Any]:
        """The names of the columns."""
        return {"signal": "SameLabel", **asdict(self)}

    def read(self, data: Any, whole: tuple[bool, bool]) -> Joined:
        """The items, in groups by their labels."""
        values, labels, keys, where = self._columns(data, whole[0])
        if len(values) != len(labels):
            raise InputError(f"there are {len(values):,} items and {len(labels):,} labels", file=where)
        for row, label in enumerate(labels):
            if label is None or label != label:  # noqa: PLR0124  (NaN alone differs from itself)
                raise InputError(
                    "there is no label", file=where, row=row, remedy="fill it in, or leave the row out"
                )
        items = checked_items(values, keys, where)
        numbers: dict[object, int] = {}
        groups = np.array([numbers.setdefault(label, len(numbers)) for label in labels], np.int64)
        found = Groups(np.arange(len(items)), groups, (len(items), len(numbers)))
        require_pairs(found, "every item has a label of its own")
        return Joined(items, None, found)

    def _columns(self, data: Any, whole: bool) -> tuple[Any, list[Any], list[Any] | None, str | None]:
        if isinstance(data, tuple) and len(data) == 2:
            return listed(data[0]), list(np.asarray(data[1]).tolist()), None, None
        if not is_table(data):
            rows = listed(data)
            for number, row in enumerate(rows):
                if not isinstance(row, tuple | list) or len(row) != 2:
                    raise InputError(
                        f"{shown(row)} is no item with its label", row=number, remedy="give tuples of both"
                    )
            return [row[0] for row in rows], [row[1] for row in rows], None, None
        named = [Role("label", self.label, LABEL)]
        if isinstance(self.item, str) or (self.item is None and not whole):
            named.append(Role("item", self.item, ITEM, is_id=not whole))
        if self.key is not None:
            named.append(Role("key", self.key, (), is_id=True))
        table, where = named_columns(data, named)
        lower = {name.lower(): name for name in reversed(table.column_names)}
        label = self.label or next(lower[name] for name in LABEL if name in lower)
        chosen: Any = self.item
        if chosen is None and whole:
            chosen = [name for name in table.column_names if name not in (label, self.key)]
        elif chosen is None:
            chosen = next(lower[name] for name in ITEM if name in lower)
        keys = None if self.key is None else table.column(self.key).to_pylist()
        values = column_items(table, chosen, where, whole=whole)
        return values, table.column(label).to_pylist(), keys, where
