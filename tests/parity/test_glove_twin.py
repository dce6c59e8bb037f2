"""The GloVe kernel against a slow twin in float64, and its steps against finite differences of the loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from nearer.kernels import available_variants
from nearer.kernels.glove import GloveTraining, TileFiller, Tiles, cut_tiles, glove_rows, train_tiles

Floats = NDArray[np.float64]
X_MAX, ALPHA, RATE = 20.0, 0.75, 0.05
EPOCHS = 3


@dataclass
class Matrix:
    """Vectors and biases of words or contexts in float64, with their AdaGrad sums."""

    vectors: Floats
    biases: Floats
    vector_sums: Floats
    bias_sums: Floats

    @classmethod
    def of(cls, rows: NDArray[np.float32], dim: int, context: bool) -> Matrix:
        """What `glove_rows` laid out."""
        bias = dim + 1 if context else dim
        wide = rows.astype(np.float64)
        return cls(wide[:, 0, :dim], wide[:, 0, bias], wide[:, 1, :dim], wide[:, 1, bias])

    def close_to(self, other: Matrix) -> None:
        """Up to the kernel's inverse roots (relative error 6e-5), on steps of biases that are about 1."""
        for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=2e-3, atol=2e-4)


def weighted_loss(words: Matrix, contexts: Matrix, i: int, j: int, weight: float) -> float:
    """f(X) (w.c + b + b' - log X)^2: equations 8 and 9 of the paper, for one cell."""
    error = words.vectors[i] @ contexts.vectors[j] + words.biases[i] + contexts.biases[j] - np.log(weight)
    return float(min(1.0, (weight / X_MAX) ** ALPHA) * error**2)


def adagrad(values: Floats, sums: Floats, at: object, gradient: Floats | float) -> None:
    step = RATE * gradient
    values[at] -= step / np.sqrt(sums[at])  # type: ignore[index]
    sums[at] += step**2  # type: ignore[index]


def slow_step(words: Matrix, contexts: Matrix, i: int, j: int, weight: float) -> float:
    """One step down half the loss of a cell; returns the loss before it."""
    error = words.vectors[i] @ contexts.vectors[j] + words.biases[i] + contexts.biases[j] - np.log(weight)
    pull = min(1.0, (weight / X_MAX) ** ALPHA) * error
    word_gradient, context_gradient = pull * contexts.vectors[j], pull * words.vectors[i]
    adagrad(words.vectors, words.vector_sums, i, word_gradient)
    adagrad(contexts.vectors, contexts.vector_sums, j, context_gradient)
    adagrad(words.biases, words.bias_sums, i, pull)
    adagrad(contexts.biases, contexts.bias_sums, j, pull)
    return float(pull * error)


def random_counts(words: int, seed: int) -> Floats:
    """A matrix of weights, about half of it 0, some above x_max."""
    random = np.random.default_rng(seed)
    weights = np.exp(random.normal(1.0, 2.0, (words, words))).astype(np.float32).astype(np.float64)
    weights[random.random(weights.shape) < 0.5] = 0.0
    weights[0, 0] = 3.0
    return weights


def tiled(weights: Floats, width: int) -> Tiles:
    rows, columns = np.nonzero(weights)
    starts = np.searchsorted(rows, np.arange(len(weights) + 1)).astype(np.int64)
    values, places = weights[rows, columns].astype(np.float32), columns.astype(np.int32)
    table = cut_tiles(starts, places, width)
    tiles = Tiles(table, np.empty(len(places), dtype=np.uint64))
    filler = TileFiller(table, width, tiles.cells)
    for row in range(len(weights)):
        filler.fill(starts, places, values, row, row + 1)
    return tiles


def training(weights: Floats, width: int, epochs: int = EPOCHS) -> GloveTraining:
    tiles = tiled(weights, width)
    return GloveTraining(tiles, X_MAX, ALPHA, RATE, planned_units=epochs * len(tiles.table), seed=5)


