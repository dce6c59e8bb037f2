"""SIF as an estimator and an encoder: documents in, one identity, faults in one line."""

from __future__ import annotations

import copy
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.base import clone
from word_corpora import small_word2vec, zipf_lines

from nearer import SIF, Phrases, Space
from nearer.errors import InputError, NotFitted, ParameterError, SpaceMismatch
from nearer.search import nearest
from nearer.signal import bags

WORDS = ["the", "lion", "zebra", "mouse", "key"]
TEXTS = ["The lion, the zebra", "the mouse and the KEY", "zebra lion zebra", "key", "mouse the mouse lion"]


@pytest.fixture
def words() -> Space:
    return Space(WORDS, np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32))


@pytest.fixture
def model(words: Space) -> SIF:
    return SIF(words).fit(TEXTS)


def test_documents_have_keys(words: Space, model: SIF) -> None:
    assert model.space_.keys == ["0", "1", "2", "3", "4"]
    keyed = SIF(words).fit(dict(zip("abcde", TEXTS, strict=True))).space_
    assert keyed.keys == ["a", "b", "c", "d", "e"]
    assert keyed.vectors.tobytes() == model.space_.vectors.tobytes()
    assert keyed.identity == model.space_.identity == model.identity


@pytest.mark.parametrize(
    "documents",
    [
        tuple(TEXTS),
        pa.array(TEXTS),
        pa.chunked_array([TEXTS]),
        [text.lower().replace(",", "").split() for text in TEXTS],
    ],
    ids=["tuple", "Arrow", "chunks", "tokens"],
)
def test_documents_come_in_many_forms(words: Space, model: SIF, documents: Any) -> None:
    assert SIF(words).fit(documents).space_.vectors.tobytes() == model.space_.vectors.tobytes()
    assert SIF(words).fit(iter(TEXTS)).space_.vectors.tobytes() == model.space_.vectors.tobytes()


def test_the_report_counts_what_is_known(words: Space, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="nearer"):
        model = SIF(words).fit([*TEXTS, "nothing here", ""])
    report = model.report_
    assert (report.documents, report.empty, report.tokens, report.known) == (7, 2, 19, 16)
    assert [record.message for record in caplog.records] == [
        "2 of 7 documents hold no known word: their vectors are zeros"
    ]
    assert not model.space_.vectors[5:].any()
    caplog.clear()
    assert not model.encode(["unheard of"]).any()
    assert len(caplog.records) == 1


def test_new_documents_are_in_the_space_of_the_fitted_ones(model: SIF, words: Space) -> None:
    fresh = model.embed({"x": "lion zebra", "y": "key mouse"})
    assert fresh.keys == ["x", "y"]
    assert fresh.identity == model.identity
    assert nearest(fresh, model.space_, k=1).keys
    np.testing.assert_array_equal(fresh.vectors, model.encode(["lion zebra", "key mouse"]))
    assert fresh.provenance["words"] == words.identity
    with pytest.raises(SpaceMismatch):
        nearest(words, model.space_, k=1)


def test_a_fit_with_keys_of_other_settings_has_another_identity(words: Space) -> None:
    identities = {
        SIF(words, **settings).fit(TEXTS).identity
        for settings in (
            {},
            {"method": "mean"},
            {"method": "usif", "components": 1},
            {"a": 0.01},
            {"components": 2},
            {"frequencies": "documents"},
            {"tokenizer": "whitespace"},
        )
    }
    assert len(identities) == 7
    assert SIF(words).fit(TEXTS[:4]).identity not in identities
    assert SIF(words).fit(TEXTS).identity in identities


def test_a_space_of_ours_says_how_it_was_tokenised() -> None:
    lines = zipf_lines(3_000)
    assert SIF(small_word2vec().fit(lines).space_).fit(lines).tokenizer_ == "words"
    assert SIF(small_word2vec(tokenizer="whitespace").fit(lines).space_).fit(lines).tokenizer_ == "whitespace"
    space = small_word2vec(tokenizer=str.split).fit(lines).space_
    with pytest.raises(
        ParameterError,
        match=r"^tokenizer=None, but the word space was trained with the tokenizer 'str.split'; "
        "pass that callable as tokenizer$",
    ):
        SIF(space).fit(lines)
    assert SIF(space, tokenizer=str.split).fit(lines).tokenizer_ == str.split


def test_a_space_with_phrases_wants_tokens_that_hold_them() -> None:
    lines = [*zipf_lines(3_000), *["new york"] * 50]
    phrases = Phrases(threshold=0.1, min_count=10, threads=1)
    space = small_word2vec(phrases=phrases).fit(lines).space_
    assert "new_york" in space
    with pytest.raises(
        ParameterError, match=r"^tokenizer=None, but the word space was trained with phrases joined, .*; pass"
    ):
        SIF(space).fit(lines)
    joined = SIF(space).fit([line.replace("new york", "new_york").split() for line in lines])
    assert joined.report_.empty == 0
    assert SIF(space, tokenizer="words").fit(lines).report_.empty == 50


