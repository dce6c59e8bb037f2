"""Duplicates, and pairs that lie nearer to each other than density explains."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.chance import binomial_interval
from nearer.evaluate.health.copies import groups_of
from nearer.evaluate.health.measure import Kind, Measure, Scale, Skipped
from nearer.evaluate.health.nearest import Near, Rows
from nearer.evaluate.health.points import Points
from nearer.space import Space

RATE = 0.05  # of the items called near-duplicates, at most this share is expected to be chance
HALF = (
    0.5  # part of the ratios that the dimension around an item is fitted to: near-duplicates have the others
)
LEAST_NEAR = 3  # neighbours without which no density is seen
FEWEST = 50  # items without which no threshold can be calibrated
EVERY, STEP = 100, 1.02  # the first so many distances are tried as thresholds, then each so much further on

EXACT = Kind(
    "duplicates",
    "duplicates",
    "share of items, 0 to 1",
    Scale(0, 0.01),
    "The share of items whose vector is, bit for bit, that of an earlier item.",
    "Keep one of each group; if the items differ, the encoder cannot tell them apart.",
)
CLOSE = Kind(
    "duplicates",
    "near-duplicates",
    "share of distinct items, 0 to 1",
    Scale(0, 0.01),
    "The share of items that have another one much nearer than the density around them explains, at a "
    "false discovery rate of 5 %.",
    "Look at the groups; keep one of each, or see that a split does not part them.",
)


def duplicates(space: Space, points: Points, examples: int) -> list[Measure | Skipped]:
    """Exact duplicates among all rows, near-duplicates of the sample among all distinct rows."""
    groups = groups_of(points.first)
    if space.metric == "cosine" and len(points.zero):
        groups = [group for group in groups if space.vectors[group[0]].any()]
    copies = sum(len(group) - 1 for group in groups)
    named = [tuple(space.keys[row] for row in group) for group in groups[:examples]]
    exact = EXACT.measured(copies / len(space), len(space), examples=named)
    m = len(points.drawn)
    if m < FEWEST or points.k < LEAST_NEAR:
        why = (
            f"{m} distinct items are too few to tell near from dense: needs {FEWEST}, and k from {LEAST_NEAR}"
        )
        return [exact, Skipped("near-duplicates", why)]
    limit = threshold(points.near, dimension_around(points.near))
    close = points.near.distances[:, 0] <= limit
    pairs = pairs_within(points.drawn, points.near, limit)
    named = [
        tuple(points.keys_of(space.keys, group)) for group in joined(pairs, len(points.vectors))[:examples]
    ]
    interval = None if points.whole else binomial_interval(int(close.sum()), m)
    told = f"The threshold is {_said(limit, space.metric)}." if limit > 0 else ""
    return [
        exact,
        CLOSE.measured(float(close.mean()), m, interval=interval, examples=named, told=told),
    ]


def threshold(near: Near, dimension: float, rate: float = RATE) -> float:
    """The distance up to which neighbours are near-duplicates; 0 where none are. Needs 3 neighbours.

    If points lie evenly around an item as far as its k-th neighbour, at distance r, the nearest is within t
    with probability 1 - (1 - (t / r)^D)^(k - 1), D the `dimension` around it (as TwoNN assumes; Facco et al.,
    2017). Summed over items that is how many have a neighbour within t by chance. The threshold is the
    largest distance found at which that is at most `rate` times as many as do: an estimated false discovery
    rate (Storey, 2002, with all items taken as null). Groups of more than k near-duplicates look like a dense
    region and are not found.
    """
    first, kth, others = near.distances[:, 0], near.distances[:, -1], near.distances.shape[1] - 1
    rising, best = np.sort(first), 0.0
    for count in _tried(len(rising)) if len(rising) else ():
        distance = rising[count - 1]
        alone = np.minimum(1.0, distance / kth) ** dimension
        if (1 - (1 - alone) ** others).sum() <= rate * count:
            best = float(distance)
    return best


def dimension_around(near: Near) -> float:
    """The dimension around items, told by their farther neighbours, so that near-duplicates do not count.

    Of k points spread evenly in a ball of D dimensions, the last on its edge, the j-th has (distance /
    radius)^D of law Beta(j, k - j), whose mean logarithm is digamma(j) - digamma(k). j is the middle one.
    0 where all distances are equal: then nothing is near.
    """
    from scipy.special import digamma  # noqa: PLC0415  (`import nearer` stays light)

    k = near.distances.shape[1]
    middle = (k + 1) // 2
    mean = float(np.log(near.distances[:, -1] / near.distances[:, middle - 1]).mean())
    return float(digamma(k) - digamma(middle)) / mean if mean > 0 else 0.0


def pairs_within(places: Rows, near: Near, limit: float) -> NDArray[np.intp]:
    """Pairs (p, 2) of points: those at `places` and their neighbours no further than `limit`."""
    row, column = np.nonzero(near.distances <= limit) if limit > 0 else (np.empty(0, np.intp),) * 2
    return np.stack([places[row], near.rows[row, column]], axis=1)


def joined(pairs: NDArray[np.intp], n: int) -> list[Rows]:
    """Groups of n points that `pairs` (p, 2) connect, the largest first, each rising (Tarjan, 1975)."""
    above = {int(place): int(place) for place in pairs.ravel()}

    def root(place: int) -> int:
        while above[place] != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    for one, other in pairs:
        first, second = sorted((root(int(one)), root(int(other))))
        above[second] = first
    first_of = np.arange(n)
    for place in above:
        first_of[place] = root(place)
    return groups_of(first_of)


def _tried(count: int) -> list[int]:
    """How many of the nearest pairs a threshold may take in: 1 to 100, then in steps of 2 %."""
    steps = list(range(1, min(count, EVERY) + 1))
    while steps[-1] < count:
        steps.append(min(count, max(steps[-1] + 1, int(steps[-1] * STEP))))
    return steps


def _said(limit: float, metric: str) -> str:
    if metric != "cosine":
        return f"distance {limit:.6g}"
    below = limit**2 / 2
    return f"cosine 1 - {below:.2g}" if below < 1e-4 else f"cosine {1 - below:.4f}"
