"""A store between two models gives the hits of its definition, and refuses what does not belong to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nearer
from nearer import Space
from nearer.errors import InputError, NearerError, ParameterError, SpaceMismatch
from nearer.search import Exact, Halfway

NEW = "e" * 64


def stores(n: int = 300) -> tuple[Space, Space, Space]:
    """Old, new and aligned."""
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(n, 6)).astype(np.float32)
    old = Space([f"k{row}" for row in range(n)], vectors, identity="d" * 64)
    new = Space(old.keys, vectors @ generator.normal(size=(6, 8)) + 0.3, identity=NEW)
    return old, new, nearer.align(old, new).apply(old)


OLD, WHOLE, ALIGNED = stores()


def test_nothing_filled_is_the_rest_and_all_filled_the_new_one() -> None:
    queries = np.random.default_rng(1).normal(size=(20, 8)).astype(np.float32)
    none, every = Halfway(ALIGNED, []), Halfway(ALIGNED, WHOLE)
    assert (none.share, every.share) == (0, 1)
    assert none.nearest(queries, 7).keys == Exact(ALIGNED).search(queries, 7).keys
    found, expected = every.nearest(queries, 7), Exact(WHOLE).search(queries, 7)
    assert found.keys == expected.keys
    np.testing.assert_array_equal(found.scores, expected.scores)


@settings(max_examples=20, deadline=None)
@given(
    filled=st.sets(st.integers(0, 299), max_size=300),
    parts=st.integers(1, 3),
    k=st.integers(1, 310),
    line=st.sampled_from([(0.0, 1.0), (0.2, 0.5)]),
)
def test_hits_are_those_of_the_definition(
    filled: set[int], parts: int, k: int, line: tuple[float, float]
) -> None:
    offset, slope = line
    rows = sorted(filled)
    pieces = [WHOLE.take(part) for part in np.array_split(np.array(rows, np.intp), parts) if len(part)]
    query = np.random.default_rng(k).normal(size=8).astype(np.float32)
    half = Halfway(ALIGNED, pieces, scores={"offset": offset, "slope": slope})
    assert half.share == pytest.approx(len(rows) / 300)
    hits = half.nearest(query, k)
    scores = offset + slope * cosines(ALIGNED, query)
    scores[rows] = cosines(WHOLE, query)[rows]
    best = np.argsort(-scores, kind="stable")[:k]
    np.testing.assert_allclose(hits.scores[0], scores[best], atol=1e-6)
    assert len(set(hits.keys[0])) == min(k, 300)
    np.testing.assert_allclose(scores[hits.rows[0]], hits.scores[0], atol=1e-6)
    assert [ALIGNED.keys[row] for row in hits.rows[0]] == hits.keys[0]


def cosines(space: Space, query: np.ndarray) -> np.ndarray:
    rows = space.vectors.astype(np.float64)
    products: np.ndarray = rows @ query / np.linalg.norm(rows, axis=1) / np.linalg.norm(query)
    return products


def test_an_old_rest_takes_queries_of_its_own() -> None:
    half = Halfway(OLD, WHOLE[:100])
    hits = half.nearest(WHOLE[["k5", "k200"]], 1, rest_queries=OLD[["k5", "k200"]])
    assert hits.keys == [["k5"], ["k200"]]
    with pytest.raises(ParameterError, match="takes queries of its own model; pass rest_queries"):
        half.nearest(WHOLE[:2])
    with pytest.raises(ParameterError, match="1 rest_queries for 2 queries"):
        half.nearest(WHOLE[:2], rest_queries=OLD[:1])


def test_the_line_of_scores_is_in_the_provenance() -> None:
    told = Space(
        ALIGNED.keys,
        ALIGNED.vectors,
        identity=ALIGNED.identity,
        provenance={**ALIGNED.provenance, "upgrade": {"scores": {"offset": 5.0, "slope": 1.0}}},
    )
    assert Halfway(told, WHOLE[:10]).nearest(WHOLE[:1], 1).keys != [["k0"]]
    assert Halfway(told, WHOLE[:10], scores={}).nearest(WHOLE[:1], 1).keys == [["k0"]]


def test_what_is_finished_is_read_where_it_is_written(tmp_path: Path) -> None:
    out = tmp_path / "new.space"
    assert Halfway.open(ALIGNED, out).share == 0
    WHOLE[:60].save(_made(out.with_name("new.space.parts")) / "000000.space")
    WHOLE[60:90].save(out.with_name("new.space.parts") / "000001.space")
    assert Halfway.open(ALIGNED, out).share == pytest.approx(0.3)
    WHOLE.save(out)
    assert Halfway.open(ALIGNED, out).share == 1


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_rest_that_was_changed_after_it_was_aligned_is_refused() -> None:
    axis = ALIGNED.axis(ALIGNED.keys[:3], ALIGNED.keys[3:6])
    for changed in (ALIGNED.without(axis), ALIGNED.reduce(4)):
        with pytest.raises(SpaceMismatch, match=r"changed after it was aligned, has identity .* expected"):
            Halfway(changed, WHOLE[:50])


def test_a_rest_that_was_aligned_twice_is_of_the_last_model() -> None:
    third = Space(OLD.keys, OLD.vectors[:, ::-1], identity="f" * 64)
    first = Space(
        ALIGNED.keys,
        ALIGNED.vectors,
        identity=ALIGNED.identity,
        provenance={**ALIGNED.provenance, "upgrade": {"scores": {"offset": 5.0, "slope": 1.0}}},
    )
    twice = nearer.align(first, third).apply(first)
    hits = Halfway(twice, third[:50]).nearest(third[:2], 1)
    assert hits.keys == [["k0"], ["k1"]]  # the line of scores was of the first map
    with pytest.raises(SpaceMismatch):
        Halfway(twice, WHOLE[:50])


REFUSED: dict[str, tuple[Any, type[NearerError], str]] = {
    "a part of another model": (
        lambda: Halfway(ALIGNED, OLD[:5]),
        SpaceMismatch,
        "a re-embedded part has identity dddddddddddd, expected eeeeeeeeeeee: .*; re-embed by the model",
    ),
    "a part of another store": (
        lambda: Halfway(ALIGNED, Space(["other"], np.ones((1, 8)), identity=NEW)),
        InputError,
        "key 'other' is re-embedded and not among the 300 of the store",
    ),
    "a key twice": (
        lambda: Halfway(ALIGNED, [WHOLE[:5], WHOLE[4:6]]),
        InputError,
        "key 'k4' is re-embedded twice",
    ),
    "queries of the old model": (
        lambda: Halfway(ALIGNED, WHOLE[:5]).nearest(OLD[:2]),
        SpaceMismatch,
        "the space of queries has identity dddddddddddd, expected eeeeeeeeeeee",
    ),
    "queries of the old model, nothing filled": (
        lambda: Halfway(ALIGNED, []).nearest(OLD[:2]),
        SpaceMismatch,
        "the space of queries has identity dddddddddddd, expected eeeeeeeeeeee",
    ),
    "queries of the rest for an aligned rest": (
        lambda: Halfway(ALIGNED, WHOLE[:5]).nearest(WHOLE[:2], rest_queries=OLD[:2]),
        ParameterError,
        "rest_queries for a rest that is aligned",
    ),
    "nothing at all": (
        lambda: Halfway(OLD, []).nearest(OLD[:2]),
        InputError,
        "nothing is re-embedded, and the rest is not aligned to a model",
    ),
    "NaN": (
        lambda: Halfway(ALIGNED, WHOLE[:5]).nearest(np.full(8, np.nan)),
        InputError,
        "queries, row 0: the vector holds NaN",
    ),
    "k": (lambda: Halfway(ALIGNED, WHOLE[:5]).nearest(WHOLE[:1], 0), ParameterError, "k=0 is not a whole"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_named(case: str) -> None:
    act, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        act()
