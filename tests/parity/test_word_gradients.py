"""The kernels' updates against finite differences of the loss that they report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from word_twin import Random, draw_ahead, kept_lines, make_run, pair_loss, random_rows

from nearer.kernels import available_variants
from nearer.kernels.words import LINE_START, WordTraining, train_units

DIM, RATE, STEP = 6, 1e-3, 1e-5
Floats = NDArray[np.float64]
Pair = tuple[int, int, bool]  # context word, output word, whether it is positive


def one_line(architecture: str, words: list[int], shared: int) -> WordTraining:
    """A run whose only unit is one line of these words."""
    run = make_run(
        architecture, vocabulary=40, lines=(len(words),), shared=shared, window=3, learning_rate=RATE
    )
    tokens = np.array(words, dtype=np.uint32)
    tokens[0] |= LINE_START
    return replace(run, tokens=tokens, least_learning_rate=RATE)


def skipgram_pairs(run: WordTraining) -> list[Pair]:
    """Every (context, output) of the first block, as documented: each pair with its negatives."""
    random = Random(run.seed, 0)
    (line,) = kept_lines(run, 0, len(run.tokens), random)
    negatives = next(draw_ahead(run, random))
    pairs = []
    for centre in range(len(line)):
        reach = random.window(run.window)
        for j in range(max(centre - reach, 0), min(centre + reach + 1, len(line))):
            if j != centre:
                pairs += [(line[j], line[centre], True)]
                pairs += [(line[j], word, False) for word in negatives if word != line[centre]]
    return pairs


def numerical_gradient(loss: object, matrix: Floats) -> Floats:
    """Central differences of `loss()` by every entry of `matrix`, in float64."""
    gradient = np.zeros_like(matrix)
    for at in np.ndindex(matrix.shape):
        value = matrix[at]
        matrix[at] = value + STEP
        above = loss()  # type: ignore[operator]
        matrix[at] = value - STEP
        gradient[at] = (above - loss()) / (2 * STEP)  # type: ignore[operator]
        matrix[at] = value
    return gradient


@pytest.mark.parametrize("variant", available_variants())
def test_skipgram_update_is_the_gradient_of_the_reported_loss(variant: str) -> None:
    run = one_line("skipgram", [5, 11, 2, 30, 8, 19, 0], shared=7)
    words, outputs = random_rows(40, DIM, 1), random_rows(40, DIM, 2)
    inputs64, outputs64 = words[:, :DIM].astype(float), outputs[:, :DIM].astype(float)
    pairs = skipgram_pairs(run)
    contexts, targets, positive = (np.array(column) for column in zip(*pairs, strict=True))

    def loss() -> float:
        scores = np.einsum("pd,pd->p", inputs64[contexts], outputs64[targets])
        return float(pair_loss(scores[:, None], positive).sum())

    by_inputs, by_outputs = numerical_gradient(loss, inputs64), numerical_gradient(loss, outputs64)
    report = train_units(run, words, outputs, 0, 1, 1, variant)
    assert report.loss == pytest.approx(loss(), rel=1e-5)
    assert report.pairs == int(positive.sum())
    assert np.abs(by_inputs).max() > 0.5
    np.testing.assert_allclose((words[:, :DIM] - inputs64) / RATE, -by_inputs, atol=1e-2)
    np.testing.assert_allclose((outputs[:, :DIM] - outputs64) / RATE, -by_outputs, atol=1e-2)


@pytest.mark.parametrize("variant", available_variants())
def test_cbow_update_is_the_gradient_of_the_reported_loss(variant: str) -> None:
    run = one_line("cbow", [5, 11], shared=1)
    words, outputs = random_rows(40, DIM, 1), random_rows(40, DIM, 2)
    inputs64, outputs64 = words[:, :DIM].astype(float), outputs[:, :DIM].astype(float)
    random = Random(run.seed, 0)
    (line,) = kept_lines(run, 0, 2, random)
    drawn = draw_ahead(run, random)
    negatives = []
    for _ in line:
        negatives.append(next(drawn))
        random.window(run.window)

    def centre_loss(centre: int) -> float:
        targets = [line[centre]] + [word for word in negatives[centre] if word != line[centre]]
        scores = outputs64[targets] @ inputs64[line[1 - centre]]
        return float(pair_loss(scores[:, None], np.arange(len(targets)) == 0).sum())

    def loss() -> float:
        return centre_loss(0) + centre_loss(1)

    by_inputs, by_outputs = numerical_gradient(loss, inputs64), numerical_gradient(loss, outputs64)
    report = train_units(run, words, outputs, 0, 1, 1, variant)
    assert report.loss == pytest.approx(centre_loss(0), rel=1e-5)  # measured on one centre in 64
    np.testing.assert_allclose((words[:, :DIM] - inputs64) / RATE, -by_inputs, atol=1e-2)
    np.testing.assert_allclose((outputs[:, :DIM] - outputs64) / RATE, -by_outputs, atol=1e-2)


@pytest.mark.parametrize("variant", available_variants())
def test_cbow_moves_every_context_by_the_full_step_of_the_mean(variant: str) -> None:
    """The original program's rule: the gradient by one context would be this divided by their number."""
    run = replace(one_line("cbow", [5, 11, 2], shared=1), window=1)
    words, outputs = random_rows(40, DIM, 1), random_rows(40, DIM, 2)
    before = words.copy()
    train_units(run, words, outputs, 0, 1, 1, variant)
    moved = words - before
    # 5 and 2 are contexts of 11 only; 11 is the one context of both, so only 5 and 2 move together
    np.testing.assert_allclose(moved[5], moved[2], atol=1e-7)
    assert np.abs(moved[5]).max() > 1e-5
