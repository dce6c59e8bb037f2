"""Word2Vec with hierarchical softmax as a whole: against the slow twin, and as good as gensim's."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from path_twin import PathTwin
from topics import topic_precision, topic_sentences

from nearer import Word2Vec
from nearer.kernels import chosen_variant
from nearer.kernels.training import padded_rows
from nearer.kernels.words import WordTraining
from nearer.models import word2vec, word_reading
from nearer.models.state import seeded_rows
from nearer.signal import encode_corpus, huffman_paths, keep_thresholds

# topic_precision, mean over seeds 1..8, of gensim 4.4.0 on the same sentences, from vectors as small as ours
# at the start (its own are twice as wide, which on so short a text is a head start):
#   model = Word2Vec(hs=1, negative=0, sg=..., vector_size=32, window=5, min_count=1, sample=0, epochs=5,
#                    workers=1, seed=seed, alpha=0.025 for skip-gram, 0.05 for CBOW)
#   model.build_vocab([s.split() for s in topic_sentences()]); model.wv.vectors *= 0.5; model.train(...)
GENSIM = {"skipgram": 0.8153, "cbow": 0.5310}
RATE = {"skipgram": 0.025, "cbow": 0.05}
SLACK = 0.06  # a seed's score has a standard deviation of 0.02; chance would score 0.12


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_vectors_and_loss_curve_are_those_of_the_twin(
    architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word2vec, "WordMaterial", partial(word_reading.WordMaterial, unit_tokens=400))
    sentences = topic_sentences(100)
    model = Word2Vec(
        dim=9,
        architecture=architecture,  # type: ignore[arg-type]
        objective="hierarchical",
        window=3,
        min_count=2,
        subsample=0.01,
        epochs=2,
        threads=1,
        seed=11,
    ).fit(sentences)

    corpus = encode_corpus(sentences, min_count=2)
    units = -(-len(corpus.tokens) // 400)
    run = WordTraining(
        architecture=architecture,  # type: ignore[arg-type]
        tokens=corpus.tokens,
        keep=keep_thresholds(corpus.counts, 0.01),
        noise=np.empty((0, 2), dtype=np.uint32),
        window=3,
        negative=0,
        shared=1,
        learning_rate=0.025,
        least_learning_rate=1e-4,
        planned_units=2 * units,
        seed=11,
        unit_tokens=400,
        paths=huffman_paths(corpus.counts),
    )
    words = len(corpus.words)
    twin = PathTwin.of(run, seeded_rows(words, 9, seed=11), padded_rows(words - 1, 9), chosen_variant())
    reports = [twin.train(range(unit, unit + 1)) for unit in range(2 * units)]
    assert model.space_.keys == corpus.words
    np.testing.assert_allclose(model.space_.vectors, twin.words[:, :9], rtol=1e-4, atol=1e-6)
    curve = [report.loss / report.pairs for report in reports if report.pairs]
    np.testing.assert_allclose(model.loss_curve_, curve, rtol=1e-6)


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_scores_are_at_the_level_of_gensim(architecture: str) -> None:
    sentences = topic_sentences()
    scores = [
        topic_precision(
            Word2Vec(
                dim=32,
                architecture=architecture,  # type: ignore[arg-type]
                objective="hierarchical",
                min_count=1,
                subsample=0,
                learning_rate=RATE[architecture],
                threads=1,
                seed=seed,
            )
            .fit(sentences)
            .space_
        )
        for seed in range(1, 9)
    ]
    assert np.mean(scores) > GENSIM[architecture] - SLACK, scores
