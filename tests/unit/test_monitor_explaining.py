"""What moved is named, with items that show it; what did not move is named at the stated rate at most."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import nearer
from nearer.chance import binomial_interval
from nearer.monitor import Baseline, compare, moved

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
        p for p in moved(baseline, shifted, compare(baseline, shifted), keys) if p.name.startswith("axis 1: ")
    )
    spread = (baseline.rows @ baseline.axes[0]).std()
    assert axis.after - axis.before == pytest.approx(3.0, abs=1.0)
    assert axis.effect == pytest.approx((axis.after - axis.before) / spread)
    assert axis.examples[0] == keys[int((shifted @ baseline.axes[0]).argmax())]


def test_rows_without_keys_are_numbered(baseline: Baseline) -> None:
    rows = blobs(200, 1, (0.0, 1.0, 0.0, 0.0))[0]
    grown = next(part for part in moved(baseline, rows, compare(baseline, rows)) if part.effect > 0)
    assert all(key.isdecimal() and int(key) < 200 for key in grown.examples)


def test_a_wider_axis_is_named_as_spread(baseline: Baseline) -> None:
    rows, keys = blobs(200, 2)
    axis = baseline.axes[-1]
    wider = rows + 3 * np.outer(rows @ axis - (baseline.rows @ axis).mean(), axis)
    found = [part for part in moved(baseline, wider, compare(baseline, wider), keys) if part.kind == "spread"]
    assert found
    assert found[0].name.startswith(f"{baseline.axis_names[-1]}: ")
    assert found[0].before == pytest.approx((baseline.rows @ axis).std())
    assert found[0].after == pytest.approx((wider @ axis).std())
    assert found[0].effect == pytest.approx(found[0].after / found[0].before - 1)
    values = wider @ axis
    assert found[0].examples[0] == keys[int(np.abs(values - np.median(values)).argmax())]


def test_nothing_is_named_without_an_alarm_or_a_test(baseline: Baseline) -> None:
    rows = blobs(200, 1, (0.0, 1.0, 0.0, 0.0))[0]
    compared = compare(baseline, rows)
    quiet = dataclasses.replace(compared, p_value=0.06)
    assert moved(baseline, rows, quiet) == ()
    assert moved(baseline, rows, quiet, alpha=0.06) != ()
    assert moved(baseline, rows, compare(baseline, rows, tests=["energy"])) == ()
    kinds = {part.kind for part in moved(baseline, rows, compare(baseline, rows, tests=["clusters"]))}
    assert kinds == {"cluster"}


def test_unchanged_windows_name_parts_at_the_stated_rate_at_most(baseline: Baseline) -> None:
    """Of 150 windows of the same blobs at most as many as stated name a part of either kind."""
    tests, wrong = ["axes", "clusters"], {"cluster": 0, "axis": 0}
    for draw in range(150):
        rows = blobs(80, 100 + draw)[0]
        compared = compare(baseline, rows, tests=tests, permutations=39, seed=draw)
        found = moved(baseline, rows, dataclasses.replace(compared, p_value=0.0))
        wrong["cluster"] += any(part.kind == "cluster" for part in found)
        wrong["axis"] += any(part.kind != "cluster" for part in found)
    for count in wrong.values():
        assert binomial_interval(count, 150, 0.998)[0] <= 0.05
