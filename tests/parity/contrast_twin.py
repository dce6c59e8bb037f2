"""Slow twins of the objectives of contrast, from the formulas of the papers: loops over NumPy float64."""

from __future__ import annotations

import math

import numpy as np


def infonce(
    queries: np.ndarray, candidates: np.ndarray, target: list[int], out: np.ndarray, t: float
) -> float:
    """Van den Oord et al. 2018, equation 4, with cosines over a temperature as scores."""
    losses = []
    for row, query in enumerate(queries):
        own = math.exp(query @ candidates[target[row]] / t)
        others = sum(
            math.exp(query @ candidate / t)
            for place, candidate in enumerate(candidates)
            if place != target[row] and not out[row, place]
        )
        losses.append(-math.log(own / (own + others)))
    return float(np.mean(losses))


def triplet(
    queries: np.ndarray, candidates: np.ndarray, target: list[int], out: np.ndarray, m: float
) -> float:
    """Schroff et al. 2015, equation 3, with negatives by equation 4: semi-hard, else the farthest."""
    losses = []
    for row, query in enumerate(queries):
        near = float(((query - candidates[target[row]]) ** 2).sum())
        far = [
            float(((query - candidate) ** 2).sum())
            for place, candidate in enumerate(candidates)
            if place != target[row] and not out[row, place]
        ]
        if far:
            beyond = [distance for distance in far if distance > near]
            losses.append(max(0.0, m + near - (min(beyond) if beyond else max(far))))
    return sum(losses) / max(len(losses), 1)


def vicreg(left: np.ndarray, right: np.ndarray) -> float:
    """Bardes et al. 2022, algorithm 1, with its weights 25, 25 and 1."""
    n, d = left.shape
    near = sum((left[i, j] - right[i, j]) ** 2 for i in range(n) for j in range(d)) / (n * d)
    spread = apart = 0.0
    for side in (left, right):
        covariance = np.cov(side, rowvar=False)
        spread += np.mean([max(0.0, 1.0 - math.sqrt(covariance[j, j] + 1e-4)) for j in range(d)]) / 2
        apart += sum(covariance[i, j] ** 2 for i in range(d) for j in range(d) if i != j) / d
    return float(25 * near + 25 * spread + apart)
