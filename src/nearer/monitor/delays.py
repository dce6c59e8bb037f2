"""How long a change goes unnoticed: windows from the change to the alarm.

It is measured, with the very test that checks windows, on a sample of changed rows.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.chance import checked_alpha, checked_seed
from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.baseline import Baseline, checked_count
from nearer.monitor.comparing import TESTS, checked_permutations, checked_tests
from nearer.monitor.incoming import Incoming
from nearer.monitor.scores import Scores
from nearer.monitor.sequential import Evidence
from nearer.monitor.two_sample import compare
from nearer.monitor.verdict import Delay
from nearer.space import Space

STREAMS, SURE = 93, 0.95  # simulated streams, of which the second longest delay holds with confidence 95 %
MOST = 60  # windows of a simulated stream
MANY = 10  # windows in a sample that can be halved
SAMPLE = "changed sample"

Matrix = NDArray[np.float64]
Mode = Literal["window", "sequential"]


def delay(
    baseline: Baseline,
    changed: Space | ArrayLike,
    window_size: int,
    alpha: float = 0.05,
    *,
    mode: Mode = "window",
    quantile: float = 0.95,
    streams: int = STREAMS,
    seed: int = 0,
    tests: Iterable[str] | None = None,
    permutations: int | None = None,
) -> Delay:
    """How many windows of changed data pass until the alarm.

    Parameters
    ----------
    changed : a space of the baseline's identity, or vectors (c, dim), as they are after the change: a sample
        of at least two windows, better ten; in the order of time where the baseline has blocks.
    mode : of the monitor; a "sequential" one starts with the change.
    quantile : the share of changes whose alarm comes within the delay.
    streams : simulated streams, at least log(0.05) / log(quantile): 59 for 0.95.
    tests, permutations : of `compare`, in mode "window" alone.

    Each stream draws its windows, one by one, from `changed`, and checks them with this baseline from the
    change on. Rows of a baseline with blocks are drawn as whole runs of so many consecutive rows; what is
    left of a window after its last whole run is not compared, and not drawn. The delay is the smallest of
    those simulated for which, with confidence 95 %, at least a share `quantile` of such streams alarms within
    it, whatever the distribution: an upper tolerance limit by order statistics (Wilks, 1941). It is one for
    streams of which `changed` is a fair sample. Where that holds ten windows or more, each stream has a
    random half of it: halves differ from the whole as much as a sample of this size from what it was drawn
    from (Shao & Wu, 1989), so that the sample's own error is in the delays. A smaller sample's error is not.

    Raises `InputError` for a sample that is too small, NaN and rows that are all the same, `SpaceMismatch`
    for another identity, metric or dimension, and `ParameterError` for too few streams, another mode, and
    settings that are none, or none of the mode.
    """
    options = _checked_options(mode, checked_alpha(alpha), tests, permutations)
    size, seed = checked_count("window_size", window_size), checked_seed(seed)
    rank = _rank(quantile, checked_count("streams", streams))
    runs = _runs(Incoming.of(baseline, changed, None, None, None, SAMPLE).rows, size, baseline.block)
    scores = Scores.of(baseline) if mode == "sequential" else None
    waited = sorted(
        _wait(_alarms(baseline, alpha, scores, options, seed + stream),
              _windows(runs, size // baseline.block, np.random.default_rng((seed, stream))))
        for stream in range(streams)
    )  # fmt: skip
    middle, late = waited[(streams - 1) // 2], waited[rank - 1]
    return Delay(size, alpha, quantile, _known(middle), _known(late), streams)


def _checked_options(
    mode: str, alpha: float, tests: Iterable[str] | None, permutations: int | None
) -> dict[str, Any]:
    """What `compare` gets; raises `ParameterError` for another mode, and for what it would ignore."""
    if mode not in get_args(Mode):
        raise ParameterError(f"mode is {shown(mode)}", remedy="use 'window' or 'sequential'")
    given = {"tests": tests, "permutations": permutations}
    ignored = [name for name, value in given.items() if value is not None]
    if mode == "sequential" and ignored:
        raise ParameterError(
            f"{ignored[0]} is set, and mode 'sequential' has none",
            remedy="leave it out, or use mode 'window'",
        )
    if permutations is not None:
        permutations = checked_permutations(permutations, alpha)
    return {"tests": checked_tests(TESTS if tests is None else tests), "permutations": permutations}


def _runs(rows: Matrix, size: int, block: int) -> Matrix:
    """Whole runs (runs, block, dim) of rows; raises `InputError` where they fill no two windows of `size`."""
    of_block = "" if block == 1 else f" in blocks of {block:,}"
    if size < block:
        raise InputError(
            f"windows of {size:,} rows hold no whole block of {block:,}", remedy=f"use {block:,} rows or more"
        )
    least = 2 * (size // block) * block
    if len(rows) // block * block < least:
        raise InputError(
            f"{len(rows):,} changed rows{of_block} are too few for windows of {size:,}",
            remedy=f"pass {least:,} or more",
        )
    return rows[: len(rows) // block * block].reshape(-1, block, rows.shape[1])


def _rank(quantile: float, streams: int) -> int:
    """The least rank whose order statistic bounds a share `quantile` with confidence `SURE`."""
    from scipy.stats import binom  # noqa: PLC0415  (`import nearer` stays light)

    if not 0 < quantile < 1:
        raise ParameterError(f"quantile is {shown(quantile)}", remedy="use a number between 0 and 1")
    sure = binom.cdf(np.arange(streams), streams, quantile) >= SURE  # rank r: P(fewer than r lie below)
    if not sure.any():
        raise ParameterError(
            f"{streams} streams tell no {quantile:g} quantile",
            remedy=f"simulate {math.ceil(math.log(1 - SURE) / math.log(quantile))} or more",
        )
    return int(sure.argmax()) + 1


def _wait(alarms: Callable[[Matrix], bool], windows: Iterable[Matrix]) -> float:
    """Windows until the first alarm of one simulated stream; infinite where there is none."""
    return next((count for count, window in enumerate(windows, 1) if alarms(window)), math.inf)


def _windows(runs: Matrix, size: int, draws: np.random.Generator) -> Iterator[Matrix]:
    """Windows of `size` runs (runs, block, dim) each, of one simulated stream, `MOST` at most."""
    if len(runs) >= MANY * size:
        runs = runs[draws.permutation(len(runs))[: len(runs) // 2]]
    for _ in range(MOST):
        yield runs[draws.choice(len(runs), size, replace=False)].reshape(-1, runs.shape[2])


def _alarms(
    baseline: Baseline, alpha: float, scores: Scores | None, options: dict[str, Any], seed: int
) -> Callable[[Matrix], bool]:
    """What says of the windows of one stream, one after another, whether they alarm."""
    if scores is None:
        seeds = itertools.count(seed * (MOST + 1))
        options = {"alpha": alpha, "block": baseline.block, **options}
        return lambda rows: compare(baseline, rows, seed=next(seeds), **options).p_value <= alpha
    evidence = [Evidence.of(scores, seed)]

    def alarms(rows: Matrix) -> bool:
        evidence[0] = evidence[0].after(rows)
        return evidence[0].p_value <= alpha

    return alarms


def _known(windows: float) -> int | None:
    return int(windows) if math.isfinite(windows) else None
