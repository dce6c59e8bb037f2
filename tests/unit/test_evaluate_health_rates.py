"""Health keeps its rates: intervals hold what they should, false alarms are as rare as promised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from nearer.chance import benjamini_hochberg
from nearer.evaluate.health.dimensions import KEPT, log_ratios, nearest_groups, two_nn, two_nn_interval
from nearer.evaluate.health.duplicates import dimension_around, threshold
from nearer.evaluate.health.frequency import spearman_interval
from nearer.evaluate.health.isotropy import mean_cosine, participation
from nearer.evaluate.health.leakage import unusual_p_values
from nearer.evaluate.health.nearest import nearest
from nearer.evaluate.health.outliers import ALPHA, gap_p_values
from nearer.evaluate.health.points import Points
from nearer.evaluate.health.spectrum import Spectrum

Generator = np.random.Generator
Matrix = NDArray[np.float64]
VARIANCES = 1 / np.arange(1, 21)


def within(rate: float, expected: float, runs: int) -> bool:
    """Whether a rate seen in so many runs is one that `expected` gives, but once in ten thousand."""
    return bool(stats.binomtest(round(rate * runs), runs, expected).pvalue > 1e-4)


def torus(generator: Generator, n: int, dim: int) -> Matrix:
    """Points spread evenly over a flat torus of `dim` dimensions, which has no edge."""
    angles = 2 * np.pi * generator.random((n, dim))
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=1)


def points_of(vectors: Matrix) -> Points:
    return Points.of(vectors.astype(np.float32), "euclidean", 10, 10**6, 0, 1)


def tails() -> dict[str, Callable[[Generator], Matrix]]:
    """Scores whose logarithm has an exponential or a thinner tail."""
    return {
        "pareto": lambda generator: generator.pareto(3.0, 1000) + 1,
        "gamma": lambda generator: generator.gamma(5.0, size=1000),
        "lognormal": lambda generator: generator.lognormal(sigma=0.5, size=1000),
        "uniform": lambda generator: 1 + generator.random(1000),
    }


@pytest.mark.parametrize("name", tails())
def test_outliers_are_named_where_there_are_none_no_more_often_than_promised(name: str) -> None:
    generator, runs = np.random.default_rng(0), 400
    named = np.mean([gap_p_values(tails()[name](generator)).min() <= ALPHA for _ in range(runs)])
    if name == "pareto":  # the null itself: the rate is kept, and not by far
        assert within(named, ALPHA, runs) or 0.02 < named < ALPHA
    assert named <= ALPHA or within(named, ALPHA, runs)


def test_p_values_of_single_gaps_are_exact_under_the_null() -> None:
    """The first gap alone has the part 1 / harmonic of alpha, reached with just that chance."""
    generator, runs = np.random.default_rng(1), 4000
    harmonic = float((1 / np.arange(1, 11)).sum())
    first = []
    for _ in range(runs):
        scores = generator.pareto(2.0, 200) + 1
        order = np.argsort(-scores)
        p_values = gap_p_values(scores)[order]
        first.append(p_values[0] if p_values[0] < p_values[1] else 1.0)
    rate = float(np.mean(np.array(first) <= 0.5))
    exact = 0.5 / harmonic  # an upper limit is not enough: most of it must be there
    assert 0.6 * exact < rate < exact + 4 * np.sqrt(exact / runs)


GAUSSIAN = {
    "gaussian": lambda generator: generator.standard_normal((500, 10)),
    "clusters": lambda generator: (
        generator.standard_normal((500, 10)) * 0.3
        + 3 * generator.standard_normal((20, 10))[generator.integers(0, 20, 500)]
    ),
    "uniform": lambda generator: generator.random((500, 3)),
    "stretched": lambda generator: generator.standard_normal((500, 20)) * VARIANCES,
}


@pytest.mark.parametrize("name", GAUSSIAN)
def test_where_nothing_is_planted_little_is_found(name: str) -> None:
    generator, runs = np.random.default_rng(2), 60
    drawn = [points_of(GAUSSIAN[name](generator)).near for _ in range(runs)]
    close = float(np.mean([threshold(near, dimension_around(near)) > 0 for near in drawn]))
    apart = float(np.mean([gap_p_values(near.distances[:, -1]).min() <= ALPHA for near in drawn]))
    for rate in (close, apart):
        assert rate <= 0.05 or within(rate, 0.05, runs)


def test_of_the_near_duplicates_named_few_are_chance() -> None:
    """At the rate of 5 %, over many spaces with 20 planted pairs each."""
    generator, shares = np.random.default_rng(3), []
    for _ in range(60):
        vectors = generator.standard_normal((400, 6))
        vectors[20:40] = vectors[:20] + 0.01 * generator.standard_normal((20, 6))
        near = points_of(vectors).near
        close = near.distances[:, 0] <= threshold(near, dimension_around(near))
        shares.append(close[40:].sum() / max(1, close.sum()))
        assert close[:40].all()
    assert np.mean(shares) < 0.05 + 3 * np.std(shares) / np.sqrt(len(shares))


def test_unusual_test_items_are_chance_at_the_stated_rate() -> None:
    """One p-value has its level, and any of ten is named with a chance of at most 5 %; far tails."""
    generator, runs = np.random.default_rng(4), 1500
    single, named = [], []
    for _ in range(runs):
        rows = generator.standard_t(2, (409, 3)).astype(np.float32)
        train = Points.of(rows[10:], "euclidean", 10, 10**6, 0, 1)
        p_values = unusual_p_values(train.near, nearest(train.vectors, rows[:10], "euclidean", 10, 1))
        single.append(p_values[0] <= 0.05)
        named.append((benjamini_hochberg(p_values) <= 0.05).any())
    level, rate = float(np.mean(single)), float(np.mean(named))
    assert within(level, 0.05, runs)
    assert rate <= 0.05 or within(rate, 0.05, runs)
    assert rate > 0.01  # and not by naming nothing


def test_little_leaks_where_nothing_is_planted() -> None:
    generator, runs = np.random.default_rng(10), 100
    named = []
    for _ in range(runs):
        rows, test = generator.standard_normal((200, 8)), generator.standard_normal((40, 8))
        train = points_of(rows)
        near = nearest(train.vectors, test.astype(np.float32), "euclidean", 10, 1)
        named.append(threshold(near, dimension_around(train.near)) > 0)
    assert np.mean(named) <= 0.05 or within(float(np.mean(named)), 0.05, runs)


@pytest.mark.parametrize(("dim", "n"), [(1, 400), (2, 600), (3, 1000)])
def test_the_intrinsic_dimension_is_that_of_the_surface(dim: int, n: int) -> None:
    generator, runs, held, found = np.random.default_rng(5), 60, 0, []
    for _ in range(runs):
        points = points_of(torus(generator, n, dim))
        ratios = log_ratios(points.near)
        value = two_nn(ratios, KEPT)
        low, high = two_nn_interval(value, ratios, KEPT, nearest_groups(points))
        found.append(value)
        held += low <= dim <= high
    assert np.mean(found) == pytest.approx(dim, rel=0.03)
    assert held / runs > 0.95 or within(held / runs, 0.95, runs)


def test_a_uniform_cube_has_its_dimension_within_a_tenth() -> None:
    generator = np.random.default_rng(6)
    for dim in (2, 4, 6):
        rotation = np.linalg.qr(generator.standard_normal((12, 12)))[0][:dim]
        ratios = log_ratios(points_of(generator.random((6000, dim)) @ rotation).near)
        assert two_nn(ratios, KEPT) == pytest.approx(dim, rel=0.1)


def test_intervals_of_isotropy_hold_the_truth() -> None:
    generator, runs, n = np.random.default_rng(7), 400, 300
    many = generator.standard_normal((1_000_000, 20)) * np.sqrt(VARIANCES) + 0.1
    mean = (many / np.linalg.norm(many, axis=1, keepdims=True)).mean(axis=0)
    cosine, ratio = float(mean @ mean), VARIANCES.sum() ** 2 / (VARIANCES**2).sum()
    held = np.zeros(2)
    for _ in range(runs):
        rows = generator.standard_normal((n, 20)) * np.sqrt(VARIANCES) + 0.1
        intervals = (
            mean_cosine(rows / np.linalg.norm(rows, axis=1, keepdims=True))[1],
            participation(Spectrum.of(rows))[1],
        )
        for place, (interval, truth) in enumerate(zip(intervals, (cosine, ratio), strict=True)):
            assert interval is not None
            held[place] += interval[0] <= truth <= interval[1]
    assert all(rate > 0.95 or within(rate, 0.95, runs) for rate in held / runs)


def test_the_participation_ratio_does_not_depend_on_the_size_of_the_sample() -> None:
    generator = np.random.default_rng(8)
    for n, dim in ((40, 60), (100, 60), (1000, 60)):
        drawn = [participation(Spectrum.of(generator.standard_t(9, (n, dim))))[0] for _ in range(30)]
        assert np.mean(drawn) == pytest.approx(60, rel=0.03)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_intervals_of_rank_correlations_hold_the_truth(correlation: float) -> None:
    generator, runs, n = np.random.default_rng(9), 1000, 100
    truth = 6 / np.pi * np.arcsin(correlation / 2)  # of the Gaussian (Pearson, 1907)
    first = generator.standard_normal((runs, n))
    second = correlation * first + np.sqrt(1 - correlation**2) * generator.standard_normal((runs, n))
    held = 0
    for a, b in zip(first, second, strict=True):
        low, high = spearman_interval(float(stats.spearmanr(a, b).statistic), n)
        held += low <= truth <= high
    assert 0.93 < held / runs < 0.975
