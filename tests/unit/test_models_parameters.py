"""Parameters: each rule refuses what it must, in one line that names argument, value and range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from word_corpora import small_word2vec, zipf_lines

from nearer import Word2Vec
from nearer.errors import InputError, NotFitted, ParameterError, UnknownKey

WRONG: list[tuple[str, Any, str]] = [
    ("dim", 0, "a whole number from 1 to 65,536"),
    ("dim", 65_537, "a whole number from 1 to 65,536"),
    ("dim", 2.0, "a whole number from 1 to 65,536"),
    ("dim", True, "a whole number from 1 to 65,536"),
    ("dim", "100", "a whole number from 1 to 65,536"),
    ("architecture", "glove", "'skipgram' or 'cbow'"),
    ("objective", "softmax", "'negative' or 'hierarchical'"),
    ("window", -5, "a whole number from 1 to 1,000"),
    ("window", 0, "a whole number from 1 to 1,000"),
    ("negative", 0, "a whole number from 1 to 1,000"),
    ("noise_exponent", math.inf, "a finite number from -4 to 4"),
    ("min_count", 0, "a whole number from 1 up"),
    ("max_vocabulary", 1, "a whole number from 2 up, or None"),
    ("subsample", -1e-9, "a finite number from 0 up"),
    ("epochs", 0, "a whole number from 1 up"),
    ("learning_rate", math.nan, "a finite number above 0"),
    ("learning_rate", 0.0, "a finite number above 0"),
    ("least_learning_rate", -0.1, "a finite number from 0 up"),
    ("shared", 33, "a whole number from 1 to 32"),
    ("phrases", "yes", "Phrases, or None"),
    ("tokenizer", "letters", "'words' or 'whitespace' or a callable"),
    ("errors", "ignore", "'strict' or 'replace'"),
    ("memory", 1.5, 'a size such as "2GB", or None'),
    ("checkpoint", 5, "a folder, or None"),
    ("checkpoint_every", None, "a finite number from 0 up"),
    ("threads", 0, "a whole number from 1 to 1,024, or None"),
    ("seed", -1, "a whole number from 0 to 9,223,372,036,854,775,807"),
    ("seed", np.array([1, 2]), "a whole number from 0 to 9,223,372,036,854,775,807"),
    ("show_progress", 1, "True or False, or None"),
]


def test_every_parameter_has_a_rule_and_a_wrong_value_here() -> None:
    assert set(Word2Vec.constraints) == set(Word2Vec.parameter_names())
    assert {name for name, _, _ in WRONG} == set(Word2Vec.parameter_names())


@pytest.mark.parametrize(
    ("name", "value", "rule"), WRONG, ids=[f"{name}={value!r:.12}" for name, value, _ in WRONG]
)
def test_a_wrong_value_is_refused_before_the_corpus_is_looked_at(name: str, value: Any, rule: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Word2Vec(**{name: value}).fit("no such file")
    assert str(caught.value) == f"{name}={value!r} is not allowed: {name} must be {rule}"


def test_memory_that_is_no_size_is_refused_before_the_corpus_is_looked_at() -> None:
    with pytest.raises(ParameterError, match="memory='lots' is no size"):
        Word2Vec(memory="lots").fit("no such file")


@pytest.mark.parametrize(
    "parameters",
    [
        {"dim": np.int64(8), "window": np.int32(3), "epochs": np.uint8(1), "seed": np.uint64(3)},
        {"learning_rate": np.float64(0.05), "subsample": np.float64(0.0), "noise_exponent": 1},
    ],
)
def test_numpy_numbers_are_as_good_as_pythons(parameters: dict[str, Any]) -> None:
    corpus = zipf_lines(2_000)
    plain = {name: value.item() if hasattr(value, "item") else value for name, value in parameters.items()}
    one, two = (small_word2vec(**given).fit(corpus).space_ for given in (parameters, plain))
    assert one.identity == two.identity
    assert one.provenance == two.provenance


def test_another_dim_on_a_fitted_model_is_refused() -> None:
    model = small_word2vec().fit(zipf_lines(2_000))
    with pytest.raises(
        ParameterError, match="dim=8, but this model is fitted and its vectors have 16 dimensions"
    ):
        model.set_params(dim=8).fit(zipf_lines(2_000))
    assert model.space_.dim == 16


def test_a_rate_that_diverges_is_one_clear_error() -> None:
    with pytest.raises(
        ParameterError, match=r"training diverged: the loss is \S+ at learning_rate=1e\+08; lower"
    ):
        small_word2vec(learning_rate=1e8, subsample=0).fit(zipf_lines(5_000))


def test_a_second_fit_that_diverges_costs_neither_the_space_nor_the_model() -> None:
    corpus = zipf_lines(5_000)
    model = small_word2vec(subsample=0).fit(corpus)
    learned, vectors = model.space_, model.space_.vectors.copy()
    with pytest.raises(ParameterError, match="the next fit starts afresh, and an earlier space_ is un"):
        model.set_params(learning_rate=1e8).fit(corpus)
    assert model.space_ is learned
    assert (learned.vectors == vectors).all()
    assert (model.set_params(learning_rate=0.025).fit(corpus).space_.vectors == vectors).all()
    assert model.report_.epochs == 2


def test_numbers_of_numpy_mean_what_they_are_written_as() -> None:
    corpus = zipf_lines(5_000)
    given = {"learning_rate": 0.025, "noise_exponent": 0.7, "subsample": 1e-3, "least_learning_rate": 1e-4}
    spaces = [
        small_word2vec(**{name: kind(value) for name, value in given.items()}).fit(corpus).space_
        for kind in (float, np.float32, np.float64)
    ]
    assert spaces[0].identity == spaces[1].identity == spaces[2].identity
    assert spaces[0].provenance == spaces[1].provenance == spaces[2].provenance
    small_word2vec(learning_rate=0.1, least_learning_rate=np.float32(0.1)).fit(corpus)


def test_provenance_says_how_the_vocabulary_was_made() -> None:
    space = small_word2vec(tokenizer=str.split, max_vocabulary=50).fit(zipf_lines(4_000)).space_
    recorded = {name: space.provenance[name] for name in ("min_count", "max_vocabulary", "tokenizer")}
    assert recorded == {"min_count": 2, "max_vocabulary": 50, "tokenizer": "str.split"}


def test_a_second_fit_on_other_text_keeps_the_vocabulary() -> None:
    model = small_word2vec(max_vocabulary=50).fit(zipf_lines(4_000))
    words = list(model.space_.keys)
    model.fit(["w0 w1 unheard of", "w2 w3"] * 50)
    assert model.space_.keys == words
    with pytest.raises(
        InputError, match="the corpus holds none of the words this model knows; fit a new model"
    ):
        model.fit(["nothing known here"])


def test_learned_names_are_not_fitted_before_fit() -> None:
    model = Word2Vec()
    for name in ("space_", "loss_curve_", "report_"):
        assert not hasattr(model, name)
        with pytest.raises(
            NotFitted, match=f"this Word2Vec is not fitted, so it has no {name}; call fit first"
        ):
            getattr(model, name)
    with pytest.raises(AttributeError, match="'Word2Vec' object has no attribute 'spaces'") as caught:
        model.spaces  # noqa: B018  (looking it up is the test)
    assert not isinstance(caught.value, NotFitted)


def test_encode_looks_up_rows() -> None:
    model = small_word2vec().fit(zipf_lines(2_000))
    assert (model.encode(["w1", "w0", "w1"]) == model.space_.vectors[[1, 0, 1]]).all()
    assert model.encode([]).shape == (0, 16)
    with pytest.raises(UnknownKey):
        model.encode(["never seen"])
    with pytest.raises(InputError, match="encode takes a list of keys"):
        model.encode("w1")


def test_report_counts_what_was_done() -> None:
    report = small_word2vec(epochs=3, min_count=5).fit(zipf_lines(4_000)).report_
    assert report.tokens_read == 4_000
    assert report.tokens < 4_000
    assert report.vocabulary < report.distinct <= 400
    assert (report.epochs, report.interrupted) == (3.0, False)
    assert report.items_per_second == pytest.approx(3 * report.tokens / report.train_seconds)


def test_repr_shows_what_was_changed() -> None:
    assert repr(Word2Vec()) == "Word2Vec()"
    assert repr(Word2Vec(dim=50, learning_rate=0.5)) == "Word2Vec(dim=50, learning_rate=0.5)"
    assert repr(Word2Vec(learning_rate=float("0.025"), dim=100)) == "Word2Vec()"


def test_a_rate_that_would_rise_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"least_learning_rate=0\.1 is above learning_rate=0\.025"):
        Word2Vec(least_learning_rate=0.1).fit(["a b a b"])
