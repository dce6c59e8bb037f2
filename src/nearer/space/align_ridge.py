"""How strong the ridge of a linear map should be: the one that foretells unseen rows best."""

from __future__ import annotations

import numpy as np

from nearer.space.align_fit import Matrix
from nearer.space.reduction import one_thread

STRENGTHS = 10.0 ** np.arange(-6, 1.5, 0.5)  # tried, in units of the mean squared column
ROWS = 5000  # that the choice is made on, at most: more would not change it


def chosen_ridge(x: Matrix, y: Matrix, center: bool, seed: int) -> float:
    """The strength with the smallest leave-one-out error of y (n, e) foretold from x (n, d).

    The error without row i is in closed form its residual over 1 - h_i, with h_i the leverage of the row
    (Allen, 1974; Golub, Heath & Wahba, 1979): no map is fitted twice.
    """
    if len(x) > ROWS:
        rows = np.sort(np.random.default_rng(seed).permutation(len(x))[:ROWS])
        x, y = x[rows], y[rows]
    if center:
        x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    errors = loo_errors(x, y, 1 / len(x) if center else 0.0)
    return float(STRENGTHS[int(np.argmin(errors))])


def loo_errors(x: Matrix, y: Matrix, offset: float) -> Matrix:
    """Sum of squared leave-one-out errors at each of `STRENGTHS`; `offset` is the leverage of a mean."""
    with one_thread():
        values, axes = np.linalg.eigh(x.T @ x)
        values = np.maximum(values, 0)
        scores = x @ axes
        loadings = scores.T @ y
        errors = []
        for strength in STRENGTHS:
            shrunk = values + strength * max(float(values.sum()), np.finfo(float).tiny) / len(values)
            residuals = y - (scores / shrunk) @ loadings
            left = np.maximum(1 - offset - (scores**2 / shrunk).sum(axis=1), 1e-9)
            errors.append(float(((residuals / left[:, None]) ** 2).sum()))
    return np.array(errors)
