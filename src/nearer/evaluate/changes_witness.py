"""The second witness, which needs no map: whose neighbours changed more than those of keys in general."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.topk import Rows, prepare, topk
from nearer.space import Space

SAMPLE = 500  # keys whose overlap says what is usual


@dataclass(frozen=True, eq=False)
class Witness:
    """Neighbours among the shared keys, before and after.

    Attributes
    ----------
    keys : the n shared keys.
    before, after : their rows, ready to be searched.
    k : neighbours that are compared.
    """

    keys: list[str]
    before: Rows
    after: Rows
    k: int

    @classmethod
    def of(cls, before: Space, after: Space, keys: list[str], k: int) -> Witness:
        """The witness of `keys`, which both spaces hold."""
        first, second = (
            prepare(np.ascontiguousarray(space.vectors[space.rows(keys)]), space.metric)
            for space in (before, after)
        )
        return cls(keys, first, second, min(k, len(keys) - 1))

    def neighbours(
        self, rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Rows of the k nearest other keys of `rows` (m,), before and after, (m, k), and their overlap (m,).

        The overlap is the part of the k that is the same (Gonen, Jawahar, Seddah & Goldberg, 2020, "Simple,
        interpretable and stable method for detecting words with usage change across corpora").
        """
        first, second = self._nearest(self.before, rows), self._nearest(self.after, rows)
        shared = [np.intersect1d(a, b).size for a, b in zip(first, second, strict=True)]
        return first, second, np.array(shared, np.float64) / self.k

    def usual(self, left_out: NDArray[np.bool_], seed: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Rows and overlaps of up to 500 keys, drawn at random from those not `left_out` (n,)."""
        rest = np.flatnonzero(~left_out)
        drawn = np.sort(np.random.default_rng(seed).permutation(rest)[:SAMPLE])
        return drawn, self.neighbours(drawn)[2]

    def _nearest(self, space: Rows, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        if not len(rows):
            return np.empty((0, self.k), np.int64)
        _, found = topk(space, space.vectors[rows], self.k + 1)
        kept = [line[line != row][: self.k] for line, row in zip(found, rows, strict=True)]
        return np.array(kept, np.int64).reshape(len(rows), self.k)
