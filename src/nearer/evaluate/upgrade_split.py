"""The sample of an upgrade: which shared keys fit the map, which choose its kind, which measure it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.evaluate.upgrade_levels import SMALLEST
from nearer.space import Space
from nearer.space.checks import first_not_finite

CHOOSE = 0.1  # of the sample

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """Three parts of a random sample of the shared keys, without a key in common.

    Attributes
    ----------
    fit, choose, held_out : keys of each.
    shared : keys that both spaces hold.
    """

    fit: list[str]
    choose: list[str]
    held_out: list[str]
    shared: int

    @property
    def keys(self) -> list[str]:
        """The whole sample."""
        return [*self.fit, *self.choose, *self.held_out]


def split(old: Space, new: Space, sample: int, held_out: float, k: int, seed: int) -> Split:
    """Draw `sample` shared keys (all, where there are fewer) by `seed` and part them.

    Raises `InputError` for no shared key, and for a sample too small to fit and to measure a map, with the
    size that is needed.
    """
    shared = [key for key in old.keys if key in new]
    if not shared:
        raise InputError(
            f"the old space of {len(old):,} keys and the new of {len(new):,} share no key",
            remedy="embed items of the old space, under their keys, by the new model",
        )
    order = np.random.default_rng(seed).permutation(len(shared))[:sample]
    _require_enough(len(order), len(shared), needed_sample(old.dim, k, held_out))
    last = len(order) - round(held_out * len(order))
    first = last - round(CHOOSE * len(order))
    parts = (np.sort(order[:first]), np.sort(order[first:last]), np.sort(order[last:]))
    fit, choose, held = ([shared[row] for row in part] for part in parts)
    return Split(fit, choose, held, len(shared))


def needed_sample(dim: int, k: int, held_out: float) -> int:
    """The smallest sample: more rows to fit than the old space has dimensions, enough others to measure."""
    to_fit = (dim + 2) / (1 - held_out - CHOOSE)
    to_measure = SMALLEST * 2 * k / min(held_out, CHOOSE * SMALLEST)
    return math.ceil(max(to_fit, to_measure))


def _require_enough(count: int, shared: int, needed: int) -> None:
    if count >= needed:
        return
    remedy = (
        f"raise the sample to {needed:,} at least"
        if shared >= needed
        else f"embed at least {needed:,} items by the new model"
    )
    raise InputError(
        f"a sample of {count:,} items of {shared:,} shared keys is too small to fit a map and to measure it",
        remedy=remedy,
    )


def checked_share(name: str, value: float, low: float, high: float) -> float:
    """A number from `low` to `high`, else `ParameterError`."""
    right = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    if not right:
        raise ParameterError(f"{name} is {shown(value)}", remedy=f"use a number from {low:g} to {high:g}")
    return float(value)


def require_usable(space: Space, what: str) -> None:
    """Raise `InputError` for NaN, which a space read unverified may hold, and for vectors all equal."""
    if (place := first_not_finite(space.vectors)) is not None:
        row, column = place
        raise InputError(
            f"the vector of {shown(space.keys[row])} holds {space.vectors[row, column]} in column {column}",
            file=what,
            remedy="embed the item again, or remove it",
        )
    if len(space) > 1 and not np.ptp(space.vectors, axis=0).any():
        raise InputError(
            f"all {len(space):,} vectors are equal: they have no neighbours",
            file=what,
            remedy="see what the model was given",
        )
