"""Neighbour overlap, silhouette and the bootstrap."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import binom

from nearer import Space
from nearer.errors import InputError, ParameterError
from nearer.evaluate import neighbor_overlap, silhouette
from nearer.evaluate.bootstrap import mean
from nearer.search import HNSW, Exact


def space_of(n: int, seed: int = 0) -> Space:
    return Space([f"k{row}" for row in range(n)], np.random.default_rng(seed).standard_normal((n, 8)))


def test_a_searcher_overlaps_with_itself_wholly() -> None:
    one = Exact(space_of(300))
    result = neighbor_overlap(one, one, k=5)
    assert (result.value, result.interval, result.n) == (1, (1, 1), 300)
    assert "recall@5" in str(result)
    assert json.loads(json.dumps(result.to_dict()))["k"] == 5


def test_random_spaces_overlap_by_chance() -> None:
    result = neighbor_overlap(Exact(space_of(200)), Exact(space_of(200, seed=1)), k=20)
    assert result.value == pytest.approx(20 / 199, abs=0.02)


def test_a_poor_index_overlaps_less() -> None:
    space = space_of(3000)
    poor = HNSW(space, connectivity=2, expansion_add=2, expansion_search=1, oversampling=1)
    assert neighbor_overlap(poor, Exact(space)).value < neighbor_overlap(HNSW(space), Exact(space)).value


def test_only_common_keys_are_asked() -> None:
    a, b = space_of(100), space_of(100)
    renamed = Space([f"x{i}" if i < 50 else key for i, key in enumerate(b.keys)], b.vectors)
    result = neighbor_overlap(Exact(renamed), Exact(a), k=3)
    assert (result.n, result.coverage, result.oov_rate) == (50, 0.5, 0.5)
    with pytest.raises(InputError, match="both spaces hold none of the 1 keys asked for"):
        neighbor_overlap(Exact(a), Exact(a), keys=["nobody"])
    with pytest.raises(ParameterError, match="k=0 is below 1"):
        neighbor_overlap(Exact(a), Exact(a), k=0)


def test_silhouette_of_clear_and_of_crossed_groups() -> None:
    vectors = np.concatenate([np.eye(2)[[0] * 5] * 9, np.eye(2)[[1] * 5] * 9])
    vectors += np.random.default_rng(0).normal(0, 0.1, vectors.shape)
    space = Space([f"k{row}" for row in range(10)], vectors)
    clear = silhouette(space, ["a"] * 5 + ["b"] * 5)
    assert clear.value > 0.9
    assert list(clear.labels) == ["a", "b"]
    assert silhouette(space, ["a", "b"] * 5).value < 0.1
    some = silhouette(space, {"k0": 1, "k1": 1, "k5": 2, "k6": 2, "nobody": 2})
    assert (some.n, some.coverage) == (4, 0.8)
    assert some.oov_rate == pytest.approx(0.2)
    assert silhouette(space, ["a"] * 5 + ["b"] * 5, sample=8).n == 8
    assert "all" in str(clear)


def test_silhouette_refusals() -> None:
    space = space_of(4)
    with pytest.raises(InputError, match="3 labels for 4 vectors"):
        silhouette(space, ["a", "a", "b"])
    for labels in (["a"] * 4, ["a", "b", "c", "d"]):
        with pytest.raises(InputError, match="needs two labels, one of two items"):
            silhouette(space, labels)
    with pytest.raises(ParameterError, match="needs a distance and the metric is 'dot'"):
        silhouette(Space(["a"], [[1.0]], "dot"), ["a"])


def test_bootstrap_of_a_mean_is_near_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(3, 2, 400)
    found = mean(values, seed=0)
    assert found.value == pytest.approx(values.mean())
    width = 1.96 * values.std() / 20
    np.testing.assert_allclose(found.interval, (values.mean() - width, values.mean() + width), atol=0.03)


def test_bootstrap_of_a_proportion_is_binomial() -> None:
    found = mean(np.array([1.0] * 30 + [0.0] * 70), seed=0)
    assert found.value == 0.3
    low, high = binom(100, 0.3).ppf([0.025, 0.975]) / 100
    np.testing.assert_allclose(found.interval, (low, high), atol=0.02)
    assert mean(np.ones(5), seed=0).interval == (1, 1)
