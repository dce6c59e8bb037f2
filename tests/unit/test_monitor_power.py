"""The smallest changes that are said to be found are found as often; alarms come within the delay said."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

import nearer
from nearer.chance import binomial_interval
from nearer.errors import InputError, ParameterError, SpaceMismatch
from nearer.monitor import Baseline, Delay, Detectable, compare, delay, delays, detectable
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
        with pytest.raises(ParameterError, match=r"window_size is .*; use a whole number of at least 1"):
            detectable(baseline, size)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ParameterError, match="alpha is 2"):
        detectable(baseline, 50, alpha=2)


@pytest.mark.parametrize("mode", ["window", "sequential"])
def test_windows_of_a_delay_are_whole_runs(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that depend on those before them stay together; a rest of a window is not drawn."""
    rows = np.random.default_rng(6).standard_normal((404, DIM))
    rows[:, 0] = np.arange(404)
    base = Baseline.of(space(rows), block=10)
    drawn: list[np.ndarray] = []
    simulated = delays._windows

    def kept(*arguments: object) -> Iterator[np.ndarray]:
        for window in simulated(*arguments):  # type: ignore[arg-type]
            drawn.append(window)
            yield window

    monkeypatch.setattr(delays, "_windows", kept)
    monkeypatch.setattr(delays, "MOST", 2)
    delay(base, rows, 57, mode=mode)  # type: ignore[arg-type]
    assert drawn
    for window in drawn:
        runs = window[:, 0].reshape(5, 10)
        assert (np.diff(runs, axis=1) == 1).all()
        assert (runs[:, 0] % 10 == 0).all()
        assert len(np.unique(runs)) == 50


def test_a_sample_in_blocks_holds_two_windows_of_them() -> None:
    base = Baseline.of(space(np.random.default_rng(6).standard_normal((400, DIM))), block=10)
    few = r"^99 changed rows in blocks of 10 are too few for windows of 57; pass 100 or more$"
    with pytest.raises(InputError, match=few):
        delay(base, changed_rows(99, 0), 57)
    with pytest.raises(
        InputError, match=r"^windows of 9 rows hold no whole block of 10; use 10 rows or more$"
    ):
        delay(base, changed_rows(200, 0), 9)


@pytest.mark.parametrize("mode", ["window", "sequential"])
def test_a_changed_sample_is_checked_as_a_window_is(mode: str, baseline: Baseline) -> None:
    def asked(rows: object) -> Delay:
        return delay(baseline, rows, 50, mode=mode)  # type: ignore[arg-type]

    rows = changed_rows(200, 0)
    with pytest.raises(SpaceMismatch, match=r"^the changed sample has identity .{12}, the baseline .{12}:"):
        asked(space(rows))
    with pytest.raises(SpaceMismatch, match=r"^the changed sample has 4 columns, the baseline 6; encode"):
        asked(rows[:, :4])
    with pytest.raises(InputError, match=r"^changed sample: all 200 rows are the same vector; "):
        asked(np.ones_like(rows))
    rows[3, 2] = np.nan
    with pytest.raises(InputError, match=r"^changed sample, row 3: the vector holds nan in column 2; "):
        asked(rows)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mode": "foo"}, "mode is 'foo'; use 'window' or 'sequential'"),
        ({"mode": "sequential", "tests": ("mmd",)}, "tests is set, and mode 'sequential' has none; leave it"),
        ({"mode": "sequential", "permutations": 39}, "permutations is set, and mode 'sequential' has none"),
        ({"tests": ("nonsense",)}, "unknown test 'nonsense'; use some of mmd"),
        ({"permutations": 3}, "permutations is 3; use a whole number, at least 19 for alpha = 0.05"),
        ({"window_size": -5}, "window_size is -5; use a whole number of at least 1"),
        ({"window_size": 2.0}, "window_size is 2.0; use a whole number of at least 1"),
        ({"streams": "many"}, "streams is 'many'; use a whole number of at least 1"),
        ({"seed": -1}, "seed is -1; use a whole number of at least 0"),
        ({"seed": "a"}, "seed is 'a'; use a whole number of at least 0"),
    ],
)
def test_settings_of_a_delay_that_are_none_are_one_line(
    settings: dict[str, object], message: str, baseline: Baseline
) -> None:
    with pytest.raises(ParameterError) as raised:
        delay(baseline, changed_rows(200, 0), **{"window_size": 50, **settings})  # type: ignore[arg-type]
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("settings", [{"repeats": 0}, {"repeats": 1.5}, {"seed": -1}, {"seed": 1.5}])
def test_repeats_and_seeds_that_are_none_are_one_line(settings: dict[str, int], baseline: Baseline) -> None:
    (name, value), *_ = settings.items()
    with pytest.raises(ParameterError, match=rf"^{name} is {value}; use a whole number of at least [01]$"):
        detectable(baseline, 50, **settings)
