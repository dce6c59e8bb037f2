"""One seed and one thread: the same bits in any process, however the work is cut up."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
import pytest
from word_corpora import run_python, small_word2vec, zipf_lines

from nearer.kernels import available_variants
from nearer.kernels.training import padded_rows
from nearer.kernels.words import WordTraining, train_units
from nearer.models import loop
from nearer.models.state import seeded_rows
from nearer.signal import encode_corpus, keep_thresholds, noise_table

PROGRAM = """
import hashlib, sys
from word_corpora import small_word2vec, zipf_lines
space = small_word2vec(dim=24, architecture=sys.argv[1], seed=5).fit(zipf_lines(40_000)).space_
print(hashlib.sha256(space.vectors.tobytes()).hexdigest(), space.identity, len(space))
"""


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_two_processes_make_the_same_bits(architecture: str) -> None:
    model = small_word2vec(dim=24, architecture=architecture, seed=5).fit(zipf_lines(40_000))
    digest = hashlib.sha256(model.space_.vectors.tobytes()).hexdigest()
    assert run_python(PROGRAM, architecture) == [digest, model.space_.identity, str(len(model.space_))]


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
@pytest.mark.parametrize("variant", available_variants())
def test_bits_do_not_depend_on_how_units_are_split_into_calls(variant: str, architecture: str) -> None:
    corpus = encode_corpus(zipf_lines(8_000))
    run = WordTraining(
        architecture=architecture,  # type: ignore[arg-type]
        tokens=corpus.tokens,
        keep=keep_thresholds(corpus.counts, 1e-2),
        noise=noise_table(corpus.counts, 0.75),
        window=5,
        negative=5,
        shared=3,
        learning_rate=0.025,
        least_learning_rate=1e-4,
        planned_units=16,
        seed=1,
        unit_tokens=1_000,
    )
    results = []
    for cuts in ([0, 16], [0, 1, 2, 9, 16], list(range(17))):
        words = seeded_rows(len(corpus.words), 20, seed=1)
        outputs = padded_rows(len(corpus.words), 20)
        for first, last in pairwise(cuts):
            train_units(run, words, outputs, first, last, 1, variant)
        results.append(words.tobytes() + outputs.tobytes())
    assert results[0] == results[1] == results[2]


def test_bits_do_not_depend_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = []
    for seconds in (1e-9, 0.25, 100.0):
        monkeypatch.setattr(loop, "CALL_SECONDS", seconds)
        model = small_word2vec().fit(zipf_lines(60_000))
        vectors.append(model.space_.vectors)
        assert len(model.loss_curve_) == 8  # 4 units an epoch
    assert (vectors[0] == vectors[1]).all()
    assert (vectors[0] == vectors[2]).all()


def test_seeds_differ() -> None:
    corpus = zipf_lines(5_000)
    one, two, again = (small_word2vec(seed=seed).fit(corpus).space_ for seed in (1, 2, 1))
    assert np.abs(one.vectors - two.vectors).max() > 1e-3
    assert one.identity == again.identity != two.identity


def test_a_second_fit_draws_anew() -> None:
    corpus = zipf_lines(5_000)
    model = small_word2vec().fit(corpus)
    once = model.space_
    twice = model.fit(corpus).space_
    assert model.report_.epochs == 4
    assert once.keys == twice.keys
    assert np.abs(once.vectors - twice.vectors).max() > 1e-3
    assert len(model.loss_curve_) == 4
