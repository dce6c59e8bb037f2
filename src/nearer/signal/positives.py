"""Positives: which items belong together, drawn a mini-batch at a time; and the part that is held out.

Rows of two that belong together, or are one item, are `known` and never each other's negatives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError

Rows = NDArray[np.int64]
LEAST_ANCHORS = 20  # with fewer, nothing is held out
MOST_HELD = 2_000  # queries held out at most


@dataclass(frozen=True, eq=False)
class Held:
    """A part held out of training, and who is to be found there.

    Attributes
    ----------
    queries, candidates : rows of left and of right items.
    relevant : sparse bool (queries, candidates), who belongs together.
    left_out : sparse bool of the same shape, what is not ranked: pairs of training, and items themselves.
    unseen : whether none of the items occurs in training; else their pairs do not.
    """

    queries: Rows
    candidates: Rows
    relevant: Any
    left_out: Any
    unseen: bool


class Positives(Protocol):
    """Who belongs with whom."""

    @property
    def anchors(self) -> int:
        """Pairs that a pass over the data draws."""
        ...

    def draw(self, anchors: Rows, source: np.random.Generator) -> tuple[Rows, Rows]:
        """Rows of the left and the right item of a pair for each anchor."""
        ...

    def known(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """Whether a left row and a right row belong together or are one item: bool (left, right)."""
        ...

    def rows(self) -> tuple[Rows, Rows]:
        """The left and the right rows that training draws from."""
        ...

    def split(self, share: float, seed: int) -> tuple[Positives, Held | None]:
        """What is left to train on, and the part held out: None where there is too little for that."""
        ...


def held_count(anchors: int, share: float) -> int:
    """How many of `anchors` are held out for a share of them."""
    if share == 0 or anchors < LEAST_ANCHORS:
        return 0
    return min(MOST_HELD, max(2, round(anchors * share)))


def _sparse(rows: Rows, columns: Rows, shape: tuple[int, int]) -> Any:
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    cells = csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=shape)
    return cells.astype(bool)


@dataclass(frozen=True, eq=False)
class Alone:
    """Every item belongs with itself alone, seen twice.

    Attributes
    ----------
    items : rows of the items.
    """

    items: Rows

    @property
    def anchors(self) -> int:
        """Pairs in a pass: one an item."""
        return len(self.items)

    def draw(self, anchors: Rows, source: np.random.Generator) -> tuple[Rows, Rows]:
        """The items of the anchors, twice."""
        return self.items[anchors], self.items[anchors]

    def known(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """Whether two rows are one item."""
        return np.equal(left[:, None], right)

    def rows(self) -> tuple[Rows, Rows]:
        """The items, twice."""
        return self.items, self.items

    def split(self, share: float, seed: int) -> tuple[Alone, Held | None]:
        """Items drawn at random are held out; each is to be found among them by another view of it."""
        count = held_count(len(self.items), share)
        if not count:
            return self, None
        order = np.random.default_rng(seed).permutation(self.items)
        out, kept = np.sort(order[:count]), np.sort(order[count:])
        own = np.arange(count)
        nothing = _sparse(own[:0], own[:0], (count, count))
        return Alone(kept), Held(out, out, _sparse(own, own, (count, count)), nothing, unseen=True)


@dataclass(frozen=True, eq=False)
class Relation:
    """Pairs of a left and a right item, of one kind of items or of two.

    Attributes
    ----------
    pairs : int64 (m, 2), rows of items.
    shape : how many left items there are, and how many right ones.
    one_kind : whether both are rows of the same items; pairs then count in both directions.
    """

    pairs: NDArray[np.int64]
    shape: tuple[int, int]
    one_kind: bool

    @property
    def anchors(self) -> int:
        """Pairs in a pass: all."""
        return len(self.pairs)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_linked", self._matrix(self.pairs))

    def draw(self, anchors: Rows, source: np.random.Generator) -> tuple[Rows, Rows]:
        """The pairs of the anchors; of one kind of items, either may stand left."""
        left, right = self.pairs[anchors].T
        if not self.one_kind:
            return left, right
        turned = source.random(len(anchors)) < 0.5
        return np.where(turned, right, left), np.where(turned, left, right)

    def known(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """Whether two rows are a pair, or of one kind of items the same."""
        linked: Any = self.__dict__["_linked"]
        found: NDArray[np.bool_] = linked[left][:, right].toarray()
        return found | np.equal(left[:, None], right) if self.one_kind else found

    def rows(self) -> tuple[Rows, Rows]:
        """The items that occur in pairs."""
        if self.one_kind:
            items = np.unique(self.pairs)
            return items, items
        return np.unique(self.pairs[:, 0]), np.unique(self.pairs[:, 1])

    def split(self, share: float, seed: int) -> tuple[Relation, Held | None]:
        """Whole connected parts are held out, so that their items are new; where parts are too large,
        pairs, of items that training knows by others.
        """
        count = held_count(len(self.pairs), share)
        if not count:
            return self, None
        part = self._parts()
        sizes = np.bincount(part)
        source = np.random.default_rng(seed)
        order = source.permutation(len(sizes))
        order = order[sizes[order] <= count / 2]
        out = np.isin(part, order[np.cumsum(sizes[order]) <= count])
        unseen = bool(2 * out.sum() >= count)
        if not unseen:
            out = np.zeros(len(self.pairs), bool)
            out[source.permutation(len(self.pairs))[:count]] = True
        kept = Relation(self.pairs[~out], self.shape, self.one_kind)
        return kept, self._held(self.pairs[out], kept, unseen)

    def _held(self, pairs: NDArray[np.int64], kept: Relation, unseen: bool) -> Held:
        queries = np.unique(pairs if self.one_kind else pairs[:, 0])
        if self.one_kind:
            candidates = queries if unseen else np.arange(self.shape[1])
        else:
            candidates = np.unique(pairs[:, 1]) if unseen else self.rows()[1]
        relevant = self._matrix(pairs)[queries][:, candidates]
        left_out = kept.__dict__["_linked"][queries][:, candidates]
        if self.one_kind:
            own = np.searchsorted(candidates, queries)
            left_out = left_out + _sparse(np.arange(len(queries)), own, left_out.shape)
        return Held(queries, candidates, relevant.tocsr(), left_out.tocsr(), unseen)

    def _matrix(self, pairs: NDArray[np.int64]) -> Any:
        left, right = pairs.T
        if self.one_kind:
            left, right = np.concatenate([left, right]), np.concatenate([right, left])
        return _sparse(left, right, self.shape)

    def _parts(self) -> Rows:
        """The connected part of each pair."""
        from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

        left, right = self.pairs.T
        shift = 0 if self.one_kind else self.shape[0]
        nodes = self.shape[1] if self.one_kind else sum(self.shape)
        _, part = connected_components(_sparse(left, right + shift, (nodes, nodes)), directed=False)
        _, numbers = np.unique(part[left], return_inverse=True)
        return numbers.astype(np.int64)


@dataclass(frozen=True, eq=False)
class Groups:
    """Items that belong together because they are in one group: of a label, of a session.

    Attributes
    ----------
    items, groups : int64 (m), an item and the group that it is in.
    shape : how many items there are, and how many groups.
    """

    items: Rows
    groups: Rows
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        order = np.argsort(self.groups, kind="stable")
        starts = np.searchsorted(self.groups[order], np.arange(self.shape[1] + 1))
        sizes = np.diff(starts)
        places = np.flatnonzero(sizes[self.groups] > 1)
        place_in_order = np.empty(len(order), np.int64)
        place_in_order[order] = np.arange(len(order))
        made = {"_members": self.items[order], "_starts": starts, "_sizes": sizes, "_places": places}
        for name, value in {**made, "_order": place_in_order}.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_of_item", _sparse(self.items, self.groups, self.shape))

    @property
    def anchors(self) -> int:
        """Pairs in a pass: one for each place of an item in a group with others."""
        return len(self.__dict__["_places"])

    def draw(self, anchors: Rows, source: np.random.Generator) -> tuple[Rows, Rows]:
        """The items of the anchors, and another one of the same group for each."""
        own = self.__dict__
        places = own["_places"][anchors]
        groups = self.groups[places]
        start, size = own["_starts"][groups], own["_sizes"][groups]
        step = 1 + np.floor(source.random(len(places)) * (size - 1)).astype(np.int64)
        other = start + (own["_order"][places] - start + step) % size
        return self.items[places], own["_members"][other]

    def known(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """Whether two rows share a group or are one item."""
        member: Any = self.__dict__["_of_item"]
        shared = member[left].astype(np.int32) @ member[right].astype(np.int32).T
        found: NDArray[np.bool_] = shared.toarray() > 0
        return found | np.equal(left[:, None], right)

    def rows(self) -> tuple[Rows, Rows]:
        """The items that are in a group, twice."""
        items = np.unique(self.items)
        return items, items

    def split(self, share: float, seed: int) -> tuple[Groups, Held | None]:
        """Where no item is in two groups, items are held out; else whole groups of items that stay."""
        source = np.random.default_rng(seed)
        single = len(np.unique(self.items)) == len(self.items)
        count = held_count(len(self.items) if single else self.shape[1], share)
        if not count:
            return self, None
        if single:
            out = np.zeros(len(self.items), bool)
            out[source.permutation(len(self.items))[:count]] = True
        else:
            out = np.isin(self.groups, source.permutation(self.shape[1])[:count])
        kept = Groups(self.items[~out], self.groups[~out], self.shape)
        if not kept.anchors:
            return self, None
        return kept, self._held(out, kept, single)

    def _held(self, out: NDArray[np.bool_], kept: Groups, unseen: bool) -> Held:
        queries = np.unique(self.items[out])
        candidates = queries if unseen else self.rows()[0]
        member = _sparse(self.items[out], self.groups[out], self.shape).astype(np.int32)
        relevant = (member[queries] @ member[candidates].T) > 0
        own = np.searchsorted(candidates, queries)
        itself = _sparse(np.arange(len(queries)), own, relevant.shape)
        before = kept.__dict__["_of_item"].astype(np.int32)
        left_out = itself if unseen else ((before[queries] @ before[candidates].T) > 0) + itself
        relevant = relevant.astype(np.int32) - relevant.multiply(left_out).astype(np.int32)
        relevant.eliminate_zeros()
        return Held(queries, candidates, relevant.astype(bool).tocsr(), left_out.tocsr(), unseen)


def require_pairs(positives: Positives, what: str) -> None:
    """Raise `InputError` where no two items belong together."""
    if positives.anchors == 0:
        raise InputError(f"no two items belong together: {what}", remedy="give more data, or another signal")
