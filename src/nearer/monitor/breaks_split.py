"""Steps in the mean of a series: where, whether chance does as much, and how sure the place is.

A series is sums (t,) and counts (t,) of items by time. Breaks are found by binary segmentation (Vostrikova,
1981): the best step or plateau of a segment, then of its parts, while exchanging times says it is no chance.
The mean of a time weighs by the inverse of its variance, which `variances` estimates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nearer.chance import holm, permutation_p_value

Floats = NDArray[np.float64]
RESAMPLES = 999
BLOCK = 1 << 17  # numbers of exchanged series held at a time: they stay in the processor's cache
MOST_LENGTHS = 96  # of windows that are looked at; of more, so many in a geometric row
RATIOS = np.concatenate([[0.0], np.geomspace(1e-4, 1e4, 49)])  # of the variance of times to that of items


@dataclass(frozen=True)
class Split:
    """A break of series `series` before time `at`, between times `start` and `stop`; adjusted p-value."""

    series: int
    start: int
    at: int
    stop: int
    p_value: float


def find_splits(
    sums: list[Floats], counts: list[Floats], *, alpha: float, least: int, block: int, draws: int, seed: int
) -> tuple[list[Split], list[float]]:
    """Breaks of all series, and the p-value of each series as a whole, adjusted for their number.

    Level by level: all segments of a level are tested together (Holm), so that on the first level the chance
    that any series without a change has a break is at most `alpha`; what is found below stands on what was
    found above, and its p-value is never smaller than the one above it.
    """
    level = [Split(place, 0, 0, len(total), 0.0) for place, total in enumerate(sums)]
    whole, found, depth = [1.0] * len(sums), [], 0
    while level:
        tried = []
        for segment in level:
            part = slice(segment.start, segment.stop)
            generator = np.random.default_rng([seed, depth, segment.series, segment.start])
            raw, places = split_p_value(
                sums[segment.series][part], counts[segment.series][part], least, block, draws, generator
            )
            tried.append((segment, raw, places))
        level = []
        for (segment, _, places), adjusted in zip(
            tried, holm([raw for _, raw, _ in tried]).tolist(), strict=True
        ):
            p_value = max(adjusted, segment.p_value)
            if depth == 0:
                whole[segment.series] = p_value
            if p_value <= alpha:
                borders = [segment.start, *(segment.start + place for place in places), segment.stop]
                found += [
                    Split(segment.series, segment.start, at, segment.stop, p_value) for at in borders[1:-1]
                ]
                level += [
                    Split(segment.series, start, 0, stop, p_value)
                    for start, stop in pairwise(borders)
                    if stop - start >= 2 * least
                ]
        depth += 1
    return _refined(found, sums, counts, least), whole


def split_p_value(
    sums: Floats, counts: Floats, least: int, block: int, draws: int, generator: np.random.Generator
) -> tuple[float, list[int]]:
    """p-value of the best step or plateau of one series (t,), and its places; `least` times a side at least.

    Statistics: the largest w1 w2 / (w1 + w2) (mean1 - mean2)^2, the sum of squares between two sides of a
    place (a step), and between a window of times and what lies around it (a plateau, which one step cannot
    tell from its surroundings; Olshen et al., 2004), with weights w by `variances`. Each is ranked among the
    exchanged series, and the better of both ranks is the statistic that is tested. Null: deviations from the
    mean, divided by the roots of their variances, can be exchanged in runs of `block` consecutive times,
    while weights stay in place; every exchanged series takes its own best places, so the p-value holds for
    the places having been chosen. It is exact where counts are equal, else as good as the variances are.
    """
    t = len(sums)
    if t < 2 * least:
        return 1.0, []
    means = sums / counts
    weights = 1 / variances(means, counts)
    roots, windows = np.sqrt(weights), _Windows(t, least)
    scaled = (means - (weights @ means) / weights.sum()) * roots
    steps = between(scaled[None] * roots, weights[None], least)
    plateau, edges = windows.best(scaled[None] * roots, weights[None])
    pairs = [np.array([[steps.max(), plateau[0]]])]
    size = max(1, BLOCK // t)
    for start in range(0, draws, size):
        series = scaled[_orders(t, block, min(size, draws - start), generator)] * roots
        step = between(series, weights[None], least).max(axis=1)
        pairs.append(np.stack([step, windows.best(series, weights[None])[0]], axis=1))
    found = np.concatenate(pairs)
    slack = 1e-9 * np.abs(found[0]).max()
    ranks = np.stack([_upper(column, slack) for column in found.T], axis=1)
    best = -ranks.min(axis=1)
    p_value = float(permutation_p_value(best[0], best[1:]))
    is_step = ranks[0, 0] <= ranks[0, 1]
    return p_value, [int(steps[0].argmax()) + least] if is_step else edges


def variances(means: Floats, counts: Floats, at: int = 0) -> Floats:
    """Variance (t,) of the mean of each time, up to a factor: tau^2 + sigma^2 / count.

    tau^2 is that of effects of whole times, sigma^2 that of single items, or more where items of one time are
    alike. Their ratio is the most likely of `RATIOS` by restricted maximum likelihood (Patterson & Thompson,
    1971) for normal means (t,) of one level, or of two that meet before time `at`. Counts that are all alike
    give variances that are.
    """
    inverse = 1 / counts
    every = RATIOS[:, None] + inverse / inverse.mean()
    weights, lost, squares = 1 / every, np.log(every).sum(axis=1), np.zeros(len(RATIOS))
    sides = [slice(0, at), slice(at, len(means))] if at else [slice(0, len(means))]
    for side in sides:
        total = weights[:, side].sum(axis=1)
        level = weights[:, side] @ means[side] / total
        squares += (weights[:, side] * (means[side] - level[:, None]) ** 2).sum(axis=1)
        lost += np.log(total)
    free = len(means) - len(sides)
    likeliest = (lost + free * np.log(np.maximum(squares, np.finfo(float).tiny))).argmin()
    return np.asarray(every[likeliest])


def _upper(values: Floats, slack: float) -> Floats:
    """How many of `values` (b,) are at least as large as each."""
    ordered = np.sort(values)
    return np.asarray(len(values) - np.searchsorted(ordered, values - slack, "left"), np.float64)


class _Windows:
    """Windows of t times with `least` times inside and outside, on both sides of it or on one."""

    def __init__(self, t: int, least: int) -> None:
        lengths = np.arange(least, t - least + 1)
        if len(lengths) > MOST_LENGTHS:
            lengths = np.unique(np.geomspace(least, t - least, MOST_LENGTHS).astype(np.intp))
        self.windows = []
        for length in lengths.tolist():
            starts = np.arange(least, t - length - least + 1)
            if len(starts):
                self.windows.append((length, int(starts[0]), int(starts[-1]) + 1))

    def best(self, sums: Floats, weights: Floats) -> tuple[Floats, list[int]]:
        """The largest sum of squares (b,) of a window against the rest; the edges of that of the first.

        Of series with weighted `sums` (b, t) and `weights` (b, t) or (1, t).
        """
        left, n = (np.pad(np.cumsum(values, axis=1), ((0, 0), (1, 0))) for values in (sums, weights))
        total, size = left[:, -1:], n[:, -1:]
        best, edges = np.zeros(len(sums)), [0, sums.shape[1]]
        for length, first, stop in self.windows:
            inside = left[:, first + length : stop + length] - left[:, first:stop]
            m = n[:, first + length : stop + length] - n[:, first:stop]
            values = m * (size - m) / size * (inside / m - (total - inside) / (size - m)) ** 2
            most = values.max(axis=1)
            if most[0] > best[0]:
                start = first + int(values[0].argmax())
                edges = [start, start + length]
            best = np.maximum(best, most)
        return best, edges


def between(sums: Floats, weights: Floats, least: int) -> Floats:
    """Sum of squares between the sides of each split (b, t - 2 least + 1) of series (b, t).

    `sums` (b, t) are weight times mean; `weights` (b, t) or (1, t).
    """
    left, n = np.cumsum(sums, axis=1), np.cumsum(weights, axis=1)
    part = slice(least - 1, sums.shape[1] - least)
    total, size = left[:, -1:], n[:, -1:]
    gap = left[:, part] / n[:, part] - (total - left[:, part]) / (size - n[:, part])
    return np.asarray(n[:, part] * (size - n[:, part]) / size * gap**2)


def place_interval(
    sums: Floats, counts: Floats, at: int, least: int, seed: int, resamples: int = RESAMPLES
) -> tuple[int, int]:
    """95 % interval of the place of a break of one series, between its neighbours.

    Bootstrap of residuals: the two levels, and around them the residuals of whole times, drawn again and
    scaled by the roots of their `variances`; the percentiles of where the best split of such a series lies
    (Efron, 1979). Assumes that times are independent of each other, given the step.
    """
    means = sums / counts
    weights = 1 / variances(means, counts, at)
    levels = [np.average(means[side], weights=weights[side]) for side in (slice(0, at), slice(at, None))]
    fitted, roots = np.repeat(levels, [at, len(sums) - at]), np.sqrt(weights)
    residuals = (means - fitted) * roots
    residuals *= math.sqrt(len(sums) / max(len(sums) - 2, 1))
    drawn = np.random.default_rng([seed, at]).integers(0, len(sums), (resamples, len(sums)))
    again = fitted * weights + residuals[drawn] * roots
    places = between(again, weights[None], least).argmax(axis=1) + least
    low, high = np.percentile(places, (2.5, 97.5), method="closest_observation")
    return min(int(low), at), max(int(high), at)


def smallest_p(times: int, block: int, draws: int) -> float:
    """The least p-value that exchanging so many times can give: 2 / C(m, m / 2) with m blocks."""
    blocks = -(-times // block)
    return max(1 / (draws + 1), min(1.0, 2 / math.comb(blocks, blocks // 2)))


def _orders(t: int, block: int, draws: int, generator: np.random.Generator) -> NDArray[np.intp]:
    """`draws` orders of t times, in which runs of `block` of them change places."""
    first = np.arange(0, t, block)
    lots = generator.permuted(np.tile(np.arange(len(first)), (draws, 1)), axis=1)
    if block == 1:
        return lots.astype(np.intp)
    rows = first[lots][:, :, None] + np.arange(block)
    inside = rows < np.minimum(first[lots] + block, t)[:, :, None]
    return np.asarray(rows[inside].reshape(draws, t), np.intp)


def _refined(found: list[Split], sums: list[Floats], counts: list[Floats], least: int) -> list[Split]:
    """Breaks in the order of time, each at the best place between its neighbours (Bai, 1997)."""
    made = []
    for series in range(len(sums)):
        ordered = sorted((split for split in found if split.series == series), key=lambda split: split.at)
        places = [0, *(split.at for split in ordered), len(sums[series])]
        for number in range(1, len(ordered) + 1):
            part = slice(places[number - 1], places[number + 1])
            means, held = sums[series][part] / counts[series][part], counts[series][part]
            weights = 1 / variances(means, held, places[number] - part.start)
            values = between((weights * means)[None], weights[None], least)[0]
            places[number] = part.start + least + int(values.argmax())
        made += [
            Split(series, places[number - 1], places[number], places[number + 1], split.p_value)
            for number, split in enumerate(ordered, 1)
        ]
    return made
