"""The word-training kernels against slow twins of the paper's update, on every CPU variant there is here."""

from __future__ import annotations

import numpy as np
import pytest
from word_twin import Random, make_run, random_rows, twin_of

from nearer.kernels import available_variants
from nearer.kernels.words import WordTraining, train_units

VARIANTS = available_variants()
ARCHITECTURES = ["skipgram", "cbow"]


def compare(run: WordTraining, vocabulary: int, dim: int, variant: str, *, scale: float = 1.0) -> None:
    """Train the kernel and the twin on all units of the run, and hold them together."""
    words, outputs = (random_rows(vocabulary, dim, seed, scale) for seed in (1, 2))
    twin = twin_of(run, words, outputs, variant)
    start = words.copy()
    report = train_units(run, words, outputs, 0, run.planned_units, 1, variant)
    expected = twin.train(range(run.planned_units))
    assert np.abs(words - start).max() > 1e-3
    np.testing.assert_allclose(words, twin.words, rtol=1e-4, atol=2e-5)
    np.testing.assert_allclose(outputs, twin.outputs, rtol=1e-4, atol=2e-5)
    assert (report.pairs, report.tokens) == (expected.pairs, expected.tokens)
    assert report.loss == pytest.approx(expected.loss, rel=1e-4)
    assert not words[:, dim:].any()
    assert not outputs[:, dim:].any()


@pytest.mark.parametrize("dim", [1, 16, 17, 100, 300])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_kernel_equals_twin_in_every_dimension(variant: str, architecture: str, dim: int) -> None:
    compare(make_run(architecture), 60, dim, variant)


@pytest.mark.parametrize("negative", [1, 5, 13, 20])
@pytest.mark.parametrize("shared", [1, 3, 4, 8, 32])
@pytest.mark.parametrize("variant", VARIANTS)
def test_skipgram_equals_twin_for_every_block_shape(variant: str, shared: int, negative: int) -> None:
    compare(make_run(shared=shared, negative=negative, learning_rate=0.01), 60, 17, variant)


@pytest.mark.parametrize("negative", [1, 5, 13, 20])
@pytest.mark.parametrize("shared", [1, 3, 4, 8, 32])
@pytest.mark.parametrize("variant", VARIANTS)
def test_cbow_equals_twin_for_every_block_shape(variant: str, shared: int, negative: int) -> None:
    compare(make_run("cbow", shared=shared, negative=negative, learning_rate=0.01), 60, 17, variant)


@pytest.mark.parametrize("window", [1, 2, 10, 40])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_kernel_equals_twin_for_every_window(variant: str, architecture: str, window: int) -> None:
    compare(make_run(architecture, window=window, learning_rate=0.01), 60, 16, variant)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_kernel_equals_twin_with_subsampling(variant: str, architecture: str) -> None:
    run = make_run(architecture, subsample=0.02)
    assert run.keep.min() < 2**31  # words are in fact left out
    compare(run, 60, 32, variant)


@pytest.mark.parametrize("vocabulary", [2, 3, 7])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_kernel_equals_twin_where_words_repeat_in_a_block(
    variant: str, architecture: str, vocabulary: int
) -> None:
    # a word gets as many gradients at once as it occurs: a large rate would magnify rounding errors
    run = make_run(architecture, vocabulary=vocabulary, negative=13, shared=4, learning_rate=0.004)
    compare(run, vocabulary, 16, variant)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(
    "lines", [(1, 1, 1, 5), (300,), (2,) * 50, (63, 64, 65), (64, 64, 64)], ids=lambda lines: str(lines[:4])
)
def test_kernel_equals_twin_however_lines_meet_units(architecture: str, lines: tuple[int, ...]) -> None:
    compare(make_run(architecture, lines=lines), 60, 16, VARIANTS[0])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_loss_equals_twin_where_scores_are_huge(variant: str, architecture: str) -> None:
    run = make_run(architecture, lines=(40,), learning_rate=1e-6, epochs=1)
    words, outputs = (random_rows(60, 16, seed, scale=1e4) for seed in (1, 2))
    twin = twin_of(run, words, outputs, variant)
    report = train_units(run, words, outputs, 0, 1, 1, variant)
    assert report.loss == pytest.approx(twin.train(range(1)).loss, rel=1e-4)
    assert report.loss / report.pairs > 2_000  # a clamped sigmoid would stop near 30 a term


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_all_variants_of_this_cpu_agree(architecture: str) -> None:
    run = make_run(architecture, vocabulary=500, lines=(200,) * 20, unit_tokens=512, learning_rate=0.01)
    trained = []
    for variant in VARIANTS:
        words, outputs = random_rows(500, 100, 1), random_rows(500, 100, 2)
        train_units(run, words, outputs, 0, run.planned_units, 1, variant)
        trained.append((words, outputs))
    # words that stand in one block twice are taken in groups of a size that varies: a second-order difference
    for matrices in trained[1:]:
        for matrix, first, seed in zip(matrices, trained[0], (1, 2), strict=True):
            moved = np.linalg.norm(first - random_rows(500, 100, seed))
            assert np.linalg.norm(matrix - first) < 0.01 * moved


def test_generator_is_uniform_and_its_streams_differ() -> None:
    firsts = {Random(seed, stream).next() for seed in range(50) for stream in range(50)}
    assert len(firsts) == 2_500
    random = Random(3, 4)
    values = np.array([random.next() / 2**64 for _ in range(20_000)])
    assert values.mean() == pytest.approx(0.5, abs=0.01)
    assert np.histogram(values, 10, (0, 1))[0].min() > 1_800
