"""Where the level of a series of periods changes: the largest step, its p-value, its place, its interval.

A period is a sum over its items and their number; nothing here knows what the items are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.chance import permutation_p_value

Floats = NDArray[np.float64]
LEVELS = (2.5, 97.5)  # percentiles that hold 95 %


@dataclass(frozen=True, eq=False)
class Series:
    """Sums and numbers of items of periods in order of time, each (t,); a period has one item at least."""

    sums: Floats
    counts: Floats

    def __len__(self) -> int:
        return len(self.sums)

    def __getitem__(self, part: slice) -> Series:
        return Series(self.sums[part], self.counts[part])

    @property
    def means(self) -> Floats:
        """Mean of the items of each period."""
        return self.sums / self.counts

    @property
    def mean(self) -> float:
        """Mean of all items."""
        return float(self.sums.sum() / self.counts.sum())


def steps(sums: Floats, counts: Floats, least: int) -> Floats:
    """How much of the items' variance a step before each period explains, for series (..., t).

    The sum of squares between what lies before and after: (mean - mean)^2 * n1 * n2 / (n1 + n2). Places that
    leave fewer than `least` periods on a side are 0. Shape (..., t); place 0 is none.
    """
    before, n_before = np.cumsum(sums, -1)[..., :-1], np.cumsum(counts, -1)[..., :-1]
    total, n = sums.sum(-1)[..., None], counts.sum(-1)[..., None]
    n_after = n - n_before
    between = (before / n_before - (total - before) / n_after) ** 2 * n_before * n_after / n
    found = np.zeros(sums.shape)
    found[..., 1:] = between
    found[..., :least] = 0
    found[..., sums.shape[-1] - least + 1 :] = 0
    return found


def largest_step(series: Series, least: int) -> int:
    """The period before which the largest step lies."""
    return int(steps(series.sums, series.counts, least).argmax())


def largest_part(series: Series, least: int) -> tuple[int, int]:
    """The part, from one period up to another, whose level differs most from that of the rest.

    A step is a part that starts or ends with the series. Olshen et al. (2004), "Circular binary
    segmentation".
    """
    best = (-1.0, 0, len(series))
    for length, differing in _parts(series.sums[None], series.counts[None], least):
        start = int(differing[0].argmax())
        if differing[0, start] > best[0]:
            best = (float(differing[0, start]), start, start + length)
    return best[1], best[2]


def change(
    series: Series, least: int, permutations: int, generator: np.random.Generator
) -> tuple[float, tuple[int, ...]]:
    """How likely chance makes such a change, were the order of the periods arbitrary; and where it is.

    Two statistics, each the largest sum of squares between items: of one side of a step and the other, and
    of a part and the rest of the series, which finds what came and went. Whole periods are exchanged, each
    with all its items, so that items of a period may depend on each other. That of the two with the smaller
    p-value is taken, and the smaller p-value is compared with the smaller ones of the exchanged orders
    (Westfall & Young, 1993), so that neither choosing the place nor the statistic costs anything.

    Valid in finite samples if the periods are exchangeable (Antoch & Hušková, 2001, "Permutation tests in
    change point analysis"). A period that hangs together with the next one, as in a trend or in fashions of
    some years, is not, and counts as a change of level.
    """
    orders = np.argsort(generator.random((permutations, len(series))), axis=1)
    orders = np.concatenate([np.arange(len(series))[None], orders])
    sums, counts = series.sums[orders], series.counts[orders]
    of_part = np.zeros(1 + permutations)
    for _, differing in _parts(sums, counts, least):
        np.maximum(of_part, differing.max(axis=1), out=of_part)
    chances = np.stack([_chances(steps(sums, counts, least).max(axis=1)), _chances(of_part)])
    smaller = chances.min(axis=0)
    p_value = float(permutation_p_value(-smaller[0], -smaller[1:]))
    if chances[0, 0] < chances[1, 0]:  # a part explains more: it is taken where both are as rare
        return p_value, (largest_step(series, least),)
    return p_value, tuple(at for at in largest_part(series, least) if 0 < at < len(series))


def _chances(statistics: Floats) -> Floats:
    """The share of all orders with a statistic at least as large, for each order."""
    below = np.searchsorted(np.sort(statistics), statistics * (1 - 1e-12), side="left")
    return np.asarray(1 - below / len(statistics), np.float64)


def _parts(sums: Floats, counts: Floats, least: int) -> Iterator[tuple[int, Floats]]:
    """Length, and sum of squares between each part of that length and the rest, (orders, places).

    Parts that leave some periods before or after them, but fewer than `least`, are 0.
    """
    orders, periods = sums.shape
    up_to = [
        np.concatenate([np.zeros((orders, 1)), np.cumsum(each, axis=1)], axis=1) for each in (sums, counts)
    ]
    total, n = up_to[0][0, -1], up_to[1][0, -1]
    for length in range(least, periods - least + 1):
        inside, n_inside = (each[:, length:] - each[:, :-length] for each in up_to)
        between = (inside * n - total * n_inside) ** 2 / (n_inside * (n - n_inside) * n)
        between[:, 1:least] = 0
        between[:, max(between.shape[1] - least, 1) : -1] = 0
        yield length, between


def interval(
    series: Series, at: int, least: int, resamples: int, generator: np.random.Generator
) -> tuple[int, int]:
    """Where the step at period `at` may lie with 95 %: percentiles of the place in resampled series.

    Residuals of the periods, in units of one item's, are drawn anew around both levels (Hušková & Kirch,
    2008, "Bootstrapping confidence intervals for the change-point of time series").
    """
    sides = (series[:at], series[at:])
    levels = np.concatenate([np.full(len(side), side.mean) for side in sides])
    roots = np.sqrt(series.counts)
    residuals = np.concatenate([(side.means - side.mean) * np.sqrt(side.counts) for side in sides])
    drawn = generator.choice(residuals, (resamples, len(series)))
    sums = (levels + drawn / roots) * series.counts
    places = steps(sums, np.broadcast_to(series.counts, sums.shape), least).argmax(axis=1)
    low, high = np.percentile(places, LEVELS, method="closest_observation")
    return min(int(low), at), max(int(high), at)
