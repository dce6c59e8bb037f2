"""How long a change goes unnoticed: windows from the change to the alarm.

It is measured, with the very test that checks windows, on a sample of changed rows.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.chance import checked_alpha
from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.baseline import Baseline, prepared
from nearer.monitor.scores import Scores
from nearer.monitor.sequential import Evidence
from nearer.monitor.two_sample import compare
from nearer.monitor.verdict import Delay
from nearer.space import Space
from nearer.space.checks import checked_matrix

STREAMS, SURE = 93, 0.95  # simulated streams, of which the second longest delay holds with confidence 95 %
MOST = 60  # windows of a simulated stream
MANY = 10  # windows in a sample that can be halved

Matrix = NDArray[np.float64]


def delay(
    baseline: Baseline,
    changed: Space | ArrayLike,
    window_size: int,
    alpha: float = 0.05,
    *,
    mode: Literal["window", "sequential"] = "window",
    quantile: float = 0.95,
    streams: int = STREAMS,
    seed: int = 0,
    **options: Any,
) -> Delay:
    """How many windows of changed data pass until the alarm.

    Parameters
    ----------
    changed : vectors (c, dim) as they are after the change, a sample of at least two windows, better ten.
    mode : of the monitor; a "sequential" one starts with the change.
    quantile : the share of changes whose alarm comes within the delay.
    streams : simulated streams, at least log(0.05) / log(quantile): 59 for 0.95.
    options : of `compare`, such as `tests`, in mode "window".

    Each stream draws its windows, one by one, from `changed`, and checks them with this baseline from the
    change on. The delay is the smallest of those simulated for which, with confidence 95 %, at least a
    share `quantile` of such streams alarms within it, whatever the distribution: an upper tolerance limit
    by order statistics (Wilks, 1941). It is one for streams of which `changed` is a fair sample. Where that
    holds ten windows or more, each stream has a random half of it: halves differ from the whole as much
    as a sample of this size from what it was drawn from (Shao & Wu, 1989), so that the sample's own error
    is in the delays. A smaller sample's error is not.

    Raises `InputError` for a sample that is too small and `ParameterError` for too few streams.
    """
    rank = _rank(quantile, streams)
    checked_alpha(alpha)
    options = {"block": baseline.block, **options}
    scores = Scores.of(baseline) if mode == "sequential" else None
    rows = changed.vectors if isinstance(changed, Space) else checked_matrix(changed)
    if len(rows) < 2 * window_size:
        raise InputError(
            f"{len(rows):,} changed rows are too few for windows of {window_size:,}",
            remedy=f"pass {2 * window_size:,} or more",
        )
    waited = sorted(
        _wait(_alarms(baseline, alpha, scores, options, seed + stream),
              _windows(baseline, rows, window_size, np.random.default_rng((seed, stream))))
        for stream in range(streams)
    )  # fmt: skip
    middle, late = waited[(streams - 1) // 2], waited[rank - 1]
    return Delay(window_size, alpha, quantile, _known(middle), _known(late), streams)


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


def _windows(
    baseline: Baseline, rows: NDArray[np.float32], size: int, draws: np.random.Generator
) -> Iterator[Matrix]:
    """Windows of one simulated stream, `MOST` at most."""
    if len(rows) >= MANY * size:
        rows = rows[draws.permutation(len(rows))[: len(rows) // 2]]
    for _ in range(MOST):
        yield prepared(rows[draws.choice(len(rows), size, replace=False)], baseline.metric)


def _alarms(
    baseline: Baseline, alpha: float, scores: Scores | None, options: dict[str, Any], seed: int
) -> Callable[[Matrix], bool]:
    """What says of the windows of one stream, one after another, whether they alarm."""
    if scores is None:
        seeds = itertools.count(seed * (MOST + 1))
        return lambda rows: compare(baseline, rows, alpha=alpha, seed=next(seeds), **options).p_value <= alpha
    evidence = [Evidence.of(scores, seed)]

    def alarms(rows: Matrix) -> bool:
        evidence[0] = evidence[0].after(rows)
        return evidence[0].p_value <= alpha

    return alarms


def _known(windows: float) -> int | None:
    return int(windows) if math.isfinite(windows) else None
