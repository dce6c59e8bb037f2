"""What moved is named, with items that show it; what did not move is named at the stated rate at most."""

from __future__ import annotations

import numpy as np
import pytest

import nearer
from nearer.chance import binomial_interval
from nearer.monitor import Baseline, Comparison, compare, moved
from nearer.monitor.explaining import exchanged

CENTRES = 9.0 * np.eye(4, 6)


def blobs(
    n: int, seed: int, weights: tuple[float, ...] = (0.25, 0.25, 0.25, 0.25)
) -> tuple[np.ndarray, list[str]]:
    """Rows around four centres, and keys that tell which."""
    generator = np.random.default_rng(seed)
    blob = generator.choice(4, size=n, p=weights)
    return CENTRES[blob] + generator.standard_normal((n, 6)), [
        f"{'abcd'[b]}{row}" for row, b in enumerate(blob)
    ]


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    rows, keys = blobs(900, 0)
    return Baseline.of(nearer.Space(keys, rows, "euclidean"))


def test_a_lost_and_a_grown_cluster_are_named_with_items(baseline: Baseline) -> None:
    rows, keys = blobs(200, 1, (0.0, 0.5, 0.25, 0.25))
    found = moved(baseline, rows, compare(baseline, rows), keys)
    clusters = [part for part in found if part.kind == "cluster"]
    lost = [part for part in clusters if part.after < part.before]
    grown = [part for part in clusters if part.after > part.before]
    assert lost
    assert grown
    for part in lost:
        assert all(key.startswith("a") for key in part.examples)
        assert part.effect < 0
        assert set(part.examples) <= set(baseline.keys)
    for part in grown:
        assert all(key.startswith("b") for key in part.examples)
        assert set(part.examples) <= set(keys)
    sizes = [abs(part.effect) for part in found]
    assert sizes == sorted(sizes, reverse=True)


def test_a_shifted_axis_is_named_by_its_ends(baseline: Baseline) -> None:
    rows, keys = blobs(200, 2)
    shifted = rows + 3.0 * baseline.axes[0]
    axis = next(
        p for p in moved(baseline, shifted, compare(baseline, shifted), keys) if p.name.startswith("1: ")
    )
    spread = (baseline.rows @ baseline.axes[0]).std()
    assert axis.after - axis.before == pytest.approx(3.0, abs=1.0)
    assert axis.effect == pytest.approx((axis.after - axis.before) / spread)
    assert axis.examples[0] == keys[int((shifted @ baseline.axes[0]).argmax())]


def test_rows_without_keys_are_numbered(baseline: Baseline) -> None:
    rows = blobs(200, 1, (0.0, 1.0, 0.0, 0.0))[0]
    grown = next(part for part in moved(baseline, rows, compare(baseline, rows)) if part.effect > 0)
    assert all(key.isdecimal() and int(key) < 200 for key in grown.examples)


def test_nothing_is_named_without_an_alarm(baseline: Baseline) -> None:
    rows = blobs(200, 1, (0.0, 1.0, 0.0, 0.0))[0]
    quiet = Comparison(0.06, 0.0, ())
    assert moved(baseline, rows, quiet) == ()
    assert moved(baseline, rows, quiet, alpha=0.06) != ()


def test_adjusted_p_values_keep_the_family_wise_rate() -> None:
    """Of 1,000 null families of 12 correlated columns as many as stated hold a p-value of at most 10 %."""
    generator = np.random.default_rng(3)
    mixing = generator.standard_normal((12, 12))
    wrong = 0
    for draw in range(1_000):
        values = generator.standard_normal((60, 12)) @ mixing
        wrong += bool((exchanged(values, 40, 99, draw) <= 0.1).any())
    low, high = binomial_interval(wrong, 1_000, 0.999)
    assert low <= 0.1 <= high


def test_constant_parts_never_move() -> None:
    values = np.zeros((50, 2))
    values[:, 1] = np.arange(50)
    p_values = exchanged(values, 25, 99, 0)
    assert p_values[0] == 1.0
    assert p_values[1] == pytest.approx(0.01)
