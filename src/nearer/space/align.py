"""`align`: the map that carries one space into another, from the keys that both hold."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nearer.chance import checked_seed
from nearer.errors import InputError, ParameterError, shown
from nearer.space.align_fit import METHODS, Map, Matrix, Method, Plan, fitted
from nearer.space.align_ridge import chosen_ridge
from nearer.space.alignment import Alignment, Fit
from nearer.space.queries import as_compared
from nearer.space.space import Space

MOST_HELD_OUT = 1000  # keys: more would not make the figures surer
MOST_FITTED = 50_000  # keys: more would not make the map better, and each is looked at in up to 60 rounds


def align(
    source: Space,
    target: Space,
    *,
    keys: Iterable[str] | None = None,
    method: Method = "orthogonal",
    center: bool | None = None,
    scale: bool | None = None,
    ridge: float | None = None,
    robust: bool = True,
    holdout: float = 0.2,
    seed: int = 0,
) -> Alignment:
    """The best map from the vectors of `source` to those of `target`, from the keys that both hold.

    Rows of a space whose metric is "cosine" are scaled to length 1 first, since their length means nothing.

    Parameters
    ----------
    keys : keys to learn from; None: all that both hold. Of more than 50,000 (ten times as many as decide a
        map, where that is more) so many are drawn by `seed` for the fit.
    method : "orthogonal", a rotation with reflections, which keeps all that the source says and needs the
        fewest keys (Schönemann, 1966); "linear", any matrix, or "affine", with an offset: ridge least squares
        (Hoerl & Kennard, 1970), for models that differ by more than their axes. Dimensions may differ.
    center : orthogonal maps: take each side about its mean; None: where a metric is "euclidean".
    scale : orthogonal maps: stretch by one factor; None: unless both metrics are "cosine".
    ridge : strength of the penalty of linear and affine maps, in units of the mean squared column; None: the
        one with the smallest closed-form leave-one-out error.
    robust : let keys whose vectors lie far from where the map carries them count by the length of their
        residual, not its square, so that items that changed meaning do not bend the map.
    holdout : part of the keys, up to 1,000 of them, that the map does not see and `fit` is measured on; 0 for
        none. They are drawn by `seed`, a whole number of at least 0.

    Raises
    ------
    InputError : no or too few shared keys (the message says how many are needed), or vectors all alike.
    UnknownKey : one of `keys` that a space does not hold.
    ParameterError : an argument outside its range, or one that the method does not have.
    """
    plan = checked_plan(source, target, method, center, scale, ridge)
    holdout, seed = _checked_share(holdout), checked_seed(seed)
    chosen = shared_keys(source, target) if keys is None else list(dict.fromkeys(keys))
    require_enough(len(chosen), plan, source.dim, target.dim, holdout)
    most = max(MOST_FITTED, 10 * keys_needed(plan, source.dim, target.dim))
    held, seen = drawn(len(chosen), min(int(holdout * len(chosen)), MOST_HELD_OUT), most, seed)
    names = [chosen[place] for place in (*held, *seen)]
    rows = as_compared(source.vectors[source.rows(names)], source.metric)
    there = as_compared(target.vectors[target.rows(names)], target.metric)
    require_spread(rows, "source")
    require_spread(there, "target")
    x, y = rows[len(held) :], there[len(held) :]
    if method != "orthogonal" and ridge is None:
        plan = replace(plan, ridge=chosen_ridge(x, y, plan.center, seed))
    move = _rounded(fitted(x, y, plan, robust))
    return Alignment(
        *_parts(move),
        method=method,
        ridge=plan.ridge,
        source_identity=source.identity,
        target_identity=target.identity,
        source_metric=source.metric,
        target_metric=target.metric,
        n=len(seen),
        fit=_measured(move(rows[: len(held)]), there[: len(held)], y.mean(axis=0)) if len(held) > 1 else None,
    )


def drawn(count: int, out: int, most: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of `count` keys `out` to hold out, in random order, and of the others at most `most`, in order."""
    order = np.random.default_rng(seed).permutation(count)
    return order[:out], np.sort(order[out : out + most])


def shared_keys(source: Space, target: Space) -> list[str]:
    """The keys that both spaces hold, in the order of the source."""
    return [key for key in source.keys if key in target]


