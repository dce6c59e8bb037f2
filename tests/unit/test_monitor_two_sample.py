"""Comparing a window with a baseline: what it finds, what it refuses, and what it leaves to chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from nearer.errors import InputError, ParameterError
from nearer.monitor import TESTS, Baseline, compare
from nearer.monitor.combining import p_values
from nearer.monitor.comparing import some_of
from nearer.monitor.exchange import (
    Exchange,
    arrangements,
    checked_sizes,
    permutations_for,
    smallest_window,
)
from nearer.monitor.inhomogeneity import inhomogeneity

Floats = NDArray[np.float64]


def baseline_of(rows: Floats, guide: Floats) -> Baseline:
    return Baseline(rows, tuple(map(str, range(len(rows)))), guide, "euclidean", None)


def normal(seed: int, rows: int, dim: int) -> Floats:
    return np.random.default_rng(seed).normal(size=(rows, dim))


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return baseline_of(normal(0, 150, 8), normal(1, 80, 8))


def test_a_shift_is_found_by_every_test_and_on_its_axis(baseline: Baseline) -> None:
    window = normal(2, 120, 8) + 3 * baseline.axes[0]
    found = compare(baseline, window)
    assert found.p_value == 1 / 200
    assert [outcome.name for outcome in found.outcomes] == list(TESTS)
    assert all(outcome.p_value <= 0.01 for outcome in found.outcomes)
    assert found.axes_p is not None
    assert found.axes_before is not None
    assert found.axes_after is not None
    assert found.axes_p[0] == 1 / 200
    assert (found.axes_p[1:] > 0.05).all()
    assert found.axes_after[0] - found.axes_before[0] == pytest.approx(3, abs=0.5)
    assert 0.2 < found.effect < 1


def test_a_wider_axis_is_found_without_a_shift(baseline: Baseline) -> None:
    window = normal(3, 150, 8)
    window += 2 * (window @ baseline.axes[1])[:, None] * baseline.axes[1]
    found = compare(baseline, window, tests=["axes"])
    assert found.axes_p is not None
    assert found.axes_p[1] == 1 / 200
    assert (np.delete(found.axes_p, 1) > 0.05).all()
    assert found.p_value == found.outcomes[0].p_value == found.axes_p.min()


def test_a_cluster_that_fills_is_named() -> None:
    places = 20 * np.eye(4)
    generator = np.random.default_rng(4)

    def draw(rows: int, shares: list[float]) -> Floats:
        return places[generator.choice(4, rows, p=shares)] + generator.normal(size=(rows, 4))

    even = [0.25] * 4
    before = baseline_of(draw(200, even), draw(80, even))
    found = compare(before, draw(200, [0.55, 0.15, 0.15, 0.15]), tests=["clusters"])
    assert found.clusters_p is not None
    assert found.clusters_after is not None
    assert found.clusters_before is not None
    assert found.axes_p is None
    nearest = np.linalg.norm(before.centroids - places[0], axis=1) < 10
    gained = (found.clusters_after - found.clusters_before)[nearest].sum()
    assert gained == pytest.approx(0.3, abs=0.12)
    assert found.clusters_p.min() == found.clusters_p[nearest].min() == 1 / 200
    assert found.clusters_before.sum() == pytest.approx(1) == found.clusters_after.sum()


def test_the_same_seed_gives_the_same_bits_and_another_one_others(baseline: Baseline) -> None:
    window = normal(5, 60, 8)
    first, again = (compare(baseline, window, seed=3) for _ in range(2))
    assert (first.p_value, first.outcomes) == (again.p_value, again.outcomes)
    assert compare(baseline, window, seed=4).outcomes != first.outcomes


def test_threads_change_no_bit() -> None:
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            before = baseline_of(normal(10, 300, 70), normal(11, 80, 70))
            one = compare(before, normal(12, 200, 70))
            found.append((one.p_value, one.effect, one.outcomes, repr(one.axes_p), repr(one.clusters_before)))
    assert found[0] == found[1]


def test_the_effect_is_that_of_a_window_without_tests(baseline: Baseline) -> None:
    window = normal(13, 50, 8) + 1
    assert compare(baseline, window).effect == pytest.approx(inhomogeneity(baseline, window), rel=1e-4)


def test_moving_and_scaling_all_vectors_changes_no_p_value(baseline: Baseline) -> None:
    window = normal(6, 60, 8)
    moved = baseline_of(baseline.rows * 1e4 + 1e5, baseline.guide * 1e4 + 1e5)
    one, two = compare(baseline, window), compare(moved, window * 1e4 + 1e5)
    for near, far in zip(one.outcomes, two.outcomes, strict=True):
        assert far.p_value == pytest.approx(near.p_value, abs=0.011), near.name


def test_rows_that_repeat_are_compared_without_a_false_alarm() -> None:
    generator = np.random.default_rng(7)
    kinds, guide = generator.normal(size=(2, 5)), generator.normal(size=(40, 5))
    p = [
        compare(
            baseline_of(kinds[generator.integers(2, size=40)], guide),
            kinds[generator.integers(2, size=40)],
            permutations=99,
            seed=trial,
        ).p_value
        for trial in range(100)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.12


@pytest.mark.parametrize("tests", [*([name] for name in TESTS), TESTS])
def test_a_window_of_one_row_has_a_p_value(baseline: Baseline, tests: list[str]) -> None:
    near, far = (compare(baseline, normal(8, 1, 8) * size, tests=tests).p_value for size in (0.1, 40))
    assert near > 0.05
    assert 1 / 200 <= far <= (0.05 if tests != ["clusters"] else 1)


def test_block_rows_left_over_are_left_out(baseline: Baseline) -> None:
    window = normal(9, 64, 8)
    whole = compare(baseline, window[:60], block=10)
    assert compare(baseline, window, block=10).outcomes == whole.outcomes
    assert (whole.block, whole.permutations) == (10, 199)


@pytest.mark.parametrize(
    ("rows", "alpha", "block", "line"),
    [
        (0, 0.05, 1, "a window of 0 rows against 150 can never reach alpha = 0.05; "
                     "pass windows of at least 1 rows, or use a larger alpha"),
        (1, 0.001, 1, "a window of 1 rows against 150 can never reach alpha = 0.001; "
                      "pass windows of at least 2 rows, or use a larger alpha"),
        (60, 0.05, 70, "a window of 60 rows in blocks of 70 against 150 can never reach alpha = 0.05; "
                       "pass windows of at least 350 rows, or use shorter blocks"),
        (60, 0.05, 151, "a window of 60 rows in blocks of 151 against 150 can never reach alpha = 0.05; "
                        "pass a baseline of at least 151 rows to compare with, or use shorter blocks"),
    ],
)  # fmt: skip
def test_a_window_too_small_for_alpha_is_refused_with_the_size_needed(
    baseline: Baseline, rows: int, alpha: float, block: int, line: str
) -> None:
    with pytest.raises(InputError) as caught:
        compare(baseline, normal(0, rows, 8), alpha=alpha, block=block)
    assert line in str(caught.value)


@given(st.integers(1, 40), st.integers(0, 30), st.sampled_from([0.2, 0.05, 0.01]), st.integers(1, 5))
def test_the_size_named_is_the_least_that_is_accepted(n: int, m: int, alpha: float, block: int) -> None:
    if n >= block and m // block >= smallest_window(n // block, alpha):
        assert checked_sizes(n, m, alpha, block) == (n // block * block, m // block * block)
        return
    with pytest.raises(InputError):
        checked_sizes(n, m, alpha, block)


def test_arrangements_are_those_that_a_symmetric_test_tells_apart() -> None:
    assert arrangements(3, 3) == 10
    assert arrangements(3, 2) == 10
    assert arrangements(2000, 1) == 2001
    assert [smallest_window(n, 0.05) for n in (1, 3, 6, 19, 2000)] == [19, 4, 2, 1, 1]


@given(st.integers(1, 500))
def test_permutations_lose_no_level(thousandths: int) -> None:
    alpha = thousandths / 1000
    size = permutations_for(alpha) + 1
    assert size >= 200
    assert math.floor(size * alpha + 1e-9) / size == pytest.approx(alpha, rel=2e-3)


@pytest.mark.parametrize("block", [1, 30])
def test_of_a_large_window_some_rows_are_compared(baseline: Baseline, block: int) -> None:
    window = normal(14, 9000, 8)
    kept = some_of(window, block, seed=0)
    places = np.flatnonzero((window[:, None, 0] == kept[None, :, 0]).any(axis=1))
    assert len(kept) == len(places) == 4000 // block * block
    np.testing.assert_array_equal(window[places], kept)
    np.testing.assert_array_equal(
        places.reshape(-1, block) % block, np.tile(np.arange(block), (len(kept) // block, 1))
    )
    assert len(some_of(window[:4000], block, seed=0)) == 4000


def test_a_window_larger_than_what_is_compared_has_its_p_value(baseline: Baseline) -> None:
    found = compare(baseline, normal(15, 4100, 8), tests=["axes"])
    assert found.p_value > 0.05
    assert compare(baseline, normal(15, 4100, 8) + baseline.axes[2], tests=["axes"]).p_value == 1 / 200


def test_permutations_for_the_usual_rates() -> None:
    assert permutations_for(1e-4) == 9999
    assert [permutations_for(alpha) for alpha in (0.05, 0.01, 0.1, 0.001)] == [199, 399, 199, 3999]


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 4), st.integers(0, 5))
def test_every_arrangement_has_a_window_of_whole_blocks(old: int, new: int, block: int, seed: int) -> None:
    n, m = old * block, new * block
    exchange = Exchange.drawn(n, m, 19, block=block, seed=seed)
    assert sorted(exchange.order.tolist()) == list(range(n + m))
    assert (exchange.chosen.sum(axis=0) == m).all()
    assert ((exchange.order >= n) == exchange.chosen[:, 0]).all()
    by_block = exchange.chosen.reshape(old + new, block, 20)
    assert (by_block == by_block[:, :1]).all()
    folds = exchange.folds(5)
    assert [fold.start for fold in folds[1:]] == [fold.stop for fold in folds[:-1]]
    assert folds[0].start == 0
    assert folds[-1].stop == n + m
    assert all(fold.start % block == 0 for fold in folds)


def test_statistics_that_differ_by_rounding_alone_tie() -> None:
    assert p_values(np.array([1.0 + 1e-9, 1.0, 1.0, 0.0])) == 0.75
    assert p_values(np.zeros(20)) == 1


@pytest.mark.parametrize(
    ("window", "line"),
    [
        (np.ones((20, 7)), "the window has shape (20, 7), the baseline 8 columns; pass rows of 8 numbers"),
        (np.ones(8), "the window has shape (8,), the baseline 8 columns"),
        (np.where(np.arange(160).reshape(20, 8) == 24, np.nan, 1), "window, row 3: the vector holds NaN"),
    ],
)
def test_a_faulty_window_is_one_line(baseline: Baseline, window: Floats, line: str) -> None:
    with pytest.raises(InputError) as caught:
        compare(baseline, window)
    assert line in str(caught.value)


def test_equal_vectors_are_refused() -> None:
    constant = np.full((40, 3), 0.1)
    with pytest.raises(
        InputError, match=r"all 60 vectors of baseline and window are equal: nothing to compare"
    ):
        compare(baseline_of(constant, constant), constant[:20])


def test_a_constant_baseline_against_other_vectors_is_found() -> None:
    constant = np.ones((40, 3))
    found = compare(baseline_of(constant, normal(1, 40, 3)), normal(0, 20, 3))
    assert found.p_value == 1 / 200


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"tests": ["mmd", "t"]}, "unknown test 't'; use some of mmd, energy, classifier, axes, clusters"),
        ({"tests": []}, "no tests; use some of"),
        ({"alpha": 5}, "alpha is 5"),
        ({"block": 0}, "block is 0; use a whole number of rows, 1 or more"),
        ({"permutations": 18}, "permutations is 18; use a whole number, at least 19 for alpha = 0.05"),
        ({"permutations": 0}, "permutations is 0; use a whole number, at least 19 for alpha = 0.05"),
    ],
)
def test_a_bad_option_is_one_line(baseline: Baseline, options: dict[str, object], line: str) -> None:
    with pytest.raises(ParameterError) as caught:
        compare(baseline, normal(0, 20, 8), **options)  # type: ignore[arg-type]
    assert line in str(caught.value)
