"""Times of items, in any order, as groups in the order of time."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, shown

if TYPE_CHECKING:
    from nearer.space import Space

Per = Literal["value", "year", "month", "day"]
LENGTHS = {"year": 4, "month": 7, "day": 10}  # characters of an ISO date that name it


@dataclass(frozen=True, eq=False)
class Times:
    """Groups of items by time.

    Attributes
    ----------
    labels : t names, in the order of time.
    places : t numbers, where they lie on a line: their value, or their order where times are no numbers.
    groups : (n,) the group of each item.
    """

    labels: tuple[str, ...]
    places: tuple[float, ...]
    groups: NDArray[np.intp]


def read_times(space: Space, times: str | Sequence[Any] | ArrayLike, per: Per) -> Times:
    """Times of the n items of `space`: a column of its items, or n numbers, dates or ISO 8601 texts.

    Raises `InputError` naming the row of the first that is none, `ParameterError` for an unknown column.
    """
    if per not in get_args(Per):
        raise ParameterError(f"per is {shown(per)}", remedy=f"use one of {', '.join(get_args(Per))}")
    where = f"column {shown(times)}" if isinstance(times, str) else "times"
    values = _column(space, times) if isinstance(times, str) else list(times)  # type: ignore[arg-type]
    if len(values) != len(space):
        raise InputError(f"{len(values):,} times for {len(space):,} items", remedy="give one time an item")
    read = [_moment(value, row, where) for row, value in enumerate(values)]
    texts = sum(isinstance(value, str) for value in read)
    if 0 < texts < len(read):
        row = next(
            row for row, value in enumerate(read) if isinstance(value, str) != isinstance(read[0], str)
        )
        raise InputError(
            f"the time {shown(values[row])} is of another kind than the first, {shown(values[0])}",
            file=where,
            row=row,
            remedy="give numbers, or dates, not both",
        )
    if per != "value":
        if not texts:
            raise ParameterError(f"per is {shown(per)}, but times are numbers", remedy="use per='value'")
        read = [str(value)[: LENGTHS[per]] for value in read]
    names, groups = np.unique(np.array(read), return_inverse=True)
    labels = tuple(str(name) if texts else f"{name:g}" for name in names.tolist())
    numbers = [float(name) for name in names] if not texts or per == "year" else range(len(names))
    return Times(labels, tuple(map(float, numbers)), groups.astype(np.intp))


def _column(space: Space, name: str) -> list[Any]:
    items = space.items
    held = [] if items is None else items.column_names
    if items is None or name not in held:
        raise ParameterError(
            f"the items have no column {shown(name)}", remedy=f"they have {', '.join(held) or 'no columns'}"
        )
    values: list[Any] = items.column(name).to_pylist()
    return values


def _moment(value: Any, row: int, where: str) -> float | str:
    """A finite number, or a date and time as ISO text in UTC, which sorts as time does."""
    if isinstance(value, np.datetime64):
        value = None if np.isnat(value) else str(value)
    if isinstance(value, bool | np.bool_):
        value = str(value)
    if isinstance(value, int | float | np.integer | np.floating) and math.isfinite(value):
        return float(value)
    if isinstance(value, datetime.datetime | datetime.date):
        value = value.isoformat()
    if isinstance(value, str):
        text = value.strip()
        if text.isascii() and text.isdecimal():
            return float(text)
        found = _iso(f"{text}-01" if len(text) == LENGTHS["month"] else text)
        if found is not None:
            return found
    raise InputError(
        f"the time {shown(value)} is none",
        file=where,
        row=row,
        remedy="give numbers, dates or ISO 8601 texts",
    )


def _iso(text: str) -> str | None:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    return moment.isoformat()
