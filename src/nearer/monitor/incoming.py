"""A window as it arrives: checked against the baseline before anything is computed or remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, SpaceMismatch, shown
from nearer.monitor.baseline import Baseline, require_numbers, require_varied
from nearer.monitor.times import Times, read_times, time_of
from nearer.space import Space
from nearer.space.checks import checked_keys, checked_matrix, require_same_length
from nearer.space.queries import as_compared

WINDOW = "window"


@dataclass(frozen=True, eq=False)
class Incoming:
    """A window that may be compared.

    Attributes
    ----------
    rows : float64 (m, dim), prepared as the baseline's are.
    keys : m keys; row numbers where none were given.
    time : of its last row, or None.
    matrix : float32 (m, dim), the rows as they came.
    """

    rows: NDArray[np.float64]
    keys: tuple[str, ...]
    time: Times | None
    matrix: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        baseline: Baseline,
        vectors: Space | ArrayLike,
        keys: Sequence[str] | None,
        time: Any,
        last: Times | None,
        what: str = WINDOW,
    ) -> Incoming:
        """Check a window; `last` is the time of the one before, and errors call it `what`.

        Raises `SpaceMismatch` for another identity, metric or dimension, `InputError` for NaN, rows that are
        all the same, keys that do not fit and time that goes backwards.
        """
        if isinstance(vectors, Space):
            _require_same_space(vectors, baseline, what)
            keys = vectors.keys if keys is None else keys
            matrix = vectors.vectors
        else:
            matrix = checked_matrix(vectors)
        _require_rows(matrix, baseline, what)
        names = None if keys is None else checked_keys(keys)
        if names is not None:
            require_same_length(names, matrix)
        require_numbers(matrix, names, what)
        require_varied(matrix, what)
        told = tuple(str(row) for row in range(len(matrix))) if names is None else tuple(names)
        return cls(as_compared(matrix, baseline.metric), told, _forward(time, len(matrix), last), matrix)


def _require_same_space(window: Space, baseline: Baseline, what: str) -> None:
    if baseline.identity is not None and window.identity != baseline.identity:
        raise SpaceMismatch(
            f"the {what} has identity {window.identity[:12]}, the baseline {baseline.identity[:12]}: "
            "vectors of different spaces cannot be compared",
            remedy="encode both with one encoder; after a change of model, `nearer align OLD NEW`, "
            "or make the baseline anew",
        )
    if window.metric != baseline.metric:
        raise SpaceMismatch(
            f"the {what} is compared by {window.metric}, the baseline by {baseline.metric}",
            remedy="give both one metric",
        )


def _require_rows(matrix: NDArray[np.float32], baseline: Baseline, what: str) -> None:
    if matrix.shape[1] != baseline.dim:
        raise SpaceMismatch(
            f"the {what} has {matrix.shape[1]} columns, the baseline {baseline.dim}",
            remedy="encode both with one encoder",
        )
    if len(matrix) < baseline.block:
        of_block = "" if baseline.block == 1 else f": not one whole block of {baseline.block}"
        raise InputError(f"{len(matrix)} rows{of_block}", file=what, remedy=f"pass at least {baseline.block}")


def _forward(time: Any, rows: int, last: Times | None) -> Times | None:
    """The time of the last row; raises `InputError` where time goes backwards."""
    if time is None:
        return None
    if isinstance(time, np.datetime64):
        time = time.astype("M8[us]")
    time = time.item() if isinstance(time, np.generic) else time
    several = not isinstance(time, str) and np.ndim(time) == 1
    times = read_times(time, WINDOW) if several else time_of(time)
    if several and len(times) != rows:
        raise ParameterError(f"{len(times):,} times for {rows:,} rows", remedy="pass one, or one a row")
    falls = np.flatnonzero(np.diff(times.values) < 0)
    if falls.size:
        row = int(falls[0]) + 1
        raise InputError(
            f"time goes backwards: {times.text(row)} after {times.text(row - 1)}",
            file=WINDOW,
            row=row,
            remedy="sort the rows by time",
        )
    if last is not None and last.dated != times.dated:
        raise InputError(
            f"the time {shown(times.text(0))} is of another kind than {shown(last.text(0))}",
            file=WINDOW,
            remedy="give all numbers or all dates",
        )
    if last is not None and times.values[0] < last.values[-1]:
        raise InputError(
            f"time goes backwards: {times.text(0)} after {last.text(len(last) - 1)} of the window before",
            file=WINDOW,
            remedy="check windows in the order of time",
        )
    return Times(times.values[-1:], times.dated)
