"""One p-value of several tests under the same arrangements."""

from __future__ import annotations

import numpy as np

from nearer.chance import permutation_p_value
from nearer.monitor.exchange import Floats

FINEST = 1e-4  # of the null's standard deviation: differences below are those of rounding, and count as ties


def p_values(statistics: Floats) -> Floats:
    """p-values (...,) of the first of `statistics` (1 + permutations, ...) among all of them.

    Statistics are rounded to `FINEST` standard deviations first, so that values that are equal but for
    rounding are ties, which count against the alternative.
    """
    spread = statistics.std(axis=0)
    rounded = np.round((statistics - statistics.mean(axis=0)) / np.where(spread > 0, spread, 1.0) / FINEST)
    return permutation_p_value(rounded[0], rounded[1:])


def joint(statistics: Floats) -> Floats:
    """One statistic (1 + permutations,) of several tests (tests, 1 + permutations).

    How unlikely each value is, told by a gamma distribution with the mean, variance and skewness of its
    test's arrangements (a Pearson curve of type III), -log p; summed over tests (Fisher, 1932). That
    curve is a common scale only: the p-value of the sum is taken from the same arrangements (Westfall &
    Young, 1993; Pesarin, 2001), so that it is valid whatever the curve misses and however tests depend
    on each other.
    """
    return np.asarray(-np.log(np.stack([tail(each) for each in statistics])).sum(axis=0), np.float64)


def tail(statistic: Floats) -> Floats:
    """Chance of a value at least as large, by the gamma distribution of the same three moments."""
    from scipy.special import gammaincc  # noqa: PLC0415  (`import nearer` stays light)

    spread = statistic.std()
    if spread == 0:
        return np.ones_like(statistic)
    scaled = (statistic - statistic.mean()) / spread
    skewness = max(float((scaled**3).mean()), 1e-2)
    shape = 4 / skewness**2
    tails = gammaincc(shape, np.maximum(shape + np.sqrt(shape) * scaled, 0))
    return np.asarray(np.clip(tails, 1e-12, 1), np.float64)
