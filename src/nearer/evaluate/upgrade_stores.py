"""The stores that an upgrade compares, on the same items: the new one, the aligned one, the old one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError
from nearer.evaluate.upgrade_levels import Store
from nearer.evaluate.upgrade_split import require_usable
from nearer.space import Alignment, Space
from nearer.space.identity import require_same


@dataclass(frozen=True, eq=False)
class Asked:
    """Who asks: queries of the new model, and the same by the old one; None: the items ask for each other.

    Attributes
    ----------
    new, old : spaces of the same keys; `old` may be None where `new` is not.
    """

    new: Space | None
    old: Space | None


@dataclass(frozen=True, eq=False)
class Stores:
    """The items `keys` in each store, with its queries; `old` is None where nobody can ask it."""

    keys: list[str]
    new: Store
    aligned: Store
    old: Store | None

    @classmethod
    def of(cls, old: Space, new: Space, alignment: Alignment, keys: list[str], asked: Asked) -> Stores:
        """The stores of `keys`, which both spaces hold."""
        vectors, before = new.vectors[new.rows(keys)], old.vectors[old.rows(keys)]
        mapped = alignment.transform(before)
        own = asked.new is None
        queries = vectors if asked.new is None else asked.new.vectors
        earlier: NDArray[np.float32] | None = before if own else None
        if asked.new is not None and asked.old is not None:
            earlier = asked.old.vectors[asked.old.rows(asked.new.keys)]
        return cls(
            keys,
            Store(vectors, queries, new.metric, own),
            Store(mapped, queries, new.metric, own),
            None if earlier is None else Store(before, earlier, old.metric, own),
        )

    @property
    def others(self) -> list[Store]:
        """What is compared with the new store."""
        return [self.aligned] if self.old is None else [self.aligned, self.old]


def require_upgrade(old: Space, new: Space, asked: Asked, judged: bool) -> None:
    """Raise unless the spaces are of two models, and the queries of those."""
    if old.identity == new.identity:
        raise InputError(
            f"both spaces have identity {old.identity[:12]}: their vectors can be compared as they are",
            remedy="pass the space of the new model second",
        )
    remedy = "encode the queries by the model that made the space"
    if asked.new is not None:
        require_same(asked.new.identity, new.identity, "the space of queries", remedy)
        require_usable(asked.new, "queries")
        if not len(asked.new):
            raise InputError("the space of queries is empty", remedy="pass at least one, better 200 or more")
    if asked.old is not None:
        if asked.new is None:
            raise ParameterError("old_queries without queries", remedy="pass both, under the same keys")
        require_same(asked.old.identity, old.identity, "the space of old queries", remedy)
    if judged and asked.new is None:
        raise ParameterError("qrels without queries", remedy="pass the queries that were judged")
