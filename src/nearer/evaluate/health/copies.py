"""Which rows of a matrix are exact copies of an earlier row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.space import Metric
from nearer.space.queries import unit

BLOCK = 1 << 14  # rows looked at together

Rows = NDArray[np.intp]


def canonical(vectors: NDArray[np.float32], metric: Metric) -> NDArray[np.float32]:
    """Rows (n, dim) whose bits are equal where the metric cannot tell them apart.

    With metric "cosine" they are scaled to length 1 in double precision; zeros have one sign.
    """
    return (unit(vectors).astype(np.float32) if metric == "cosine" else vectors) + np.float32(0)


def first_copies(vectors: NDArray[np.float32], metric: Metric) -> Rows:
    """For each row (n,) the first row with the same bits, which may be the row itself.

    Rows are sorted by a hash of 64 bits (multilinear; Carter & Wegman, 1979); equal hashes are compared.
    """
    hashes = _hashes(vectors, metric)
    order = np.argsort(hashes, kind="stable")
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(hashes[order])) + 1, [len(order)]])
    first = np.arange(len(vectors))
    for place in np.flatnonzero(np.diff(bounds) > 1):
        _settle(vectors, metric, order[bounds[place] : bounds[place + 1]], first)
    return first


def groups_of(first: Rows) -> list[Rows]:
    """The rows of each group of copies, the largest group first."""
    order = np.argsort(first, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(first[order])) + 1)
    return sorted((part for part in parts if len(part) > 1), key=lambda part: (-len(part), part[0]))


def _hashes(vectors: NDArray[np.float32], metric: Metric) -> NDArray[np.uint64]:
    factors = np.random.default_rng(0).integers(0, 2**64, size=vectors.shape[1], dtype=np.uint64) | np.uint64(
        1
    )
    hashes = np.empty(len(vectors), np.uint64)
    for start in range(0, len(vectors), BLOCK):
        bits = canonical(vectors[start : start + BLOCK], metric).view(np.uint32).astype(np.uint64)
        hashes[start : start + BLOCK] = (bits * factors).sum(axis=1, dtype=np.uint64)
    return hashes


def _settle(vectors: NDArray[np.float32], metric: Metric, rows: Rows, first: Rows) -> None:
    """Name the first copy of each of `rows`, rising, which have one hash."""
    bits = canonical(vectors[rows], metric).view(np.uint32)
    left = np.arange(len(rows))
    while len(left):
        same = (bits[left] == bits[left[0]]).all(axis=1)
        first[rows[left[same]]] = rows[left[0]]
        left = left[~same]
