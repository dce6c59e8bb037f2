"""Correlation of a space's scores with people's ratings, with its interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError
from nearer.evaluate.bootstrap import estimate
from nearer.evaluate.result import Estimate
from nearer.space.checks import Metric

FEWEST = 3  # pairs from which a correlation says anything


def pair_scores(
    vectors: NDArray[np.float32], metric: Metric, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Score of each pair of rows of `vectors` by `metric`; a higher score is nearer. Shape (n,)."""
    a, b = vectors[first].astype(np.float64), vectors[second].astype(np.float64)
    if metric == "euclidean":
        return -np.asarray(np.linalg.norm(a - b, axis=1))
    products = np.einsum("ij,ij->i", a, b)
    if metric == "dot":
        return np.asarray(products)
    norms = np.sqrt(
        np.einsum("ij,ij->i", a, a) * np.einsum("ij,ij->i", b, b)
    )  # exactly 1 for a word and itself
    return np.asarray(np.divide(products, norms, out=np.zeros_like(products), where=norms > 0))


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks along the last axis, from 1; equal values share the mean of theirs (Spearman, 1904)."""
    from scipy.stats import rankdata  # noqa: PLC0415  (`import nearer` must not load it)

    return np.asarray(rankdata(values, axis=-1))


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's correlation along the last axis; NaN where either side is constant."""
    a = a - a.mean(axis=-1, keepdims=True)
    b = b - b.mean(axis=-1, keepdims=True)
    spread = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    covariance = (a * b).sum(axis=-1)
    values = np.divide(covariance, spread, out=np.full(np.shape(spread), np.nan), where=spread > 0)
    return np.asarray(np.clip(values, -1, 1))


def correlated(a: NDArray[np.float64], b: NDArray[np.float64], seed: int, ranked: bool) -> Estimate:
    """Spearman's (`ranked`) or Pearson's correlation of `a` and `b` (n,), with the interval over pairs."""

    def statistic(drawn: NDArray[np.intp]) -> NDArray[np.float64]:
        return correlation(ranks(a[drawn]), ranks(b[drawn])) if ranked else correlation(a[drawn], b[drawn])

    value = correlation(ranks(a), ranks(b)) if ranked else correlation(a, b)
    return estimate(float(value), statistic, len(a), seed)


def require_spread(ratings: NDArray[np.float64], scores: NDArray[np.float64]) -> None:
    """Raise `InputError` where either is constant."""
    for values, name in ((ratings, "ratings"), (scores, "scores")):
        if np.ptp(values) == 0:
            raise InputError(f"the {name} of all {len(values)} pairs are equal: no correlation is defined")
