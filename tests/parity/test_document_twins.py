"""The document kernels against slow twins of the paper's update, on every CPU variant there is here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from document_twin import DocumentTraining, DocumentTwin, make_documents, random_matrices, twin_of

from nearer.kernels import available_variants
from nearer.kernels.documents import Method, infer
from nearer.kernels.training import padded_rows

VARIANTS = available_variants()
METHODS: list[Method] = ["dbow", "dm_mean", "dm_concat"]


def compare(run: DocumentTraining, dim: int, variant: str) -> None:
    """Train the kernel and the twin on both epochs, and hold them together."""
    matrices = random_matrices(run, dim)
    twin, start = twin_of(run, matrices, variant), matrices["documents"].copy()
    report = run.train(matrices, 0, run.planned_units, 1, variant)
    for unit in range(run.planned_units):
        twin.train(unit)
    assert np.abs(matrices["documents"] - start).max() > 1e-3
    for name, expected in (("documents", twin.rows), ("words", twin.words), ("outputs", twin.outputs)):
        np.testing.assert_allclose(matrices[name], expected, rtol=1e-4, atol=2e-5)
        stride = matrices["documents"].shape[1]
        assert (
            not matrices[name]
            .reshape(len(expected), matrices[name].shape[1] // stride, stride)[:, :, dim:]
            .any()
        )
    assert report.pairs == twin.pairs
    assert report.tokens == 2 * len(run.tokens)
    assert report.loss == pytest.approx(sum(twin.losses), rel=1e-4)


@pytest.mark.parametrize("dim", [1, 16, 17, 100])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_kernel_equals_twin_in_every_dimension(variant: str, method: Method, dim: int) -> None:
    run = make_documents(method, lengths=(17, 1, 6), tags=((0,), (1,), (2, 0)))
    compare(run, dim, variant)


@pytest.mark.parametrize("negative", [1, 5, 13])
@pytest.mark.parametrize("shared", [1, 2, 5, 32])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_kernel_equals_twin_for_every_block(variant: str, method: Method, shared: int, negative: int) -> None:
    run = make_documents(method, shared=shared, negative=negative, learning_rate=0.01)
    compare(run, 17, variant)


def distinct(run: DocumentTraining) -> DocumentTraining:
    """The run with words that all differ."""
    words = np.arange(len(run.tokens), dtype=np.uint32) * 7 % 59
    return replace(run, tokens=np.where(run.tokens >> 31, words | 1 << 31, words).astype(np.uint32))


@pytest.mark.parametrize("method", METHODS)
def test_kernel_equals_twin_with_subsampling(method: Method) -> None:
    run = make_documents(method, subsample=0.02)
    compare(run, 16, VARIANTS[0])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_update_is_the_gradient_of_the_reported_loss(variant: str, method: Method) -> None:
    """One block, one epoch: every matrix moves by the rate times the twin's loss, differentiated numerically.

    A mean's rows move by the whole gradient of the mean, as in word2vec: here by as many times their own.
    """
    rate = 1e-3
    run = make_documents(
        method, lengths=(7,), tags=((0,),), shared=7, window=2, negative=4, learning_rate=rate
    )
    run = replace(distinct(run), planned_units=1)
    run = replace(run, settings=replace(run.settings, least_learning_rate=rate))
    matrices = random_matrices(run, 3)
    moved = {name: matrix.astype(np.float64) for name, matrix in matrices.items()}
    run.train(matrices, 0, 1, 1, variant)
    names = ["documents", "outputs"] + ["words"] * (method == "dm_concat")
    for name in names if method != "dm_mean" else ["outputs"]:
        gradient = numerical_gradient(run, moved, name)
        np.testing.assert_allclose((matrices[name] - moved[name]) / -rate, gradient, rtol=2e-2, atol=2e-3)


def numerical_gradient(
    run: DocumentTraining, matrices: dict[str, np.ndarray], name: str, step: float = 1e-4
) -> np.ndarray:
    """Central differences of the first block's loss by every entry of a matrix that is not zero."""
    matrix = matrices[name]
    gradient = np.zeros_like(matrix)
    for at in zip(*np.nonzero(matrix), strict=True):
        value = matrix[at]
        losses = []
        for shift in (step, -step):
            matrix[at] = value + shift
            twin = DocumentTwin(run, *(matrices[n].copy() for n in ("documents", "words", "outputs")), 99)
            twin.train(0)
            losses.append(twin.losses[0])
        matrix[at] = value
        gradient[at] = (losses[0] - losses[1]) / (2 * step)
    return gradient


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_inference_moves_nothing_but_its_row(variant: str, method: Method) -> None:
    run = make_documents(method)
    matrices = random_matrices(run, 20)
    before = {name: matrix.copy() for name, matrix in matrices.items()}
    starts = np.append(run.starts, len(run.tokens)).astype(np.int64)
    seeds = np.arange(len(run.starts), dtype=np.uint64)
    found = []
    for threads, order in ((1, slice(None)), (2, slice(None)), (1, slice(2, 3))):
        rows = padded_rows(len(seeds[order]), 20)
        bounds = starts if order.start is None else starts[2:4]
        infer(
            run.settings,
            run.tokens,
            bounds,
            seeds[order],
            rows,
            matrices["words"],
            matrices["outputs"],
            epochs=3,
            threads=threads,
            variant=variant,
        )
        found.append(rows)
    assert all((matrices[name] == before[name]).all() for name in matrices)
    assert np.abs(found[0]).max(axis=1).min() > 1e-4
    assert (found[0] == found[1]).all()
    assert (found[0][2] == found[2][0]).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_pass_that_would_keep_no_token_keeps_all(variant: str, method: Method) -> None:
    """Thinning draws as many random numbers either way, so both give the same bits."""
    run = make_documents(method)
    matrices = random_matrices(run, 20)
    starts = np.append(run.starts, len(run.tokens)).astype(np.int64)
    found = []
    for threshold in (2**32 - 1, 0):
        keep = np.full(len(run.settings.keep), threshold, dtype=np.uint32)
        rows = padded_rows(len(run.starts), 20)
        infer(
            replace(run.settings, keep=keep),
            run.tokens,
            starts,
            np.arange(len(rows), dtype=np.uint64),
            rows,
            matrices["words"],
            matrices["outputs"],
            epochs=3,
            threads=1,
            variant=variant,
        )
        found.append(rows)
    assert found[0].any(axis=1).all()
    assert (found[0] == found[1]).all()
