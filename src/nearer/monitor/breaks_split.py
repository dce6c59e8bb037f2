"""Steps in the mean of a series: where, whether chance does as much, and how sure the place is.

A series is sums (t,) and counts (t,) of items by time. Breaks are found by binary segmentation (Vostrikova,
1981): the best step or plateau of a segment, then of its parts, while exchanging times says it is no chance.
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

    Statistics: the largest n1 n2 / (n1 + n2) (mean1 - mean2)^2, the sum of squares between two sides of a
    place (a step), and between a window of times and what lies around it (a plateau, which one step cannot
    tell from its surroundings; Olshen et al., 2004). Each is ranked among the exchanged series, and the
    better of both ranks is the statistic that is tested. Null: runs of `block` consecutive times can be
    exchanged, sums and counts together; every exchanged series takes its own best places, so the p-value
    holds for the places having been chosen.
    """
    t = len(sums)
    if t < 2 * least:
        return 1.0, []
    steps, windows = between(sums[None], counts[None], least), _Windows(t, least)
    plateau, edges = windows.best(sums[None], counts[None])
    pairs = [np.array([[steps.max(), plateau[0]]])]
    size = max(1, BLOCK // t)
    for start in range(0, draws, size):
        order = _orders(t, block, min(size, draws - start), generator)
        step = between(sums[order], counts[order], least).max(axis=1)
        pairs.append(np.stack([step, windows.best(sums[order], counts[order])[0]], axis=1))
    found = np.concatenate(pairs)
    slack = 1e-9 * np.abs(found[0]).max()
    ranks = np.stack([_upper(column, slack) for column in found.T], axis=1)
    best = -ranks.min(axis=1)
    p_value = float(permutation_p_value(best[0], best[1:]))
    is_step = ranks[0, 0] <= ranks[0, 1]
    return p_value, [int(steps[0].argmax()) + least] if is_step else edges


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

    def best(self, sums: Floats, counts: Floats) -> tuple[Floats, list[int]]:
        """The largest sum of squares (b,) of a window against the rest; the edges of that of the first."""
        zeros = np.zeros((len(sums), 1))
        left = np.concatenate([zeros, np.cumsum(sums, axis=1)], axis=1)
        n = np.concatenate([zeros, np.cumsum(counts, axis=1)], axis=1)
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


def between(sums: Floats, counts: Floats, least: int) -> Floats:
    """Sum of squares between the sides of each split (b, t - 2 least + 1) of series (b, t)."""
    left, n = np.cumsum(sums, axis=1), np.cumsum(counts, axis=1)
    part = slice(least - 1, sums.shape[1] - least)
    total, size = left[:, -1:], n[:, -1:]
    gap = left[:, part] / n[:, part] - (total - left[:, part]) / (size - n[:, part])
    return np.asarray(n[:, part] * (size - n[:, part]) / size * gap**2)


def place_interval(
    sums: Floats, counts: Floats, at: int, least: int, seed: int, resamples: int = RESAMPLES
) -> tuple[int, int]:
    """95 % interval of the place of a break of one series, between its neighbours.

    Bootstrap of residuals: the two means, and around them the residuals of whole times, drawn again and
    scaled by the root of their counts; the percentiles of where the best split of such a series lies (Efron,
    1979). Assumes that times are independent of each other, given the step.
    """
    means = sums / counts
    fitted = np.repeat(
        [sums[:at].sum() / counts[:at].sum(), sums[at:].sum() / counts[at:].sum()], [at, len(sums) - at]
    )
    residuals = (means - fitted) * np.sqrt(counts)
    residuals *= math.sqrt(len(sums) / max(len(sums) - 2, 1))
    drawn = np.random.default_rng([seed, at]).integers(0, len(sums), (resamples, len(sums)))
    again = fitted * counts + residuals[drawn] * np.sqrt(counts)
    places = between(again, np.broadcast_to(counts, again.shape), least).argmax(axis=1) + least
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
            values = between(sums[series][part][None], counts[series][part][None], least)[0]
            places[number] = part.start + least + int(values.argmax())
        made += [
            Split(series, places[number - 1], places[number], places[number + 1], split.p_value)
            for number, split in enumerate(ordered, 1)
        ]
    return made
