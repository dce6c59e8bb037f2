"""Watching: a monitor that checks every window of a table, or of a stream as its windows fill."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.baseline import Baseline
from nearer.monitor.exchange import smallest_window
from nearer.monitor.texts import texts_of
from nearer.monitor.times import Times, time_of
from nearer.monitor.verdict import Verdict
from nearer.monitor.watched import Told, Watched
from nearer.monitor.windows import Window, in_order_of_time, parsed_size, times_of, windows
from nearer.space import Space

Place = Callable[[int], tuple[str, int | str]]  # where an item stands: its source, and its row or line


class Checks(Protocol):
    """What watching needs of a monitor."""

    baseline: Baseline
    alpha: float
    mode: Literal["window", "sequential"]

    @property
    def windows(self) -> int:
        """How many windows were checked."""

    def go_on(self, rows: Iterable[NDArray[Any]]) -> int:
        """Begin the table of these rows; how many of them were checked before."""

    def check(
        self, vectors: Space | ArrayLike, *, keys: Sequence[str] | None = None, time: Any = None
    ) -> Verdict:
        """The verdict on one window."""


def watch(
    monitor: Checks,
    source: Space,
    window: int | str = 200,
    *,
    time: str | None = None,
    least: int | None = None,
    in_order: bool = False,
    as_vectors: bool = False,
    where: str | None = None,
) -> Watched:
    """Check all windows of a space in the order of time.

    Parameters
    ----------
    window : rows a window, or a period; see `windows`.
    time : payload column of times; None: the order of rows is that of time.
    least : rows a window needs, see `windows`; None: of a period, those without which no alarm is possible.
    in_order : refuse rows that go backwards in time; see `windows`.
    as_vectors : take rows for vectors of the baseline's identity, which a file of plain vectors cannot say.
    where : the file's name, for errors.

    A monitor with a state goes on where it stood: rows at the beginning of `source` that it has checked are
    left out, and `notes` say so. A source that begins otherwise is taken for what follows; that is said, too.

    Raises what `windows` and the monitor's `check` raise.
    """
    times = None if time is None else times_of(source, time, where)
    if least is None:
        least = 1 if parsed_size(window)[1] is None else _least(monitor)
    order, _ = in_order_of_time(times, len(source), in_order, where)
    begun = monitor.windows
    done = monitor.go_on(source.vectors[row] for row in order)
    cut = windows(source, window, times, least=least, in_order=in_order, skip=done, where=where)
    told = tuple(
        _told(part.start, part.end, _checked(monitor, source, part, times, as_vectors=as_vectors))
        for part in cut
    )
    notes = (*_going_on(done, len(source), begun, where), *cut.notes)
    watched = Watched(told, notes, len(monitor.baseline.rows), monitor.alpha, monitor.mode)
    return watched.with_texts(texts_of(source, watched.named, but=time))


def _going_on(done: int, n: int, begun: int, where: str | None) -> tuple[str, ...]:
    """What a monitor that had checked `begun` windows takes these rows for."""
    name = "the table" if where is None else where
    if done == n:
        return (f"all {n:,} rows of {name} were checked before: nothing is new",)
    if done:
        return (f"the first {done:,} rows of {name} were checked before: going on after them",)
    return (f"{name} is taken for what follows the {begun:,} windows checked before",) if begun else ()


def _told(start: str, end: str, verdict: Verdict) -> Told:
    return Told(verdict.window, start, end, verdict)


def _least(monitor: Checks) -> int:
    """Rows of a window that can reach alpha at all."""
    block = monitor.baseline.block
    return smallest_window(len(monitor.baseline.rows) // block, monitor.alpha) * block


def _checked(
    monitor: Checks, source: Space, part: Window, times: Times | None, *, as_vectors: bool
) -> Verdict:
    taken = source.take(part.rows)
    time = None if times is None else times.text(int(part.rows[-1]))
    if as_vectors:
        return monitor.check(taken.vectors, keys=taken.keys, time=time)
    return monitor.check(taken, time=time)


def stream(
    monitor: Checks,
    items: Iterable[Any],
    window: int | str = 200,
    *,
    where: Place = lambda place: ("stream", place),
) -> Iterator[Told]:
    """Check a stream as its windows fill.

    Parameters
    ----------
    items : vectors (dim,), or (key, vector), or (key, vector, time), where times never go backwards; all
        items have one, or none has. They follow what the monitor has checked before.
    window : rows a window; what is left at the end is no window and is not checked.
    where : for errors, where an item stands by its number.

    Raises `InputError` naming the item that is none of those or whose time goes backwards, and what `check`
    raises.
    """
    size, unit = parsed_size(window)
    if unit is not None:
        raise ParameterError(f"window is {shown(window)}", remedy="use a number of rows for a stream")
    monitor.go_on(())
    held: list[Item] = []
    first: Item | None = None
    last: Item | None = None
    for place, item in enumerate(items):
        came = _item(item, place, where)
        first = first or came
        _require_alike(first, came, where(place))
        _require_forward(last, came, where(place))
        last = came
        held.append(came)
        if len(held) == size:
            yield _full(monitor, held, place + 1 - size)
            held = []


@dataclass(frozen=True, eq=False)
class Item:
    """One item of a stream."""

    key: str
    vector: NDArray[np.float32]
    time: Times | None


def _full(monitor: Checks, held: list[Item], first: int) -> Told:
    start, end = (
        f"row {place:,}" if item.time is None else item.time.text(0)
        for place, item in ((first, held[0]), (first + len(held) - 1, held[-1]))
    )
    time = None if held[-1].time is None else end
    vectors, keys = np.stack([item.vector for item in held]), [item.key for item in held]
    return _told(start, end, monitor.check(vectors, keys=keys, time=time))


def _item(item: Any, place: int, where: Place) -> Item:
    """Key, vector and time of an item of a stream."""
    file, row = where(place)
    given = item if isinstance(item, tuple) else (str(place), item)
    if len(given) not in (2, 3):
        raise InputError(
            f"{shown(item)} is no item", file=file, row=row,
            remedy="give a vector, (key, vector) or (key, vector, time)",
        )  # fmt: skip
    key, vector, *rest = given
    try:
        values = np.asarray(vector, np.float32)
    except (TypeError, ValueError):
        values = np.empty((0, 0), np.float32)
    if values.ndim != 1 or not values.size:
        raise InputError(
            f"{shown(vector)} is no vector", file=file, row=row, remedy="give numbers, shape (dim,)"
        )
    if not np.isfinite(values).all():
        raise InputError(
            f"the vector of {shown(str(key))} holds NaN or infinity", file=file, row=row, remedy="remove it"
        )
    if not rest or rest[0] is None:
        return Item(str(key), values, None)
    try:
        return Item(str(key), values, time_of(rest[0]))
    except InputError as error:
        raise InputError(error.problem, file=file, row=row, remedy=error.remedy) from None


def _require_alike(first: Item, now: Item, where: tuple[str, int | str]) -> None:
    """Raise `InputError` where an item has another dimension than the first, or alone a time, or none."""
    file, row = where
    if now.vector.shape != first.vector.shape:
        raise InputError(
            f"{now.vector.size} values after {first.vector.size}", file=file, row=row,
            remedy="give all vectors one dimension",
        )  # fmt: skip
    if (now.time is None) != (first.time is None):
        problem = "there is no time, and the first item has one" if now.time is None else (
            "there is a time, and the first item has none"
        )  # fmt: skip
        raise InputError(problem, file=file, row=row, remedy="give every item a time, or none")


def _require_forward(last: Item | None, now: Item, where: tuple[str, int | str]) -> None:
    """Raise `InputError` where an item is older than the one before it, or its time is of another kind."""
    if last is None or last.time is None or now.time is None:
        return
    file, row = where
    if last.time.dated != now.time.dated:
        problem = f"the time {now.time.text(0)} is of another kind than {last.time.text(0)}"
        raise InputError(problem, file=file, row=row, remedy="give all numbers or all dates")
    if now.time.values[0] < last.time.values[0]:
        raise InputError(
            f"time goes backwards: {now.time.text(0)} after {last.time.text(0)}", file=file, row=row,
            remedy="sort the items by time",
        )  # fmt: skip
