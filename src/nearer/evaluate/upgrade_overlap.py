"""How much of one store's neighbours another finds, with an interval where queries share their candidates.

A figure is a mean over queries. Queries that compete for the same candidates are not independent: a candidate
that is near to many of them moves them together. So beside the value of each query it is kept how that value
would change were one candidate not there, and the variance is that of Hoeffding's projections (1948) with
delete-one differences in the place of expectations:

    V = s^2 / n  +  (1 / n^2) sum_i (S_i^2 - Q_i)  -  (2 / n^2) sum_i (v_i - mean) S_i

v_i is the value of query i, s^2 their variance, d_qi the centred change of query q without candidate i,
S_i = sum_q d_qi and Q_i = sum_q d_qi^2. Taking Q_i away leaves what two different queries share: the luck of
one query with its candidates is in s^2 already, and the plain jackknife would count it again (Efron & Stein,
1981).
The last term is there where items are queries and candidates at once. V is never less than s^2 / n.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.evaluate.result import Estimate
from nearer.evaluate.upgrade_bounds import CONFIDENCE, widened
from nearer.kernels.topk import NOTHING, Excluded, prepare, topk
from nearer.space import Metric

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Figure:
    """A mean over queries that may be added to others, and scaled.

    Attributes
    ----------
    values : float64 (n,), one a query.
    queries, items, changes : int64, int64, float64 (c,): without candidate `items[j]` the value of query
        `queries[j]` is larger by `changes[j]`.
    own : whether query i is candidate i.
    """

    values: Floats
    queries: Rows
    items: Rows
    changes: Floats
    own: bool

    @property
    def value(self) -> float:
        """The mean."""
        return float(self.values.mean())

    def scaled(self, factor: float) -> Figure:
        """The figure times a number."""
        return Figure(self.values * factor, self.queries, self.items, self.changes * factor, self.own)

    def variance(self) -> float:
        """The variance of the mean: V above."""
        n = len(self.values)
        centred = self.values - self.values.mean()
        alone = float(centred @ centred) / max(n - 1, 1) / n
        pairs, sums, squares = self._shared()
        centre = float(self.changes.sum()) / (n * max(pairs, 1))
        shared = float((sums**2 - squares).sum()) - pairs * (n * centre) ** 2
        both = 2 * float(centred @ sums[:n]) if self.own else 0.0
        return max(alone, alone + (shared - both) / n**2)

    def _shared(self) -> tuple[int, Floats, Floats]:
        """Number of candidates, and S_i and Q_i of each (before centring)."""
        count = int(max(self.items.max(initial=-1) + 1, len(self.values) if self.own else 0))
        place, cell = np.unique(self.queries * count + self.items, return_inverse=True)
        changes = np.bincount(cell, self.changes, len(place))
        items = place % max(count, 1)
        sums, squares = (np.bincount(items, weights, count) for weights in (changes, changes**2))
        return count, sums.astype(np.float64), squares.astype(np.float64)


def summed(figures: Sequence[Figure]) -> Figure:
    """The sum of figures of the same queries."""
    first = figures[0]
    return Figure(
        np.sum([figure.values for figure in figures], axis=0),
        np.concatenate([figure.queries for figure in figures]),
        np.concatenate([figure.items for figure in figures]),
        np.concatenate([figure.changes for figure in figures]),
        first.own,
    )


def estimate(figure: Figure) -> Estimate:
    """A mean of shares with its 95 % interval, by Wilson's score (1927) with the sample size that V is worth.

    Shares p of n_eff = p (1 - p) / V independent trials have the variance V; where no query differs from the
    others n_eff is n. The interval stays within 0 to 1 and is never empty.
    """
    n, value, variance = len(figure.values), figure.value, figure.variance()
    size = value * (1 - value) / variance if variance > 0 and 0 < value < 1 else float(n)
    z = _quantile(n)
    middle = (value + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(value * (1 - value) / size + (z / (2 * size)) ** 2)
    low, high = min(middle - half, value), max(middle + half, value)
    return Estimate(value, (max(float(low), 0.0), min(float(high), 1.0)), n)


def difference(first: Figure, second: Figure) -> Estimate:
    """The mean of `first` less that of `second`, same queries and candidates, with a 95 % interval.

    It is the normal interval of V, widened to what so few queries can tell (`upgrade_bounds`).
    """
    both = summed([first, second.scaled(-1)])
    half = _quantile(len(both.values)) * float(np.sqrt(both.variance()))
    normal = Estimate(both.value, (both.value - half, both.value + half), len(both.values))
    return widened(normal, both.values)


def projected(figures: Sequence[Figure], sizes: Sequence[int], size: int) -> Estimate:
    """The figure expected among `size` candidates, from the same at several `sizes` (falling, at least 2).

    log value = a + b log candidates, by least squares: exact where both lists agree (b = 0) and where they
    are unrelated (b = -1). An assumption in between: the interval, by the delta method, holds as far as it
    does. It is never narrower, as a part of the value, than that of the first figure.
    """
    means = np.array([figure.value for figure in figures])
    n = len(figures[0].values)
    if not means.all():
        return Estimate(0.0, (0.0, estimate(figures[0]).interval[1]), n)
    across = np.log(np.asarray(sizes, np.float64))
    centred = across - across.mean()
    weights = 1 / len(means) + centred / (centred @ centred) * (np.log(size) - across.mean())
    log_value = float(weights @ np.log(means))
    slope = summed([f.scaled(w / m) for f, w, m in zip(figures, weights, means, strict=True)])
    half = _quantile(n) * float(np.sqrt(slope.variance()))
    low, value, high = (float(np.exp(log_value + part)) for part in (-half, 0.0, half))
    seen = estimate(figures[0])
    low, high = (
        extreme(end, value * seen_end / seen.value)
        for extreme, end, seen_end in ((min, low, seen.interval[0]), (max, high, seen.interval[1]))
    )
    return Estimate(min(value, 1.0), (min(low, 1.0), min(high, 1.0)), n)


def nearest(store: Vectors, queries: Vectors, k: int, metric: Metric, own: bool, threads: int | None) -> Rows:
    """Rows (n, k) of `store`, the nearest first; `own`: query i is row i, and no neighbour of itself."""
    n = len(queries)
    excluded = Excluded(np.arange(n + 1, dtype=np.int64), np.arange(n, dtype=np.uint32)) if own else NOTHING
    return topk(prepare(store, metric, threads), queries, k, excluded=excluded, threads=threads)[1]


def overlap(found: Rows, true: Rows, own: bool) -> Figure:
    """What part of the first k of `true` (n, k + 1) stands among the first k of `found` (n, k + 1).

    The next of each list says what takes the place of a candidate that is not there.
    """
    n, k = found.shape[0], found.shape[1] - 1
    a, b, next_a, next_b = found[:, :k], true[:, :k], found[:, k:], true[:, k:]
    same = a[:, :, None] == b[:, None, :]
    in_true, in_found = same.any(axis=2), same.any(axis=1)
    gain_a = (next_a == b).any(axis=1).astype(np.float64)[:, None]  # the next one found is a true one
    gain_b = (next_b == a).any(axis=1).astype(np.float64)[:, None]
    both = gain_a + gain_b + (next_a == next_b) - 1.0
    changes = np.concatenate([np.where(in_true, both, gain_a), np.where(in_found, 0.0, gain_b)], axis=1) / k
    return Figure(
        in_true.sum(axis=1) / k,
        np.repeat(np.arange(n), 2 * k),
        np.concatenate([a, b], axis=1).ravel(),
        changes.ravel(),
        own,
    )


def agreement(found: Rows, labels: NDArray[np.int64], asked: NDArray[np.int64], own: bool) -> Figure:
    """What part of the first k of `found` (n, k + 1) has the label of the query: precision at k."""
    n, k = found.shape[0], found.shape[1] - 1
    right = (labels[found] == asked[:, None]).astype(np.float64)
    changes = (right[:, k:] - right[:, :k]) / k
    return Figure(
        right[:, :k].mean(axis=1), np.repeat(np.arange(n), k), found[:, :k].ravel(), changes.ravel(), own
    )


def _quantile(n: int) -> float:
    """Student's t for a mean of n."""
    from scipy.special import stdtrit  # noqa: PLC0415  (`import nearer` stays light)

    return float(stdtrit(max(n - 1, 1), (1 + CONFIDENCE) / 2))
