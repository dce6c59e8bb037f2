"""p-values, corrections and intervals: known values, SciPy's, and the level they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nearer.chance import (
    benjamini_hochberg,
    binomial_interval,
    checked_alpha,
    checked_seed,
    conformal_p_values,
    holm,
    permutation_p_value,
    smallest_draws,
)
from nearer.errors import InputError, ParameterError

chances = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_a_permutation_counts_itself() -> None:
    assert permutation_p_value(3.0, [1.0, 2.0, 4.0]) == 0.5
    assert permutation_p_value(9.0, np.zeros(99)) == 0.01
    assert permutation_p_value([1.0, 5.0], [[0.0, 6.0], [2.0, 4.0]]).tolist() == [2 / 3, 2 / 3]


def test_ties_by_rounding_count_against_the_alternative() -> None:
    assert permutation_p_value(0.3, [0.1 + 0.2, 0.1 * 3 - 1e-17]) == 1.0


def test_the_level_of_a_permutation_is_exact() -> None:
    generator = np.random.default_rng(0)
    drawn = generator.normal(size=(20_000, 20))
    p_values = [permutation_p_value(line[0], line[1:]) for line in drawn]
    for alpha in (0.05, 0.1, 0.5):
        assert abs(np.mean(np.array(p_values) <= alpha) - alpha) < 4 * np.sqrt(alpha * (1 - alpha) / 20_000)


@pytest.mark.parametrize(("observed", "null"), [(1.0, []), (np.nan, [1.0]), (1.0, [np.nan])])
def test_no_p_value_without_a_null(observed: float, null: list[float]) -> None:
    with pytest.raises(InputError):
        permutation_p_value(observed, null)


@given(chances, chances)
def test_conformal_p_values_are_permutation_p_values(scores: list[float], known: list[float]) -> None:
    expected = [permutation_p_value(score, known) for score in scores]
    np.testing.assert_array_equal(conformal_p_values(scores, known), expected)


@pytest.mark.parametrize(("scores", "known"), [([1.0], []), ([np.nan], [1.0]), ([1.0], [np.nan])])
def test_no_conformal_p_value_without_a_calibration(scores: list[float], known: list[float]) -> None:
    with pytest.raises(InputError):
        conformal_p_values(scores, known)


@given(chances)
def test_benjamini_hochberg_is_scipys(values: list[float]) -> None:
    np.testing.assert_allclose(benjamini_hochberg(values), stats.false_discovery_control(values))


@given(chances)
def test_holm_is_its_definition(values: list[float]) -> None:
    order, worst = sorted(range(len(values)), key=values.__getitem__), 0.0
    expected = [0.0] * len(values)
    for place, row in enumerate(order):
        worst = max(worst, min(1.0, (len(values) - place) * values[row]))
        expected[row] = worst
    np.testing.assert_allclose(holm(values), expected)


@pytest.mark.parametrize("values", [[1.2], [-0.1], [float("nan")], [[0.1]]])
def test_only_chances_are_adjusted(values: list[float]) -> None:
    for adjust in (holm, benjamini_hochberg):
        with pytest.raises(InputError, match="p-values"):
            adjust(values)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (10, 10), (3, 10), (100, 2000)])
def test_the_binomial_interval_is_scipys(successes: int, trials: int) -> None:
    expected = stats.binomtest(successes, trials).proportion_ci(0.95, "exact")
    np.testing.assert_allclose(binomial_interval(successes, trials), expected, atol=1e-12)


def test_no_rate_no_interval() -> None:
    with pytest.raises(ParameterError, match="no rate"):
        binomial_interval(3, 2)
    with pytest.raises(ParameterError, match="confidence"):
        binomial_interval(1, 2, 1.0)


@pytest.mark.parametrize(("alpha", "draws"), [(0.05, 19), (0.01, 99), (0.5, 1), (0.03, 33)])
def test_draws_that_can_reach_alpha(alpha: float, draws: int) -> None:
    assert smallest_draws(alpha) == draws
    assert 1 / (1 + draws) <= alpha + 1e-12 < 1 / draws + 1e-12


@pytest.mark.parametrize("alpha", [0, 1, -1, float("nan"), True, "often", None])
def test_a_rate_lies_between_zero_and_one(alpha: object) -> None:
    with pytest.raises(ParameterError, match="alpha"):
        checked_alpha(alpha)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 1.5, "a", None, True, [1]])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(ParameterError, match=r"seed is .*; use a whole number of at least 0"):
        checked_seed(seed)  # type: ignore[arg-type]
    assert checked_seed(np.int64(3)) == 3
