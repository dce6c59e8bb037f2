"""Together: items of one session belong together: what was bought, played or clicked in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nearer.data.columns import Role
from nearer.errors import InputError, shown
from nearer.signal.items import (
    Items,
    column_items,
    distinct,
    is_table,
    listed,
    named_columns,
    own_keys,
    taken,
)
from nearer.signal.joined import Joined
from nearer.signal.positives import Groups, require_pairs

SESSION, ITEM = ("session", "session_id", "basket", "order", "user", "user_id"), ("item", "item_id", "text")


@dataclass(frozen=True)
class Together:
    """Items of one session are positives, and never each other's negatives.

    Data are a table of a session and an item a row, a list of tuples (session, item), or a list of lists of
    items, each of them a session. An item that comes again, in whichever session, is the same.

    Attributes
    ----------
    session, item : columns. None: session, session_id, basket, order, user or user_id; item, item_id or text.
    """

    session: str | None = None
    item: str | Sequence[str] | None = None

    @property
    def towers(self) -> int:
        """One kind of items."""
        return 1

    def settings(self) -> dict[str, Any]:
        """The names of the columns."""
        return {"signal": "Together", **asdict(self)}

    def read(self, data: Any, whole: tuple[bool, bool]) -> Joined:
        """The different items, in groups by their sessions."""
        sessions, values, where = self._columns(data, whole[0])
        if len(values) == 0:
            raise InputError(
                "there are no sessions, and training needs one of two items at least", file=where
            )
        firsts, codes = distinct(values)
        different = taken(values, firsts)
        items = Items(different, own_keys(different))
        numbers: dict[object, int] = {}
        groups = np.array([numbers.setdefault(session, len(numbers)) for session in sessions], np.int64)
        member = np.unique(np.stack([codes, groups], axis=1), axis=0)
        found = Groups(member[:, 0].copy(), member[:, 1].copy(), (len(items), len(numbers)))
        require_pairs(found, "every session has one item")
        return Joined(items, None, found)

    def _columns(self, data: Any, whole: bool) -> tuple[list[Any], Any, str | None]:
        if is_table(data):
            roles = [Role("session", self.session, SESSION, is_id=True)]
            if isinstance(self.item, str | None):
                roles.append(Role("item", self.item, ITEM, is_id=True))
            table, where = named_columns(data, roles)
            lower = {name.lower(): name for name in reversed(table.column_names)}
            session = self.session or next(lower[name] for name in SESSION if name in lower)
            item = self.item or next(lower[name] for name in ITEM if name in lower)
            sessions = column_items(table, session, where)
            return sessions, column_items(table, item, where, whole=whole), where
        rows = listed(data)
        for number, row in enumerate(rows):
            if not isinstance(row, tuple | list):
                raise InputError(
                    f"{shown(row)} is no session", row=number, remedy="give lists of items, or a table"
                )
        if all(isinstance(row, tuple) and len(row) == 2 for row in rows):
            return [row[0] for row in rows], [row[1] for row in rows], None
        sessions = [number for number, row in enumerate(rows) for _ in row]
        return sessions, [item for row in rows for item in row], None
