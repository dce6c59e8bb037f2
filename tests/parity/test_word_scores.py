"""Trained vectors find the structure of a corpus whose structure is known, as well as gensim's do."""

from __future__ import annotations

import random

import numpy as np
import pytest
from topics import TOPICS, WORDS, topic_precision, topic_sentences

from nearer import Word2Vec

# topic_precision, mean over seeds 1..8, of gensim 4.4.0 on the same sentences:
#   Word2Vec([s.split() for s in topic_sentences()], sg=..., vector_size=32, window=5, negative=5,
#            min_count=1, sample=0, epochs=5, workers=1, seed=seed, alpha=0.025 for skip-gram, 0.05 for CBOW)
GENSIM = {"skipgram": 0.8718, "cbow": 0.7838}
RATE = {"skipgram": 0.025, "cbow": 0.05}
SLACK = 0.06  # a seed's score has a standard deviation of 0.02; chance would score 0.12


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    return topic_sentences()


def trained(sentences: list[str], architecture: str, seed: int, threads: int = 1) -> Word2Vec:
    return Word2Vec(
        dim=32,
        architecture=architecture,  # type: ignore[arg-type]
        min_count=1,
        subsample=0,
        learning_rate=RATE[architecture],
        threads=threads,
        seed=seed,
    ).fit(sentences)


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_scores_are_at_the_level_of_gensim(sentences: list[str], architecture: str) -> None:
    scores = [topic_precision(trained(sentences, architecture, seed).space_) for seed in range(1, 9)]
    assert np.mean(scores) > GENSIM[architecture] - SLACK, scores


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_two_threads_score_as_one_does(sentences: list[str], architecture: str) -> None:
    one, two = (
        np.mean(
            [topic_precision(trained(sentences, architecture, seed, threads).space_) for seed in (1, 2, 3)]
        )
        for threads in (1, 2)
    )
    assert two == pytest.approx(one, abs=SLACK)


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_words_of_a_topic_are_nearer_to_each_other_than_to_any_other(architecture: str) -> None:
    """Where a sentence is of one topic only, the blocks of the similarity matrix stand apart."""
    space = trained(topic_sentences(2_000, about=1.0), architecture, seed=1).space_
    rows = np.array([space[f"t{t}w{w}"] for t in range(TOPICS) for w in range(WORDS)], dtype=np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    blocks = (rows @ rows.T).reshape(TOPICS, WORDS, TOPICS, WORDS).mean(axis=(1, 3))
    own, other = np.diag(blocks), blocks[~np.eye(TOPICS, dtype=bool)]
    assert own.min() > other.max() + 0.3
    assert topic_precision(space) == 1.0


def test_words_in_alternation_are_near_those_that_share_their_neighbours() -> None:
    """A checkerboard: a-words only ever stand beside b-words, so that a-words have the same contexts."""
    source = random.Random(0)
    lines = [" ".join(f"{'ab'[i % 2]}{source.randrange(7)}" for i in range(20)) for _ in range(1_000)]
    space = (
        Word2Vec(dim=8, window=1, min_count=1, subsample=0, threads=1, learning_rate=0.05).fit(lines).space_
    )
    assert space.similarity("a1", "a2") > space.similarity("a1", "b2") + 0.3
    assert {neighbor.key[0] for neighbor in space.neighbors("b3", k=3)} == {"b"}


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_loss_falls_on_a_corpus_that_can_be_learned(architecture: str) -> None:
    curve = trained(topic_sentences(2_000, about=1.0), architecture, seed=1).loss_curve_
    assert curve.dtype == np.float64
    assert np.isfinite(curve).all()
    assert len(curve) >= 5
    assert curve[0] < 6 * np.log(2) + 0.2  # output vectors start at zero: every term is log 2
    assert curve[len(curve) // 2 :].mean() < curve[0] - 0.3
