"""Every searcher of `nearer.search` keeps the promises of the protocol; new ones are found and tested too."""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearer.search
from hub_twin import csls, mutual_proximity
from nearer import Space
from nearer.errors import InputError, IntegrityError, ParameterError, SpaceMismatch, UnknownKey
from nearer.search import Hits, Searcher
from nearer.space import Metric

METRICS: tuple[Metric, ...] = ("cosine", "dot", "euclidean")


def found_searchers() -> list[type]:
    modules = [
        importlib.import_module(f"nearer.search.{module.name}")
        for module in pkgutil.iter_modules(nearer.search.__path__)
    ]
    classes = {
        thing
        for module in modules
        for _, thing in inspect.getmembers(module, inspect.isclass)
        if thing.__module__ == module.__name__ and hasattr(thing, "search") and thing is not Searcher
    }
    return sorted(classes, key=lambda thing: thing.__name__)


SEARCHERS = found_searchers()


def space_of(n: int = 200, dim: int = 12, metric: Metric = "cosine", seed: int = 0) -> Space:
    vectors = np.random.default_rng(seed).standard_normal((n, dim), dtype=np.float32)
    return Space([f"k{row}" for row in range(n)], vectors, metric)


def definition(space: Space, query: np.ndarray) -> np.ndarray:
    """Score of every row by the definition of the metric, in float64."""
    vectors, query = space.vectors.astype(np.float64), query.astype(np.float64)
    if space.metric == "euclidean":
        return np.array([-np.sqrt(((row - query) ** 2).sum()) for row in vectors])
    products = np.array([(row * query).sum() for row in vectors])
    if space.metric == "dot":
        return products
    return products / np.array([np.linalg.norm(row) * np.linalg.norm(query) for row in vectors])


DEFINITIONS = {"CSLS": csls, "MutualProximity": mutual_proximity}  # of those that do not score by the metric


def defined(searcher: Any, space: Space, query: np.ndarray) -> np.ndarray:
    """Score of every row, by the definition of the searcher's score."""
    return DEFINITIONS.get(searcher.__name__, definition)(space, query)


def test_all_kinds_are_found() -> None:
    assert {"CSLS", "Exact", "HNSW", "MutualProximity"} <= {thing.__name__ for thing in SEARCHERS}


