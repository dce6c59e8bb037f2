"""Times of items, in any order, as groups in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.times import read_times
from nearer.monitor.windows import times_of

if TYPE_CHECKING:
    from nearer.space import Space

Per = Literal["value", "year", "month", "day"]
UNITS = {"year": "Y", "month": "M", "day": "D"}  # of NumPy's dates


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of items by time.

    Attributes
    ----------
    labels : t names, in the order of time.
    places : t numbers, where they lie on a line: their value, or their order where times are no numbers.
    of_item : (n,) the group of each item.
    """

    labels: tuple[str, ...]
    places: tuple[float, ...]
    of_item: NDArray[np.intp]


def grouped_times(space: Space, times: str | Sequence[Any] | ArrayLike, per: Per) -> Groups:
    """Times of the n items of `space`: a column of its items, or n numbers, dates or ISO 8601 texts.

    Raises `InputError` naming the row of the first that is none, or a column that is not there;
    `ParameterError` for a part of a calendar where times are numbers.
    """
    if per not in get_args(Per):
        raise ParameterError(f"per is {shown(per)}", remedy=f"use one of {', '.join(get_args(Per))}")
    where = f"column {shown(times)}" if isinstance(times, str) else "times"
    read = times_of(space, times, where) if isinstance(times, str) else read_times(times, where)
    if len(read) != len(space):
        raise InputError(f"{len(read):,} times for {len(space):,} items", remedy="give one time an item")
    if per == "value":
        values, first, groups = np.unique(read.values, return_index=True, return_inverse=True)
        labels = tuple(read.text(row) for row in first.tolist())
        places = range(len(values)) if read.dated else values.tolist()
        return Groups(labels, tuple(map(float, places)), groups.astype(np.intp))
    if not read.dated:
        raise ParameterError(f"per is {shown(per)}, but times are numbers", remedy="use per='value'")
    parts = read.values.astype("datetime64[us]").astype(f"datetime64[{UNITS[per]}]")
    dates, groups = np.unique(parts, return_inverse=True)
    named = tuple(str(date) for date in dates)
    places = map(int, named) if per == "year" else range(len(named))
    return Groups(named, tuple(map(float, places)), groups.astype(np.intp))
