"""Making an axis: its direction, what it is measured in, and what tells that it is more than chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nearer.chance import checked_alpha, checked_seed, smallest_draws
from nearer.errors import InputError, ParameterError, shown
from nearer.space import axes_chance, axes_separation
from nearer.space.axes import Axis, Evidence, Stability, scores_along
from nearer.space.axes_chance import Chance
from nearer.space.axes_examples import Examples, Side, read_sides
from nearer.space.axes_separation import TINY, Floats, HeldOut, unit_rows
from nearer.space.queries import as_compared, unit
from nearer.space.reduction import one_thread

if TYPE_CHECKING:
    from nearer.space.space import Space

Method = Literal["means", "pairs"]
METHODS: tuple[str, ...] = get_args(Method)
RIVALS = 5_000  # keys of the space that a one-sided axis is compared with, at most
SPREAD_KEYS = 1_000  # keys whose projections tell how much an axis turns
BLOCK = 65_536  # rows widened to double precision at a time


def fit_axis(
    space: Space,
    positive: Examples,
    negative: Examples,
    method: Method,
    alpha: float | None,
    permutations: int,
    seed: int,
) -> Axis:
    """See `Space.axis`."""
    if method not in METHODS:
        raise ParameterError(f"method is {shown(method)}", remedy="use 'means' or 'pairs'")
    if isinstance(permutations, bool) or not isinstance(permutations, int) or permutations < 19:
        raise ParameterError(
            f"permutations is {shown(permutations)}", remedy="use a whole number of at least 19, such as 1999"
        )
    seed = checked_seed(seed)
    high, low = read_sides(space, positive, negative, method)
    mean = _mean(space) if not len(low.rows) else low.rows.mean(axis=0)
    direction = _direction(high.rows, low.rows, mean, method)
    if alpha is not None:
        _require_enough(len(high.rows), len(low.rows), method, permutations, checked_alpha(alpha))
    middle = float(direction @ (mean if not len(low.rows) else (high.rows.mean(axis=0) + mean) / 2))
    along = scores_along(space, direction)
    scale = float(along.std())
    if scale <= TINY * max(1.0, float(np.abs(along).max(initial=0))):
        raise InputError(
            "all vectors of the space lie at one place of this axis",
            remedy="pass a space whose vectors differ",
        )
    with one_thread():
        evidence, held_out = _evidence(space, high, low, mean, method, permutations, seed)
        stability = _stability(space, high.rows, low.rows, mean, direction, method, scale, seed)
    return Axis(
        space=space,
        direction=direction,
        offset=_offset(high, low, mean, method, space),
        middle=middle,
        scale=scale,
        method=method,
        positive=high.names,
        negative=low.names,
        held_out=_told(high, low, held_out, scale),
        evidence=evidence,
        stability=stability,
    )


def _direction(high: Floats, low: Floats, mean: Floats, method: str) -> Floats:
    """Unit vector from the negative side to the positive one; `InputError` where there is none."""
    way = unit_rows(high - low).mean(axis=0) if method == "pairs" else high.mean(axis=0) - mean
    length = float(np.linalg.norm(way))
    size = float(np.linalg.norm(np.concatenate([high, low]), axis=1).max(initial=0))
    if length <= 1e-9 * size or length == 0:
        raise InputError(
            "there is no direction between the sides: their means are the same",
            remedy="give examples whose vectors differ",
        )
    return np.asarray(way / length, np.float64)


def _offset(high: Side, low: Side, mean: Floats, method: str, space: Space) -> Floats:
    """The step from the negative to the positive side among unit vectors, as analogies take it."""
    ups, downs = unit(high.vectors), unit(low.vectors)
    if method == "pairs":
        return np.asarray(unit_rows(ups - downs).mean(axis=0))
    if not len(downs):
        return np.asarray(ups.mean(axis=0) - (mean if space.metric == "cosine" else unit(mean[None])[0]))
    return np.asarray(ups.mean(axis=0) - downs.mean(axis=0))


def _require_enough(high: int, low: int, method: str, draws: int, alpha: float) -> None:
    if not low:
        least, needs = (1 / (draws + 1) if high > 1 else 1.0), "2 positive examples and "
        needs += f"{smallest_draws(alpha):,} permutations"
    elif method == "pairs":
        least, needs = axes_chance.smallest_pairs_p(high), f"{axes_chance.needed(alpha, method)} pairs"
    else:
        least = axes_chance.smallest_p(high, low)
        needs = f"{axes_chance.needed(alpha, method)} examples a side"
    least = max(least, 1 / (draws + 1)) if least < 1 / axes_chance.ENUMERATED else least
    if least > alpha:
        raise ParameterError(
            f"{high} positive and {low} negative examples reach p = {least:.3g} at best, alpha is {alpha:g}",
            remedy=f"give at least {needs}",
        )


def _evidence(
    space: Space, high: Side, low: Side, mean: Floats, method: str, draws: int, seed: int
) -> tuple[Evidence, HeldOut | None]:
    """Held-out separation and both p-values, where there are examples enough for them."""
    a, b = len(high.rows), len(low.rows)
    if not b:
        return _one_sided(space, high, mean, draws, seed)
    if method == "pairs":
        chance = axes_chance.offsets_chance(high.rows, low.rows, draws, seed)
        judge = axes_separation.leave_offset_out
    else:
        chance = axes_chance.labels_chance(high.rows, low.rows, draws, seed)
        judge = axes_separation.leave_pair_out
    if min(a, b) < 2:
        return Evidence.of(chance, "labels exchanged among the examples", None, None), None
    found = judge(high.rows, low.rows)
    random = None
    if len(space) >= a + b:
        random = axes_chance.random_chance(
            float(found.separation),
            lambda drawn: judge(drawn[:, :a], drawn[:, a:]).separation,
            _rows_of(space),
            len(space),
            a + b,
            draws,
            seed,
        )
    null = "labels exchanged within the pairs" if method == "pairs" else "labels exchanged among the examples"
    return Evidence.of(chance, null, found, random), found


def _one_sided(
    space: Space, high: Side, mean: Floats, draws: int, seed: int
) -> tuple[Evidence, HeldOut | None]:
    count = len(high.rows)
    null = "axes of random keys"
    if count < 2:
        return Evidence.of(Chance(1.0, 1, True, 1.0), null, None, None), None
    taken = {space.row(key) for key in high.keys}
    pool = np.array([row for row in range(len(space)) if row not in taken], np.intp)
    if len(pool) < 2 or len(space) < count:
        raise InputError(
            f"a space of {len(space):,} keys is too small for an axis without negative examples",
            remedy="give negative examples",
        )
    chosen = np.sort(np.random.default_rng(seed).permutation(pool)[:RIVALS])
    rows = _rows_of(space)
    found = axes_separation.leave_one_out(high.rows, mean, rows(chosen))
    few = rows(chosen[:2])
    chance = axes_chance.random_chance(
        float(found.gap),
        lambda drawn: (
            axes_separation.leave_one_out(drawn, mean, np.broadcast_to(few, (len(drawn), *few.shape))).gap
        ),
        rows,
        len(space),
        count,
        draws,
        seed,
    )
    return Evidence.of(chance, null, found, chance), found


def _stability(
    space: Space,
    high: Floats,
    low: Floats,
    mean: Floats,
    direction: Floats,
    method: str,
    scale: float,
    seed: int,
) -> Stability | None:
    """How far the axis turns when an example (a pair) is left out; None where none can be."""
    axes = _axes_of_others(high, low, mean, method)
    if axes is None:
        return None
    cosines = axes @ direction
    rows = np.sort(np.random.default_rng([seed, 2]).permutation(len(space))[:SPREAD_KEYS])
    along = _rows_of(space)(rows) @ axes.T / scale
    along -= along.mean(axis=0)  # where the middle lies is no matter of the direction
    return Stability(float(cosines.min()), float(cosines.mean()), float(along.std(axis=1).mean()))


def _axes_of_others(high: Floats, low: Floats, mean: Floats, method: str) -> Floats | None:
    if method == "pairs":
        offsets = unit_rows(high - low)
        return unit_rows(offsets.sum(axis=0) - offsets) if len(offsets) > 1 else None
    made = []
    if len(high) > 1:
        made.append((high.sum(axis=0) - high) / (len(high) - 1) - mean)
    if len(low) > 1:
        made.append(high.mean(axis=0) - (low.sum(axis=0) - low) / (len(low) - 1))
    return unit_rows(np.concatenate(made)) if made else None


def _told(high: Side, low: Side, found: HeldOut | None, scale: float) -> tuple[tuple[str, float], ...]:
    if found is None:
        return ()
    ups = zip(high.names, (found.positive / scale).tolist(), strict=True)
    downs = zip(low.names, (found.negative / scale).tolist(), strict=True) if len(low.names) else ()
    return (*ups, *downs)


def _rows_of(space: Space) -> Callable[[NDArray[np.intp]], Floats]:
    return lambda rows: as_compared(space.vectors[rows], space.metric)


def _mean(space: Space) -> Floats:
    """Mean of all rows as the metric compares them."""
    if not len(space):
        raise InputError("the space is empty", remedy="pass a space with keys")
    total = np.zeros(space.dim)
    for start in range(0, len(space), BLOCK):
        total += as_compared(space.vectors[start : start + BLOCK], space.metric).sum(axis=0)
    return total / len(space)
