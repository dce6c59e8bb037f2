"""What a check can see: the smallest change that it finds, and how long until it finds a given one.

Both are measured, with the very test that checks windows, on rows of the baseline itself.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.chance import binomial_interval, checked_alpha
from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.baseline import Baseline, prepared
from nearer.monitor.planting import PLANTS, Sample, middle_cluster
from nearer.monitor.two_sample import compare
from nearer.monitor.verdict import Delay, Detectable, Effect
from nearer.space import Space
from nearer.space.checks import checked_matrix

REPEATS = 30  # simulated windows a change
STREAMS, SURE = 93, 0.95  # simulated streams, of which the second longest delay holds with confidence 95 %
AGAIN = 3  # baseline rows to compare with, for each of the window, where there are more
STEP, STEPS = 2.0**0.25, 28  # sizes of a change that are tried: largest / STEP**k
MOST = 60  # windows of a simulated stream

Matrix = NDArray[np.float64]


def detectable(
    baseline: Baseline,
    window_size: int,
    alpha: float = 0.05,
    power: float = 0.8,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
    **options: Any,
) -> Detectable:
    """The smallest changes that a window of `window_size` rows shows with chance `power`.

    Parameters
    ----------
    baseline : its rows are split at random into a window, which gets the change, and rows to compare with.
    alpha : rate of false alarms of the check.
    power : chance of the alarm.
    repeats : simulated windows a change; the error of the simulation is given with each effect.
    options : of `compare`, such as `tests`.

    Sizes are tried in steps of 19 % by bisection; the first whose simulated power is at least `power` is
    given, with the power that was seen there and its exact binomial interval (Clopper & Pearson, 1934).
    At most three rows of the baseline are compared for each of the window, with the fewest permutations that
    keep the level, and a window larger than half of the baseline is simulated at half of it: the true
    effects are a little smaller, never larger, but for the error of the simulation.

    Raises `ParameterError` for a power outside (0, 1) and a window of no rows.
    """
    checked_alpha(alpha)
    if not 0 < power < 1:
        raise ParameterError(f"power is {shown(power)}", remedy="use a number between 0 and 1, such as 0.8")
    if isinstance(window_size, bool) or not isinstance(window_size, int) or window_size < 1:
        raise ParameterError(f"window_size is {shown(window_size)}", remedy="use a whole number of rows")
    size = min(window_size, len(baseline.rows) // 2)
    options = {"permutations": math.ceil(round(5 / alpha, 9)) - 1, "block": baseline.block, **options}
    samples = [_sample(baseline, size, np.random.default_rng((seed, draw))) for draw in range(repeats)]
    found = tuple(_smallest(name, samples, alpha, power, options) for name in PLANTS)
    return Detectable(window_size, size, alpha, power, middle_cluster(baseline)[1], found)


def delay(
    baseline: Baseline,
    changed: Space | ArrayLike,
    window_size: int,
    alpha: float = 0.05,
    *,
    quantile: float = 0.95,
    streams: int = STREAMS,
    seed: int = 0,
    **options: Any,
) -> Delay:
    """How many windows of changed data pass until the alarm.

    Parameters
    ----------
    changed : vectors (c, dim) as they are after the change, a sample of at least two windows, better ten.
    quantile : the share of changes whose alarm comes within the delay.
    streams : simulated streams, at least log(0.05) / log(quantile): 59 for 0.95.
    options : of `compare`, such as `tests`.

    Each stream draws its windows, one by one, from a random half of `changed`: halves differ from the
    whole as much as a sample of this size differs from what it was drawn from (Shao & Wu, 1989), so that the
    sample's own error is in the delays. They are checked with this baseline from the change on. The delay
    is the smallest of those simulated for which, with confidence 95 %, at least a share `quantile` of such
    streams alarms within it, whatever the distribution: an upper tolerance limit by order statistics
    (Wilks, 1941).

    Raises `InputError` for a sample that is too small and `ParameterError` for too few streams.
    """
    rank = _rank(quantile, streams)
    options = {"block": baseline.block, **options}
    rows = changed.vectors if isinstance(changed, Space) else checked_matrix(changed)
    if len(rows) < 2 * window_size:
        raise InputError(
            f"{len(rows):,} changed rows are too few for windows of {window_size:,}",
            remedy=f"pass {2 * window_size:,} or more",
        )
    waited = sorted(
        _wait(
            baseline, rows, window_size, alpha, draws=np.random.default_rng((seed, stream)), options=options
        )
        for stream in range(streams)
    )
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


def _sample(baseline: Baseline, size: int, generator: np.random.Generator) -> Sample:
    """A window of `size` rows without change and rows to compare it with, in whole blocks."""
    block = baseline.block
    units = np.arange(len(baseline.rows) // block * block).reshape(-1, block)
    order = generator.permutation(units).ravel()
    count = max(size // block, 1) * block
    window, others = order[:count], order[count:]
    spare = min(count, len(others) // 3 // block * block)
    kept = others[: min(max(AGAIN * count, 200 // block * block), len(others) - spare)]
    part = replace(baseline, rows=baseline.rows[kept], keys=tuple(baseline.keys[row] for row in kept))
    for name in ("centroids", "axes"):  # those of the guide, which stays as it is
        part.__dict__[name] = getattr(baseline, name)
    rest = others[len(kept) :]
    return Sample(part, baseline.rows[window], baseline.rows[rest], int(generator.integers(2**31)))


def _smallest(
    name: str, samples: list[Sample], alpha: float, power: float, options: dict[str, Any]
) -> Effect:
    """The smallest size of a change that is found in a share `power` of the samples."""
    plant, unit, largest = PLANTS[name]
    sizes = [largest / STEP**step for step in reversed(range(STEPS))]
    least, most = [0] * len(samples), [STEPS] * len(samples)  # where each sample's first alarm lies

    def seen(place: int, sample: int) -> bool:
        window = plant(samples[sample], sizes[place])
        compared = compare(samples[sample].baseline, window, seed=samples[sample].seed, **options)
        return compared.p_value <= alpha

    wanted = math.ceil(round(power * len(samples), 9))
    low, high = 0, STEPS
    while low < high:
        place = (low + high) // 2
        for sample in range(len(samples)):
            if least[sample] <= place < most[sample]:
                if seen(place, sample):
                    most[sample] = place
                else:
                    least[sample] = place + 1
        found = sum(end <= place for end in most)
        low, high = (low, place) if found >= wanted else (place + 1, high)
    if low == STEPS:
        return Effect(name, unit, None, None, None)
    times = sum(end <= low for end in most)
    return Effect(name, unit, sizes[low], times / len(samples), binomial_interval(times, len(samples)))


def _wait(
    baseline: Baseline,
    rows: NDArray[np.float32],
    size: int,
    alpha: float,
    *,
    draws: np.random.Generator,
    options: dict[str, Any],
) -> float:
    """Windows until the first alarm of one simulated stream; infinite after `MOST`."""
    half = rows[draws.permutation(len(rows))[: max(len(rows) // 2, size)]]
    for count in range(1, MOST + 1):
        window = prepared(half[draws.choice(len(half), size, replace=False)], baseline.metric)
        seed = int(draws.integers(2**31))
        if compare(baseline, window, seed=seed, **options).p_value <= alpha:
            return count
    return math.inf


def _known(windows: float) -> int | None:
    return int(windows) if math.isfinite(windows) else None
