"""PPMI against a dense twin of the papers, its SVD against NumPy and scikit-learn, and on known blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from topics import TOPICS, topic_precision, topic_sentences

from nearer import PPMI, Phrases
from nearer.signal import count_cooccurrences, encode_corpus, keep_probability
from nearer.signal.ppmi import ppmi_matrix

LINES = topic_sentences(300)


def dense_counts(
    lines: list[list[str]], words: list[str], window: int, flat: bool, both: bool
) -> NDArray[Any]:
    """Weights of contexts, a pair of places at a time."""
    counts = np.zeros((len(words), len(words)))
    row = {word: place for place, word in enumerate(words)}
    for line in lines:
        for here, word in enumerate(line):
            for there, context in enumerate(line):
                distance = here - there if both is False else abs(here - there)
                if 1 <= distance <= window:
                    counts[row[word], row[context]] += 1 if flat else 1 / distance
    return counts


def dense_ppmi(counts: NDArray[Any], shift: float, smoothing: float) -> NDArray[Any]:
    """Levy, Goldberg and Dagan 2015, section 3."""
    of_contexts = np.where(counts.sum(axis=0) > 0, counts.sum(axis=0), 1) ** smoothing * (
        counts.sum(axis=0) > 0
    )
    joint = counts / counts.sum()
    word, context = counts.sum(axis=1) / counts.sum(), of_contexts / of_contexts.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        pmi = np.log(joint / np.outer(word, context)) - np.log(shift)
    return np.where(counts > 0, np.maximum(pmi, 0), 0)


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize(
    ("window", "flat", "shift", "smoothing"),
    [(5, False, 1.0, 0.75), (2, True, 1.0, 1.0), (3, True, 5.0, 0.75), (4, False, 2.0, 0.0)],
)
def test_the_matrix_is_the_twins(both: bool, window: int, flat: bool, shift: float, smoothing: float) -> None:
    encoded = encode_corpus(LINES)
    counted = count_cooccurrences(
        encoded.tokens,
        len(encoded.words),
        window=window,
        weighting="flat" if flat else "harmonic",
        symmetric=both,
    )
    found = ppmi_matrix(counted, shift=shift, context_smoothing=smoothing).toarray()
    counts = dense_counts([line.split() for line in LINES], encoded.words, window, flat, both)
    np.testing.assert_allclose(found, dense_ppmi(counts, shift, smoothing), atol=2e-6)
    assert (found > 0).any()


def test_subsampled_counts_are_those_expected_to_be_left() -> None:
    encoded = encode_corpus(LINES)
    keep = keep_probability(encoded.counts, 1e-3)
    assert keep.min() < 0.8
    counts = dense_counts([line.split() for line in LINES], encoded.words, 5, True, True)
    counted = count_cooccurrences(encoded.tokens, len(encoded.words), window=5, weighting="flat")
    found = ppmi_matrix(counted, keep=keep).toarray()
    np.testing.assert_allclose(found, dense_ppmi(counts * np.outer(keep, keep), 1.0, 0.75), atol=2e-6)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_vectors_are_those_of_numpy_and_scikit_learn(power: float) -> None:
    model = PPMI(dim=8, solver="lanczos", eigenvalue_weighting=power, min_count=1, threads=1).fit(LINES)
    counts = dense_counts([line.split() for line in LINES], list(model.space_.keys), 5, False, True)
    matrix = dense_ppmi(counts, 1.0, 0.75)
    rows, values, _ = np.linalg.svd(matrix)
    np.testing.assert_allclose(model.singular_values_, values[:8], rtol=1e-6)
    expected = rows[:, :8] * values[:8] ** power
    expected *= np.sign((expected * model.space_.vectors).sum(axis=0))
    np.testing.assert_allclose(model.space_.vectors, expected, atol=2e-4)
    theirs = TruncatedSVD(8, algorithm="arpack", random_state=0).fit(matrix)
    np.testing.assert_allclose(model.singular_values_, theirs.singular_values_, rtol=1e-6)
    share = (theirs.singular_values_**2).sum() / (matrix**2).sum()
    assert model.report_.explained_variance == pytest.approx(share, rel=1e-6)
    if power == 1.0:
        scaled = np.abs(theirs.transform(matrix))
        np.testing.assert_allclose(np.abs(model.space_.vectors), scaled, atol=2e-3)


def test_the_randomized_solver_is_near_the_exact_one() -> None:
    """By how much of the matrix the vectors keep, which for the exact solver is the most there is."""
    exact = PPMI(dim=12, solver="lanczos", min_count=1, threads=1).fit(LINES)
    fast = PPMI(dim=12, min_count=1, threads=1).fit(LINES)
    assert fast.report_.explained_variance <= exact.report_.explained_variance * (1 + 1e-5)
    assert fast.report_.explained_variance >= exact.report_.explained_variance * 0.97
    np.testing.assert_allclose(fast.singular_values_[:4], exact.singular_values_[:4], rtol=5e-3)


def blocks(how_many: int, words: int, times: int) -> list[str]:
    """Lines that hold every word of one block, once each."""
    return [" ".join(f"b{block}w{word}" for word in range(words)) for block in range(how_many)] * times


@pytest.mark.parametrize("solver", ["randomized", "lanczos"])
def test_words_of_a_block_share_a_direction_and_blocks_none(solver: Any) -> None:
    """All words of a block attract each other alike: log(B n / (n - 1)), with B blocks of n words.

    Such a matrix has one singular value (n - 1) log(B n / (n - 1)) a block, whose vectors are the blocks.
    """
    count, size = 4, 6
    model = PPMI(dim=count, window=size, weighting="flat", solver=solver, threads=1).fit(
        blocks(count, size, 5)
    )
    expected = (size - 1) * np.log(count * size / (size - 1))
    np.testing.assert_allclose(model.singular_values_, expected, rtol=1e-5)
    names = [f"b{block}w{word}" for block in range(count) for word in range(size)]
    rows = np.array([model.space_[name] for name in names], dtype=np.float64)
    same = np.kron(np.eye(count), np.ones((size, size)))
    np.testing.assert_allclose(rows @ rows.T, same * expected / size, atol=1e-4)
    assert model.report_.positive == count * size * (size - 1)


def test_topics_are_found_as_well_as_word2vec_finds_them() -> None:
    """Skip-gram scores 0.87 on these sentences (test_word_scores.py); chance would score 0.12.

    Eight topics take eight dimensions; further ones hold noise.
    """
    model = PPMI(dim=TOPICS, min_count=1, threads=1).fit(topic_sentences())
    assert topic_precision(model.space_) > 0.9


def test_phrases_are_joined_first() -> None:
    lines = [f"{line} new york" for line in LINES]
    model = PPMI(dim=4, phrases=Phrases(threshold=5.0), threads=1).fit(lines)
    assert "new_york" in model.space_
    plain = PPMI(dim=4, threads=1).fit(model.phrases_.transform(lines))
    np.testing.assert_array_equal(model.space_.vectors, plain.space_.vectors)
