"""Scores as inner products of user vectors with item vectors, found by the native top-k kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.topk import Excluded, Rows, prepare, topk
from nearer.recommend.scorer import Best
from nearer.space.lengths import unit_rows


class FactorScorer:
    """Scores item i for user u by the inner product of their vectors, float32 (users, d) and (items, d).

    The last `biases` columns raise or lower a score alone, and say nothing of how alike items are.
    """

    def __init__(
        self,
        user_vectors: NDArray[np.float32],
        item_vectors: NDArray[np.float32],
        threads: int | None = None,
        biases: int = 0,
    ) -> None:
        self._users = user_vectors
        self._directions = item_vectors.shape[1] - biases
        self._rows: Rows = prepare(item_vectors, "dot", threads)

    @property
    def items(self) -> int:
        """Items there are."""
        return len(self._rows.vectors)

    def top(
        self,
        users: NDArray[np.intp],
        k: int,
        excluded: Excluded,
        allowed: NDArray[np.bool_] | None,
        threads: int | None,
    ) -> Best:
        """The `k` best items for each of `users`: see `Scorer`."""
        queries = self._users[users]
        return topk(self._rows, queries, k, excluded=excluded, allowed=allowed, threads=threads)

    def alike(self, items: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines (c, c) of item vectors, without biases."""
        return cosines(self._rows.vectors[items][:, : self._directions])


def cosines(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosines (n, n) of vectors (n, d); 0 with a vector of zeros."""
    unit = unit_rows(vectors.astype(np.float64))
    return np.asarray(unit @ unit.T, np.float32)
