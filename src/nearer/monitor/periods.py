"""Times of items, in any form, as periods in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
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

    Raises `InputError` naming the row of a time that is none, and a column that is not there.
    """
    if period is not None and period not in UNITS:
        raise ParameterError(f"period is {shown(period)}", remedy=f"use one of {', '.join(UNITS)}")
    values = _column(space, times) if isinstance(times, str) else _listed(times)
    if len(values) != len(space):
        raise InputError(f"{len(values):,} times for {len(space):,} items", remedy="pass one time an item")
    where = f"column {shown(times)}" if isinstance(times, str) else "times"
    read = [_moment(value, where, row, period is not None) for row, value in enumerate(values)]
    if period is not None:
        moments = np.array(read, dtype="datetime64[us]").astype(f"datetime64[{UNITS[period]}]")
        distinct, of_item, counts = np.unique(moments, return_inverse=True, return_counts=True)
        labels = [str(moment) for moment in distinct]
        return Periods(labels, of_item, counts)
    kinds = {isinstance(value, float) for value in read}
    if len(kinds) > 1:
        row = next(
            row for row, value in enumerate(read) if isinstance(value, float) != isinstance(read[0], float)
        )
        raise InputError(
            f"{shown(values[row])} is a time of another kind than the first", file=where, row=row
        )
    array = np.array(read)
    distinct, of_item, counts = np.unique(array, return_inverse=True, return_counts=True)
    return Periods([_label(value) for value in distinct.tolist()], of_item, counts)


def _listed(times: Sequence[Any] | NDArray[Any]) -> list[Any]:
    """Plain values; NumPy's own times as datetimes."""
    if isinstance(times, np.ndarray) and times.dtype.kind == "M":
        return list(times.astype("datetime64[us]").tolist())
    return list(times)


def _column(space: Space, name: str) -> list[Any]:
    names = [] if space.items is None else list(space.items.column_names)
    if space.items is None or name not in names:
        raise InputError(
            f"the space has no column {shown(name)}",
            remedy=f"its columns are {', '.join(names)}" if names else "embed it with --keep COLUMN",
        )
    values: list[Any] = space.items[name].to_pylist()
    return values


def _moment(value: Any, where: str, row: int, dated: bool) -> float | datetime:
    """A number or a date; what is asked for by a calendar's unit must be a date."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, datetime):
        return value.replace(tzinfo=None) if value.tzinfo is None else _utc(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value) and not dated:
        return float(value)
    if isinstance(value, str):
        return _written(value, where, row, dated)
    raise _no_time(value, where, row, dated)


def _written(text: str, where: str, row: int, dated: bool) -> float | datetime:
    if not dated:
        try:
            number = float(text)
        except ValueError:
            pass
        else:
            if np.isfinite(number):
                return number
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _no_time(text, where, row, dated) from None
    return moment if moment.tzinfo is None else _utc(moment)


def _utc(moment: datetime) -> datetime:
    from datetime import UTC  # noqa: PLC0415

    return moment.astimezone(UTC).replace(tzinfo=None)


def _no_time(value: Any, where: str, row: int, dated: bool) -> InputError:
    wanted = "a date, as in 2024-05-17" if dated else "a number or a date, as in 2024 or 2024-05-17"
    return InputError(f"{shown(value)} is no time", file=where, row=row, remedy=f"give {wanted}")


def _label(value: float | datetime) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return f"{value:.0f}" if value == int(value) else f"{value:g}"
