"""Watching: a monitor that checks every window of a table, or of a stream as its windows fill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.baseline import Baseline
from nearer.monitor.times import Times, time_of
from nearer.monitor.verdict import Verdict
from nearer.monitor.watched import Told, Watched
from nearer.monitor.windows import Window, parsed_size, times_of, windows
from nearer.space import Space


class Checks(Protocol):
    """What watching needs of a monitor."""

    baseline: Baseline
    mode: Literal["window", "sequential"]

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
    least: int = 1,
    in_order: bool = False,
    as_vectors: bool = False,
    where: str | None = None,
) -> Watched:
    """Check all windows of a space in the order of time.

    Parameters
    ----------
    window : rows a window, or a period; see `windows`.
    time : payload column of times; None: the order of rows is that of time.
    least, in_order : see `windows`.
    as_vectors : take rows for vectors of the baseline's identity, which a file of plain vectors cannot say.
    where : the file's name, for errors.

    Raises what `windows` and the monitor's `check` raise.
    """
    times = None if time is None else times_of(source, time, where)
    cut = windows(source, window, times, least=least, in_order=in_order, where=where)
    told = [
        Told(place, part.start, part.end, _checked(monitor, source, part, times, as_vectors=as_vectors))
        for place, part in enumerate(cut, 1)
    ]
    return Watched(tuple(told), cut.notes, len(monitor.baseline.rows), monitor.mode)


def _checked(
    monitor: Checks, source: Space, part: Window, times: Times | None, *, as_vectors: bool
) -> Verdict:
    taken = source.take(part.rows)
    time = None if times is None else times.text(int(part.rows[-1]))
    if as_vectors:
        return monitor.check(taken.vectors, keys=taken.keys, time=time)
    return monitor.check(taken, time=time)


def stream(monitor: Checks, items: Iterable[Any], window: int | str = 200) -> Iterator[Told]:
    """Check a stream as its windows fill.

    Parameters
    ----------
    items : vectors (dim,), or (key, vector), or (key, vector, time), where times never go backwards.
    window : rows a window; what is left at the end is no window and is not checked.

    Raises `InputError` naming the item that is none of those or whose time goes backwards, and what `check`
    raises.
    """
    size, unit = parsed_size(window)
    if unit is not None:
        raise ParameterError(f"window is {shown(window)}", remedy="use a number of rows for a stream")
    held: list[tuple[str, NDArray[Any], Times | None]] = []
    latest: Times | None = None
    for place, item in enumerate(items):
        key, vector, time = _item(item, place)
        if time is not None:
            _require_forward(latest, time, place)
            latest = time
        held.append((key, vector, time))
        if len(held) == size:
            yield _told(monitor, held, place // size + 1, place + 1 - size)
            held = []


def _told(
    monitor: Checks, held: list[tuple[str, NDArray[Any], Times | None]], number: int, first: int
) -> Told:
    keys, vectors, times = zip(*held, strict=True)
    odd = next((row for row, vector in enumerate(vectors) if vector.shape != vectors[0].shape), None)
    if odd is not None:
        raise InputError(
            f"{vectors[odd].size} values after {vectors[0].size}", file="stream", row=first + odd,
            remedy="give all vectors one dimension",
        )  # fmt: skip
    start, end = (
        f"row {first + row:,}" if time is None else time.text(0)
        for row, time in ((0, times[0]), (len(held) - 1, times[-1]))
    )
    time = None if times[-1] is None else times[-1].text(0)
    return Told(number, start, end, monitor.check(np.stack(vectors), keys=list(keys), time=time))


def _item(item: Any, place: int) -> tuple[str, NDArray[Any], Times | None]:
    """Key, vector and time of an item of a stream."""
    given = item if isinstance(item, tuple) else (str(place), item)
    if len(given) not in (2, 3):
        raise InputError(
            f"{shown(item)} is no item", file="stream", row=place,
            remedy="give a vector, (key, vector) or (key, vector, time)",
        )  # fmt: skip
    key, vector, *rest = given
    try:
        values = np.asarray(vector, np.float32)
    except (TypeError, ValueError):
        values = np.empty((0, 0), np.float32)
    if values.ndim != 1 or not values.size:
        raise InputError(
            f"{shown(vector)} is no vector", file="stream", row=place, remedy="give numbers, shape (dim,)"
        )
    if not np.isfinite(values).all():
        raise InputError(
            f"the vector of {shown(str(key))} holds NaN or infinity", file="stream", row=place,
            remedy="remove it",
        )  # fmt: skip
    time = None if not rest or rest[0] is None else _time(rest[0], place)
    return str(key), values, time


def _time(value: object, place: int) -> Times:
    try:
        return time_of(value)
    except InputError as error:
        raise InputError(error.problem, file="stream", row=place, remedy=error.remedy) from None


def _require_forward(before: Times | None, now: Times, place: int) -> None:
    """Raise `InputError` where an item is older than one before it, or its time is of another kind."""
    if before is None:
        return
    if before.dated != now.dated:
        problem = f"the time {now.text(0)} is of another kind than {before.text(0)}"
        raise InputError(problem, file="stream", row=place, remedy="give all numbers or all dates")
    if now.values[0] < before.values[0]:
        raise InputError(
            f"time goes backwards: {now.text(0)} after {before.text(0)}", file="stream", row=place,
            remedy="sort the items by time",
        )  # fmt: skip
