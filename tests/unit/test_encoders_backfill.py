"""A store re-embedded by a new model: resumed after an interruption, and searched meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

import nearer
from nearer import Space
from nearer.encoders import embed_sample
from nearer.errors import InputError, ParameterError, SpaceMismatch
from nearer.search import Halfway

TEXTS = {f"t{row}": f"{'ab' * (row % 7)}{'c' * (row % 11)} {row}" for row in range(1100)}


class Counting:
    """Vectors of counts of letters, turned by `seed`."""

    modality = "text"
    dim = 4

    def __init__(self, seed: int, breaks_after: int | None = None) -> None:
        self.identity = f"{seed:064x}"
        self._axes = np.random.default_rng(seed).normal(size=(5, 4))
        self._left = breaks_after

    def encode(
        self, items: Sequence[Any], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise KeyboardInterrupt
        rows = [[*(text.count(letter) for letter in "abc"), len(text), 1] for text in items]
        return (np.array(rows, float) @ self._axes).astype(np.float32)

    encode_query = encode_document = encode


@pytest.fixture(scope="module")
def old() -> Space:
    encoder = Counting(1)
    vectors = encoder.encode(list(TEXTS.values()))
    return Space(list(TEXTS), vectors, items={"text": list(TEXTS.values())}, identity=encoder.identity)


@pytest.fixture(scope="module")
def aligned(old: Space) -> Space:
    return nearer.align(old, embed_sample(old, Counting(2), 300), method="affine").apply(old)


def test_a_sample_is_embedded_under_its_keys(old: Space) -> None:
    found = embed_sample(old, Counting(2), 40, seed=3)
    assert len(found) == 40
    assert found.identity == Counting(2).identity
    for key in found.keys[:5]:
        np.testing.assert_allclose(found[key], Counting(2).encode([TEXTS[key]])[0], rtol=1e-6)
    assert embed_sample(old, Counting(2), 40, seed=3).keys == found.keys
    assert embed_sample(old, Counting(2), 40, seed=4).keys != found.keys
    assert len(embed_sample(old, Counting(2), 9999)) == len(old)
    other = embed_sample(old, Counting(2), 9999, {"t7": "abc", "else": "b"})
    assert other.keys == ["t7"]


def test_a_sample_that_cannot_be_read(old: Space, tmp_path: Path) -> None:
    bare = Space(old.keys, old.vectors)
    with pytest.raises(InputError, match="the store has no payload columns to embed again; give the items"):
        embed_sample(bare, Counting(2), 10)
    with pytest.raises(InputError, match="holds none of the 10 keys drawn; the first is 't"):
        embed_sample(old, Counting(2), 10, {"else": "b"})
    with pytest.raises(ParameterError, match="Lookup reads keys, no items; give its space"):
        embed_sample(old, nearer.encoders.Lookup(bare), 10)
    with pytest.raises(InputError, match="body"):
        embed_sample(old, Counting(2), 10, column="body")
    only = Space(old.keys, old.vectors, items={"topic": list(TEXTS.values())})
    with pytest.raises(
        InputError, match="items is not clear: the store does not tell, and has topic; name it"
    ):
        embed_sample(only, Counting(2), 10)


def test_the_column_that_was_embedded_is_read(tmp_path: Path) -> None:
    """Not another that would fit: one with a customary name, or the only one of texts."""
    table = pa.table({"body": list(TEXTS.values()), "text": ["a topic"] * len(TEXTS), "id": list(TEXTS)})
    kept = nearer.embed(Counting(1), table, column="body", keep=["text", "body"])
    assert kept.report.column == kept.space.provenance["embed"]["column"] == "body"
    made = nearer.backfill(kept.space, Counting(2), out=tmp_path / "new.space")
    assert made.report.column == "body"
    np.testing.assert_array_equal(made.space.vectors, Counting(2).encode(list(TEXTS.values())))
    sample = embed_sample(kept.space, Counting(2), 10)
    assert sample.provenance["embed"]["column"] == "body"
    np.testing.assert_array_equal(sample.vectors, Counting(2).encode([TEXTS[key] for key in sample.keys]))
    assert nearer.backfill(kept.space, Counting(2), column="text", out=tmp_path / "t").report.column == "text"
    lost = nearer.embed(Counting(1), table, column="body", keep=["text"]).space
    said = "was embedded from the column 'body', and kept only text; give the items: .*--keep body"
    with pytest.raises(InputError, match=said):
        nearer.backfill(lost, Counting(2), out=tmp_path / "lost.space")
    with pytest.raises(InputError, match=said):
        embed_sample(lost, Counting(2), 10)
    assert not (tmp_path / "lost.space").exists()


def test_a_store_of_the_same_model_is_refused(old: Space, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has the encoder's identity, 000000000000, already: nothing"):
        nearer.backfill(old, Counting(1), out=tmp_path / "new.space")
    assert not list(tmp_path.iterdir())


def test_it_goes_on_after_an_interruption(
    old: Space, aligned: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "new.space"
    monkeypatch.setattr("nearer.encoders.embed_run.BYTES_A_PART", 1)  # a part a group
    with pytest.raises(KeyboardInterrupt):
        nearer.backfill(aligned, Counting(2, breaks_after=2), out=out)
    half = Halfway.open(aligned, out)
    assert 0.4 < half.share < 0.5  # two groups of 256
    query = Counting(2).encode(["abab 3"])
    assert len(half.nearest(query, 10).keys[0]) == 10
    made = nearer.backfill(aligned, Counting(2), out=out)
    assert made.report.resumed == 512
    assert made.space.identity == Counting(2).identity
    assert made.space.keys == old.keys
    assert made.space.items is not None
    assert made.space.items["text"].to_pylist() == list(TEXTS.values())
    np.testing.assert_array_equal(made.space.vectors, Counting(2).encode(list(TEXTS.values())))
    assert "aligned" not in made.space.provenance
    assert Halfway.open(aligned, out).share == 1


def test_items_from_elsewhere(aligned: Space, tmp_path: Path) -> None:
    bare = Space(aligned.keys, aligned.vectors, identity=aligned.identity, provenance=aligned.provenance)
    made = nearer.backfill(bare, Counting(2), TEXTS, out=tmp_path / "new.space")
    assert made.space.keys == bare.keys
    with pytest.raises(InputError, match="the store has no payload columns"):
        nearer.backfill(bare, Counting(2), out=tmp_path / "none.space")
    few = dict(list(TEXTS.items())[:1000])
    with pytest.raises(InputError, match=r"100 of 1,100 keys of the store .*; the first is 't1000'"):
        nearer.backfill(bare, Counting(2), few, out=tmp_path / "few.space")


def test_another_model_than_the_one_aligned_to(aligned: Space, tmp_path: Path) -> None:
    with pytest.raises(SpaceMismatch, match="the encoder has identity 000000000000, expected 000000000000"):
        nearer.backfill(aligned, Counting(3), out=tmp_path / "new.space")
    with pytest.raises(SpaceMismatch, match="changed after it was aligned"):
        nearer.backfill(aligned.reduce(2), Counting(2), out=tmp_path / "new.space")
    assert not list(tmp_path.iterdir())
