"""The rate of false alarms of a comparison is the one asked for: Monte-Carlo with fixed seeds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nearer.chance import binomial_interval
from nearer.monitor import TESTS, Baseline, compare

Floats = NDArray[np.float64]


def p_values(old: Floats, guide: Floats, new: Floats, seed: int, **options: int) -> list[float]:
    """Of all tests together, of each of `TESTS`, of the axis and of the cluster that differ most."""
    baseline = Baseline(old, tuple(map(str, range(len(old)))), guide, "euclidean", None)
    found = compare(baseline, new, seed=seed, **options)
    assert found.axes_p is not None
    assert found.clusters_p is not None
    parts = [float(found.axes_p.min()), float(found.clusters_p.min())]
    return [found.p_value, *(outcome.p_value for outcome in found.outcomes), *parts]


def gaussian(streams: int, rows: int, dim: int, alpha: float = 0.05) -> Floats:
    """Rates of p <= alpha on streams of one Gaussian."""
    found = []
    for seed in range(streams):
        generator = np.random.default_rng([seed, 99])
        old, new = generator.normal(size=(2, rows, dim))
        found.append(p_values(old, generator.normal(size=(60, dim)), new, seed))
    return np.asarray((np.array(found) <= alpha).mean(axis=0), np.float64)


def test_every_test_keeps_its_level() -> None:
    streams = 400
    rates = gaussian(streams, 40, 6)
    low, high = binomial_interval(round(streams * 0.05), streams, 0.999)
    assert (rates <= high).all(), rates
    assert (rates[: 1 + TESTS.index("clusters")] >= low).all(), rates  # counts of clusters tie, and lose some


def test_heavy_tails_and_few_rows_do_not_matter() -> None:
    found = []
    for seed in range(300):
        generator = np.random.default_rng([seed, 5])
        draw = [generator.standard_t(1.5, size=(rows, 3)) for rows in (30, 40, 9)]
        found.append(p_values(draw[0], draw[1], draw[2], seed)[0])
    low, high = binomial_interval(30, 300, 0.999)
    assert low <= np.mean(np.array(found) <= 0.1) <= high


def correlated(generator: np.random.Generator, rows: int, dim: int, by: float) -> Floats:
    """Rows of variance 1, each with a part of the one before."""
    drawn = generator.normal(size=(rows, dim))
    for row in range(1, rows):
        drawn[row] = by * drawn[row - 1] + np.sqrt(1 - by**2) * drawn[row]
    return drawn


def test_blocks_mend_what_serial_dependence_breaks() -> None:
    rates = {}
    for block in (1, 20):
        alarms = 0
        for seed in range(60):
            rows = correlated(np.random.default_rng([seed, 7]), 460, 4, 0.7)
            guide, old, new = np.split(rows, [60, 260])
            alarms += p_values(old, guide, new, seed, block=block)[0] <= 0.05
        rates[block] = alarms / 60
    assert rates[1] > 0.5
    assert rates[20] < 0.2


@pytest.mark.slow
def test_two_thousand_windows_of_two_hundred_alarm_at_five_percent() -> None:
    rates = gaussian(2000, 200, 32)
    assert 0.04 <= rates[0] <= 0.06, rates
    low, high = binomial_interval(100, 2000, 0.999)
    assert (rates <= high).all(), rates
    assert (rates[: 1 + TESTS.index("clusters")] >= low).all(), rates