def checked_plan(
    source: Space,
    target: Space,
    method: Method,
    center: bool | None,
    scale: bool | None,
    ridge: float | None,
) -> Plan:
    """What kind of map the arguments of `align` ask for; raises `ParameterError`."""
    if method not in METHODS:
        raise ParameterError(f"method is {shown(method)}", remedy=f"use one of {', '.join(METHODS)}")
    metrics = {source.metric, target.metric}
    if method == "orthogonal":
        if ridge is not None:
            raise ParameterError(
                f"ridge is {shown(ridge)} and an orthogonal map has none",
                remedy='use method="affine", or leave it out',
            )
        return Plan(
            method,
            "euclidean" in metrics if center is None else bool(center),
            metrics != {"cosine"} if scale is None else bool(scale),
        )
    if center is not None or scale is not None:
        raise ParameterError(
            f"center and scale are of orthogonal maps, and method is {shown(method)}",
            remedy='leave them out: "affine" has an offset, "linear" has none',
        )
    number = 0.0 if ridge is None else ridge
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < math.inf:
        raise ParameterError(f"ridge is {shown(ridge)}", remedy="use a number from 0, or None")
    return Plan(method, method == "affine", False, float(number))


def keys_needed(plan: Plan, source_dim: int, target_dim: int) -> int:
    """Keys without which a map is not decided: one a direction that it turns, and one for a centre."""
    directions = min(source_dim, target_dim) if plan.method == "orthogonal" else source_dim
    return directions + int(plan.center) + int(plan.method != "orthogonal")


def require_enough(shared: int, plan: Plan, source_dim: int, target_dim: int, holdout: float = 0.0) -> None:
    """Raise `InputError` unless so many shared keys decide a map of `plan` without a part `holdout`."""
    if shared == 0:
        raise InputError(
            "the spaces share no keys",
            remedy="name the same items alike in both, or pass keys that both hold",
        )
    needed = keys_needed(plan, source_dim, target_dim)
    needed = next(n for n in range(needed, 3 * needed + 8) if n - int(holdout * n) >= needed)
    if shared < needed:
        keys = "1 shared key" if shared == 1 else f"{shared:,} shared keys"
        wanted = "" if plan.method == "orthogonal" else 'use method="orthogonal", or '
        raise InputError(
            f"{keys}: {'a' if plan.method == 'linear' else 'an'} {plan.method} map from {source_dim} to "
            f"{target_dim} dimensions is decided by {needed:,} or more",
            remedy=f"{wanted}pass more items that both spaces hold, or reduce their dimension",
        )


def require_spread(rows: Matrix, side: str) -> None:
    """Raise `InputError` where all rows are the same: they point nowhere."""
    if not (np.abs(rows - rows[0]) > 1e-12 * np.abs(rows[0]).max(initial=0)).any():
        raise InputError(
            f"the {len(rows):,} vectors of the {side} are all the same",
            remedy="nothing can be aligned with them: look for the fault where they were made",
        )


def _measured(carried: Matrix, there: Matrix, centre: NDArray[np.float64]) -> Fit:
    """How near rows land to their own place, beside the place of the next row."""
    lengths = np.linalg.norm(carried, axis=1) * np.linalg.norm(there, axis=1)
    pairs = np.einsum("ij,ij->i", carried, there)
    others = np.roll(there, 1, axis=0)  # rows come in random order
    apart = np.linalg.norm(carried, axis=1) * np.linalg.norm(others, axis=1)
    crossed = np.einsum("ij,ij->i", carried, others)
    total = float(((there - centre) ** 2).sum())
    left = float(((there - carried) ** 2).sum())
    return Fit(
        len(there),
        float(np.divide(pairs, lengths, out=np.zeros_like(pairs), where=lengths > 0).mean()),
        float(np.divide(crossed, apart, out=np.zeros_like(crossed), where=apart > 0).mean()),
        1 - left / total if total > 0 else 0.0,
    )


def _rounded(move: Map) -> Map:
    """The map as it is kept: in single precision, so that a saved one gives the same bits."""
    return Map(*(part.astype(np.float32).astype(np.float64) for part in _doubles(move)))


def _doubles(move: Map) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    return move.matrix, move.source_centre, move.target_centre


def _parts(move: Map) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """The map's numbers in single precision, read-only."""
    matrix, source, target = (np.ascontiguousarray(part, dtype=np.float32) for part in _doubles(move))
    for part in (matrix, source, target):
        part.flags.writeable = False
    return matrix, source, target


def _checked_share(holdout: float) -> float:
    if isinstance(holdout, bool) or not isinstance(holdout, int | float) or not 0 <= holdout <= 0.5:
        raise ParameterError(f"holdout is {shown(holdout)}", remedy="use a part of the keys from 0 to 0.5")
    return float(holdout)
