"""Exact nearest rows of a matrix: what the layout is made from, and what a click on the page lists."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.topk import prepare, topk
from nearer.space import Metric


class Neighbours(NamedTuple):
    """The `k` nearest other rows of every row, nearest first."""

    rows: NDArray[np.int64]  # (n, k)
    scores: NDArray[np.float32]  # (n, k): cosine, dot product, or Euclidean distance


def nearest_rows(
    vectors: NDArray[np.float32],
    k: int,
    metric: Metric = "cosine",
    *,
    threads: int | None = None,
    show_progress: bool | None = None,
) -> Neighbours:
    """Exact `k` nearest other rows of every row of `vectors` (n, dim); `k` is cut to n - 1.

    Scores are cosines ("cosine"), dot products ("dot") or distances ("euclidean"). Ties go to the lower row.
    """
    n = len(vectors)
    k = max(0, min(k, n - 1))
    scores, rows = topk(
        prepare(vectors, metric, threads), vectors, k + 1, threads=threads, show_progress=show_progress
    )
    others = rows != np.arange(n)[:, None]
    others[others.all(axis=1), -1] = False  # a row that k + 1 equal ones stand before
    best = scores[others].reshape(n, k)
    return Neighbours(rows[others].reshape(n, k), -best if metric == "euclidean" else best)


def comparable(vectors: NDArray[np.float32], metric: Metric) -> NDArray[np.float32]:
    """`vectors` so that their dot products order neighbours: unit rows, centred rows, or as they are."""
    if metric == "cosine":
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        units: NDArray[np.float32] = np.divide(
            vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0
        )
        return units
    if metric == "euclidean":
        return np.asarray(vectors - vectors.mean(axis=0, dtype=np.float64), np.float32)
    return vectors
