"""How well what belongs together is found among vectors held out, and whether vectors are all alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

DEPTHS = (1, 10)
BLOCK = 1 << 22  # scores at a time
MOST_RANKED = 1_000  # vectors that the effective rank is measured on


def found(
    queries: NDArray[np.float32], candidates: NDArray[np.float32], relevant: Any, left_out: Any
) -> dict[str, float]:
    """Retrieval by cosine: recall@k, MRR, MAP, what chance would reach, and the queries counted.

    recall@k is the part of the queries that have a relevant candidate among the k nearest, MRR the mean of
    1 / rank of the first one, MAP that of the precision at each relevant one. Candidates of `left_out` are
    not ranked; equal scores count against the query. relevant and left_out are sparse bool (queries,
    candidates); a query without a relevant one is left out.
    """
    asked = np.flatnonzero(np.diff(relevant.indptr) > 0)
    if not len(asked):
        return {"queries": 0, "candidates": len(candidates)}
    one, other = unit(queries), unit(candidates)
    ranks, chances, precisions = [], [], []
    step = max(1, BLOCK // max(len(other), 1))
    for start in range(0, len(asked), step):
        rows = asked[start : start + step]
        right, out = relevant[rows].toarray(), left_out[rows].toarray()
        out &= ~right
        scores = one[rows] @ other.T
        best = np.where(right, scores, -np.inf).max(1, keepdims=True)
        before = (scores >= best) & ~right & ~out
        ranks.append(1 + before.sum(1))
        precisions.append(1.0 / ranks[-1] if right.sum() == len(right) else _precision(scores, right, out))
        chances.append(np.stack([right.sum(1), (~out).sum(1)], axis=1))
    rank, counts = np.concatenate(ranks), np.concatenate(chances)
    measured = {f"recall@{k}": float((rank <= k).mean()) for k in DEPTHS}
    measured["MRR"] = float((1.0 / rank).mean())
    measured["MAP"] = float(np.concatenate(precisions).mean())
    for k in DEPTHS:
        pairs, times = np.unique(counts, axis=0, return_counts=True)
        chance = [by_chance(int(right), int(ranked), k) for right, ranked in pairs]
        measured[f"chance@{k}"] = float(np.average(chance, weights=times))
    return {**measured, "queries": len(asked), "candidates": len(candidates)}


def _precision(
    scores: NDArray[np.float32], right: NDArray[np.bool_], out: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Average precision of each query: the mean, over its relevant candidates, of the precision there."""
    ranked = np.where(out, -np.inf, scores)
    order = np.lexsort((right, -ranked))  # among equal scores the relevant ones come last
    hits = np.take_along_axis(right, order, 1)
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    found: NDArray[np.float64] = (precision * hits).sum(1) / hits.sum(1)
    return found


def by_chance(relevant: int, ranked: int, k: int) -> float:
    """The chance that one of `relevant` is among `k` drawn of `ranked`."""
    if k >= ranked or ranked - relevant < k:
        return 1.0
    return 1.0 - math.exp(sum(math.log1p(-relevant / (ranked - drawn)) for drawn in range(k)))


def both_ways(
    queries: NDArray[np.float32], candidates: NDArray[np.float32], relevant: Any, left_out: Any
) -> tuple[dict[str, float], dict[str, float]]:
    """`found`, from left to right and from right to left."""
    return (
        found(queries, candidates, relevant, left_out),
        found(candidates, queries, relevant.T.tocsr(), left_out.T.tocsr()),
    )


def mean_of(ways: Sequence[dict[str, float]], measure: str) -> float:
    """The mean of a measure over the ways that have it; NaN where none has."""
    values = [way[measure] for way in ways if measure in way]
    return float(np.mean(values)) if values else float("nan")


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors scaled to length 1; zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def mean_cosine(vectors: NDArray[np.float32]) -> float:
    """Mean cosine of two different rows; NaN for fewer than two. Rows of zeros are left out."""
    if len(vectors) < 2:
        return float("nan")
    scaled = unit(vectors).astype(np.float64)
    zeros = int((~scaled.any(axis=1)).sum())
    total, count = scaled.sum(axis=0), len(scaled) - zeros
    return float((total @ total - count) / (count * (count - 1))) if count > 1 else 1.0


def effective_rank(vectors: NDArray[np.float32]) -> float:
    """Exponential of the entropy of the singular values' shares, vectors of length 1, centred (Roy and
    Vetterli 2007): how many directions they really use; 0 where all are one.
    """
    if len(vectors) < 2:
        return float("nan")
    scaled = unit(vectors[:MOST_RANKED]).astype(np.float64)
    values: Any = np.linalg.svd(scaled - scaled.mean(0), compute_uv=False)
    if values[0] <= 1e-6:
        return 0.0
    shares = values / values.sum()
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))