def cells_in_order(run: GloveTraining, weights: Floats, width: int) -> Iterator[tuple[int, int, float]]:
    """Cells as an epoch visits them, from the definition of a tile."""
    for epoch in range(EPOCHS):
        for tile in run.order(epoch):
            begin, end, first_row, first_column = run.tiles.table[tile]
            part = weights[first_row:, first_column : first_column + width]
            rows, columns = np.nonzero(part)
            for i, j in list(zip(rows, columns, strict=True))[: end - begin]:
                yield int(first_row + i), int(first_column + j), float(part[i, j])


def seeded(
    words: int, dim: int, bias_sum: float = RATE**2
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    random = np.random.default_rng(dim)
    values = random.uniform(-0.5, 0.5, (2, words, dim + 1)).astype(np.float32)
    return glove_rows(values[0], False, bias_sum), glove_rows(values[1], True, bias_sum)


@pytest.mark.parametrize("variant", available_variants())
@pytest.mark.parametrize("dim", [1, 30, 62, 100, 130, 300])
def test_training_is_that_of_a_slow_twin(variant: str, dim: int) -> None:
    weights, width = random_counts(23, seed=dim), 7
    run = training(weights, width)
    words, contexts = seeded(23, dim)
    slow_words, slow_contexts = Matrix.of(words, dim, False), Matrix.of(contexts, dim, True)
    expected = sum(
        slow_step(slow_words, slow_contexts, *cell) for cell in cells_in_order(run, weights, width)
    )
    report = train_tiles(run, words, contexts, 0, run.planned_units, 1, variant)
    assert report.pairs == EPOCHS * np.count_nonzero(weights)
    assert report.loss == pytest.approx(expected, rel=1e-3)
    Matrix.of(words, dim, False).close_to(slow_words)
    Matrix.of(contexts, dim, True).close_to(slow_contexts)
    assert (words[:, 0, dim + 1] == 1).all()
    assert (contexts[:, 0, dim] == 1).all()


@pytest.mark.parametrize("variant", available_variants())
@pytest.mark.parametrize("weight", [0.3, 7.0, 20.0, 500.0])
def test_a_step_is_the_gradient_of_half_the_loss(variant: str, weight: float) -> None:
    """The first step of a cell divides by sqrt(1), so it is the learning rate times the gradient."""
    dim, delta = 10, 1e-5
    words, contexts = seeded(2, dim, bias_sum=1.0)
    before = Matrix.of(words, dim, False), Matrix.of(contexts, dim, True)
    run = training(np.array([[0.0, weight], [0.0, 0.0]]), width=2, epochs=1)
    report = train_tiles(run, words, contexts, 0, 1, 1, variant)
    assert report.loss == pytest.approx(weighted_loss(*before, 0, 1, weight), rel=1e-5)
    after = Matrix.of(words, dim, False), Matrix.of(contexts, dim, True)
    for old, new in zip(before, after, strict=True):
        for name in ("vectors", "biases"):
            values = getattr(old, name)
            taken = (values - getattr(new, name)) / RATE
            numerical = np.zeros_like(values)
            for at in np.ndindex(values.shape):
                start = values[at]
                values[at] = start + delta
                above = weighted_loss(*before, 0, 1, weight)
                values[at] = start - delta
                numerical[at] = (above - weighted_loss(*before, 0, 1, weight)) / (2 * delta) / 2
                values[at] = start
            np.testing.assert_allclose(taken, numerical, rtol=1e-3, atol=1e-4)


def test_calls_may_be_cut_anywhere() -> None:
    weights = random_counts(40, seed=1)
    run = training(weights, width=3)
    whole, pieces = seeded(40, 20), seeded(40, 20)
    train_tiles(run, *whole, 0, run.planned_units, 1, available_variants()[0])
    for first in range(0, run.planned_units, 5):
        last = min(first + 5, run.planned_units)
        train_tiles(run, *pieces, first, last, 1, available_variants()[0])
    for one, other in zip(whole, pieces, strict=True):
        assert one.tobytes() == other.tobytes()


def test_every_epoch_has_an_order_of_its_own() -> None:
    run = training(random_counts(40, seed=1), width=3)
    orders = [run.order(epoch).tolist() for epoch in range(3)]
    assert all(sorted(order) == list(range(run.units_an_epoch)) for order in orders)
    assert orders[0] != orders[1] != orders[2]