def test_the_column_count_is_used_where_it_is(words: Space) -> None:
    counted = Space(WORDS, words.vectors, items={"count": [50, 20, 10, 5, 1]})
    np.testing.assert_allclose(SIF(counted).fit(TEXTS).weights_[4], 1e-3 / (1e-3 + 1 / 86))
    np.testing.assert_allclose(SIF(words).fit(TEXTS).weights_[4], 1e-3 / (1e-3 + 0.2 / (137 / 60)))
    with pytest.raises(
        ParameterError, match=r'^frequencies="counts", but the word space has no column "count"'
    ):
        SIF(words, frequencies="counts").fit(TEXTS)


def test_a_failed_fit_leaves_what_was_learned(model: SIF) -> None:
    before = model.identity
    with pytest.raises(InputError):
        model.fit(["lion", "unheard of"])
    assert model.identity == before
    assert model.encode(["lion"]).any()


def test_words_are_loaded_by_path(words: Space, model: SIF, tmp_path: Path) -> None:
    words.save(tmp_path / "words.space")
    loaded = SIF(tmp_path / "words.space").fit(TEXTS)
    assert loaded.identity == model.identity
    assert loaded.dim == 4


def test_a_clone_shares_the_word_space(words: Space) -> None:
    assert clone(SIF(words)).words is words
    assert copy.copy(words) is words


def test_before_fit_there_is_neither_dimension_nor_identity(words: Space) -> None:
    for name in ("dim", "identity"):
        with pytest.raises(NotFitted, match=f"^this SIF is not fitted, so it has no {name}; call fit first$"):
            getattr(SIF(words), name)


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([], r"^there are no documents$"),
        ({}, r"^there are no documents$"),
        ("lion", r"^documents are 'lion'; pass a list of texts or of token lists, or a mapping"),
        (7, r"^documents are 7; pass a list"),
        (["lion", 3], r"^row 1: 3 is no text, as row 0 is; documents are texts, or lists of tokens"),
        ([["lion"], "zebra"], r"^row 1: the document is 'zebra'; documents are texts, or lists"),
        ([["lion"], ["key", None]], r"^row 1: the token None is no text; tokens are strings"),
        ([["lion"], ["key", "\ud800"]], r"^row 1: the token '.ud800' is no text; tokens are strings"),
        (["lion", "a\0b"], r"^row 1: a NUL character: this is binary data, not text$"),
        (["lion", "\n", "\udce4"], r"^row 2: a lone surrogate, '\\udce4'$"),
        (["lion", "x" * 70_000], r"^row 1: a token of more than 65,536 bytes: this is no running text$"),
        (["unheard"], r"^0 documents hold a known word, in 4 dimensions: without 1 components nothing would"),
        (["lion"], r"^1 documents hold a known word, .*; fit more documents, or lower components$"),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(words: Space, documents: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        SIF(words).fit(documents)
    assert "\n" not in str(raised.value)


def test_a_document_without_a_known_word_may_be_an_error(words: Space) -> None:
    model = SIF(words, unknown="error").fit(TEXTS)
    with pytest.raises(
        InputError, match=r"^row 3: the document holds no word of the word space; leave it out"
    ):
        model.encode([*TEXTS[:3], "unheard of"], batch_size=2)
    with pytest.raises(InputError, match=r"^row 5: the document holds no word"):
        SIF(words, unknown="error").fit([*TEXTS, ""])


@pytest.mark.parametrize("given", [{"lion": -1.0}, {"lion": float("nan")}, {"lion": 0}, {}])
def test_frequencies_that_are_none_are_refused(words: Space, given: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"^the words' frequencies hold .*; give finite numbers from 0 up"):
        SIF(words, frequencies=given).fit(TEXTS)


def test_blocks_of_documents_change_nothing(
    words: Space, model: SIF, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bags, "DOCUMENTS_A_BLOCK", 2)
    assert SIF(words).fit(TEXTS).space_.vectors.tobytes() == model.space_.vectors.tobytes()


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, "8", True, None])
def test_a_batch_has_a_size(model: SIF, batch_size: Any) -> None:
    with pytest.raises(ParameterError, match=r"^batch_size=.+ is not a whole number from 1 up$"):
        model.encode(TEXTS, batch_size=batch_size)
    assert model.encode(TEXTS, batch_size=np.int64(2)).tobytes() == model.space_.vectors.tobytes()


@pytest.mark.parametrize("method", ["mean", "sif", "usif"])
def test_means_that_are_all_zero_stay_zero(method: Any) -> None:
    model = SIF(Space(WORDS, np.zeros((5, 6), np.float32)), method).fit([*TEXTS, *TEXTS])
    assert not model.space_.vectors.any()
    assert np.isfinite(model.components_).all()
    assert model.strengths_.tolist() == [float(method == "sif")] * {"mean": 0, "sif": 1, "usif": 5}[method]
