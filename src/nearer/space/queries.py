"""The arithmetic of queries: scores of every row against a query, the best k, and analogies.

A score is higher for what is nearer: the cosine, the dot product, or the negative Euclidean distance.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nearer.space.checks import Metric

EPSILON = 0.001  # keeps 3CosMul's denominator from zero (Levy & Goldberg, 2014)
TAME = (1e-12, 1e12)  # norms whose squares and products neither overflow nor vanish in float32
BLOCK = 4096  # rows whose differences stay in the processor's cache

Scores = NDArray[np.floating]
Vector = NDArray[np.float32]


class Scorer:
    """Scores of every row of a matrix against a query.

    Norms are computed once, when first needed; a query is then one matrix-vector product. Rows that are so
    large or so small that float32 products would overflow or vanish are multiplied in float64.
    """

    def __init__(self, vectors: NDArray[np.float32], metric: Metric) -> None:
        self._vectors = vectors
        self._metric = metric

    def scores(self, query: Vector) -> Scores:
        """Score of every row by the metric, shape (n,)."""
        if self._metric == "cosine":
            return self.cosines(query[None])[:, 0]
        if self._metric == "dot":
            return self._products(query[:, None], self._precision(query))[:, 0]
        return -self._distances(query)

    def cosines(self, queries: NDArray[np.float32] | NDArray[np.float64]) -> Scores:
        """Cosine of every row with each of m queries, shape (n, m); a zero vector has cosine 0 with all."""
        products = self._products(unit(queries).T, self._precision())
        products *= self._inverse_norms.astype(products.dtype)[:, None]
        return np.clip(products, -1, 1, out=products)

    def _products(self, columns: NDArray[np.floating], precision: type[np.floating]) -> Scores:
        return self._vectors.astype(precision, copy=False) @ columns.astype(precision)

    def _distances(self, query: Vector) -> Scores:
        """Euclidean distances by differences: expanding the square would cancel what nearness depends on."""
        precision = self._precision(query)
        squares = np.empty(len(self._vectors), dtype=precision)
        for start in range(0, len(squares), BLOCK):
            difference = self._vectors[start : start + BLOCK].astype(precision, copy=False) - query
            np.einsum("ij,ij->i", difference, difference, out=squares[start : start + BLOCK])
        distances: Scores = np.sqrt(squares)
        return distances

    def _precision(self, query: Vector | None = None) -> type[np.floating]:
        tame = self._tame and (query is None or is_tame(norms(query[None])))
        return np.float32 if tame else np.float64

    @cached_property
    def _norms(self) -> NDArray[np.float64]:
        return norms(self._vectors)

    @cached_property
    def _inverse_norms(self) -> NDArray[np.float64]:
        return inverted(self._norms)

    @cached_property
    def _tame(self) -> bool:
        return is_tame(self._norms)


def norms(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Euclidean norm of every row, shape (n,); right for every finite float32, subnormal ones too."""
    with np.errstate(over="ignore", under="ignore"):
        squares = np.einsum("ij,ij->i", vectors, vectors)
    lengths: NDArray[np.float64] = np.sqrt(squares, dtype=np.float64)
    wild = np.flatnonzero(~((squares > 1e-28) & (squares < 1e28)))
    lengths[wild] = np.linalg.norm(vectors[wild].astype(np.float64), axis=1)
    return lengths


def inverted(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / length, and 0 for length 0."""
    inverse = np.zeros_like(lengths)
    np.divide(1.0, lengths, out=inverse, where=lengths > 0)
    return inverse


def is_tame(lengths: NDArray[np.float64]) -> bool:
    """Whether float32 is enough for products of rows this long; zero rows are."""
    low, high = TAME
    return bool(np.all((lengths == 0) | ((lengths >= low) & (lengths <= high))))


def unit(vectors: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows scaled to length 1, in float64; a zero row stays zero. Shape (n, dim)."""
    exact = vectors.astype(np.float64)
    scaled: NDArray[np.float64] = exact * inverted(np.linalg.norm(exact, axis=1))[:, None]
    return scaled


def as_compared(vectors: NDArray[np.float32], metric: Metric) -> NDArray[np.float64]:
    """Rows as the metric compares them, in double precision: of length 1 for "cosine"."""
    return unit(vectors) if metric == "cosine" else vectors.astype(np.float64)


def pair_score(a: Vector, b: Vector, metric: Metric) -> float:
    """Score of two vectors by `metric`, in float64."""
    if metric == "cosine":
        left, right = unit(np.stack([a, b]))
        return float(np.clip(left @ right, -1, 1))
    left, right = a.astype(np.float64), b.astype(np.float64)
    return float(left @ right) if metric == "dot" else -float(np.linalg.norm(left - right))


def best_rows(scores: Scores, k: int, excluded: set[int]) -> NDArray[np.intp]:
    """Rows of the `k` highest scores, highest first, equal ones by row; `excluded` rows are left out."""
    left = len(scores) - len(excluded)
    k = min(k, left)
    if k <= 0:
        return np.empty(0, dtype=np.intp)
    scores = scores.copy()
    scores[list(excluded)] = -np.inf
    least = np.partition(scores, len(scores) - k)[len(scores) - k]
    rows = np.flatnonzero(scores >= least)
    return rows[np.lexsort((rows, -scores[rows]))][:k]


def three_cos_add(
    scorer: Scorer, positive: NDArray[np.float32], negative: NDArray[np.float32]
) -> Scores | None:
    """Cosine of every row with the sum of positive minus negative unit vectors (Mikolov et al., 2013).

    None where that sum is the zero vector, which has no direction.
    """
    target = unit(positive).sum(axis=0) - unit(negative).sum(axis=0)
    if np.linalg.norm(target) < 1e-12:
        return None
    return scorer.cosines(target[None])[:, 0]


def three_cos_mul(scorer: Scorer, positive: NDArray[np.float32], negative: NDArray[np.float32]) -> Scores:
    """Product of cosines with positive over product with negative words (Levy & Goldberg, 2014).

    Cosines are moved from [-1, 1] to [0, 1] first; `EPSILON` is added to the denominator.
    """
    cosines = (1 + scorer.cosines(np.concatenate([positive, negative])).astype(np.float64)) / 2
    top, bottom = np.split(cosines, [len(positive)], axis=1)
    scores: Scores = top.prod(axis=1) / (bottom.prod(axis=1) + EPSILON)
    return scores


def mean_similarities(vectors: NDArray[np.float32], metric: Metric) -> NDArray[np.float64]:
    """Mean score of each of m vectors with the m - 1 others, shape (m,)."""
    m = len(vectors)
    scores = np.array([[pair_score(a, b, metric) for b in vectors] for a in vectors])
    means: NDArray[np.float64] = (scores.sum(axis=1) - scores.diagonal()) / (m - 1)
    return means
