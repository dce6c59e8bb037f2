"""Mutual proximity: two items are near if each is nearer to the other than to most.

Source: Schnitzer, Flexer, Schedl & Widmer, "Local and Global Scaling Reduce Hubs in Space" (2012).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.topk import Rows, prepare, topk
from nearer.search.base import Hits, Queries, checked_k, hits_of, query_vectors
from nearer.search.similarities import Floats, Matrix, Similarities, best_of
from nearer.space import Space

FIRST, WIDER = 64, 4  # candidates of each order that are looked at, and how many times more where needed
AT_A_TIME = 1 << 21  # candidates held at a time
BLOCK = 4096
LEAST = 1e-6  # of the typical similarity: a standard deviation below is rounding


class MutualProximity:
    """Finds the keys that are near to the query as much as the query is near to them.

    The score is the logarithm of P(S_q < s) P(S_x < s) for the similarity s of query q and row x, where S_q
    and S_x are the similarities of q and of x with all other rows, taken as independent and normal, with the
    mean and variance that they have (MP Gauss of Schnitzer et al., 2012). s is the cosine, the dot product or
    the negative squared Euclidean distance, by the metric of the space. The logarithm, at most 0, tells
    proximities near 1 apart. A row is not among its own similarities, nor is a row that equals the query.

    Every row counts: candidates are taken from the orders by s and by P(S_x < s) until none of the others
    can be among the k best (Fagin, Lotem & Naor, 2001, threshold algorithm). Means and variances come from
    the first two moments of all rows, so that making one costs n dim^2. The scores of hits are those of the
    formula: a `Calibration` of the space says nothing of them.

    Parameters
    ----------
    space : the space to search.
    threads : None for one a core. The hits do not depend on it.
    show_progress : None shows progress on a terminal, for work of more than two seconds.
    """

    corrected = True

    def __init__(
        self, space: Space, *, threads: int | None = None, show_progress: bool | None = None
    ) -> None:
        self._space, self._threads, self._show_progress = space, threads, show_progress
        self._similarities = Similarities(space.vectors, space.metric, threads)
        self._moments()
        self._means, self._deviations = self._distribution(space.vectors, np.arange(len(space)))
        scale = 1 / self._deviations
        self._rows: Rows = prepare(self._similarities.scaled(scale, -self._means * scale), "dot", threads)

    @property
    def space(self) -> Space:
        """The space that is searched."""
        return self._space

    def search(self, queries: Queries, k: int = 10) -> Hits:
        """The `k` best keys to each query; see `Searcher.search` for queries and errors."""
        n = len(self._space)
        k = min(checked_k(k), n)
        vectors = query_vectors(self._space, queries)
        scores, rows = np.empty((len(vectors), k), np.float32), np.empty((len(vectors), k), np.int64)
        unsure, depth = np.arange(len(vectors) if k else 0), min(max(FIRST, WIDER * k), n)
        while len(unsure):
            later = []
            step = max(1, AT_A_TIME // depth)
            for start in range(0, len(unsure), step):
                part = unsure[start : start + step]
                scores[part], rows[part], sure = self._best(vectors[part], k, depth)
                later.append(part[~sure])
            unsure, depth = np.concatenate(later), min(WIDER * depth, n)
        return hits_of(self._space, scores, rows)

    def _best(
        self, vectors: Matrix, k: int, depth: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]:
        """The `k` best of `depth` candidates of each order, and whether no other row can be among them."""
        from scipy.special import log_ndtr  # noqa: PLC0415  (`import nearer` stays light)

        similar = self._similarities
        how = {"threads": self._threads, "show_progress": self._show_progress}
        by_query, first = topk(similar.plain, vectors, depth, **how)  # type: ignore[arg-type]  # as named
        by_row, second = topk(self._rows, similar.scaled_query(vectors), depth, **how)  # type: ignore[arg-type]
        means, deviations = (
            part[:, None] for part in self._distribution(vectors, similar.equal_rows(vectors))
        )
        rows = np.sort(np.concatenate([first, second], axis=1), axis=1)
        found = similar.exact(vectors, rows)
        scores = log_ndtr((found - means) / deviations)
        scores += log_ndtr((found - self._means[rows]) / self._deviations[rows])
        scores[:, 1:][rows[:, 1:] == rows[:, :-1]] = -np.inf  # a row that both orders have found counts once
        others = log_ndtr((similar.of_scores(by_query[:, -1:]) - means) / deviations)
        others += log_ndtr(by_row[:, -1:].astype(np.float64))
        kth = np.partition(scores, scores.shape[1] - k, axis=1)[:, -k]
        return *best_of(scores, rows, k), (kth > others[:, 0]) | (depth == len(self._space))

    def _moments(self) -> None:
        """Sum, and sum of products, of the form of all rows."""
        vectors = self._similarities.vectors
        form = self._similarities.answering(vectors[:1])
        self._sum, self._products = np.zeros(form.shape[1]), np.zeros((form.shape[1],) * 2)
        for start in range(0, len(vectors), BLOCK):
            form = self._similarities.answering(vectors[start : start + BLOCK])
            self._sum += form.sum(axis=0)
            self._products += form.T @ form

    def _distribution(self, vectors: Matrix, without: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the similarities of each vector with all rows but the one named."""
        if not len(vectors):
            return np.empty(0), np.empty(0)
        form = self._similarities.asking(vectors)
        named = without >= 0
        own = np.zeros(len(vectors))
        own[named] = self._similarities.exact(vectors[named], without[named][:, None])[:, 0]
        count = np.maximum(len(self._space) - named, 1)
        means = (form @ self._sum - own) / count
        squares = (np.einsum("if,if->i", form @ self._products, form) - own**2) / count
        variances = np.maximum(squares - means**2, 0)
        least = LEAST * np.sqrt(np.maximum(squares, 0))
        return means, np.maximum(np.sqrt(variances), np.where(least > 0, least, 1.0))
