"""Exact nearest rows of a matrix: what the layout is made from, and what a click on the page lists."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearer.progress import Progress
from nearer.space import Metric

BLOCK_ELEMENTS = 16_000_000  # similarities held at a time: 64 MB
GROUP = 32  # columns that share one maximum while candidates are sifted


class Neighbours(NamedTuple):
    """The `k` nearest other rows of every row, nearest first."""

    rows: NDArray[np.int64]  # (n, k)
    scores: NDArray[np.float32]  # (n, k): cosine, dot product, or Euclidean distance


def nearest_rows(
    vectors: NDArray[np.float32], k: int, metric: Metric = "cosine", *, show_progress: bool | None = None
) -> Neighbours:
    """Exact `k` nearest other rows of every row of `vectors` (n, dim); `k` is cut to n - 1.

    Scores are cosines ("cosine"), dot products ("dot") or distances ("euclidean"). Ties go to the lower row.
    """
    n = len(vectors)
    k = max(0, min(k, n - 1))
    base = comparable(vectors, metric)
    offsets = -0.5 * np.einsum("ij,ij->i", base, base) if metric == "euclidean" else None
    rows = np.empty((n, k), np.int64)
    scores = np.empty((n, k), np.float32)
    step = max(1, BLOCK_ELEMENTS // max(n, 1))
    with Progress("nearest neighbours", n, "rows", show_progress) as progress:
        for start in range(0, n, step):
            stop = min(n, start + step)
            similarity = base[start:stop] @ base.T
            if offsets is not None:
                similarity += offsets  # orders a row's columns as the distance does
            similarity[np.arange(stop - start), np.arange(start, stop)] = -np.inf
            rows[start:stop], scores[start:stop] = largest(similarity, k)
            progress.advance(stop - start)
    if offsets is not None:
        squared = -2 * (scores + offsets[:, None])
        scores = np.sqrt(np.maximum(squared, 0, dtype=np.float32))
    return Neighbours(rows, scores)


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


def largest(values: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Columns and values of the `k` largest of each row, largest first.

    The k-th largest of the maxima of groups of columns is a floor that the k largest values cannot lie under,
    so only the few values above it are sorted.
    """
    count, n = values.shape
    groups = n // GROUP
    if groups <= 2 * k or k == 0:
        columns = np.argsort(-values, axis=1, kind="stable")[:, :k]
        return columns, np.take_along_axis(values, columns, axis=1)
    maxima = values[:, : groups * GROUP].reshape(count, GROUP, groups).max(axis=1)
    floor = np.partition(maxima, groups - k, axis=1)[:, groups - k, None]
    row, column = np.divmod(np.flatnonzero(values >= floor), n)
    found = values[row, column]
    order = np.lexsort((column, -found, row))
    starts = np.searchsorted(row, np.arange(count))  # `row` is sorted, and stays so under `order`
    chosen = order[starts[:, None] + np.arange(k)]
    return column[chosen], found[chosen]
