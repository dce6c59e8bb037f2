"""Times of items as periods in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.times import Times, read_times
from nearer.monitor.windows import times_of
from nearer.space import Space

UNITS = {"day": "D", "month": "M", "year": "Y"}


@dataclass(frozen=True, eq=False)
class Periods:
    """Periods in order of time.

    Attributes
    ----------
    labels : what each is called.
    of_item : the period of each item, (n,).
    counts : items of each, (t,).
    """

    labels: list[str]
    of_item: NDArray[np.intp]
    counts: NDArray[np.intp]


def periods_of(space: Space, times: str | Sequence[Any] | NDArray[Any], period: str | None) -> Periods:
    """The periods of the items of `space`; equal times, or equal days, months or years, are one.

    Raises `InputError` naming the row of a time that is none, and a column that is not there;
    `ParameterError` for another period.
    """
    if period is not None and period not in UNITS:
        raise ParameterError(f"period is {shown(period)}", remedy=f"use one of {', '.join(UNITS)}")
    read = times_of(space, times) if isinstance(times, str) else read_times(times, "times")
    if len(read) != len(space):
        raise InputError(f"{len(read):,} times for {len(space):,} items", remedy="pass one time an item")
    if period is not None:
        return _of_calendar(read, UNITS[period])
    _, first, of_item, counts = np.unique(
        read.values, return_index=True, return_inverse=True, return_counts=True
    )
    return Periods([read.text(row) for row in first.tolist()], of_item, counts)


def _of_calendar(read: Times, unit: str) -> Periods:
    if not read.dated:
        raise InputError(
            f"{read.text(0)} is a number, no date", file="times", row=0, remedy="leave the period out"
        )
    parts = read.values.astype("datetime64[us]").astype(f"datetime64[{unit}]")
    distinct, of_item, counts = np.unique(parts, return_inverse=True, return_counts=True)
    return Periods([str(part) for part in distinct], of_item, counts)
