"""Outliers: items so far from all others that the tail of the distances does not explain them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.chance import binomial_interval
from nearer.evaluate.health.measure import Kind, Measure, Scale, Skipped
from nearer.evaluate.health.points import Points

ALPHA = 0.05  # chance of naming any outlier where there is none
TAIL = 0.1  # part of the scores that is the tail
SHORTEST = 20  # scores of a tail from which anything can be told

OUTLIERS = Kind(
    "outliers",
    "outliers",
    "share of distinct items, 0 to 1",
    Scale(0, 0.01),
    "The share of items beyond a gap in the tail of distances to the k-th nearest neighbour; where there are "
    "none, any is named with a chance of 5 %.",
    "Look at them: broken items, another language or kind; leave out what does not belong.",
    "items of one distribution",
)


def outliers(points: Points, keys: list[str], examples: int) -> list[Measure | Skipped]:
    """The items of the sample that lie apart from all others, the furthest first."""
    m = len(points.drawn)
    scores = points.near.distances[:, -1]
    if m * TAIL < SHORTEST or points.k < 1:
        return [Skipped("outliers", f"{m} distinct items have no tail: needs {SHORTEST / TAIL:g}")]
    p_values = gap_p_values(scores)
    named = np.flatnonzero(p_values <= ALPHA)
    named = named[np.argsort(-scores[named], kind="stable")]
    interval = None if points.whole else binomial_interval(len(named), m)
    shown = [(key,) for key in points.keys_of(keys, points.drawn[named[:examples]])]
    return [OUTLIERS.measured(len(named) / m, m, interval=interval, reference=0.0, examples=shown)]


def gap_p_values(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """p-value (m,) of each item to be an outlier, adjusted: with chance <= alpha any is <= alpha by chance.

    The null: the logarithms of the largest tenth of the `scores` (m,), larger than 0, have an exponential
    tail beyond the others (a power law of the scores). Then the gaps between neighbours in order, each times
    the number of items above it, are independent and exponential (Rényi, 1953). The gap above which j items
    lie is compared with the mean of those below it, a ratio of law F(2, 2 (number below)); these ratios are
    independent of each other. Of the gaps down to the middle of the tail, that of j items has a part of alpha
    in proportion to 1 / j (Bonferroni). An item has the least p-value of the gaps below it. A thinner tail
    makes fewer errors; where scores have a thicker one, their far end is called outliers.

    Ranks of a sample among themselves, as in conformal prediction, cannot be used here: one of m items always
    has rank 1, and no correction for m tests leaves it standing.
    """
    m = len(scores)
    order = np.argsort(-scores, kind="stable")
    tail = int(TAIL * m)
    falling = np.log(np.maximum(scores[order[: tail + 1]], np.finfo(np.float64).tiny))
    numbers = np.arange(1, tail + 1)
    gaps = (falling[:-1] - falling[1:]) * numbers
    below = gaps[::-1].cumsum()[::-1] - gaps
    tried = tail // 2
    left = tail - numbers[:tried]
    means = below[:tried] / left
    ratios = np.divide(gaps[:tried], means, out=np.full(tried, np.inf), where=means > 0)
    ratios[gaps[:tried] == 0] = 0
    harmonic = (1 / numbers[:tried]).sum()
    adjusted = np.minimum(1.0, gap_chance(ratios, left) * numbers[:tried] * harmonic)
    p_values = np.ones(m)
    p_values[order[:tried]] = np.minimum.accumulate(adjusted[::-1])[::-1]
    return p_values


def gap_chance(ratios: NDArray[np.float64], below: NDArray[np.int64]) -> NDArray[np.float64]:
    """Chance of a gap `ratios` times as large as the mean of the `below` gaps below it: F(2, 2 below).

    An exponential gap is larger than x with probability exp(-x); averaged over the mean, which is of a gamma
    distribution, that is (1 + ratio / below)^-below.
    """
    return np.asarray((1 + ratios / below) ** -below.astype(np.float64))
