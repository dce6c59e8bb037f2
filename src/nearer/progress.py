"""Progress of long work: a bar on a terminal after two seconds, a log line otherwise, never a print."""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType

logger = logging.getLogger("nearer")

PATIENCE = 2.0  # seconds of work before anything is shown
LOG_EVERY = 30.0  # seconds between log lines where there is no terminal


class Progress:
    """Counts work done and shows rate and time left; use as a context manager.

    Parameters
    ----------
    title : what is going on ("training").
    total : units of work, or None where it is not known.
    unit : what is counted ("words").
    show : True, False, or None: only if standard error is a terminal.
    """

    def __init__(self, title: str, total: float | None, unit: str, show: bool | None = None) -> None:
        self.title, self.total, self.unit = title, total, unit
        self.show = (sys.stderr is not None and sys.stderr.isatty()) if show is None else show
        self.done = 0.0
        self.note = ""

    def __enter__(self) -> Progress:
        self.started = self._logged = time.monotonic()
        self._bar: _Bar | None = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, amount: float, note: str = "") -> None:
        """Count `amount` more units of work; `note` is a short text shown at the end of the line."""
        self.done += amount
        self.note = note
        now = time.monotonic()
        if now - self.started < PATIENCE:
            return
        if self.show:
            if self._bar is None:
                self._bar = _Bar(self.title, self.total)
            self._bar.update(self.done, self.line(now))
        elif now - self._logged >= LOG_EVERY:
            self._logged = now
            logger.info("%s: %s", self.title, self.line(now))

    def line(self, now: float) -> str:
        """Amount done, rate, time left and note, as one line shows them."""
        seconds = max(now - self.started, 1e-9)
        rate = self.done / seconds
        parts = [f"{_short(self.done)} {self.unit}", f"{_short(rate)} {self.unit}/s"]
        if self.total and rate > 0:
            parts.append(f"{max(self.total - self.done, 0) / rate:.0f} s left")
        if self.note:
            parts.append(self.note)
        return ", ".join(parts)


class _Bar:
    """A Rich progress bar on standard error; Rich is loaded only when one is needed."""

    def __init__(self, title: str, total: float | None) -> None:
        from rich.console import Console  # noqa: PLC0415  (only a terminal pays for Rich)
        from rich.progress import BarColumn, SpinnerColumn, TextColumn  # noqa: PLC0415
        from rich.progress import Progress as RichProgress  # noqa: PLC0415

        self._rich = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[line]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._rich.add_task(title, total=total, line="")
        self._rich.start()

    def update(self, done: float, line: str) -> None:
        self._rich.update(self._task, completed=done, line=line)

    def stop(self) -> None:
        self._rich.stop()


def _short(amount: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if amount >= size:
            return f"{amount / size:.1f}{letter}"
    return f"{amount:.0f}"
