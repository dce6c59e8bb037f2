"""Fewer dimensions: principal axes of a matrix and the projection onto them.

All in double precision and with one BLAS thread, so the same vectors give the same bits on every run. The
sign of an axis, which no decomposition decides, is the one that makes its largest loading positive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Method = Literal["pca", "svd"]
METHODS: tuple[str, ...] = get_args(Method)
BLOCK = 8192  # rows that are widened to double precision at a time


@dataclass(frozen=True, eq=False)
class Axes:
    """Directions of the largest variance ("pca") or of the largest squared length ("svd"), largest first.

    Attributes
    ----------
    centre : float64 (dim,), taken from every vector first: the mean, or zeros for "svd".
    components : float64 (k, dim), orthonormal rows.
    share : part of the variance, or squared length, that the k components hold, from 0 to 1.
    """

    centre: NDArray[np.float64]
    components: NDArray[np.float64]
    share: float

    def digest(self) -> str:
        """SHA-256 of the projection (64 hexadecimal digits)."""
        digest = hashlib.sha256()
        for part in (self.centre, self.components):
            digest.update(np.ascontiguousarray(part, dtype="<f8").data)
        return digest.hexdigest()

    def project(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Coordinates of `vectors` (n, dim) on the axes, float32 (n, k)."""
        out = np.empty((len(vectors), len(self.components)), dtype=np.float32)
        with one_thread():
            for rows, block in _blocks(vectors):
                out[rows] = (block - self.centre) @ self.components.T
        return out


def principal_axes(vectors: NDArray[np.float32], k: int, method: Method) -> Axes:
    """The first `k` principal axes of `vectors` (n, dim), n at least 1, k at most dim.

    "pca": eigenvectors of the covariance (Pearson, 1901; Hotelling, 1933). "svd": those of the second moments
    about the origin, that is the right singular vectors: with all axes kept, dot products and cosines stay
    what they were.
    """
    dim = vectors.shape[1]
    centre = vectors.mean(axis=0, dtype=np.float64) if method == "pca" else np.zeros(dim)
    moments = np.zeros((dim, dim))
    with one_thread():
        for _, block in _blocks(vectors):
            moved = block - centre
            moments += moved.T @ moved
        values, columns = np.linalg.eigh(moments)
    components = columns[:, ::-1][:, :k].T
    largest = np.abs(components).argmax(axis=1)
    signs = np.where(components[np.arange(k), largest] < 0, -1.0, 1.0)
    total = float(values.sum())
    share = float(values[::-1][:k].sum()) / total if total > 0 else 1.0
    return Axes(centre, np.ascontiguousarray(components * signs[:, None]), min(max(share, 0.0), 1.0))


def _blocks(vectors: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    for start in range(0, len(vectors), BLOCK):
        rows = slice(start, start + BLOCK)
        yield rows, vectors[rows].astype(np.float64)


def one_thread() -> AbstractContextManager[object]:
    """Within it BLAS has one thread, so that sums are taken in one order."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415  (seldom used)

    limits: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="blas")
    return limits
