"""Correction for hubs: the answer of a space with a planted hub is known; real words have fewer hubs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import skew

import nearer
from hub_twin import csls, mutual_proximity
from nearer import Space
from nearer.errors import ModelNotFound, ParameterError
from nearer.search import CSLS, Exact, MutualProximity
from nearer.space import Metric

CORRECTED = (CSLS, MutualProximity)


def space_with_a_hub(pairs: int = 30) -> Space:
    """Pairs of partners, and a hub that is nearer to each than its partner is.

    Every item has cosine 0.7 with the hub (within 0.01), 0.643 with its partner, and about 0.49 with the
    others, whose neighbours are few: r(hub) = 0.7, r(item) = (0.7 + 0.643 + 8 * 0.49) / 10 = 0.526. So CSLS
    of item and hub is 1.4 - 0.7 - r(item), less than that of partners, 1.286 - 0.526 - r(item).
    """
    generator = np.random.default_rng(0)
    dim = 1 + 2 * pairs
    vectors = [np.eye(dim)[0]]
    for pair in range(pairs):
        first, second = np.eye(dim)[1 + 2 * pair], np.eye(dim)[2 + 2 * pair]
        for direction in (first, 0.3 * first + np.sqrt(1 - 0.09) * second):
            near = 0.7 + 0.01 * generator.uniform(-1, 1)
            vectors.append(near * np.eye(dim)[0] + np.sqrt(1 - near**2) * direction)
    return Space(["hub", *(f"{pair}{side}" for pair in range(pairs) for side in "ab")], np.array(vectors))


def occurrences(hits: Any, n: int, k: int) -> np.ndarray:
    """How often each row is among the k nearest others of a row."""
    others = [[row for row in line if row != own][:k] for own, line in enumerate(hits.rows.tolist())]
    return np.bincount(np.concatenate(others), minlength=n)


def test_the_planted_hub_is_everyones_neighbour_until_it_is_corrected_for() -> None:
    space = space_with_a_hub()
    items = space.keys[1:]
    partners = [f"{key[:-1]}{'ba'['ab'.index(key[-1])]}" for key in items]
    plain = [line[1] for line in Exact(space).search(items, 2).keys]
    assert plain == ["hub"] * len(items)
    for searcher in CORRECTED:
        found = searcher(space).search(items, 2).keys
        assert [line[0] for line in found] == items
        assert [line[1] for line in found] == partners, searcher.__name__


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
@pytest.mark.parametrize(("searcher", "twin"), [(CSLS, csls), (MutualProximity, mutual_proximity)])
def test_every_score_is_that_of_the_slow_twin(searcher: Any, twin: Any, metric: Metric) -> None:
    generator = np.random.default_rng(3)
    vectors = generator.standard_normal((150, 8)) * generator.uniform(0.5, 2, (150, 1)) + 3
    space = Space([str(row) for row in range(150)], vectors, metric)
    made = searcher(space, threads=1)
    for query in (generator.standard_normal(8).astype(np.float32), space.vectors[17]):
        hits = made.search(query, 150)
        expected = twin(space, query)
        np.testing.assert_allclose(hits.scores[0], expected[hits.rows[0]], rtol=2e-5, atol=1e-6)
        assert (np.diff(expected[hits.rows[0]]) <= 1e-6).all()
        first = made.search(query, 5)
        assert first.rows[0].tolist() == hits.rows[0, :5].tolist()


def test_no_row_is_missed_where_few_candidates_decide() -> None:
    space = Space([str(row) for row in range(3000)], np.random.default_rng(0).standard_normal((3000, 30)))
    made = MutualProximity(space)
    few = made.search(space.vectors[:40], 3)
    whole = made.search(space.vectors[:40], 3000)  # every row is a candidate
    assert (few.rows == whole.rows[:, :3]).all()
    assert (few.scores == whole.scores[:, :3]).all()


@pytest.mark.parametrize("searcher", CORRECTED)
def test_few_and_equal_rows_are_no_trouble(searcher: Any) -> None:
    for n in (1, 2, 3):
        hits = searcher(Space([str(row) for row in range(n)], np.ones((n, 4)))).search("0", 5)
        assert hits.rows[0].tolist() == list(range(n))
        assert np.isfinite(hits.scores).all()


@pytest.mark.parametrize("neighbours", [0, 1.5, "3"])
def test_neighbours_must_count(neighbours: Any) -> None:
    with pytest.raises(ParameterError, match="whole number of at least 1"):
        CSLS(space_with_a_hub(3), neighbours=neighbours)


@pytest.mark.parametrize("searcher", CORRECTED)
def test_threads_change_no_bit(searcher: Any) -> None:
    space = Space([str(row) for row in range(800)], np.random.default_rng(5).standard_normal((800, 16)))
    one, two = (searcher(space, threads=threads).search(space, 7) for threads in (1, 2))
    assert (one.rows == two.rows).all()
    assert (one.scores == two.scores).all()


def test_real_words_have_fewer_hubs() -> None:
    try:
        space = nearer.load("glove-6b-50d")[:5000]
    except ModelNotFound:
        pytest.skip("glove-6b-50d is not installed")
    plain = skew(occurrences(Exact(space).search(space, 11), len(space), 10))
    for searcher in CORRECTED:
        corrected = skew(occurrences(searcher(space).search(space, 11), len(space), 10))
        assert corrected < 0.6 * plain, searcher.__name__
