"""Word2Vec that joins phrases first: the same vectors as of a text that was written with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from word_corpora import small_word2vec, zipf_lines

from nearer import Phrases
from nearer.errors import InputError, ParameterError

LINES = [f"{line} new york city {line}" for line in zipf_lines(4_000)]
FINDER = Phrases(threshold=5.0, min_count=3, passes=2)


def test_vectors_are_those_of_the_rewritten_text() -> None:
    model = small_word2vec(phrases=FINDER).fit(LINES)
    assert "new_york_city" in model.space_
    assert "york" not in model.space_
    rewritten = model.phrases_.transform(LINES)
    plain = small_word2vec().fit(rewritten)
    assert model.space_.keys == plain.space_.keys
    np.testing.assert_array_equal(model.space_.vectors, plain.space_.vectors)
    assert model.report_.tokens == plain.report_.tokens


def test_fitted_phrases_are_joined_as_they_are(tmp_path: Path) -> None:
    fitted = Phrases(threshold=5.0, passes=2, threads=1).fit(LINES)
    fitted.save(tmp_path / "phrases.tsv")
    one = small_word2vec(phrases=fitted).fit(LINES).space_
    two = small_word2vec(phrases=Phrases.load(tmp_path / "phrases.tsv")).fit(LINES).space_
    assert one.identity == two.identity
    assert one.provenance["phrases"] == two.provenance["phrases"]
    assert len(one.provenance["phrases"]["sha256"]) == 64
    other = small_word2vec(phrases=fitted).fit(LINES[:20])
    assert other.phrases_.phrases_ == fitted.phrases_


def test_the_parameter_stays_as_it_was_given_and_is_recorded() -> None:
    finder = Phrases(threshold=20.0)
    model = small_word2vec(phrases=finder).fit(LINES)
    assert model.phrases is finder
    assert not hasattr(finder, "phrases_")
    assert model.space_.provenance["phrases"] == {
        "model": "Phrases",
        "score": "mikolov",
        "threshold": 20.0,
        "min_count": 5,
        "passes": 1,
        "delimiter": "_",
        "exclude": [],
        "max_vocabulary": None,
    }
    assert "phrases_" not in vars(small_word2vec().fit(LINES))


def test_a_second_fit_joins_the_phrases_of_the_first() -> None:
    model = small_word2vec(phrases=FINDER).fit(LINES)
    learned = model.phrases_
    model.fit([line for line in LINES if "w1 " in line][:40])
    assert model.phrases_ is learned
    assert model.report_.epochs == 4
    assert "new_york_city" in model.space_


def test_a_checkpoint_goes_on_with_the_same_phrases(tmp_path: Path) -> None:
    whole = small_word2vec(phrases=FINDER).fit(LINES).space_
    small_word2vec(phrases=FINDER, checkpoint=tmp_path / "run").fit(LINES)
    again = small_word2vec(phrases=FINDER, checkpoint=tmp_path / "run").fit(LINES).space_
    assert again.identity == whole.identity
    with pytest.raises(ParameterError, match="the checkpoint was made with phrases="):
        small_word2vec(phrases=Phrases(threshold=1.0), checkpoint=tmp_path / "run").fit(LINES)


def test_parameters_of_the_phrases_are_read_set_and_cloned_as_scikit_learn_does() -> None:
    model = small_word2vec(phrases=Phrases(threshold=20.0))
    assert model.get_params()["phrases__threshold"] == 20.0
    assert "phrases__threshold" not in model.get_params(deep=False)
    copy = clone(model)
    assert copy.phrases is not model.phrases
    copy.set_params(phrases__threshold=30.0)
    assert (copy.phrases.threshold, model.phrases.threshold) == (30.0, 20.0)
    copy.set_params(phrases__passes=2, phrases=Phrases(threshold=1.0))
    assert (copy.phrases.threshold, copy.phrases.passes) == (1.0, 2)
    for name in ("phrases__nonsense", "dim__x"):
        with pytest.raises(ParameterError, match=f"Word2Vec has no parameter '{name}'; it has dim, "):
            model.set_params(**{name: 1})
    with pytest.raises(ParameterError, match="Word2Vec has no parameter 'phrases__threshold'"):
        small_word2vec().set_params(phrases__threshold=1.0)


def test_faults_of_the_phrases_are_named() -> None:
    with pytest.raises(
        ParameterError, match="phrases='yes' is not allowed: phrases must be Phrases, or None"
    ):
        small_word2vec(phrases="yes").fit(LINES)
    with pytest.raises(ParameterError, match="threshold=2 lets no pair through"):
        small_word2vec(phrases=Phrases(score="npmi", threshold=2)).fit("nowhere.txt")
    with pytest.raises(InputError, match="the word 'a_b' holds the delimiter '_'"):
        small_word2vec(phrases=Phrases(), tokenizer="whitespace").fit(["a_b c"] * 9)
    fitted = Phrases(threads=1).fit(LINES)
    with pytest.raises(InputError, match="the word 'a_b' holds the delimiter '_'"):
        small_word2vec(phrases=fitted, tokenizer="whitespace").fit(["a_b c"] * 9)
