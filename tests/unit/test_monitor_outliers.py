"""Single items: p-values of the right level, and a share of false ones that is kept."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

import nearer
from nearer.monitor import Baseline, outlier_scores
from nearer.monitor.outliers import unusual


def baseline(generator: np.random.Generator, rows: int = 800) -> Baseline:
    drawn = generator.normal(size=(rows, 6))
    return Baseline.of(nearer.Space([f"k{i}" for i in range(rows)], drawn, "euclidean"))


def test_scores_are_mean_distances_to_neighbours() -> None:
    generator = np.random.default_rng(0)
    made = baseline(generator)
    rows = generator.normal(size=(30, 6))
    near = NearestNeighbors(n_neighbors=10).fit(made.guide)
    usual = near.kneighbors(made.rows)[0].mean(axis=1)
    expected = near.kneighbors(rows)[0].mean(axis=1)
    scores, p_values = outlier_scores(made, rows)
    np.testing.assert_allclose(scores, expected / np.median(usual), rtol=1e-9)
    larger = (usual >= expected[:, None]).sum(axis=1)
    np.testing.assert_allclose(p_values, (1 + larger) / (1 + len(usual)))


def test_p_values_are_valid_over_baselines_and_items() -> None:
    generator = np.random.default_rng(1)
    found = np.array(
        [outlier_scores(baseline(generator, 80), generator.normal(size=(5, 6)))[1] for _ in range(600)]
    )
    for rate in (0.05, 0.1, 0.3):
        per_repeat = (found <= rate).mean(axis=1)
        assert per_repeat.mean() <= rate + 3 * per_repeat.std() / np.sqrt(len(found))
        assert per_repeat.mean() >= rate - 0.03


@pytest.mark.parametrize("planted", [0, 10])
def test_the_share_of_false_ones_is_kept(planted: int) -> None:
    """Mean over repeats of false / called: at most fdr times the share of usual items."""
    generator = np.random.default_rng(2)
    shares, found = [], []
    for _ in range(60):
        made = baseline(generator)
        rows = generator.normal(size=(100, 6))
        rows[:planted] += 8
        called = [int(item.key) for item in unusual(made, rows, [str(i) for i in range(100)], 0.2)]
        false = sum(row >= planted for row in called)
        shares.append(false / max(1, len(called)))
        found.append(len(called) - false)
    assert np.mean(shares) <= 0.2 * (1 - planted / 100) + 3 * np.std(shares) / np.sqrt(len(shares))
    assert np.mean(found) >= 0.9 * planted


def test_the_furthest_is_first_and_says_what_lies_near() -> None:
    generator = np.random.default_rng(3)
    made = baseline(generator, 3000)
    rows = np.concatenate([generator.normal(size=(50, 6)), np.eye(6)[:1] * 20, np.eye(6)[:1] * 12])
    keys = [f"row {i}" for i in range(52)]
    told = unusual(made, rows, keys)
    assert [item.key for item in told[:2]] == ["row 50", "row 51"]
    nearest = np.linalg.norm(made.rows - rows[50], axis=1).argmin()
    assert told[0].nearest == made.keys[nearest]
