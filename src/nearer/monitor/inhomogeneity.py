"""How far a window is from the baseline, without a test: the energy coefficient of inhomogeneity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.monitor.baseline import Baseline
from nearer.monitor.energy import coefficient

BLOCK = 1024  # rows whose distances are held at once

Floats = NDArray[np.float64]


def inhomogeneity(baseline: Baseline, window: Floats) -> float:
    """(2 E|X - Y| - E|X - X'| - E|Y - Y'|) / (2 E|X - Y|), from 0 to 1 (Székely & Rizzo, 2013).

    Means over all pairs of prepared rows, a row with itself among them, so that it is above 0 by chance: by
    about (1/n + 1/m) / 2. A window of any size has one.
    """
    across = 2 * mean_distance(baseline.rows, window)
    within = baseline.mean_distance + mean_distance(window, window)
    return coefficient(across - within, across)


def mean_distance(a: Floats, b: Floats) -> float:
    """Mean Euclidean distance of all pairs of a row of `a` and one of `b`."""
    squares = np.einsum("ij,ij->i", b, b)
    total = 0.0
    for start in range(0, len(a), BLOCK):
        part = a[start : start + BLOCK]
        found = np.einsum("ij,ij->i", part, part)[:, None] + squares - 2 * part @ b.T
        total += float(np.sqrt(np.maximum(found, 0)).sum())
    return total / (len(a) * len(b))
