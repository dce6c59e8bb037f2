"""The nearest other rows of some rows, with distances in double precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.topk import NOTHING, Excluded, prepare, topk
from nearer.space import Metric
from nearer.space.queries import as_compared

BLOCK = 1 << 22  # numbers looked at together

Vectors = NDArray[np.float32]
Matrix = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Near:
    """Neighbours.

    Attributes
    ----------
    rows : int (m, k), nearest first.
    distances : float64 (m, k): Euclidean, between unit vectors where the metric is "cosine".
    """

    rows: Rows
    distances: Matrix

    def occurrences(self, n: int) -> NDArray[np.int64]:
        """How often each of n rows is a neighbour (n,)."""
        return np.bincount(self.rows.ravel(), minlength=n)


def nearest(
    vectors: Vectors,
    queries: Vectors,
    metric: Metric,
    k: int,
    threads: int | None,
    itself: Rows | None = None,
) -> Near:
    """The `k` nearest of `vectors` (n, dim) to each of `queries` (m, dim).

    Parameters
    ----------
    k : at most n, or n - 1 with `itself`.
    itself : the row that each query is, which is no neighbour of its own; None where it is none.
    """
    barred = NOTHING
    if itself is not None:
        barred = Excluded(np.arange(len(itself) + 1, dtype=np.int64), itself.astype(np.uint32))
    prepared = prepare(vectors, metric, threads)
    _, rows = topk(prepared, queries, k, excluded=barred, threads=threads)
    return Near(rows, _distances(vectors, queries, rows, metric))


def _distances(vectors: Vectors, queries: Vectors, rows: Rows, metric: Metric) -> Matrix:
    distances = np.empty(rows.shape)
    step = max(1, BLOCK // max(1, rows.shape[1] * vectors.shape[1]))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        found = as_compared(vectors[part.ravel()], metric).reshape(*part.shape, -1)
        away = found - as_compared(queries[start : start + step], metric)[:, None]
        distances[start : start + step] = np.sqrt(np.einsum("ijk,ijk->ij", away, away))
    return distances