@pytest.fixture(params=SEARCHERS, ids=lambda thing: thing.__name__)
def searcher(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_is_a_searcher(searcher: Any) -> None:
    space = space_of()
    made = searcher(space)
    assert isinstance(made, Searcher)
    assert made.space is space
    assert isinstance(made.search("k0"), Hits)


@pytest.mark.parametrize("metric", METRICS)
def test_scores_and_order_are_those_of_the_metric(searcher: Any, metric: Metric) -> None:
    space = space_of(metric=metric)
    queries = np.random.default_rng(1).standard_normal((9, space.dim), dtype=np.float32)
    hits = searcher(space).search(queries, 5)
    for query, rows, scores in zip(queries, hits.rows, hits.scores, strict=True):
        expected = defined(searcher, space, query)
        np.testing.assert_allclose(scores, expected[rows], rtol=1e-5, atol=1e-6)
        assert (np.diff(scores) <= 0).all()
        assert len(set(rows)) == 5
    best = [defined(searcher, space, query).argmax() for query in queries]
    assert hits.rows[:, 0].tolist() == best


def test_keys_belong_to_rows(searcher: Any) -> None:
    space = space_of()
    hits = searcher(space).search(["k3", "k77"], 4)
    assert hits.keys == [[f"k{row}" for row in line] for line in hits.rows]
    assert [line[0] for line in hits.keys] == ["k3", "k77"]
    assert len(hits) == 2
    own = defined(searcher, space, space["k77"])[77]
    assert list(hits)[1][0] == ("k77", pytest.approx(own, rel=1e-5))


@pytest.mark.parametrize("k", [1, 2, 199, 200])
def test_k_hits_come(searcher: Any, k: int) -> None:
    hits = searcher(space_of()).search(["k0", "k1"], k)
    assert hits.rows.shape == hits.scores.shape == (2, k)
    assert all(len(set(line)) == k for line in hits.keys)


def test_more_than_all_is_all(searcher: Any) -> None:
    hits = searcher(space_of(n=7)).search("k2", 50)
    assert sorted(hits.keys[0]) == sorted(f"k{row}" for row in range(7))


@pytest.mark.parametrize("k", [0, -1, 2.5, True, "5", None])
def test_k_must_count(searcher: Any, k: Any) -> None:
    with pytest.raises(ParameterError, match=re.escape(f"k={k!r} is not a whole number of at least 1")):
        searcher(space_of(n=7)).search("k2", k)


def test_ties_go_to_the_lower_row(searcher: Any) -> None:
    vectors = np.zeros((30, 4), np.float32)
    vectors[:, 0] = 1
    vectors[10] = (0, 1, 0, 0)
    hits = searcher(Space([f"k{row}" for row in range(30)], vectors)).search(vectors[:1], 30)
    assert hits.rows[0].tolist() == [*range(10), *range(11, 30), 10]


def test_vectors_keys_and_spaces_ask_the_same(searcher: Any) -> None:
    space = space_of(n=40)
    made = searcher(space)
    by_space = made.search(space, 3)
    by_key = made.search(space.keys, 3)
    by_vector = made.search(space.vectors, 3)
    assert by_space.keys == by_key.keys == by_vector.keys
    assert made.search(space["k5"], 3).keys == made.search("k5", 3).keys == [by_key.keys[5]]
    assert made.search(space["k5"].tolist(), 3).keys == [by_key.keys[5]]


def test_a_space_of_another_identity_is_refused(searcher: Any) -> None:
    space, other = space_of(seed=0), space_of(seed=1)
    with pytest.raises(SpaceMismatch) as caught:
        searcher(space).search(other, 3)
    text = str(caught.value)
    assert space.identity[:12] in text
    assert other.identity[:12] in text
    assert "make both with one encoder or model" in text


def test_unknown_key(searcher: Any) -> None:
    with pytest.raises(UnknownKey, match="nobody"):
        searcher(space_of()).search(["k1", "nobody"], 3)


def test_no_queries_give_no_hits(searcher: Any) -> None:
    space = space_of()
    for nothing in ([], np.empty((0, space.dim), np.float32)):
        hits = searcher(space).search(nothing, 3)
        assert len(hits) == 0
        assert hits.rows.shape == (0, 3)


def test_an_empty_space_gives_no_hits(searcher: Any) -> None:
    space = Space([], np.empty((0, 3), np.float32))
    hits = searcher(space).search(np.ones((2, 3), np.float32), 5)
    assert hits.keys == [[], []]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_query_that_is_not_finite_is_named(searcher: Any, bad: float) -> None:
    queries = np.ones((4, 12), np.float32)
    queries[2, 5] = bad
    with pytest.raises(InputError, match=r"^queries, row 2: the vector holds NaN or infinity"):
        searcher(space_of()).search(queries, 3)


@pytest.mark.parametrize("shape", [(2, 11), (13,), (2, 3, 12)])
def test_wrong_dimension(searcher: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="12 dimensions"):
        searcher(space_of()).search(np.ones(shape, np.float32), 3)


def test_neither_vectors_nor_keys(searcher: Any) -> None:
    made = searcher(space_of())
    with pytest.raises(InputError, match="neither vectors nor keys"):
        made.search(object(), 3)
    with pytest.raises(InputError, match=r"^queries, row 1: 7 among keys is not a string"):
        made.search(["k1", 7], 3)


def test_a_saved_searcher_refuses_other_rows_of_its_space(
    searcher: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if not hasattr(searcher, "save"):
        pytest.skip(f"{searcher.__name__} is not saved")
    space = space_of()
    other = space[100:]
    assert other.identity == space.identity
    searcher(space[:100]).save(tmp_path)
    with pytest.raises(IntegrityError, match="of other rows"):
        searcher.load(other, tmp_path)
    with caplog.at_level(logging.WARNING, "nearer"):
        opened = searcher.open(other, tmp_path)
    assert "of other rows" in caplog.text
    assert opened.search("k150", 1).keys == [["k150"]]


def test_the_same_twice(searcher: Any) -> None:
    space = space_of(n=500)
    one, two = (searcher(space).search(space, 10) for _ in range(2))
    assert (one.rows == two.rows).all()
    assert (one.scores == two.scores).all()
