"""The whole of Word2Vec against the slow twin: reading, tables, seeding, both epochs, the loss curve."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from topics import topic_sentences
from word_twin import twin_of

from nearer import Word2Vec
from nearer.kernels import chosen_variant
from nearer.kernels.training import padded_rows
from nearer.kernels.words import WordTraining
from nearer.models import word2vec, word_reading
from nearer.models.state import seeded_rows
from nearer.signal import encode_corpus, keep_thresholds, noise_table


def cut_small(monkeypatch: pytest.MonkeyPatch, unit_tokens: int) -> None:
    """Let word models cut their corpora into units of so many tokens."""
    small = partial(word_reading.WordMaterial, unit_tokens=unit_tokens)
    monkeypatch.setattr(word2vec, "WordMaterial", small)


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_vectors_and_loss_curve_are_those_of_the_twin(
    architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_small(monkeypatch, 400)
    sentences = topic_sentences(100)
    settings = {"dim": 9, "window": 3, "negative": 4, "subsample": 0.01, "epochs": 2, "seed": 11, "shared": 2}
    model = Word2Vec(**settings, architecture=architecture, min_count=2, threads=1).fit(sentences)  # type: ignore[arg-type]

    corpus = encode_corpus(sentences, min_count=2)
    units = -(-len(corpus.tokens) // 400)
    run = WordTraining(
        architecture=architecture,  # type: ignore[arg-type]
        tokens=corpus.tokens,
        keep=keep_thresholds(corpus.counts, 0.01),
        noise=noise_table(corpus.counts, 0.75),
        window=3,
        negative=4,
        shared=2,
        learning_rate=0.025,
        least_learning_rate=1e-4,
        planned_units=2 * units,
        seed=11,
        unit_tokens=400,
    )
    start = seeded_rows(len(corpus.words), 9, seed=11)
    twin = twin_of(run, start, padded_rows(len(corpus.words), 9), chosen_variant())
    reports = [twin.train(range(unit, unit + 1)) for unit in range(2 * units)]

    assert units < Word2Vec.points_an_epoch  # so that each unit is a point of the curve
    assert model.space_.keys == corpus.words
    np.testing.assert_allclose(model.space_.vectors, twin.words[:, :9], rtol=1e-4, atol=1e-6)
    curve = [report.loss / report.pairs for report in reports if report.pairs]
    np.testing.assert_allclose(model.loss_curve_, curve, rtol=1e-6)
    assert model.loss_curve_.dtype == np.float64


def test_points_of_the_curve_are_twentieths_of_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small(monkeypatch, 50)
    model = Word2Vec(dim=4, min_count=1, subsample=0, epochs=3, threads=1).fit(topic_sentences(200))
    assert len(model.loss_curve_) == 3 * Word2Vec.points_an_epoch
    assert model.loss_curve_[0] == pytest.approx(6 * np.log(2), abs=0.2)  # outputs start at zero
