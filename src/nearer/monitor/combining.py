"""One p-value of several tests under the same arrangements."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nearer.chance import permutation_p_value
from nearer.monitor.exchange import Floats
from nearer.monitor.verdict import TestName

FINEST = 1e-4  # of the null's standard deviation: differences below are those of rounding, and count as ties
RAREST = 1e-12  # the least chance told apart on the common scale
# By power on shifts, spreads and mixtures; they touch power, never the level.
WEIGHTS: dict[TestName, float] = {
    "mmd": 4.0,
    "energy": 3.0,
    "classifier": 0.5,
    "axes": 0.25,
    "clusters": 0.25,
}
ALONE = 40.0  # how many times rarer than the sum a single test must be to decide


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

    The sum of -log p over tests (Fisher, 1932), weighted by `WEIGHTS` (Good, 1955), or a single test that is
    `ALONE` times rarer: many small signs count, and so does one that only one test sees. Each p is told by a
    curve. The curve is a common scale only: the p-value of the result is taken from the same arrangements
    (Westfall & Young, 1993; Pesarin, 2001), so it is valid whatever the curve misses and however tests depend
    on each other.
    """
    each = {name: unlikeliness(statistic) for name, statistic in statistics.items()}
    summed = np.sum([WEIGHTS[name] * rarity for name, rarity in each.items()], axis=0)
    alone = np.max(list(each.values()), axis=0) - np.log(ALONE)
    return np.asarray(np.maximum(unlikeliness(summed), alone), np.float64)


def unlikeliness(statistic: Floats) -> Floats:
    """-log of the chance of a value at least as large, by a gamma distribution of the same three moments.

    Pearson's curve of type III with mean, variance and skewness of `statistic` (1 + permutations,), which
    quadratic forms nearly follow; of all values but the largest, whichever arrangement it is of:
    what stands out must not set the scale it is told by.
    """
    from scipy.special import gammaincc  # noqa: PLC0415  (`import nearer` stays light)

    usual = np.sort(statistic)[:-1]
    centre, spread = usual.mean(), usual.std()
    if spread <= 1e-9 * np.abs(statistic).max():
        return np.where(statistic - centre > 1e-6 * np.abs(statistic).max(), -np.log(RAREST), 0.0)
    skewness = max(float((((usual - centre) / spread) ** 3).mean()), 1e-2)
    shape = 4 / skewness**2
    chances = gammaincc(shape, np.maximum(shape + np.sqrt(shape) * (statistic - centre) / spread, 0))
    return np.asarray(-np.log(np.clip(chances, RAREST, 1)), np.float64)
