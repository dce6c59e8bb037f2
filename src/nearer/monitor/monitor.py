"""`Monitor`: windows of a stream against a baseline, with a rate of false alarms that is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.chance import checked_alpha, checked_seed
from nearer.errors import ParameterError, shown
from nearer.monitor.alarms import append_line, logged
from nearer.monitor.baseline import Baseline, Source, checked_count, opened
from nearer.monitor.comparing import TESTS, checked_tests, some_of
from nearer.monitor.evidence_moved import evidence_moved
from nearer.monitor.explaining import moved
from nearer.monitor.incoming import Incoming
from nearer.monitor.inhomogeneity import inhomogeneity
from nearer.monitor.outliers import FDR, unusual
from nearer.monitor.position import begun, extended
from nearer.monitor.power import detectable
from nearer.monitor.scores import Scores
from nearer.monitor.sequential import Evidence
from nearer.monitor.state import BASELINE, NAME, Standing, State
from nearer.monitor.two_sample import compare
from nearer.monitor.verdict import Detectable, Verdict
from nearer.monitor.watching import stream
from nearer.space import Space
from nearer.space.reduction import one_thread

Mode = Literal["window", "sequential"]


class Monitor:
    """Whether the windows of a stream come from where the baseline came from.

    Parameters
    ----------
    baseline : a space, vectors (n, dim) compared by cosine, a path to either, or a `Baseline`.
    alpha : the rate of false alarms.
    seed : draws the parts of the baseline, permutations and what breaks ties.
    mode : "window": each window is tested alone, and raises a false alarm with chance alpha
        (`compare`). "sequential": the evidence of all windows is put together, and the chance of EVER
        alarming while nothing changes is at most alpha, however long one looks (`Evidence`).
    tests : of mode "window"; see `compare`.
    block : rows that depend on those just before are exchanged, and ranked, as whole runs of so many.
    axes : name -> direction, to be watched by name; see `Baseline.of`.
    fdr : of the single items called unusual, the expected share that is not, at most.
    state : a folder that keeps where the monitor stands; where it is there already, the monitor goes on
        from it. Two monitors must not share one.
    log : a file that gets one line of JSON a window.
    on_alarm : called with every verdict that is an alarm, after state and log are on disk.

    Both modes assume that rows (blocks of them) of baseline and stream are exchangeable while nothing
    changes: as good as drawn one by one from one distribution. Once evidence has reached alpha it stands: a
    sequential monitor alarms from then on, until it is made anew with a baseline of what is usual now.

    Raises `ParameterError`, `InputError` for what is no baseline, `IntegrityError` for a state that was
    changed, `SpaceMismatch` for the state of another baseline.
    """

    def __init__(
        self,
        baseline: Baseline | Source,
        alpha: float = 0.05,
        seed: int = 0,
        *,
        mode: Mode = "window",
        tests: Iterable[str] = TESTS,
        block: int = 1,
        axes: Mapping[str, Any] | None = None,
        fdr: float = FDR,
        state: str | os.PathLike[str] | None = None,
        log: str | os.PathLike[str] | None = None,
        on_alarm: Callable[[Verdict], object] | None = None,
    ) -> None:
        if mode not in get_args(Mode):
            raise ParameterError(f"mode is {shown(mode)}", remedy="use 'window' or 'sequential'")
        self.alpha, self.mode = checked_alpha(alpha), mode
        self.seed, self.tests = checked_seed(seed), checked_tests(tests)
        self.fdr = _checked_fdr(fdr)
        self.baseline = opened(baseline, seed=self.seed, block=checked_count("block", block), axes=axes)
        _require_own(self.baseline, block, axes)
        self.log = None if log is None else Path(log)
        self.on_alarm = on_alarm
        self._can_show: dict[int, Detectable] = {}
        self._state: State | None = None
        self._standing = Standing()
        if state is not None and (Path(state) / NAME).is_file():
            self._state, self._standing, self.baseline = State.read(Path(state), self.baseline)
            self._state.require(self._settings())
        else:
            if mode == "sequential":
                self._standing = Standing(evidence=Evidence.of(Scores.of(self.baseline), self.seed))
            if state is not None:
                self._state = State.new(Path(state), self._settings(), self.baseline, self._standing)

    @classmethod
    def open(
        cls,
        state: str | os.PathLike[str],
        *,
        log: str | os.PathLike[str] | None = None,
        on_alarm: Callable[[Verdict], object] | None = None,
    ) -> Monitor:
        """The monitor whose state is in the folder `state`, with the baseline and settings it was made with.

        Raises `IntegrityError` where the folder holds none, or was changed.
        """
        baseline = Baseline.load(Path(state) / BASELINE)
        kept, _, _ = State.read(Path(state), baseline)
        return cls(baseline, **kept.settings, state=state, log=log, on_alarm=on_alarm)

    @property
    def windows(self) -> int:
        """How many windows were checked."""
        return self._standing.windows

    def go_on(self, rows: Iterable[NDArray[Any]]) -> int:
        """Begin, or go on with, the table that has these rows; how many of them were checked before.

        Only a monitor with a state remembers: it knows every table by the rows it checked. 0: the table is
        new, and its rows follow those of the others.
        """
        if self._state is None:
            return 0
        self._standing = replace(self._standing, seen=begun(self._standing.seen, rows))
        return self._standing.seen[-1].rows

    def check(
        self, vectors: Space | ArrayLike, *, keys: Sequence[str] | None = None, time: Any = None
    ) -> Verdict:
        """The verdict on the next window.

        Parameters
        ----------
        vectors : a space of the baseline's identity, or vectors (m, dim); m may differ between windows.
        keys : of the rows, where they have no space; row numbers otherwise.
        time : of the window, or of each of its rows: numbers, dates, or texts of ISO 8601.

        The window counts as checked once its verdict is in log and state, in this order: who is killed
        between the two finds the same line twice. An error of `on_alarm` comes after both.

        Raises `SpaceMismatch` for another identity or dimension, `InputError` for NaN, rows that are all the
        same, a window too small for alpha and time that goes backwards; the window is then not counted.
        """
        came = Incoming.of(self.baseline, vectors, keys, time, self._standing.time)
        with one_thread():
            verdict, evidence = self._sequential(came) if self.mode == "sequential" else self._single(came)
        when = came.time or self._standing.time
        seen = () if self._state is None else extended(self._standing.seen, came.matrix)
        standing = Standing(self.windows + 1, when, evidence, seen)
        verdict = replace(
            verdict,
            unusual=unusual(self.baseline, came.rows, came.keys, self.fdr),
            window=standing.windows,
            time=None if came.time is None else came.time.text(0),
            detectable=self._can_show.get(len(came.rows)),
        )
        if self.log is not None:
            append_line(self.log, verdict)
        if self._state is not None:
            self._state.write(standing)
        self._standing = standing
        logged(verdict)
        if verdict.alarm and self.on_alarm is not None:
            self.on_alarm(verdict)
        return verdict

    def watch(self, items: Iterable[Any], window: int = 200) -> Iterator[Verdict]:
        """The verdict on each `window` items of a stream, as soon as it is full; see `stream`."""
        for told in stream(self, items, window):
            yield told.verdict

    def detectable(self, window_size: int) -> Detectable:
        """The smallest changes that a window of so many rows shows with chance 0.8; see `detectable`.

        It takes some seconds, once for each size; verdicts on windows of this size tell it from then on.
        Raises `ParameterError` in mode "sequential", where evidence grows over many windows.
        """
        if self.mode == "sequential":
            raise ParameterError(
                "one window of a sequential monitor shows little: its evidence grows over many",
                remedy='ask nearer.monitor.delay(baseline, changed, window_size, mode="sequential")',
            )
        if window_size not in self._can_show:
            found = detectable(self.baseline, window_size, self.alpha, seed=self.seed, tests=self.tests)
            self._can_show[window_size] = found
        return self._can_show[window_size]

    def _single(self, came: Incoming) -> tuple[Verdict, None]:
        """The verdict on one window alone."""
        compared = compare(
            self.baseline,
            came.rows,
            tests=self.tests,
            alpha=self.alpha,
            block=self.baseline.block,
            seed=self._lot(),
        )
        alarm = compared.p_value <= self.alpha
        parts = moved(self.baseline, came.rows, compared, came.keys, alpha=self.alpha) if alarm else ()
        verdict = Verdict(
            alarm, compared.p_value, compared.effect, parts, (), compared.outcomes, len(came.rows), self.alpha
        )
        return verdict, None

    def _sequential(self, came: Incoming) -> tuple[Verdict, Evidence]:
        """The verdict on the whole stream so far, and its evidence."""
        assert self._standing.evidence is not None  # a sequential monitor starts with some
        evidence = self._standing.evidence.after(came.rows)
        alarm = evidence.p_value <= self.alpha
        parts = evidence_moved(evidence, came.rows, came.keys, self.alpha) if alarm else ()
        effect = inhomogeneity(self.baseline, some_of(came.rows, self.baseline.block, self._lot()))
        verdict = Verdict(
            alarm, evidence.p_value, effect, parts, (), (), len(came.rows), self.alpha, mode="sequential"
        )
        return verdict, evidence

    def _lot(self) -> int:
        """Seed of the next window's draws: each has its own, so that their errors do not go together."""
        return int(np.random.SeedSequence([self.seed, self.windows]).generate_state(1, np.uint64)[0])

    def _settings(self) -> dict[str, Any]:
        """What decides verdicts, beside baseline and stream."""
        return {
            "alpha": self.alpha,
            "seed": self.seed,
            "mode": self.mode,
            "tests": list(self.tests),
            "fdr": self.fdr,
        }


def _checked_fdr(fdr: float) -> float:
    if isinstance(fdr, bool) or not isinstance(fdr, int | float) or not 0 < fdr < 1:
        raise ParameterError(f"fdr is {shown(fdr)}", remedy="use a rate between 0 and 1, such as 0.1")
    return float(fdr)


def _require_own(found: Baseline, block: int, axes: Mapping[str, Any] | None) -> None:
    """Refuse settings of a baseline that was made before, which would be ignored."""
    if axes and tuple(axes) != found.names:
        raise ParameterError(
            f"axes are {shown(list(axes))}, the baseline was made with {shown(list(found.names))}",
            remedy="pass axes to Baseline.of",
        )
    if block not in (1, found.block):
        raise ParameterError(
            f"block is {block}, the baseline was made with {found.block}", remedy="pass block to Baseline.of"
        )
