"""Windows of a table: so many rows each, or all rows of a period, in the order of time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.times import Times, read_times
from nearer.space import Space

SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}  # units of fixed length
SIZE = re.compile(r"(\d+)\s*(s|min|h|d|w|mo|y|u)?")
WRITTEN = "a number of rows (200), a period (30min 12h 7d 2w 1mo 1y), or units of a numeric time (10u)"

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Window:
    """Rows of a table that are checked together.

    Attributes
    ----------
    rows : their numbers in the table, in the order of time.
    start, end : times of the first and the last of them as text; row numbers where there is no time.
    """

    rows: Rows
    start: str
    end: str

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Windows:
    """All windows of a table, in the order of time; `notes` say what was joined or sorted."""

    all: tuple[Window, ...]
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Window]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)


def times_of(space: Space, column: str, where: str | None = None) -> Times:
    """Times in the payload column `column`; raises `InputError` where there is none, or a row without."""
    items = space.items
    names = [] if items is None else list(items.column_names)
    if items is None or column not in names:
        has = (
            f"it has {', '.join(names)}" if names else "it has no payload columns: make the space with items"
        )
        raise InputError(f"there is no column {shown(column)}", file=where, remedy=has)
    return read_times(items.column(column), where)


def windows(
    source: Space | int,
    size: int | str,
    times: Times | None = None,
    *,
    least: int = 1,
    in_order: bool = False,
    skip: int = 0,
    where: str | None = None,
) -> Windows:
    """Cut a space, or a table of so many rows, into windows.

    Parameters
    ----------
    size : rows a window; or a period, "30min", "12h", "7d", "2w", "1mo", "1y", whose borders are those of
        the calendar (UTC, weeks from Monday), or "10u", ten units of a time that is a number.
        "1y" also cuts whole numbers that are years.
    times : of the rows, from `times_of` or `read_times`; None: the order of rows is that of time.
    least : rows that a window needs; a smaller one is joined with the next, the last with the one before.
        By number of rows, a rest of less than half a window is joined with the one before.
    in_order : refuse rows that go backwards in time instead of sorting them.
    skip : the first rows, in the order of time, that are left out: they were checked before. Of what
        follows, too few rows for a window are left for a later time, and `notes` says so.

    Raises `ParameterError` for a size that is none, `InputError` for a time that goes backwards under
    `in_order` and for a table with fewer than `least` rows.
    """
    n = source if isinstance(source, int) else len(source)
    number, unit = parsed_size(size)
    if n < max(least, 1) and not skip:
        raise InputError(
            f"{n:,} rows are no window", file=where, remedy=f"at least {max(least, 1):,} are needed"
        )
    order, notes = in_order_of_time(times, n, in_order, where)
    order, n = order[skip:], n - skip
    if skip and n < max(least, 1 if unit is not None else number / 2):
        notes += [f"{n:,} rows are too few for a window: they wait for more"] if n else []
        return Windows((), tuple(notes))
    if unit is None:
        cells = np.arange(n) // number
        if n % number and n > number and (n % number < max(least, number / 2)):
            notes.append(f"the last {n % number:,} rows were joined with the window before them")
            cells[cells == cells[-1]] -= 1
    else:
        if times is None:
            raise ParameterError(
                f"the window {shown(size)} is a period", remedy="name the column of times: --time COLUMN"
            )
        cells, joined = _joined(_periods(times, number, unit, order), least)
        if joined:
            notes.append(f"{joined:,} windows of fewer than {least:,} rows were joined with their neighbours")
    starts = np.flatnonzero(np.r_[True, cells[1:] != cells[:-1]])
    found = [_window(rows, times) for rows in np.split(order, starts[1:])]
    return Windows(tuple(found), tuple(notes))


def parsed_size(size: int | str) -> tuple[int, str | None]:
    """Number and unit of a window's size (None: rows); raises `ParameterError` for what is none."""
    text = str(size).strip() if isinstance(size, str | int | np.integer) else ""
    match = SIZE.fullmatch(text)
    if match is None or isinstance(size, bool) or int(match[1]) < 1:
        raise ParameterError(f"a window is {shown(size)}", remedy=f"use {WRITTEN}")
    return int(match[1]), match[2]


def require_forward(times: Times, where: str | None = None) -> None:
    """Raise `InputError` naming both times of the first row that goes backwards."""
    back = np.flatnonzero(times.values[1:] < times.values[:-1])
    if back.size:
        row = int(back[0]) + 1
        raise InputError(
            f"time goes backwards: {times.text(row)} after {times.text(row - 1)}",
            file=where,
            row=row,
            remedy="sort the rows by time",
        )


def in_order_of_time(
    times: Times | None, n: int, in_order: bool = False, where: str | None = None
) -> tuple[Rows, list[str]]:
    """Rows in the order of time, equal times as they stand, and what is to be said of it.

    Raises `InputError` for a time that goes backwards, where `in_order` asks that none does.
    """
    if times is None:
        return np.arange(n), []
    if in_order:
        require_forward(times, where)
    order = np.argsort(times.values, kind="stable")
    moved = int((order != np.arange(n)).sum())
    return order, [f"rows were sorted by time: {moved:,} stood elsewhere"] if moved else []


def _periods(times: Times, number: int, unit: str, order: Rows) -> NDArray[np.int64]:
    """The period of each row, in the order of time."""
    values = times.values[order]
    if times.dated and unit != "u":
        stamps = values.astype("datetime64[us]")
        if unit in ("mo", "y"):
            months = stamps.astype("datetime64[M]" if unit == "mo" else "datetime64[Y]").astype(np.int64)
            return np.asarray(months // number, np.int64)
        offset = 4 * SECONDS["d"] if unit == "w" else 0  # 1970-01-05 was a Monday
        ticks = number * SECONDS[unit] * 1_000_000
        return np.asarray((values - offset * 1_000_000) // ticks, np.int64)
    years = unit == "y" and bool((np.abs(values) < 10_000).all()) and bool((values == values.round()).all())
    if times.dated or not (unit == "u" or years):
        kind = "dates" if times.dated else "plain numbers"
        remedy = "use a period such as 7d" if times.dated else "use a number of rows, or units, as in 10u"
        raise ParameterError(f"a window is '{number}{unit}', and the times are {kind}", remedy=remedy)
    return np.asarray(values // number, np.int64)


def _joined(cells: NDArray[np.int64], least: int) -> tuple[NDArray[np.int64], int]:
    """Periods with too few rows joined with the next, the last with the one before; how many were."""
    _, starts = np.unique(cells, return_index=True)
    counts = np.diff([*starts, len(cells)])
    kept, open_rows, place = [0], 0, 0
    for count in counts:
        open_rows, place = open_rows + int(count), place + int(count)
        if open_rows >= least:
            kept.append(place)
            open_rows = 0
    if open_rows:  # what is left at the end
        kept[-1] = len(cells)
    sizes = np.diff(kept)
    return np.repeat(np.arange(len(sizes)), sizes), len(counts) - len(sizes)


def _window(rows: Rows, times: Times | None) -> Window:
    first, last = int(rows[0]), int(rows[-1])
    if times is None:
        return Window(rows, f"row {first:,}", f"row {last:,}")
    return Window(rows, times.text(first), times.text(last))
