"""`Points`: the distinct rows of a space, and a sample of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nearer.evaluate.health.copies import first_copies
from nearer.evaluate.health.nearest import Matrix, Near, Rows, Vectors, nearest
from nearer.space import Metric
from nearer.space.queries import as_compared

LEAST, NUMBERS = 1000, 20_000_000  # rows that a sample may always have; numbers in one, beyond that


@dataclass(frozen=True, eq=False)
class Points:
    """Distinct rows of a matrix, and a sample of them.

    Attributes
    ----------
    vectors : float32 (d, dim), the distinct rows; with metric "cosine" none of them is zero, for a zero
        vector has no direction.
    metric : how they are compared.
    rows : int (d,), which rows of the whole matrix they are: the first of each group of copies.
    first : int (n,), for each row of the whole matrix the first of its copies.
    zero : rows of the whole matrix that are zero.
    drawn : int (m,), which of `vectors` are the sample, rising; drawn at random.
    k : neighbours that are looked for, fewer where there are fewer others.
    """

    vectors: Vectors
    metric: Metric
    rows: Rows
    first: Rows
    zero: Rows
    drawn: Rows
    k: int
    threads: int | None

    @classmethod
    def of(
        cls, vectors: Vectors, metric: Metric, k: int, sample: int, seed: int, threads: int | None
    ) -> Points:
        """The distinct rows of `vectors` (n, dim), and `sample` of them drawn by `seed`.

        A sample of more than 1,000 rows has no more than 20 million numbers.
        """
        first = first_copies(vectors, metric)
        zero = np.flatnonzero(~vectors.any(axis=1))
        distinct = first == np.arange(len(vectors))
        if metric == "cosine":
            distinct[zero] = False
        rows = np.flatnonzero(distinct)
        kept = vectors if len(rows) == len(vectors) else np.ascontiguousarray(vectors[rows])
        most = min(sample, max(LEAST, NUMBERS // vectors.shape[1]))
        drawn = np.sort(np.random.default_rng(seed).permutation(len(rows))[:most])
        return cls(kept, metric, rows, first, zero, drawn, max(0, min(k, len(rows) - 1)), threads)

    @property
    def whole(self) -> bool:
        """Whether the sample is all of the distinct rows."""
        return len(self.drawn) == len(self.vectors)

    @cached_property
    def seen(self) -> Matrix:
        """The sample in double precision as the metric sees it (m, dim)."""
        return as_compared(self.vectors[self.drawn], self.metric)

    @cached_property
    def near(self) -> Near:
        """The nearest of all points to each of the sample, by distance."""
        if self.metric == "dot":
            return self._nearest("euclidean")
        return self.found

    @cached_property
    def found(self) -> Near:
        """The neighbours that a search by the metric finds for each of the sample, itself left out."""
        return self._nearest(self.metric)

    @cached_property
    def among(self) -> Near:
        """The neighbours of each of the sample by the metric, among the sample alone; rows of the sample."""
        if self.whole:
            return self.found
        return neighbours_within(self.vectors[self.drawn], self.metric, self.k, self.threads)

    def keys_of(self, keys: list[str], places: NDArray[np.intp]) -> list[str]:
        """The keys of some of the points, given those of the whole matrix."""
        return [keys[row] for row in self.rows[places]]

    def _nearest(self, metric: Metric) -> Near:
        asked = self.vectors if self.whole else self.vectors[self.drawn]
        return nearest(self.vectors, asked, metric, self.k, self.threads, self.drawn)


def neighbours_within(vectors: Vectors, metric: Metric, k: int, threads: int | None) -> Near:
    """The `k` nearest others of each row, fewer where there are no more."""
    return nearest(vectors, vectors, metric, min(k, len(vectors) - 1), threads, np.arange(len(vectors)))
