"""The smallest changes that are said to be found are found as often; alarms come within the delay said."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nearer
from nearer.chance import binomial_interval
from nearer.errors import InputError, ParameterError
from nearer.monitor import Baseline, Delay, Detectable, compare, delay, detectable
from nearer.monitor.explaining import nearest
from nearer.monitor.planting import PLANTS, Sample, middle_cluster

DIM = 6
TESTS = ["energy"]  # one is enough to see that figures hold


def space(rows: np.ndarray) -> nearer.Space:
    return nearer.Space([str(row) for row in range(len(rows))], rows, "euclidean")


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return Baseline.of(space(np.random.default_rng(0).standard_normal((800, DIM))))


@pytest.fixture(scope="module")
def found(baseline: Baseline) -> Detectable:
    return detectable(baseline, 50, repeats=30, tests=TESTS)


def test_a_change_of_the_size_said_is_found_as_often(baseline: Baseline, found: Detectable) -> None:
    """In fresh windows of the same distribution, which no simulation has seen."""
    shift = next(effect for effect in found.effects if effect.name == "mean along a random axis")
    assert shift.value is not None
    assert shift.power is not None
    generator = np.random.default_rng(1)
    alarms = 0
    for draw in range(100):
        direction = generator.standard_normal(DIM)
        rows = generator.standard_normal((50, DIM)) + shift.value * direction / np.linalg.norm(direction)
        alarms += compare(baseline, rows, tests=TESTS, permutations=99, seed=draw).p_value <= 0.05
    assert binomial_interval(alarms, 100, 0.99)[1] >= 0.8
    third = shift.value / 3 * np.eye(DIM)[0]
    few = 0
    for draw in range(50):
        rows = generator.standard_normal((50, DIM)) + third
        few += compare(baseline, rows, tests=TESTS, permutations=99, seed=draw).p_value <= 0.05
    assert few < 25


def test_every_kind_of_change_is_measured_with_its_error(found: Detectable) -> None:
    assert [effect.name for effect in found.effects] == list(PLANTS)
    for effect in found.effects:
        if effect.value is None:
            assert effect.power is effect.interval is None
            assert effect.cells()[1] == "none"
            continue
        assert effect.power is not None
        assert effect.power >= 0.8
        assert effect.interval == binomial_interval(round(effect.power * 30), 30)
    assert found.simulated == 50
    assert "a window of 50 rows shows with chance 80%" in found.meaning


def test_the_same_seed_gives_the_same_figures(baseline: Baseline) -> None:
    first, second = (detectable(baseline, 20, repeats=5, seed=3, tests=TESTS) for _ in range(2))
    assert first == second
    assert first.to_dict()["effects"][0]["name"] == "mean along a random axis"


def test_a_window_larger_than_half_the_baseline_is_simulated_smaller(baseline: Baseline) -> None:
    small = Baseline.of(space(np.random.default_rng(0).standard_normal((120, DIM))))
    told = detectable(small, 80, repeats=4, tests=TESTS)
    assert (told.n, told.simulated) == (80, 45)
    assert "(simulated with 45)" in told.meaning


@pytest.mark.parametrize("name", PLANTS)
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_larger_changes_contain_smaller_ones(name: str, metric: str) -> None:
    generator = np.random.default_rng(2)
    rows = np.concatenate([generator.standard_normal((300, DIM)), 4 + generator.standard_normal((300, DIM))])
    base = Baseline.of(nearer.Space([str(row) for row in range(600)], rows, metric))  # type: ignore[arg-type]
    sample = Sample(base, base.rows[:60], base.rows[60:200], 7)
    plant, _, largest = PLANTS[name]
    assert np.allclose(plant(sample, 0.0), sample.rows)
    changed = [np.linalg.norm(plant(sample, size) - sample.rows) for size in np.linspace(0, largest, 7)]
    assert changed == sorted(changed)
    assert changed[-1] > 0
    if metric == "cosine":
        assert np.allclose(np.linalg.norm(plant(sample, largest), axis=1), 1)


def test_a_shift_is_in_standard_deviations() -> None:
    base = Baseline.of(space(np.random.default_rng(3).standard_normal((500, DIM)) * np.arange(1, DIM + 1)))
    sample = Sample(base, base.rows[:100], base.rows[100:200], 1)
    for name in ("mean along a random axis", "mean along a principal axis"):
        moved = (PLANTS[name][0](sample, 0.5) - sample.rows).mean(axis=0)
        direction = moved / np.linalg.norm(moved)
        assert np.linalg.norm(moved) == pytest.approx(0.5 * (base.rows @ direction).std())


def test_a_lost_cluster_is_lost(baseline: Baseline) -> None:
    sample = Sample(baseline, baseline.rows[:100], baseline.rows[100:300], 1)
    middle, share = middle_cluster(baseline)
    clusters = nearest(PLANTS["lost cluster"][0](sample, 1.0), baseline.centroids)[0]
    assert middle not in clusters
    assert 0 < share < 1


def changed_rows(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, DIM)) + 0.3 * np.eye(DIM)[0]


@pytest.mark.slow
def test_alarms_come_within_the_delay(baseline: Baseline) -> None:
    """Whatever sample of changed rows it was computed from, in streams of rows that are in none of them."""
    within = 0
    for sample in range(4):
        told = delay(baseline, changed_rows(600, sample), 50, streams=59, seed=1, permutations=39)
        assert told.windows is not None
        assert told.median is not None
        assert 1 <= told.median < told.windows
        for stream in range(25):
            rows = changed_rows(50 * told.windows, 100 + 25 * sample + stream)
            within += any(
                compare(baseline, rows[start : start + 50], seed=start, permutations=39).p_value <= 0.05
                for start in range(0, len(rows), 50)
            )
    assert binomial_interval(within, 100, 0.99)[1] >= 0.95


def test_a_delay_longer_than_was_simulated_is_none(
    baseline: Baseline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nearer.monitor.delays.MOST", 1)
    told = delay(
        baseline, np.random.default_rng(5).standard_normal((100, DIM)), 30, streams=59, permutations=39
    )
    assert told == Delay(30, 0.05, 0.95, None, None, 59)


def test_too_few_rows_or_streams_are_named(baseline: Baseline) -> None:
    with pytest.raises(
        InputError, match=r"^99 changed rows are too few for windows of 50; pass 100 or more$"
    ):
        delay(baseline, changed_rows(99, 0), 50)
    with pytest.raises(ParameterError, match=r"^58 streams tell no 0.95 quantile; simulate 59 or more$"):
        delay(baseline, changed_rows(200, 0), 50, streams=58)
    for power in (0, 1, math.nan):
        with pytest.raises(ParameterError, match=r"power is .*; use a number between 0 and 1"):
            detectable(baseline, 50, power=power)
    for size in (0, 1.5, True):
        with pytest.raises(ParameterError, match=r"window_size is .*; use a whole number of rows"):
            detectable(baseline, size)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ParameterError, match="alpha is 2"):
        detectable(baseline, 50, alpha=2)
