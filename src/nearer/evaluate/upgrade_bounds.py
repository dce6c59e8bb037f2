"""Between what limits a mean difference lies where few queries differ: no difference seen proves little.

A bootstrap of queries that all lose nothing, or of a single one, has no width. The number of queries that
lost more than t is binomial, whatever the losses are; so the mean, an integral over t of the rate of those,
is bound by the same integral over the exact upper ends of these rates.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nearer.chance import binomial_interval
from nearer.evaluate.result import Estimate

CONFIDENCE = 0.95


def widened(found: Estimate, values: NDArray[np.float64]) -> Estimate:
    """`found`, the mean of `values` (n,) in [-1, 1], with an interval that `limits` is within too."""
    low, high = limits(values)
    return Estimate(found.value, (min(found.interval[0], low), max(found.interval[1], high)), found.n)


def limits(values: NDArray[np.float64]) -> tuple[float, float]:
    """Limits of the mean of a distribution on [-1, 1] from n independent `values` of it, at 95 %.

    Upper: -1 + integral over t from -1 to 1 of u(t), where u is the upper end of the exact interval of the
    rate above t (Clopper & Pearson, 1934). Lower: the same of -values. For n values all 0 the upper one is
    1 - 0.025^(1/n), and for values of 0 and 1 that of their rate. For values of many kinds they are wider
    than a normal interval, up to about twice: ends at different t are added up as if all erred together.
    """
    return -_upper(-values), _upper(values)


def queries_needed(most_loss: float) -> int | None:
    """Queries of which none loses anything that show a loss of at most `most_loss`; None: no number does.

    log(0.025) / log(1 - most_loss), rounded up.
    """
    if most_loss <= 0:
        return None
    return 1 if most_loss >= 1 else math.ceil(math.log((1 - CONFIDENCE) / 2) / math.log1p(-most_loss))


def _upper(values: NDArray[np.float64]) -> float:
    n = len(values)
    kinds, counts = np.unique(np.round(values, 12), return_counts=True)
    above = n - np.cumsum(counts)
    steps = np.diff(np.append(kinds, 1.0))
    ends = np.array([binomial_interval(int(count), n, CONFIDENCE)[1] for count in above])
    return float(kinds[0] + steps @ ends)
