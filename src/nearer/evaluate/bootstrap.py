"""Bootstrap intervals: how much a figure could differ had other items been drawn (Efron, 1979)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nearer.evaluate.result import Estimate

RESAMPLES = 2000
LEVELS = (2.5, 97.5)  # percentiles that hold 95 %
_BLOCK = 1 << 22  # items drawn at a time

Statistic = Callable[[NDArray[np.intp]], NDArray[np.float64]]


def estimate(value: float, statistic: Statistic, n: int, seed: int) -> Estimate:
    """`value` with the interval of `statistic`: drawn items (resamples, n) to figures (resamples,).

    A resample for which the figure is undefined (NaN) is left out.
    """
    generator = np.random.default_rng(seed)
    figures = np.empty(RESAMPLES)
    step = max(1, _BLOCK // max(n, 1))
    for start in range(0, RESAMPLES, step):
        count = min(step, RESAMPLES - start)
        figures[start : start + count] = statistic(generator.integers(0, n, size=(count, n)))
    low, high = np.nanpercentile(figures, LEVELS)
    return Estimate(float(value), (float(low), float(high)), n, figures)


def mean(values: NDArray[np.float64], seed: int) -> Estimate:
    """The mean of `values` (n,), n at least 1, with its interval."""
    return estimate(float(np.mean(values)), lambda drawn: values[drawn].mean(axis=1), len(values), seed)
