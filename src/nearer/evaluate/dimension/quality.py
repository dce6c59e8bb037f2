"""What several runs say together: the mean over seeds, and how far it could have come out otherwise.

Two things could have been others: the seeds, and the items that the evaluator judged. Both are drawn again
(percentile bootstrap; Efron, 1979), in pairs where two dimensions are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, shown
from nearer.evaluate.bootstrap import LEVELS, RESAMPLES
from nearer.evaluate.result import Estimate

NORMAL_95 = 1.959964  # standard deviations on either side of a mean that hold 95 %

Interval = tuple[float, float]


@dataclass(frozen=True)
class Judgement:
    """What an evaluator said of one space: a figure, and what else its result tells."""

    value: float
    interval: Interval | None
    n: int | None
    coverage: float | None
    resamples: NDArray[np.float64] | None  # the figure on each resample of the items judged


def judged(answer: Any, dim: int) -> Judgement:
    """The answer of an evaluator, a number or a result, as a judgement; raises `InputError` for neither."""
    value = getattr(answer, "value", answer)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number) or isinstance(value, str):
        raise InputError(
            f"the evaluator gave {shown(answer)} at dimension {dim}",
            remedy="return a finite number, or a result with one as its value",
        )
    interval = getattr(answer, "interval", None)
    n, coverage = getattr(answer, "n", None), getattr(answer, "coverage", None)
    return Judgement(
        number,
        None if interval is None else (float(interval[0]), float(interval[1])),
        None if n is None else int(n),
        None if coverage is None else float(coverage),
        resamples_of(answer),
    )


def resamples_of(answer: Any) -> NDArray[np.float64] | None:
    """The resamples of the estimate that is the value of `answer`, where it has and keeps one."""
    parts = [answer, *getattr(answer, "__dict__", {}).values()]
    for part in [*parts, *(getattr(part, "estimate", None) for part in parts)]:
        if isinstance(part, Estimate) and (part.value, part.interval) == (answer.value, answer.interval):
            return part.resamples
    return None


def mean_interval(runs: Sequence[Judgement], seed: int) -> Interval | None:
    """95 % percentile bootstrap interval of the mean over `runs`, which differ by their seed.

    One run has the interval that the evaluator gave, None if it gave none. Several are drawn again together
    with the items that were judged, the same items for all of them.
    """
    if len(runs) == 1:
        return runs[0].interval
    return _interval(_over_runs(_by_items(runs, seed), seed))


def paired_interval(runs: Sequence[Judgement], others: Sequence[Judgement], seed: int) -> Interval | None:
    """95 % interval of the mean difference between runs of the same seeds, judged on the same items.

    Both are drawn again in pairs: the seeds, and the items where both sides kept their resamples. None for
    one run whose evaluator kept none.
    """
    ours, theirs = _kept(runs), _kept(others)
    if ours is not None and theirs is not None and runs[0].n == others[0].n:
        return _interval(_over_runs(ours - theirs, seed))
    if len(runs) == 1:
        return None
    differences = np.array([[run.value - other.value for run, other in zip(runs, others, strict=True)]])
    return _interval(_over_runs(np.repeat(differences, RESAMPLES, axis=0), seed))


def _by_items(runs: Sequence[Judgement], seed: int) -> NDArray[np.float64]:
    """Figures (RESAMPLES, runs) on other items: as the evaluator drew them, or else by its intervals.

    An interval alone stands for a normal deviation as wide, the same for all runs, which share their items.
    """
    kept = _kept(runs)
    if kept is not None:
        return kept
    known = [run.interval for run in runs if run.interval is not None]
    widths = np.array([(high - low) / (2 * NORMAL_95) for low, high in known] or [0.0])
    deviations = np.random.default_rng([seed, 1]).normal(0, np.sqrt(np.mean(widths**2)), (RESAMPLES, 1))
    return np.array([[run.value for run in runs]]) + deviations


def _kept(runs: Sequence[Judgement]) -> NDArray[np.float64] | None:
    """The resamples of all runs (RESAMPLES, runs), None where one has none or judged other items."""
    kept = [run.resamples for run in runs if run.resamples is not None and run.n == runs[0].n]
    return np.stack(kept, axis=1) if len(kept) == len(runs) else None


def _over_runs(figures: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Means of `figures` (RESAMPLES, s) over s runs drawn again in each resample.

    They spread about the mean by sqrt(s / (s - 1)) more than they were drawn: what s runs understate.
    """
    resamples, s = figures.shape
    means: NDArray[np.float64] = figures.mean(axis=1)
    if s == 1:
        return means
    drawn = np.random.default_rng([seed, 2]).integers(0, s, size=(resamples, s))
    again = np.take_along_axis(figures, drawn, axis=1).mean(axis=1)
    return np.asarray(means + (again - means) * np.sqrt(s / (s - 1)))


def _interval(figures: NDArray[np.float64]) -> Interval:
    low, high = np.nanpercentile(figures, LEVELS)
    return float(low), float(high)
