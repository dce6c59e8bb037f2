"""What a coarser copy of vectors loses: recall of the exact nearest neighbours, honest where scores tie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.progress import Progress
from nearer.space.checks import Metric

K = 10  # neighbours that count
DEPTH = 4 * K  # candidates that are scored again for `rescored`
BLOCK = 4096  # rows scored at a time
RESAMPLES = 2000  # of the bootstrap
TIE = 1e-9  # part of a score by which a lot may raise it: more than rounding, less than float32 tells apart
ROUNDING = 1e-14  # of scores of vectors of length at most 1

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class NeighborLoss:
    """How many of the exact 10 nearest neighbours the coarser vectors find.

    Queries are keys drawn at random; a key is not its own neighbour. Exact neighbours are those of the
    float32 vectors in double precision. A neighbour counts as found if its exact score is no lower than that
    of the exact tenth. Where coarser scores tie, those at the limit are chosen by lot, not by their order.

    Attributes
    ----------
    recall : recall@10 of the coarser vectors, keys and queries both: what every use of them sees.
    interval : 95 % percentile bootstrap interval of `recall` over the queries (Efron, 1979).
    rescored : recall@10 if the nearest 40 by the coarser vectors are scored again by the exact ones.
    queries : how many were asked.
    """

    recall: float
    interval: tuple[float, float]
    rescored: float
    queries: int

    @property
    def loss(self) -> float:
        """What is lost in recall@10: 1 - recall."""
        return 1 - self.recall

    def to_dict(self) -> dict[str, Any]:
        """The figures for JSON."""
        return {
            "recall": self.recall,
            "interval": list(self.interval),
            "rescored": self.rescored,
            "queries": self.queries,
        }


def neighbor_loss(
    exact: NDArray[np.float32],
    coarse: NDArray[np.float32],
    metric: Metric,
    sample: int,
    seed: int,
    show_progress: bool | None = None,
) -> NeighborLoss:
    """Measure on `sample` rows drawn at random by `seed`; both matrices (n, dim), n at least 2.

    Memory: some MB a hundred queries. Time: that of two products of the queries with all rows.
    """
    n = len(exact)
    generator = np.random.default_rng(seed)
    rows = np.sort(generator.permutation(n)[:sample])
    lots = generator.random(n)
    right, rivals = Scores(exact, metric, rows), Scores(coarse, metric, rows)
    with Progress("measuring recall", 2 * n, "rows", show_progress) as progress:
        limits = right.best(K, None, progress)[0][:, -1]
        found = rivals.best(DEPTH, lots, progress)[1]
    hits = right.of(found) >= (limits - TIE * np.abs(limits) - ROUNDING)[:, None]
    k = min(K, n - 1)
    recalls = hits[:, :k].mean(axis=1)
    again = np.minimum(hits.sum(axis=1), k) / k
    drawn = generator.integers(0, len(rows), size=(RESAMPLES, len(rows)))
    low, high = np.percentile(recalls[drawn].mean(axis=1), (2.5, 97.5))
    return NeighborLoss(float(recalls.mean()), (float(low), float(high)), float(again.mean()), len(rows))


class Scores:
    """Scores of all rows of a matrix for some of them, in double precision, a block at a time.

    Vectors are scaled to length 1 (cosine), or all alike so that the longest has length 1: no order changes.
    The Euclidean score is the negative square of the distance.
    """

    def __init__(self, vectors: NDArray[np.float32], metric: Metric, rows: NDArray[np.intp]) -> None:
        self._vectors, self._metric, self._rows = vectors, metric, rows
        self._centre = vectors.mean(axis=0, dtype=np.float64) if metric == "euclidean" else 0.0
        self._size = 1.0
        if metric != "cosine":
            blocks = (self._prepared(slice(at, at + BLOCK)) for at in range(0, len(vectors), BLOCK))
            self._size = max(float(np.linalg.norm(block, axis=1).max()) for block in blocks) or 1.0
        self._queries = self._prepared(rows)
        if metric == "dot":
            lengths = np.linalg.norm(self._queries, axis=1, keepdims=True)
            np.divide(self._queries, lengths, out=self._queries, where=lengths > 0)

    def best(
        self, k: int, lots: NDArray[np.float64] | None, progress: Progress
    ) -> tuple[Matrix, NDArray[np.intp]]:
        """Scores and rows of the `k` best for each query, best first, itself left out; `lots` are added."""
        count = min(k, len(self._vectors) - 1)
        queries = len(self._rows)
        scores, rows = np.full((queries, count), -np.inf), np.zeros((queries, count), np.intp)
        for start in range(0, len(self._vectors), BLOCK):
            block = self._block(start, lots)
            if start == 0:  # `count` of them, and all that tie; later blocks have few that are better
                better = block >= np.partition(block, -count, axis=1)[:, -count, None]
            else:
                better = block > scores[:, -1:]
            of_query, column = np.nonzero(better)
            of = np.concatenate([np.repeat(np.arange(queries), count), of_query])
            values = np.concatenate([scores.ravel(), block[of_query, column]])
            numbers = np.concatenate([rows.ravel(), column + start])
            order = np.lexsort((-values, of))
            first = np.searchsorted(of[order], np.arange(queries))
            best = order[first[:, None] + np.arange(count)]
            scores, rows = values[best], numbers[best]
            progress.advance(block.shape[1])
        return scores, rows

    def of(self, rows: NDArray[np.intp]) -> Matrix:
        """Score of each query with its own `rows` (m, c)."""
        scores = np.empty(rows.shape)
        for query, found in enumerate(rows):
            scores[query] = self._scored(self._queries[query][None], self._prepared(found))[0]
        return scores

    def _block(self, start: int, lots: NDArray[np.float64] | None) -> Matrix:
        scores = self._scored(self._queries, self._prepared(slice(start, start + BLOCK)))
        if lots is not None:
            scores += lots[start : start + BLOCK] * (TIE * np.abs(scores) + 10 * ROUNDING)
        own = np.flatnonzero((self._rows >= start) & (self._rows < start + BLOCK))
        scores[own, self._rows[own] - start] = -np.inf
        return scores

    def _prepared(self, rows: NDArray[np.intp] | slice) -> Matrix:
        vectors = self._vectors[rows].astype(np.float64)
        if self._metric == "cosine":
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))
        return np.asarray((vectors - self._centre) / self._size)

    def _scored(self, queries: Matrix, vectors: Matrix) -> Matrix:
        products: Matrix = queries @ vectors.T
        if self._metric == "euclidean":
            products *= 2
            products -= np.einsum("ij,ij->i", vectors, vectors)
            products -= np.einsum("ij,ij->i", queries, queries)[:, None]
        return products
