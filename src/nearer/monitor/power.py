"""What a check can see: the smallest change of each kind that windows of one size show.

It is measured, with the very test that checks windows, on rows of the baseline itself.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.chance import binomial_interval, checked_alpha, checked_seed
from nearer.errors import ParameterError, shown
from nearer.monitor.baseline import Baseline, checked_count
from nearer.monitor.planting import PLANTS, Sample, middle_cluster
from nearer.monitor.two_sample import compare
from nearer.monitor.verdict import Detectable, Effect

REPEATS = 30  # simulated windows a change
AGAIN = 3  # baseline rows to compare with, for each of the window, where there are more
STEP, STEPS = 2.0**0.25, 28  # sizes of a change that are tried: largest / STEP**k

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

    Raises `ParameterError` for a power outside (0, 1), a window of no rows, no repeats and a bad seed.
    """
    checked_alpha(alpha)
    if not 0 < power < 1:
        raise ParameterError(f"power is {shown(power)}", remedy="use a number between 0 and 1, such as 0.8")
    window_size, repeats = checked_count("window_size", window_size), checked_count("repeats", repeats)
    seed = checked_seed(seed)
    size = min(window_size, len(baseline.rows) // 2)
    options = {"permutations": math.ceil(round(5 / alpha, 9)) - 1, "block": baseline.block, **options}
    samples = [_sample(baseline, size, np.random.default_rng((seed, draw))) for draw in range(repeats)]
    found = tuple(_smallest(name, samples, alpha, power, options) for name in PLANTS)
    return Detectable(window_size, size, alpha, power, middle_cluster(baseline)[1], found)


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
        compared = compare(
            samples[sample].baseline, window, alpha=alpha, seed=samples[sample].seed, **options
        )
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
