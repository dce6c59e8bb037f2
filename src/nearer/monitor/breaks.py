"""`breaks`: when named themes rose or fell in a collection with times, and the items behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.chance import checked_alpha, smallest_draws
from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.breaks_result import Break, Breaks, ThemeSeries
from nearer.monitor.change_points import Series
from nearer.monitor.change_search import Change, changes, fewest
from nearer.monitor.periods import Periods, periods_of
from nearer.monitor.themes import theme_scores
from nearer.space import Space

NEAR = 3  # periods beside a break that its examples come from

Floats = NDArray[np.float64]


def breaks(
    space: Space,
    times: str | Sequence[Any] | NDArray[Any],
    themes: Mapping[str, Any],
    *,
    period: str | None = None,
    top: float | None = 0.01,
    alpha: float = 0.05,
    least: int = 2,
    permutations: int = 1999,
    examples: int = 3,
    seed: int = 0,
) -> Breaks:
    """When each theme came up or went down, and which items it was.

    An item's score on a theme is its cosine with the theme's direction. By default the level of a period is
    the share of its items that are among the `top` ones of all times: that finds a theme which few items are
    about. With `top=None` it is the mean score. A break is a larger step of the level than chance makes where
    the order of periods is arbitrary (`change_points.change`): items of one period may depend on each other,
    periods may not. A trend, or a fashion that lasts, is told as steps.

    Parameters
    ----------
    times : the payload column of times, or a time an item: numbers, ISO dates or datetimes, in any order.
    themes : by name, a key, keys or vectors (dim,) whose mean direction counts, or an axis of this space.
    period : "day", "month" or "year" of dates; None: equal times are one period.
    top : share of all items that count as being about a theme, between 0 and 1, or None.
    alpha : the chance of a break in any theme, if none of them changed.
    least : periods on each side of a break, at least.
    permutations : orders of the periods that are drawn.
    examples : items that are named with a break: the nearest to the theme of the 3 periods after a rise, or
        before a fall.

    Returns
    -------
    Breaks: for each theme its series and its breaks, each with size, 95 % interval, p-value and items.

    Raises `InputError` for a time that cannot be read (the row is named) and for too few periods,
    `UnknownKey`, `SpaceMismatch` for an axis of another space, and `ParameterError`.
    """
    alpha = checked_alpha(alpha)
    _require_settings(top, least, permutations, examples, alpha / max(len(themes), 1))
    if not themes:
        raise ParameterError("there are no themes", remedy='pass themes={"name": keys or a vector}')
    timed = periods_of(space, times, period)
    if len(timed.labels) < fewest(least):
        raise InputError(
            f"{len(timed.labels)} periods, and a step is told from chance by {fewest(least)} at least",
            remedy="choose shorter periods, or a longer collection",
        )
    found = []
    for name, theme in themes.items():
        scores = theme_scores(space, name, theme)
        series = _series(scores, timed, top)
        steps = changes(
            series,
            alpha=alpha,
            least=least,
            permutations=permutations,
            among=len(themes),
            generator=np.random.default_rng(seed),
        )
        told = tuple(_told(step, scores, timed, space, examples) for step in steps)
        found.append(ThemeSeries(name, tuple(series.means.tolist()), told))
    counts = tuple(timed.counts.tolist())
    return Breaks(tuple(found), tuple(timed.labels), counts, len(space), alpha, top, space.identity)


def _series(scores: Floats, timed: Periods, top: float | None) -> Series:
    """Levels of the periods; which items are on top is decided from all of them, whatever their time."""
    values = scores
    if top is not None:
        count = max(1, round(top * len(scores)))
        values = (scores >= np.partition(scores, len(scores) - count)[len(scores) - count]).astype(np.float64)
    sums = np.bincount(timed.of_item, values, len(timed.labels)).astype(np.float64)
    return Series(sums, timed.counts.astype(np.float64))


def _told(step: Change, scores: Floats, timed: Periods, space: Space, examples: int) -> Break:
    """A change with the names of periods and of the items behind it."""
    rose = step.after > step.before
    first, last = (
        (step.at, min(step.at + NEAR, step.stop)) if rose else (max(step.at - NEAR, step.start), step.at)
    )
    rows = np.flatnonzero((timed.of_item >= first) & (timed.of_item < last))
    rows = rows[np.lexsort((rows, -scores[rows]))][:examples]
    return Break(
        at=timed.labels[step.at],
        interval=(timed.labels[step.low], timed.labels[step.high]),
        before=step.before,
        after=step.after,
        p_value=step.p_value,
        items=tuple(space.keys[row] for row in rows),
        times=tuple(timed.labels[timed.of_item[row]] for row in rows),
    )


def _require_settings(top: float | None, least: int, permutations: int, examples: int, alpha: float) -> None:
    if top is not None and not 0 < top < 1:
        raise ParameterError(f"top is {shown(top)}", remedy="use a share between 0 and 1, or None")
    for name, value, low in (
        ("least", least, 1),
        ("permutations", permutations, 1),
        ("examples", examples, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            raise ParameterError(f"{name} is {shown(value)}", remedy=f"use a whole number of at least {low}")
    if permutations < smallest_draws(alpha):
        raise ParameterError(
            f"permutations={permutations} cannot reach alpha for so many themes",
            remedy=f"draw at least {smallest_draws(alpha):,}",
        )
