"""The HNSW index: recall, files, and what makes it stale."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearer
from nearer import Space
from nearer.errors import IntegrityError, ParameterError, SpaceMismatch, StorageError
from nearer.search import HNSW, Exact, recall


def space_of(n: int = 3000, dim: int = 16, seed: int = 0) -> Space:
    vectors = np.random.default_rng(seed).standard_normal((n, dim), dtype=np.float32)
    return Space([f"k{row}" for row in range(n)], vectors)


@pytest.fixture(scope="module")
def space() -> Space:
    return space_of()


@pytest.fixture(scope="module")
def built(space: Space) -> HNSW:
    return HNSW(space)


def test_recall_of_the_graph_and_of_the_exact_search(space: Space, built: HNSW) -> None:
    assert recall(Exact(space), 10) == 1
    assert 0.9 < recall(built, 10) <= 1
    narrow = HNSW(space, connectivity=2, expansion_add=2, expansion_search=1, oversampling=1)
    assert recall(narrow, 10) < recall(built, 10)


def test_scores_are_those_of_the_exact_search(space: Space, built: HNSW) -> None:
    hits, true = built.search(space.keys[:50], 1), Exact(space).search(space.keys[:50], 1)
    assert (hits.rows == true.rows).all()
    assert (hits.scores == true.scores).all()


def test_far_from_the_origin(space: Space) -> None:
    moved = Space(space.keys, space.vectors + 3000, "euclidean")
    assert recall(HNSW(moved), 10) > 0.9


def test_saved_and_opened_it_answers_the_same(space: Space, built: HNSW, tmp_path: Path) -> None:
    folder = built.save(tmp_path / "a.space")
    assert folder == tmp_path / "a.space" / "hnsw"
    assert sorted(file.name for file in folder.iterdir()) == ["header.json", "index.usearch"]
    loaded = HNSW.load(space, tmp_path / "a.space")
    expected, found = built.search(space.keys[:20], 7), loaded.search(space.keys[:20], 7)
    assert (expected.rows == found.rows).all()
    assert (expected.scores == found.scores).all()


def test_one_thread_builds_the_same_bytes(space: Space, tmp_path: Path) -> None:
    for name in ("a", "b"):
        HNSW(space).save(tmp_path / name)
    one, two = ((tmp_path / name / "hnsw" / "index.usearch").read_bytes() for name in ("a", "b"))
    assert one == two


def test_an_index_of_another_space_is_refused(built: HNSW, space: Space, tmp_path: Path) -> None:
    built.save(tmp_path)
    other = space_of(seed=5)
    for way in (HNSW.load, HNSW.open):
        with pytest.raises(SpaceMismatch) as caught:
            way(other, tmp_path)
        assert other.identity[:12] in str(caught.value)
        assert space.identity[:12] in str(caught.value)


def test_open_builds_what_is_missing(space: Space, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "nearer"):
        HNSW.open(space, tmp_path / "a.space")
        assert "building the index" in caplog.text
        caplog.clear()
        HNSW.open(space, tmp_path / "a.space")
        assert caplog.text == ""


def cut_short(folder: Path) -> None:
    index = folder / "index.usearch"
    index.write_bytes(index.read_bytes()[:-100])


def edited(folder: Path) -> None:
    index = folder / "index.usearch"
    data = bytearray(index.read_bytes())
    data[len(data) // 2] ^= 1
    index.write_bytes(data)


def not_json(folder: Path) -> None:
    (folder / "header.json").write_text("{")


def foreign(folder: Path) -> None:
    (folder / "header.json").write_text('{"format": "theirs"}')


def incomplete(folder: Path) -> None:
    facts = json.loads((folder / "header.json").read_text())
    del facts["oversampling"]
    (folder / "header.json").write_text(json.dumps(facts))


def out_of_range(folder: Path) -> None:
    facts = json.loads((folder / "header.json").read_text())
    (folder / "header.json").write_text(json.dumps({**facts, "oversampling": "x"}))


def lost(folder: Path) -> None:
    (folder / "index.usearch").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut_short, "index.usearch: has SHA-256"),
        (edited, "index.usearch: has SHA-256"),
        (not_json, "header.json: is not JSON"),
        (foreign, "header.json: has format 'theirs'"),
        (incomplete, "header.json: lacks 'oversampling'"),
        (out_of_range, "header.json: oversampling='x' is no finite number"),
        (lost, "index.usearch: cannot be read"),
    ],
)
def test_damage_is_named_and_repaired(
    *, damage: Any, message: str, space: Space, built: HNSW, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damage(built.save(tmp_path))
    with pytest.raises(IntegrityError, match=message):
        HNSW.load(space, tmp_path)
    with caplog.at_level(logging.WARNING, "nearer"):
        HNSW.open(space, tmp_path)
    assert message in caplog.text
    assert len(HNSW.load(space, tmp_path).search("k1", 3)) == 1


def test_beside_a_saved_space(tmp_path: Path) -> None:
    path = tmp_path / "a.space"
    first, second = space_of(n=300), space_of(n=300, seed=1)
    first.save(path)
    HNSW.open(first, path)
    loaded = nearer.load(path)
    assert HNSW.load(loaded, path).search("k3", 1).keys == [["k3"]]
    second.save(path, overwrite=True)
    assert HNSW.open(second, path).search("k4", 1).keys == [["k4"]]
    with pytest.raises(SpaceMismatch, match="pass the space that was saved there, or another path"):
        HNSW.open(first, path)


def test_stale_where_the_header_is_of_another_space(
    built: HNSW, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    built.save(tmp_path)
    again = space_of(n=500, seed=9)
    (tmp_path / "space.json").write_text(json.dumps({"identity": again.identity}))
    with caplog.at_level(logging.WARNING, "nearer"):
        opened = HNSW.open(again, tmp_path)
    assert "vectors of different spaces cannot be compared" in caplog.text
    assert opened.search("k3", 1).keys == [["k3"]]


def test_other_parameters_build_again(
    space: Space, built: HNSW, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    built.save(tmp_path)
    with caplog.at_level(logging.WARNING, "nearer"):
        HNSW.open(space, tmp_path, connectivity=8)
    assert "connectivity was 16 and is now 8" in caplog.text


def test_threads_are_checked_where_nothing_is_built(space: Space, built: HNSW, tmp_path: Path) -> None:
    built.save(tmp_path)
    assert len(HNSW.open(space, tmp_path, threads=None).search("k1", 3)) == 1
    with pytest.raises(ParameterError, match="threads=0 is below 1"):
        HNSW.open(space, tmp_path, threads=0)


def test_an_index_that_cannot_be_saved_answers(
    space: Space, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING, "nearer"):
        opened = HNSW.open(space, tmp_path / "file")
    assert "the index cannot be written" in caplog.text
    assert opened.search("k1", 1).keys == [["k1"]]


def test_a_place_that_cannot_be_written(built: HNSW, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="the index cannot be written"):
        built.save(tmp_path / "file")


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("connectivity", 1, "connectivity=1 is not a whole number of at least 2"),
        ("expansion_add", 0, "expansion_add=0 is not"),
        ("expansion_search", 2.5, "expansion_search=2.5 is not"),
        ("oversampling", 0.5, "oversampling=0.5 is no finite number of at least 1"),
        ("oversampling", "x", "oversampling='x' is no finite"),
        ("oversampling", float("nan"), "oversampling=nan"),
        ("dtype", "i4", "dtype='i4' is unknown; use one of bf16, f32"),
        ("threads", 0, "threads=0 is below 1"),
    ],
)
def test_parameters_outside_their_range(parameter: str, value: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        HNSW(space_of(n=5), **{parameter: value})
