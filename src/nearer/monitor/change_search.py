"""All changes of level in a series: one after another, each tested, each placed between its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nearer.monitor import change_points
from nearer.monitor.change_points import Series

FEWEST = 6  # periods of a part that is searched: fewer have too few orders
RESAMPLES = 500


@dataclass(frozen=True)
class Change:
    """A change of level before period `at`, in the part of the series from `start` up to `stop`.

    p_value is adjusted for the series that were searched and for how often this one was parted; low, high
    are the 95 % interval of `at`; before, after are the levels.
    """

    start: int
    at: int
    stop: int
    p_value: float
    low: int
    high: int
    before: float
    after: float


def changes(
    series: Series, *, alpha: float, least: int, permutations: int, among: int, generator: np.random.Generator
) -> list[Change]:
    """The changes of one of `among` series, in order of time.

    Binary segmentation (Scott & Knott, 1974) by steps and by parts (`change_points.change`): the largest
    change, if its p-value, times `among`, times 3 for each parting above it, is at most `alpha`; then what it
    parts the series into. Each place is then found anew between its neighbours (Bai, 1997, "Estimating
    multiple breaks one at a time").
    """
    found: dict[int, float] = {}

    def look(start: int, stop: int, factor: int, above: float) -> None:
        if stop - start < fewest(least):
            return
        part = series[start:stop]
        chance, places = change_points.change(part, least, permutations, generator)
        adjusted = max(above, min(1.0, chance * factor))
        if adjusted > alpha:
            return
        borders = [start, *(start + place for place in places), stop]
        found.update(dict.fromkeys(borders[1:-1], adjusted))
        for first, last in pairwise(borders):
            look(first, last, 3 * factor, adjusted)

    look(0, len(series), among, 0.0)
    return _placed(series, found, least, generator)


def fewest(least: int) -> int:
    """Periods without which no step is looked for."""
    return max(FEWEST, 2 * least)


def _placed(
    series: Series, found: dict[int, float], least: int, generator: np.random.Generator
) -> list[Change]:
    places = sorted(found)
    borders = [0, *places, len(series)]
    for number in range(1, len(places) + 1):
        start, stop = borders[number - 1], borders[number + 1]
        if stop - start >= 2 * least:
            borders[number] = start + change_points.largest_step(series[start:stop], least)
    told = []
    for number, place in enumerate(places, start=1):
        start, at, stop = borders[number - 1 : number + 2]
        part = series[start:stop]
        low, high = change_points.interval(part, at - start, least, RESAMPLES, generator)
        levels = (series[start:at].mean, series[at:stop].mean)
        told.append(Change(start, at, stop, found[place], start + low, start + high, *levels))
    return told
