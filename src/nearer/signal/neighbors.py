"""Neighbors: items that an edge of a graph joins belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nearer.data.graph import as_graph
from nearer.errors import InputError, ParameterError, shown
from nearer.signal.items import Items, is_table, listed, read_items
from nearer.signal.joined import Joined
from nearer.signal.positives import Relation

ITEM = ("item", "text", "image", "audio")


@dataclass(frozen=True)
class Neighbors:
    """Two items are positives if an edge joins them, in either direction.

    Data are a mapping key -> item, a table with a column of keys, or a list of keys where the encoder takes
    keys as items.

    Attributes
    ----------
    edges : a `Graph` or whatever `Graph.read` takes; its nodes are keys of items.
    key, item : columns of a table. `item` None: the only other, or item, text, image or audio.
    """

    edges: Any = field(default=None, repr=False)
    key: str | None = None
    item: str | Sequence[str] | None = None

    @property
    def towers(self) -> int:
        """One kind of items."""
        return 1

    def settings(self) -> dict[str, Any]:
        """The names of the columns."""
        return {"signal": "Neighbors", "key": self.key, "item": self.item}

    def read(self, data: Any, whole: tuple[bool, bool]) -> Joined:
        """The items that edges name, and those edges. Items without an edge take no part in training.

        Raises `InputError` for an edge that names no item.
        """
        if self.edges is None:
            raise ParameterError("edges=None: Neighbors needs a graph", remedy="give Neighbors(edges)")
        graph = as_graph(self.edges)
        items = self._items(data, whole[0])
        number = {key: row for row, key in enumerate(items.keys)}
        lost = next((key for key in graph.keys if key not in number), None)
        if lost is not None:
            raise InputError(
                f"an edge names {shown(lost)}, which is no item",
                remedy="give its item, or leave the edge out",
            )
        rows = np.array([number[key] for key in graph.keys], np.int64)
        left = rows[np.repeat(np.arange(len(graph.keys)), np.diff(graph.indptr))]
        right = rows[graph.indices.astype(np.int64)]
        pairs = np.unique(np.sort(np.stack([left, right], axis=1), axis=1), axis=0)
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        return Joined(items, None, Relation(pairs, (len(items), len(items)), one_kind=True))

    def _items(self, data: Any, whole: bool) -> Items:
        if isinstance(data, Mapping) and self.key is None:
            return Items(list(data.values()), [str(key) for key in data])
        if is_table(data):
            if self.key is None:
                raise InputError(
                    "which column of items holds their keys is not clear", remedy='name it, as key="NAME"'
                )
            return read_items(data, self.item, self.key, whole=whole, known=ITEM)
        keys = [str(key) for key in listed(data)]
        if len(set(keys)) != len(keys):
            twice = next(key for place, key in enumerate(keys) if key in keys[:place])
            raise InputError(f"the key {shown(twice)} occurs twice", row=keys.index(twice))
        return Items(keys, keys)
