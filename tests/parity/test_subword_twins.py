"""The kernels that train words with their n-grams against a slow twin, and against finite differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from subword_twin import make_subword_run, subword_twin_of
from word_twin import pair_loss, random_rows

from nearer.kernels import available_variants
from nearer.kernels.subwords import SubwordTraining, train_subwords
from nearer.kernels.words import LINE_START

VARIANTS = available_variants()
ARCHITECTURES = ["skipgram", "cbow"]
ROWS = 150  # 60 words and 90 n-grams


def compare(run: SubwordTraining, vocabulary: int, dim: int, variant: str) -> None:
    """Train the kernel and the twin on all units of the run, and hold them together."""
    inputs, outputs = random_rows(vocabulary + 90, dim, 1), random_rows(vocabulary, dim, 2)
    twin, start = subword_twin_of(run, inputs, outputs, variant), inputs.copy()
    report = train_subwords(run, inputs, outputs, 0, run.planned_units, 1, variant)
    expected = twin.train(range(run.planned_units))
    assert np.abs(inputs - start).max() > 1e-3
    np.testing.assert_allclose(inputs, twin.inputs, rtol=1e-4, atol=2e-5)
    np.testing.assert_allclose(outputs, twin.outputs, rtol=1e-4, atol=2e-5)
    assert (report.pairs, report.tokens) == (expected.pairs, expected.tokens)
    assert report.loss == pytest.approx(expected.loss, rel=1e-4)
    assert not inputs[:, dim:].any()


@pytest.mark.parametrize("dim", [1, 17, 100])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_kernel_equals_twin_in_every_dimension(variant: str, architecture: str, dim: int) -> None:
    compare(make_subword_run(architecture, learning_rate=0.02), 60, dim, variant)


@pytest.mark.parametrize("negative", [1, 5, 13])
@pytest.mark.parametrize("shared", [1, 3, 4, 32])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_kernel_equals_twin_for_every_block_shape(
    variant: str, architecture: str, shared: int, negative: int
) -> None:
    run = make_subword_run(architecture, shared=shared, negative=negative, learning_rate=0.004, epochs=1)
    compare(run, 60, 17, variant)


@pytest.mark.parametrize("window", [1, 2, 10, 40])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_kernel_equals_twin_for_every_window(architecture: str, window: int) -> None:
    compare(make_subword_run(architecture, window=window, learning_rate=0.005), 60, 16, VARIANTS[0])


@pytest.mark.parametrize("lines", [(1, 1, 1, 5), (300,), (2,) * 50, (64, 64, 64)], ids=str)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_kernel_equals_twin_however_lines_meet_units(architecture: str, lines: tuple[int, ...]) -> None:
    compare(
        make_subword_run(architecture, lines=lines, subsample=0.05, learning_rate=0.01), 60, 16, VARIANTS[0]
    )


@pytest.mark.parametrize("variant", VARIANTS)
def test_skipgram_update_is_the_gradient_of_the_reported_loss_by_outputs_and_hidden_vectors(
    variant: str,
) -> None:
    """Two words, each with n-grams of its own: rows move by the gradient of their mean, in full."""
    rate, step, dim = 1e-3, 1e-5, 6
    run = make_subword_run(lines=(2,), shared=1, negative=1, learning_rate=rate, epochs=1)
    tokens = np.array([LINE_START | np.uint32(3), 5], dtype=np.uint32)
    noise = np.stack([np.zeros(60), np.full(60, 9)], axis=1).astype(np.uint32)  # every negative is word 9
    run = replace(run, tokens=tokens, noise=noise, least_learning_rate=rate)
    inputs, outputs = random_rows(ROWS, dim, 1), random_rows(60, dim, 2)
    rows = run.rows[run.starts[3] : run.starts[4]]
    assert len(set(rows.tolist())) == len(rows) == 4
    hidden, targets = inputs[rows, :dim].astype(float).mean(axis=0), outputs[[5, 9], :dim].astype(float)

    def loss(hidden: np.ndarray, targets: np.ndarray) -> float:
        return float(pair_loss((targets @ hidden)[:, None], np.array([True, False])).sum())

    by_hidden = np.zeros(dim)
    by_targets = np.zeros((2, dim))
    for i in range(dim):
        nudge = np.eye(dim)[i] * step
        by_hidden[i] = (loss(hidden + nudge, targets) - loss(hidden - nudge, targets)) / (2 * step)
        for t in range(2):
            moved = np.outer(np.eye(2)[t], nudge)
            by_targets[t, i] = (loss(hidden, targets + moved) - loss(hidden, targets - moved)) / (2 * step)
    before, outputs_before = inputs.copy(), outputs.copy()
    report = train_subwords(run, inputs, outputs, 0, 1, 1, variant)
    assert (report.pairs, report.loss) == (1, pytest.approx(loss(hidden, targets), rel=1e-5))
    for row in rows:
        np.testing.assert_allclose((inputs - before)[row, :dim] / rate, -by_hidden, atol=1e-2)
    np.testing.assert_allclose((outputs - outputs_before)[5, :dim] / rate, -by_targets[0], atol=1e-2)
    assert np.abs(by_hidden).max() > 0.05
