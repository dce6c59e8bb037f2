"""The training loop: some units of work at a time, so that it can be watched, stopped and resumed."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from nearer.errors import TrainingFailed
from nearer.kernels.training import TrainReport
from nearer.models.checkpoint import save_checkpoint
from nearer.models.state import TrainingState
from nearer.progress import Progress

CALL_SECONDS = 0.25  # work handed to the kernel at a time: how long Ctrl-C may take


class Run(Protocol):
    """A training run: everything that decides it but the arrays it trains."""

    @property
    def units_an_epoch(self) -> int:
        """Units of work that make one pass over the data."""
        ...

    @property
    def items_an_epoch(self) -> int:
        """Items (words, pairs, ...) that make one pass over the data."""
        ...

    @property
    def learning_rate(self) -> float | None:
        """The rate that training starts with; None where there is none."""
        ...

    def train(
        self, arrays: Mapping[str, NDArray[Any]], first: int, last: int, threads: int, variant: str
    ) -> TrainReport:
        """Train units [first, last), counted over all epochs, of `arrays`, in place."""
        ...


def train(
    run: Run,
    state: TrainingState,
    last_unit: int,
    *,
    threads: int,
    variant: str,
    checkpoint: Path | None,
    checkpoint_every: float,
    settings: dict[str, object],
    fingerprint: str,
    show_progress: bool | None,
    items_name: str,
    points_an_epoch: int,
) -> bool:
    """Train `state` up to `last_unit`; returns False if Ctrl-C stopped it before.

    `points_an_epoch` values of the loss curve are recorded an epoch.

    Raises `ParameterError` if the loss is not finite any more, `StorageError` for a checkpoint that cannot be
    written.
    The split into calls follows the clock but changes nothing: units are independent of it.
    """
    saved = time.monotonic()
    planned_items = (last_unit - state.next_unit) / run.units_an_epoch * run.items_an_epoch
    with Progress("training", planned_items, items_name, show_progress) as progress, _interrupts() as stopped:
        size = threads
        while state.next_unit < last_unit and not stopped.is_set():
            begin = time.perf_counter()
            point = _next_point(state.next_unit, run.units_an_epoch, points_an_epoch)
            stop = min(state.next_unit + size, last_unit, point)
            report = run.train(state.arrays, state.next_unit, stop, threads, variant)
            seconds = time.perf_counter() - begin
            state.seconds += seconds
            size = max(threads, int((stop - state.next_unit) * CALL_SECONDS / max(seconds, 1e-6)))
            state.next_unit = stop
            _require_finite(report, run.learning_rate)
            _record_loss(state, report, stop == point)
            progress.advance(report.tokens, f"loss {state.loss_curve[-1]:.3f}" if state.loss_curve else "")
            if checkpoint and (time.monotonic() - saved >= checkpoint_every or stop == last_unit):
                save_checkpoint(checkpoint, state, settings, fingerprint)
                saved = time.monotonic()
        if checkpoint and stopped.is_set():
            save_checkpoint(checkpoint, state, settings, fingerprint)
        return state.next_unit >= last_unit


def _require_finite(report: TrainReport, learning_rate: float | None) -> None:
    if not math.isfinite(report.loss):
        at = "" if learning_rate is None else f" at learning_rate={learning_rate:g}"
        change = "raise regularization" if learning_rate is None else "lower learning_rate"
        raise TrainingFailed(
            f"training diverged: the loss is {report.loss}{at}",
            remedy=f"{change}; the next fit starts afresh, and an earlier space_ is unchanged",
        )


def _next_point(unit: int, units_an_epoch: int, points_an_epoch: int) -> int:
    """The first unit after `unit` at which a value of the loss curve is complete."""
    epoch, within = divmod(unit, units_an_epoch)
    point = within * points_an_epoch // units_an_epoch + 1
    return epoch * units_an_epoch + -(-point * units_an_epoch // points_an_epoch)


def _record_loss(state: TrainingState, report: TrainReport, complete: bool) -> None:
    state.point_loss += report.loss
    state.point_pairs += report.pairs
    if complete and state.point_pairs:
        state.loss_curve.append(state.point_loss / state.point_pairs)
        state.point_loss, state.point_pairs = 0.0, 0


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, so that training stops between two units and keeps its state."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: stopped.set())
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)
