"""Hierarchical softmax against its slow twin and finite differences, on every CPU variant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from path_twin import PathTwin, path_loss, path_of, path_run, steps
from word_twin import random_rows

from nearer.kernels import available_variants
from nearer.kernels.words import LINE_START, WordTraining, train_units

VARIANTS = available_variants()
DIM, RATE, STEP = 6, 1e-3, 1e-5

variants = pytest.mark.parametrize("variant", VARIANTS)
architectures = pytest.mark.parametrize("architecture", ["skipgram", "cbow"])


def compare(run: WordTraining, vocabulary: int, dim: int, variant: str, *, scale: float = 1.0) -> None:
    """Train the kernel and the twin on all units of the run, and hold them together."""
    words, nodes = random_rows(vocabulary, dim, 1, scale), random_rows(vocabulary - 1, dim, 2, scale)
    twin = PathTwin.of(run, words, nodes, variant)
    start = words.copy()
    report = train_units(run, words, nodes, 0, run.planned_units, 1, variant)
    expected = twin.train(range(run.planned_units))
    assert np.abs(words - start).max() > 1e-3
    np.testing.assert_allclose(words, twin.words, rtol=1e-4, atol=2e-5)
    np.testing.assert_allclose(nodes, twin.nodes, rtol=1e-4, atol=2e-5)
    assert (report.pairs, report.tokens) == (expected.pairs, expected.tokens)
    assert report.loss == pytest.approx(expected.loss, rel=1e-4)
    assert not words[:, dim:].any()
    assert not nodes[:, dim:].any()


@pytest.mark.parametrize("dim", [1, 16, 17, 100])
@architectures
@variants
def test_kernel_equals_twin_in_every_dimension(variant: str, architecture: str, dim: int) -> None:
    compare(path_run(architecture), 60, dim, variant)


@pytest.mark.parametrize("window", [1, 2, 7, 40])
@architectures
@variants
def test_kernel_equals_twin_for_every_window(variant: str, architecture: str, window: int) -> None:
    compare(path_run(architecture, window=window, learning_rate=0.01), 60, 16, variant)


@pytest.mark.parametrize("vocabulary", [2, 3, 5, 1_000])
@architectures
@variants
def test_kernel_equals_twin_for_trees_of_every_size(variant: str, architecture: str, vocabulary: int) -> None:
    compare(path_run(architecture, vocabulary=vocabulary, learning_rate=0.01), vocabulary, 16, variant)


@architectures
@variants
def test_kernel_equals_twin_with_subsampling(variant: str, architecture: str) -> None:
    run = path_run(architecture, subsample=0.02)
    assert run.keep.min() < 2**31  # words are in fact left out
    compare(run, 60, 32, variant)


@pytest.mark.parametrize(
    "lines", [(1, 1, 1, 5), (300,), (2,) * 50, (63, 64, 65)], ids=lambda lines: str(lines[:4])
)
@architectures
def test_kernel_equals_twin_however_lines_meet_units(architecture: str, lines: tuple[int, ...]) -> None:
    compare(path_run(architecture, lines=lines), 60, 16, VARIANTS[0])


@architectures
@variants
def test_loss_equals_twin_where_scores_are_huge(variant: str, architecture: str) -> None:
    run = path_run(architecture, lines=(40,), learning_rate=1e-6, epochs=1)
    words, nodes = random_rows(60, 16, 1, scale=1e4), random_rows(59, 16, 2, scale=1e4)
    twin = PathTwin.of(run, words, nodes, variant)
    report = train_units(run, words, nodes, 0, 1, 1, variant)
    assert report.loss == pytest.approx(twin.train(range(1)).loss, rel=1e-4)
    assert report.loss / report.pairs > 2_000  # a clamped sigmoid would stop near 30 a turn


def two_words(architecture: str) -> WordTraining:
    """A run over one line of two words: the first centre is measured, and the second one's step is known."""
    run = path_run(architecture, vocabulary=40, lines=(2,), window=3, learning_rate=RATE)
    tokens = np.array([5 | int(LINE_START), 11], dtype=np.uint32)
    return replace(run, tokens=tokens, least_learning_rate=RATE)


@architectures
@variants
def test_the_update_is_the_gradient_of_the_loss(variant: str, architecture: str) -> None:
    run = two_words(architecture)
    words, nodes = random_rows(40, DIM, 1), random_rows(39, DIM, 2)
    words64, nodes64 = words[:, :DIM].astype(float), nodes[:, :DIM].astype(float)

    def loss_of(word: int, window: list[int]) -> float:
        path, targets = path_of(run.paths, word)  # type: ignore[arg-type]
        return path_loss(words64[window] @ nodes64[path].T, targets)

    def loss() -> float:
        return sum(loss_of(word, window) for word, window in steps(run, 0))

    gradients = []
    for matrix in (words64, nodes64):
        gradient = np.zeros_like(matrix)
        for at in np.ndindex(matrix.shape):
            value = matrix[at]
            matrix[at] = value + STEP
            above = loss()
            matrix[at] = value - STEP
            gradient[at] = (above - loss()) / (2 * STEP)
            matrix[at] = value
        gradients.append(gradient)
    first = next(steps(run, 0))
    report = train_units(run, words, nodes, 0, 1, 1, variant)
    assert report.loss == pytest.approx(loss_of(*first), rel=1e-5)  # measured on one centre in 64
    assert report.pairs == 1
    for matrix, before, gradient in zip((words, nodes), (words64, nodes64), gradients, strict=True):
        assert np.abs(gradient).max() > 0.2
        np.testing.assert_allclose((matrix[:, :DIM] - before) / RATE, -gradient, atol=1e-2)


@architectures
def test_all_variants_of_this_cpu_agree(architecture: str) -> None:
    run = path_run(architecture, vocabulary=500, lines=(200,) * 10, unit_tokens=512, learning_rate=0.01)
    trained = []
    for variant in VARIANTS:
        words, nodes = random_rows(500, 100, 1), random_rows(499, 100, 2)
        train_units(run, words, nodes, 0, run.planned_units, 1, variant)
        trained.append(np.concatenate((words, nodes)))
    before = np.concatenate((random_rows(500, 100, 1), random_rows(499, 100, 2)))
    for matrices in trained[1:]:
        assert np.linalg.norm(matrices - trained[0]) < 0.01 * np.linalg.norm(trained[0] - before)


def test_probabilities_of_all_words_sum_to_one() -> None:
    """What the tree is for: a softmax over the whole vocabulary, without a sum over it."""
    run = path_run(vocabulary=60)
    words, nodes = random_rows(60, 16, 1), random_rows(59, 16, 2)
    losses = [
        path_loss(words[3].astype(float) @ nodes[path].T.astype(float), targets)
        for path, targets in (path_of(run.paths, word) for word in range(60))  # type: ignore[arg-type]
    ]
    assert np.exp(-np.array(losses)).sum() == pytest.approx(1.0)
