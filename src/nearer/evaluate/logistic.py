"""Logistic regressions of many labels on the same vectors, one against the rest, by Newton's method.

The problem is liblinear's (Fan et al. 2008): for every label, |w|^2 / 2 + C sum log(1 + exp(-y w.x)), where
x has a last entry of 1 for the bias, which is regularised too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEPS = 50  # of Newton's method, at most
HALVINGS = 30  # of a step that does not go down
TOLERANCE = 1e-6  # of the gradient's length against that at the start


def fit_one_against_rest(vectors: Floats, labels: NDArray[np.bool_], c: float = 1.0) -> Floats:
    """Weights (dim + 1, labels), the bias last, of `vectors` (n, dim) and their `labels` (n, labels)."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    x = with_bias(vectors)
    with threadpool_limits(1):  # products this small are slower on several threads
        return np.stack([_fit(x, np.where(label, 1.0, -1.0), c) for label in labels.T], axis=1)


def with_bias(vectors: Floats) -> Floats:
    """`vectors` (n, dim) with a last column of ones."""
    return np.concatenate([vectors, np.ones((len(vectors), 1))], axis=1)


def _fit(x: Floats, y: Floats, c: float) -> Floats:
    weights = np.zeros(x.shape[1])
    margins = np.zeros(len(x))
    loss = _loss(weights, margins, c)
    first = 0.0
    for step in range(STEPS):
        odds = _logistic(-margins)
        gradient = weights - c * (x.T @ (y * odds))
        size = float(np.linalg.norm(gradient))
        first = first if step else size
        if size <= TOLERANCE * first:
            break
        curvature = c * (x.T * (odds * (1.0 - odds))) @ x
        curvature[np.diag_indices_from(curvature)] += 1.0
        direction = np.linalg.solve(curvature, -gradient)
        slope, along = float(gradient @ direction), y * (x @ direction)
        length = 1.0
        for _ in range(HALVINGS):
            candidate = _loss(weights + length * direction, margins + length * along, c)
            if candidate <= loss + 1e-4 * length * slope:
                break
            length /= 2
        weights, margins, loss = weights + length * direction, margins + length * along, candidate
    return weights


def _loss(weights: Floats, margins: Floats, c: float) -> float:
    return float(0.5 * weights @ weights + c * np.logaddexp(0.0, -margins).sum())


def _logistic(values: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0.0, -values)))
