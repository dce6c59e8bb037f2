"""`breaks`: when themes rose or fell in items with times, and the items behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.chance import checked_alpha, checked_seed, smallest_draws
from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.breaks_result import Break, BreakItem, Breaks
from nearer.monitor.breaks_split import Floats, Split, find_splits, place_interval, smallest_p
from nearer.monitor.breaks_times import Groups, Per, grouped_times
from nearer.space import Axis, Space
from nearer.space.checks import checked_number
from nearer.space.queries import BLOCK, unit

LEAST = 2  # times on either side of a break, at least

Theme = str | Sequence[str] | ArrayLike | Axis


def breaks(
    space: Space,
    times: str | Sequence[Any] | ArrayLike,
    themes: Mapping[str, Theme],
    *,
    per: Per = "value",
    share: float | None = None,
    alpha: float = 0.05,
    block: int = 1,
    permutations: int = 1999,
    items: int = 5,
    seed: int = 0,
) -> Breaks:
    """When the mean score of named themes stepped up or down, alone or up and back again.

    Parameters
    ----------
    times : a column of the space's items, or n numbers, dates or ISO 8601 texts, in any order.
    themes : name -> an `Axis` of the space, keys, a vector (dim,), or vectors (m, dim). An item scores its
        projection on the axis; else the cosine with the mean of the theme's unit
        vectors, from which the mean direction of all items is projected out: what all share says nothing of
        a theme, and drifts (Mu & Viswanath, 2018). Where themes alone make that mean, give an axis, which
        is taken as it is. Keys that name a theme are no items of it.
    per : "value", each time by itself, or "year", "month", "day" of dates.
    share : count items instead of averaging scores: a part of all items, such as 0.05, those that score
        highest whatever their time, count 1, the others 0. Levels are then shares of items about the theme.
    alpha : chance, over all themes together, that one that never changed is given a break; where times hold
        different numbers of items, near it (see below).
    block : times that are exchanged as one, for a level that wanders: longer than its memory.
    permutations : exchanged series a test is made with.
    items : how many of the items behind a break are named.

    The null: a theme's level stays, and deviations of times from it (runs of `block` of them), divided by
    their standard deviations, are exchangeable; items of one time may depend on each other. Variances are
    tau^2 + sigma^2 / count, of whole times and of items, in the most likely ratio (restricted maximum
    likelihood). The test of the best step or plateau over all places is by permutation: valid in finite
    samples where times hold equally many items, for their variances are then equal; approximate where
    they do not, as good as that estimate, whether or not counts rise or fall with time. Holm's
    correction is for themes; breaks within a part that another break bounds stand on
    that one being right; a trend is a change too, and is given one or more steps. Raises
    `ParameterError` where there are too few times or permutations for `alpha` (and says how many are needed),
    `InputError` naming the row of a time that is none, `SpaceMismatch` for an axis of another space.
    """
    alpha, seed = checked_alpha(alpha), checked_seed(seed)
    block, permutations = checked_number("block", block, 1), checked_number("permutations", permutations, 1)
    items = checked_number("items", items, 0)
    if not themes:
        raise ParameterError("there are no themes", remedy="name at least one")
    if share is not None and (isinstance(share, bool) or not 0 < share < 1):
        raise ParameterError(f"share is {shown(share)}", remedy="use a part of all items, such as 0.05")
    grouped = grouped_times(space, times, per)
    _require_enough(len(grouped.labels), len(themes), alpha, block, permutations)
    scores = _scores(space, themes)
    levels = [values if share is None else _counted(values, share) for values in scores]
    series = [_series(*parts, grouped) for parts in zip(themes, scores, levels, strict=True)]
    found, whole = find_splits(
        [one.sums for one in series],
        [one.counts for one in series],
        alpha=alpha,
        least=LEAST,
        block=block,
        draws=permutations,
        seed=seed,
    )
    return Breaks(
        tuple(_told(split, series[split.series], space, grouped, items, seed) for split in found),
        dict(zip(themes, whole, strict=True)),
        grouped.labels,
        grouped.places,
        {one.name: tuple((one.sums / one.counts).tolist()) for one in series},
        len(space),
        alpha,
        block,
        permutations,
    )


def _scores(space: Space, themes: Mapping[str, Theme]) -> list[Floats]:
    """Scores of every item (n,) by theme, NaN for those that name the theme."""
    told = {name: _vectors(space, name, one) for name, one in themes.items() if not isinstance(one, Axis)}
    cosines = dict(zip(told, _cosines(space, [vectors for vectors, _ in told.values()]), strict=True))
    made = []
    for name, theme in themes.items():
        if isinstance(theme, Axis):
            theme.require(space)
            scores = theme.project(space)
            own = [key for key in (*theme.positive, *theme.negative) if key in space]
        else:
            scores, own = cosines[name], told[name][1]
        spread = float(np.ptp(scores)) if len(scores) else 0.0
        if spread <= 1e-12 * max(1.0, float(np.abs(scores).max(initial=0))):
            raise InputError(f"theme {shown(name)} scores all items the same", remedy="give another theme")
        scores[space.rows(own)] = np.nan
        made.append(scores)
    return made


def _cosines(space: Space, themes: list[NDArray[np.float32]]) -> Floats:
    """Cosines (m, n) of all items, a block at a time, with m themes less the mean direction of all items."""
    made = np.empty((len(themes), len(space)))
    if not themes:
        return made
    parts = [slice(start, start + BLOCK) for start in range(0, len(space), BLOCK)]
    total = np.sum([unit(space.vectors[part]).sum(axis=0) for part in parts], axis=0)
    mean = unit(total[None])[0]
    targets = np.stack([unit(vectors).mean(axis=0) for vectors in themes])
    targets = unit(targets - (targets @ mean)[:, None] * mean)
    for part in parts:
        made[:, part] = np.einsum("ij,kj->ki", unit(space.vectors[part]), targets)
    return made


def _counted(scores: Floats, share: float) -> Floats:
    """1 for the part `share` of items that score highest, 0 for the others, NaN where there is no score."""
    limit = np.nanquantile(scores, 1 - share, method="higher")
    return np.where(np.isnan(scores), np.nan, (scores >= limit).astype(np.float64))


def _vectors(space: Space, name: str, theme: Any) -> tuple[NDArray[np.float32], list[str]]:
    keys = [theme] if isinstance(theme, str) else list(theme)
    if keys and all(isinstance(key, str) for key in keys):
        return space.vectors[space.rows(keys)], keys
    try:
        vectors = np.atleast_2d(np.asarray(theme, np.float32))
    except (TypeError, ValueError):
        vectors = np.empty((0, 0), np.float32)
    if (
        vectors.ndim != 2
        or vectors.shape[1] != space.dim
        or not len(vectors)
        or not np.isfinite(vectors).all()
    ):
        raise ParameterError(
            f"theme {shown(name)} is {shown(theme)}",
            remedy=f"give keys, an axis, or finite vectors of {space.dim} columns",
        )
    return vectors, []


@dataclass(frozen=True, eq=False)
class _Series:
    """A theme: scores and levels of items (n,), NaN where they name it; sums and counts by time (t,)."""

    name: str
    scores: Floats
    levels: Floats
    sums: Floats
    counts: Floats


def _series(name: str, scores: Floats, levels: Floats, times: Groups) -> _Series:
    counted = np.isfinite(levels)
    groups, size = times.of_item[counted], len(times.labels)
    counts = np.bincount(groups, minlength=size).astype(np.float64)
    if not counts.all():
        label = times.labels[int(counts.argmin())]
        raise InputError(
            f"at {label} there are only items that name theme {shown(name)}", remedy="name it by others"
        )
    sums = np.bincount(groups, levels[counted], size).astype(np.float64)
    return _Series(name, scores, levels, sums, counts)


def _told(split: Split, one: _Series, space: Space, times: Groups, items: int, seed: int) -> Break:
    """A break as it is reported."""
    part = slice(split.start, split.stop)
    low, high = place_interval(one.sums[part], one.counts[part], split.at - split.start, LEAST, seed)
    sides = (slice(split.start, split.at), slice(split.at, split.stop))
    before, after = (float(one.sums[side].sum() / one.counts[side].sum()) for side in sides)
    side = sides[after > before]
    inside = (times.of_item >= side.start) & (times.of_item < side.stop) & np.isfinite(one.scores)
    rows = np.flatnonzero(inside)
    rows = rows[np.argsort(-one.scores[rows], kind="stable")[:items]]
    within = one.levels - (one.sums / one.counts)[times.of_item]
    return Break(
        one.name,
        times.labels[split.at],
        (times.labels[split.start + low], times.labels[split.start + high]),
        split.p_value,
        before,
        after,
        (after - before) / (float(np.nanstd(within)) or 1.0),
        tuple(BreakItem(space.keys[r], times.labels[times.of_item[r]], float(one.scores[r])) for r in rows),
    )


def _require_enough(times: int, themes: int, alpha: float, block: int, draws: int) -> None:
    """Raise `ParameterError` where no step could be significant."""
    wanted = alpha / themes
    if 1 / (draws + 1) > wanted:
        raise ParameterError(
            f"{draws} permutations reach p = {1 / (draws + 1):.3g} at best, alpha over {themes} themes asks "
            f"for {wanted:.3g}",
            remedy=f"use {smallest_draws(wanted):,} permutations or more",
        )
    if smallest_p(times, block, draws) > wanted:
        needed = next(t for t in range(2 * LEAST, 10**6) if smallest_p(t, block, 10**9) <= wanted)
        raise ParameterError(
            f"{times} times reach p = {smallest_p(times, block, draws):.3g} at best, alpha over {themes} "
            f"themes asks for {wanted:.3g}",
            remedy=f"give at least {needed} times",
        )
