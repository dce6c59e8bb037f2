"""Diversity against a slow twin, dense scores, and what suggestions look like and are written as."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearer.errors import FormatError, StorageError, UnknownKey
from nearer.kernels.topk import NOTHING, Excluded
from nearer.recommend import (
    DenseScorer,
    FactorScorer,
    Reason,
    Recommendations,
    Suggestion,
    TableFile,
    diversified,
)
from nearer.recommend.factors import cosines


def slow_mmr(scores: np.ndarray, alike: np.ndarray, k: int, diversity: float) -> list[int]:
    """Carbonell and Goldstein (1998), as it is written there, over relevance scaled to [0, 1]."""
    low, high = scores.min(), scores.max()
    relevance = [(score - low) / (high - low) if high > low else 1.0 for score in scores.astype(np.float64)]
    taken: list[int] = []
    while len(taken) < min(k, len(scores)):
        worth = {
            i: (1 - diversity) * relevance[i] - (diversity * max(alike[i][j] for j in taken) if taken else 0)
            for i in range(len(scores))
            if i not in taken
        }
        taken.append(max(worth, key=lambda i: (worth[i], -i)))
    return taken


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 15), st.floats(0, 1), st.integers(0, 999))
def test_diversity_is_maximal_marginal_relevance(count: int, k: int, diversity: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    scores = np.sort(random.standard_normal(count).astype(np.float32))[::-1]
    alike = cosines(random.standard_normal((count, 3)).astype(np.float32))
    found = diversified(scores, alike, k, diversity)
    assert found[0] == 0
    assert found.tolist() == slow_mmr(scores, alike, k, diversity)
    if diversity == 0:
        assert found.tolist() == list(range(min(k, count)))


def test_of_twins_the_second_gives_way() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    scores = np.array([1.0, 0.9, 0.5], np.float32)
    assert diversified(scores, cosines(vectors), 2, 0.0).tolist() == [0, 1]
    assert diversified(scores, cosines(vectors), 2, 0.5).tolist() == [0, 2]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(1, 25), st.integers(1, 40), st.integers(0, 999))
def test_blocks_of_scores_find_what_vectors_find(users: int, items: int, k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    left = random.integers(-2, 3, (users, 4)).astype(np.float32)
    right = random.integers(-2, 3, (items, 4)).astype(np.float32)
    seen = random.random((users, items)) < random.random()
    excluded = Excluded(
        np.concatenate([[0], np.cumsum(seen.sum(axis=1))]).astype(np.int64),
        np.nonzero(seen)[1].astype(np.uint32),
    )
    allowed = random.random(items) < 0.7
    dense = DenseScorer(items, lambda rows: left[rows] @ right.T, lambda chosen: cosines(right[chosen]))
    factors = FactorScorer(left, right)
    everyone = np.arange(users)
    for wishes in ((NOTHING, None), (excluded, None), (excluded, allowed), (NOTHING, allowed)):
        scores, found = dense.top(everyone, k, *wishes, None)
        expected_scores, expected = factors.top(everyone, k, *wishes, None)
        assert (found == expected).all()
        np.testing.assert_array_equal(scores, expected_scores)


@pytest.fixture
def some() -> Recommendations:
    return Recommendations(
        ["ann", "bob"],
        ["tea", "jam\n", "milk"],
        np.array([[1, 0], [2, -1]]),
        np.array([[0.5, 0.25], [7, np.nan]], np.float32),
        ["model", "popularity"],
        [[(Reason("milk", 0.75), Reason("tea", 0.25)), ()], [(), ()]],
    )


def test_suggestions_by_user_by_place_and_as_a_table(some: Recommendations, tmp_path: Path) -> None:
    assert len(some) == 2
    assert some["bob"] == some.of(1) == [Suggestion("milk", 7.0, "popularity")]
    assert [line[0].item for line in some] == ["jam\n", "milk"]
    with pytest.raises(UnknownKey, match="no recommendations for 'cid'"):
        some["cid"]
    table = some.to_arrow()
    assert table.to_pylist() == [
        {
            "user": "ann", "rank": 1, "item": "jam\n", "score": 0.5, "source": "model",
            "why": [{"item": "milk", "share": 0.75}, {"item": "tea", "share": 0.25}],
        },
        {"user": "ann", "rank": 2, "item": "tea", "score": 0.25, "source": "model", "why": []},
        {"user": "bob", "rank": 1, "item": "milk", "score": 7.0, "source": "popularity", "why": []},
    ]  # fmt: skip
    some.save(tmp_path / "x.parquet")
    assert pq.read_table(tmp_path / "x.parquet").equals(table)
    with pytest.raises(StorageError, match=r"x\.parquet: already exists"):
        some.save(tmp_path / "x.parquet")
    with pytest.raises(FormatError, match=r"end in \.parquet"):
        some.save(tmp_path / "x.csv")
    with pytest.raises(StorageError, match="create the folder first"):
        some.save(tmp_path / "no" / "x.parquet")
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.parquet"]


def test_it_is_a_table_to_what_reads_tables(some: Recommendations) -> None:
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    assert polars.DataFrame(some)["item"].to_list() == ["jam\n", "tea", "milk"]
    frame = some.to_arrow().to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame["source"].tolist() == ["model", "model", "popularity"]


def test_it_prints_as_a_small_table(some: Recommendations) -> None:
    assert repr(some) == str(some)
    assert str(some).split("\n") == [
        "ann",
        "   1  jam\\n  0.5  because of milk 75%, tea 25%",
        "   2  tea  0.25",
        "bob (nothing is known of this user: most popular)",
        "   1  milk  7",
    ]
    many = Recommendations(
        [f"u{row}" for row in range(12)],
        ["a"],
        np.zeros((12, 1), np.int64),
        np.ones((12, 1), np.float32),
        ["model"] * 12,
    )
    assert str(many).endswith("... and 2 users more")


def test_what_fails_on_the_way_leaves_what_was_there(some: Recommendations, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    some.save(path)
    before = path.read_bytes()
    for error in (KeyboardInterrupt, OSError(28, "No space left on device")):
        with pytest.raises((KeyboardInterrupt, StorageError)), TableFile(path, overwrite=True) as file:  # noqa: PT012
            file.write(some.to_arrow())
            raise error
        assert path.read_bytes() == before
        assert [entry.name for entry in tmp_path.iterdir()] == ["x.parquet"]
