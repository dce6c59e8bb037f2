"""Scores as inner products of user vectors with item vectors, found by the native top-k kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.topk import Excluded, Rows, prepare, topk
from nearer.recommend.scorer import Best


class FactorScorer:
    """Scores item i for user u by the inner product of their vectors, float32 (users, d) and (items, d)."""

    def __init__(
        self, user_vectors: NDArray[np.float32], item_vectors: NDArray[np.float32], threads: int | None = None
    ) -> None:
        self._users = user_vectors
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
        """Cosines (c, c) of item vectors."""
        return cosines(self._rows.vectors[items])


def cosines(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosines (n, n) of vectors (n, d); 0 with a vector of zeros."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros(vectors.shape), where=lengths > 0)
    return np.asarray(unit @ unit.T, np.float32)
