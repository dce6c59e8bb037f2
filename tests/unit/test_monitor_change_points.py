"""Changes of level: a slow twin, known steps, the level that is promised, the coverage of the interval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearer.chance import binomial_interval
from nearer.monitor import change_points
from nearer.monitor.change_points import Series
from nearer.monitor.change_search import changes

periods = st.lists(
    st.tuples(st.floats(-10, 10, allow_subnormal=False), st.integers(1, 9)), min_size=6, max_size=20
)


def series(means: list[float], counts: list[int]) -> Series:
    numbers = np.array(counts, np.float64)
    return Series(np.array(means) * numbers, numbers)


def drawn(generator: np.random.Generator, levels: list[float], spread: float = 1.0) -> Series:
    counts = generator.integers(5, 40, len(levels))
    noise = generator.normal(0, spread, len(levels)) / np.sqrt(counts)
    return series((np.array(levels) + noise).tolist(), counts.tolist())


@given(periods, st.integers(1, 3))
def test_steps_are_sums_of_squares_between(values: list[tuple[float, int]], least: int) -> None:
    means, counts = (list(column) for column in zip(*values, strict=True))
    given_ = series(means, counts)
    found = change_points.steps(given_.sums, given_.counts, least)
    items = [np.repeat(mean, count) for mean, count in values]
    whole = np.concatenate(items)
    for place in range(len(values)):
        expected = 0.0
        if least <= place <= len(values) - least:
            sides = np.concatenate(items[:place]), np.concatenate(items[place:])
            expected = sum(len(side) * (side.mean() - whole.mean()) ** 2 for side in sides)
        assert found[place] == pytest.approx(expected, abs=1e-6)


@given(periods, st.integers(1, 3))
def test_the_largest_part_is_that_of_all_parts(values: list[tuple[float, int]], least: int) -> None:
    means, counts = (list(column) for column in zip(*values, strict=True))
    items = [np.repeat(mean, count) for mean, count in values]
    whole = np.concatenate(items).mean()
    best: dict[tuple[int, int], float] = {}
    for start in range(len(values)):
        for stop in range(start + least, len(values) + 1):
            rest = [start, len(values) - stop]
            if sum(rest) < least or any(0 < side < least for side in rest):
                continue
            sides = items[start:stop], items[:start] + items[stop:]
            joined = [np.concatenate(side) for side in sides]
            best[start, stop] = sum(len(side) * (side.mean() - whole) ** 2 for side in joined)
    found = change_points.largest_part(series(means, counts), least)
    assert best[found] == pytest.approx(max(best.values()), abs=1e-6)


def test_a_step_is_found_where_it_is() -> None:
    found = changes(
        drawn(np.random.default_rng(0), [0.0] * 20 + [1.0] * 20 + [3.0] * 10),
        alpha=0.05,
        least=2,
        permutations=499,
        among=1,
        generator=np.random.default_rng(1),
    )
    assert [change.at for change in found] == [20, 40]
    for change, levels in zip(found, [(0, 1), (1, 3)], strict=True):
        assert (change.before, change.after) == pytest.approx(levels, abs=0.15)
        assert change.low <= change.at <= change.high
        assert change.p_value <= 0.05


def test_no_series_is_given_a_break_more_often_than_alpha() -> None:
    generator, count, among = np.random.default_rng(0), 400, 4
    found = [
        any(
            changes(
                drawn(generator, [0.0] * 25),
                alpha=0.2,
                least=2,
                permutations=99,
                among=among,
                generator=generator,
            )
            for _ in range(among)
        )
        for _ in range(count)
    ]
    assert binomial_interval(sum(found), count, 0.99)[0] <= 0.2


def test_the_p_value_of_periods_that_hang_together_inside_is_uniform() -> None:
    """Items of one period share a fate: exchanging items would alarm all the time, periods do not."""
    generator = np.random.default_rng(0)
    chances = []
    for _ in range(400):
        given_ = drawn(generator, generator.normal(0, 1, 20).tolist(), spread=0.1)
        chances.append(change_points.change(given_, 2, 99, generator)[0])
    for alpha in (0.05, 0.1, 0.3):
        low, high = binomial_interval(int(np.sum(np.array(chances) <= alpha)), 400, 0.999)
        assert low <= alpha <= high


def test_the_interval_holds_the_place() -> None:
    generator, held = np.random.default_rng(0), 0
    for _ in range(200):
        given_ = drawn(generator, [0.0] * 20 + [0.35] * 20)
        at = change_points.largest_step(given_, 2)
        low, high = change_points.interval(given_, at, 2, 200, generator)
        held += low <= 20 <= high
    assert binomial_interval(held, 200, 0.999)[1] >= 0.95
    assert held >= 170
