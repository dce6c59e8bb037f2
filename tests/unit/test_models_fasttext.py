"""FastText the estimator: unseen words, same bits, going on, checkpoints, the .bin it writes, bad input."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from word_corpora import zipf_lines

import nearer
from nearer import FastText
from nearer.errors import FormatError, NotFitted, ParameterError, UnknownKey
from nearer.kernels import subwords
from nearer.models import loop

CORPUS = zipf_lines(40_000)


def small(**parameters: Any) -> FastText:
    settings = {"dim": 12, "min_count": 2, "epochs": 2, "threads": 1, "buckets": 500}
    return FastText(**{**settings, **parameters})


def inflected(stems: int = 8, sentences: int = 1_500) -> list[str]:
    """Sentences of words of one stem each: only n-grams tell what an unseen ending belongs to."""
    source = np.random.default_rng(0)
    names = ["qarv", "zolt", "mipsu", "benkra", "dufi", "wexal", "gontri", "hyll"][:stems]
    endings = [a + b for a in "aeiou" for b in "nrst"]
    return [
        " ".join(names[i % stems] + endings[e] for e in source.integers(0, len(endings), 10))
        for i in range(sentences)
    ]


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_unseen_words_lie_near_the_words_they_share_ngrams_with(architecture: str) -> None:
    model = small(architecture=architecture, dim=20, epochs=5, subsample=0, buckets=100_000).fit(inflected())
    unseen = ["qarvoxu", "zoltigu", "mipsuuna", "benkraopp"]
    assert not any(word in model.space_ for word in unseen)
    for word, vector in zip(unseen, model.encode(unseen), strict=True):
        near = [key for key, _ in model.space_.neighbors(vector, 5)]
        assert all(key.startswith(word[:4]) for key in near), (word, near)


def test_words_of_the_space_have_the_vectors_of_the_encoder() -> None:
    model = small().fit(CORPUS)
    assert np.array_equal(model.space_.vectors, model.encode(model.space_.keys))
    assert model.space_.identity == model.encoder_.identity
    assert model.space_.provenance["max_n"] == 6


def test_a_word_that_shares_no_ngram_is_named(tmp_path: Path) -> None:
    model = small(buckets=10**6).fit(CORPUS)
    with pytest.raises(UnknownKey, match=r"^'東京' is unknown, and so is every n-gram of it; leave it out"):
        model.encode(["w1", "東京"])
    model.save_bin(tmp_path / "model.bin")
    again = nearer.encoder(tmp_path / "model.bin")
    with pytest.raises(UnknownKey, match=r"^'東京' is unknown, and so is every n-gram of it; leave it out"):
        again.encode(["w1", "東京"])
    assert np.array_equal(again.encode(["w1", "w1w2"]), model.encode(["w1", "w1w2"]))


def test_bits_do_not_depend_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    identities = set()
    for seconds in (1e-9, 100.0):
        monkeypatch.setattr(loop, "CALL_SECONDS", seconds)
        identities.add(small().fit(CORPUS).space_.identity)
    assert len(identities) == 1
    assert small(seed=1).fit(CORPUS).space_.identity not in identities


def test_training_changes_no_encoder_that_was_given_out() -> None:
    model = small().fit(CORPUS)
    encoder, before = model.encoder_, model.encode(["w1", "w1x"])
    model.fit(CORPUS)
    assert model.report_.epochs == 4
    assert np.array_equal(encoder.encode(["w1", "w1x"]), before)
    assert not np.array_equal(model.encode(["w1", "w1x"]), before)


def test_an_interrupt_keeps_what_was_learned_and_the_next_fit_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = small().fit(CORPUS).space_.identity
    kernel, calls = subwords.train_subwords, list[int]()

    def interrupting(*arguments: Any) -> object:
        calls.append(1)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return kernel(*arguments)

    monkeypatch.setattr(subwords, "train_subwords", interrupting)
    model = small()
    with pytest.raises(KeyboardInterrupt):
        model.fit(CORPUS)
    assert model.report_.interrupted
    assert len(model.encode(["w1"])) == 1
    assert model.fit(CORPUS).space_.identity == expected


def test_a_run_that_was_cut_off_resumes_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = small().fit(CORPUS)
    kernel, calls = subwords.train_subwords, list[int]()

    def cut(*arguments: Any) -> object:
        if len(calls) == 3:
            raise OSError
        calls.append(1)
        return kernel(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(subwords, "train_subwords", cut)
        with pytest.raises(OSError, match=r"^$"):
            small(checkpoint=tmp_path / "run", checkpoint_every=0.0).fit(CORPUS)
    resumed = small(checkpoint=tmp_path / "run", checkpoint_every=0.0).fit(CORPUS)
    assert resumed.space_.identity == expected.space_.identity
    assert resumed.loss_curve_.tolist() == expected.loss_curve_.tolist()
    with pytest.raises(ParameterError, match="the checkpoint was made with buckets=500; fit with the same"):
        small(checkpoint=tmp_path / "run", buckets=501).fit(CORPUS)


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_the_bin_it_writes_is_read_back_bit_for_bit(tmp_path: Path, architecture: str) -> None:
    model = small(architecture=architecture).fit(CORPUS)
    model.save_bin(tmp_path / "a.bin")
    encoder, space = nearer.encoder(tmp_path / "a.bin"), nearer.load(tmp_path / "a.bin")
    words = ["w1", "w12345", "unseen w"]
    assert np.array_equal(encoder.encode(words), model.encode(words))
    assert encoder.identity == space.identity == model.space_.identity
    assert space.keys == model.space_.keys
    assert np.array_equal(space.vectors, model.space_.vectors)


def test_a_bin_ends_in_bin(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        small().fit(CORPUS).save_bin(tmp_path / "a.vec")
    problem = "the name of a fastText model ends in .bin; give it that ending"
    assert str(caught.value) == f"{tmp_path / 'a.vec'}: {problem}"
    assert not list(tmp_path.iterdir())


def test_there_is_no_bin_before_fit(tmp_path: Path) -> None:
    with pytest.raises(NotFitted):
        small().save_bin(tmp_path / "a.bin")


def test_a_reversed_range_is_refused_before_anything_is_read() -> None:
    with pytest.raises(ParameterError) as caught:
        FastText(min_n=6, max_n=3).fit("nosuch.txt")
    assert str(caught.value) == "min_n=6 is above max_n=3: n-grams have min_n to max_n characters; swap them"


def test_no_buckets_are_refused() -> None:
    with pytest.raises(ParameterError) as caught:
        FastText(buckets=0).fit("nosuch.txt")
    assert str(caught.value) == (
        "buckets=0 is not allowed: buckets must be a whole number from 1 to 2,147,483,647"
    )


@pytest.mark.parametrize(("name", "value"), [("min_n", 2), ("max_n", 5), ("buckets", 501)])
def test_a_fitted_model_keeps_its_ngrams(name: str, value: int) -> None:
    model = small().fit(CORPUS)
    fitted = getattr(model, name)
    with pytest.raises(ParameterError) as caught:
        model.set_params(**{name: value}).fit(CORPUS)
    assert str(caught.value) == (
        f"{name}={value}, but this model is fitted with {name}={fitted}; fit a new model, or set {name} back"
    )
