"""The same figure among fewer and fewer candidates: how it changes with the size of a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.evaluate.upgrade_overlap import Figure, Floats, Rows, Vectors, nearest, overlap
from nearer.space import Metric

LEVELS = 3  # sizes looked at: all candidates, halves of them, quarters
SMALLEST = 5  # candidates in a part, at least, as multiples of k


@dataclass(frozen=True, eq=False)
class Store:
    """Vectors that are searched, and the queries of the same identity, row by row.

    own : whether query i is the item in row i, which is then no candidate for itself.
    """

    vectors: Vectors
    queries: Vectors
    metric: Metric
    own: bool

    def part(self, rows: NDArray[np.intp]) -> Store:
        """Some of the candidates; of queries that are candidates the same."""
        queries = self.queries[rows] if self.own else self.queries
        return Store(self.vectors[rows], queries, self.metric, self.own)

    def nearest(self, k: int, threads: int | None) -> Rows:
        """The `k` nearest rows to each query."""
        return nearest(self.vectors, self.queries, k, self.metric, self.own, threads)


Judge = Callable[[NDArray[np.intp]], list[Figure]]  # rows of candidates -> figures of them


def overlaps(stores: list[Store], true: Store, k: int, threads: int | None) -> Judge:
    """The overlap at `k` of each store with the `true` one, among some of the candidates."""

    def judge(rows: NDArray[np.intp]) -> list[Figure]:
        wanted = true.part(rows).nearest(k + 1, threads)
        return [overlap(store.part(rows).nearest(k + 1, threads), wanted, true.own) for store in stores]

    return judge


def levels(
    judge: Judge, n: int, queries: int, own: bool, k: int, seed: int
) -> tuple[list[int], list[list[Figure]]]:
    """Candidates a query at each level, and the figures there (first level: all n candidates).

    The n candidates are parted at random by `seed`. A query that is a candidate is judged within its part;
    any other in every part, and its values are averaged. Parts hold at least SMALLEST * k candidates.
    """
    order = np.random.default_rng(seed).permutation(n)
    sizes, found = [], []
    for level in range(LEVELS):
        count = 2**level
        if level and n // count - own < SMALLEST * k:
            break
        parts = [np.sort(part) for part in np.array_split(order, count)]
        sizes.append(n // count - own)
        figures = [judge(part) for part in parts]
        found.append([_pooled(parts, list(same), queries, own) for same in zip(*figures, strict=True)])
    return sizes, found


def _pooled(parts: list[NDArray[np.intp]], figures: list[Figure], queries: int, own: bool) -> Figure:
    """The figures of the parts as one, in rows of the whole."""
    values: Floats = np.zeros(queries)
    asked, items, changes = [], [], []
    for rows, figure in zip(parts, figures, strict=True):
        if own:
            values[rows] = figure.values
        else:
            values += figure.values / len(parts)
        asked.append(rows[figure.queries] if own else figure.queries)
        items.append(rows[figure.items])
        changes.append(figure.changes if own else figure.changes / len(parts))
    return Figure(values, np.concatenate(asked), np.concatenate(items), np.concatenate(changes), own)
