"""One p-value of several tests under the same arrangements."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nearer.chance import permutation_p_value
from nearer.monitor.exchange import Floats
from nearer.monitor.verdict import TestName

FINEST = 1e-4  # of the null's standard deviation: differences below are those of rounding, and count as ties
RAREST = 1e-12  # the least chance told apart on the common scale
WEIGHTS: dict[
    TestName, float
] = {  # by power on shifts, spreads and mixtures; they touch power, never the level
    "mmd": 4.0,
    "energy": 2.0,
    "classifier": 1.0,
    "axes": 0.5,
    "clusters": 0.5,
}


def p_values(statistics: Floats) -> Floats:
    """p-values (...,) of the first of `statistics` (1 + permutations, ...) among all of them.

    Statistics are rounded to `FINEST` standard deviations first, so that values that are equal but for
    rounding are ties, which count against the alternative.
    """
    spread = statistics.std(axis=0)
    scaled = (statistics - statistics.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    rounded = np.round(scaled / FINEST)
    return permutation_p_value(rounded[0], rounded[1:])


def joint(statistics: Mapping[TestName, Floats]) -> Floats:
    """One statistic of several tests in every arrangement, (1 + permutations,).

    The sum of -log p over tests (Fisher, 1932), weighted by `WEIGHTS` (Good, 1955), each p told by a curve.
    The curve is a common scale only: the p-value of the sum is taken from the same arrangements (Westfall &
    Young, 1993; Pesarin, 2001), so it is valid whatever the curve misses
    and however tests depend on each other.
    """
    summed = sum(WEIGHTS[name] * unlikeliness(each) for name, each in statistics.items())
    return np.asarray(summed, np.float64)


def unlikeliness(statistic: Floats) -> Floats:
    """-log of the chance of a value at least as large, by the gamma distribution of the same three moments.

    Pearson's curve of type III with mean, variance and skewness of `statistic` (1 + permutations,), which
    quadratic forms nearly follow. 0 where all arrangements have one value.
    """
    from scipy.special import gammaincc  # noqa: PLC0415  (`import nearer` stays light)

    centred = statistic - statistic.mean()
    spread = centred.std()
    if spread <= 1e-12 * np.abs(statistic).max():
        return np.zeros_like(statistic)
    scaled = centred / spread
    skewness = max(float((scaled**3).mean()), 1e-2)
    shape = 4 / skewness**2
    chances = gammaincc(shape, np.maximum(shape + np.sqrt(shape) * scaled, 0))
    return np.asarray(-np.log(np.clip(chances, RAREST, 1)), np.float64)
