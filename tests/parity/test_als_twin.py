"""The ALS kernel against the closed-form normal equations, with both solvers, and its loss."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from als_twin import Weighted
from numpy.typing import NDArray
from scipy.sparse import csr_array

from nearer.errors import ParameterError
from nearer.kernels import available_variants
from nearer.kernels.als import AlsTraining, Solver, gram_matrix, solve_rows
from nearer.kernels.training import padded_rows
from nearer.models.normal_equations import feedback

VARIANTS = available_variants()
USERS, ITEMS = 300, 70  # more than two units of users


def random_weights(seed: int) -> NDArray[np.float64]:
    """About a tenth of all pairs, some users with nothing, one with nearly everything."""
    random = np.random.default_rng(seed)
    weights = np.where(random.random((USERS, ITEMS)) < 0.1, random.integers(1, 5, (USERS, ITEMS)), 0)
    weights[7] = 0
    weights[8, :-1] = 2
    return weights.astype(np.float64)


def rows_of(values: NDArray[np.float64]) -> NDArray[np.float32]:
    rows = padded_rows(*values.shape)
    rows[:, : values.shape[1]] = values
    return rows


def solver_of(problem: Weighted, dim: int, cg_steps: int) -> Solver:
    return Solver(dim, problem.alpha, problem.regularization, problem.frequency_scaling, cg_steps)


def solved(
    problem: Weighted, fixed: NDArray[np.float64], cg_steps: int, variant: str, threads: int = 1
) -> tuple[NDArray[np.float32], float]:
    """Rows of a half-sweep from zero, and their loss."""
    side = feedback(csr_array(problem.weights.astype(np.float32)))
    rows, result = rows_of(fixed), padded_rows(side.rows, fixed.shape[1])
    solver = solver_of(problem, fixed.shape[1], cg_steps)
    penalties = solver.penalties(side, len(fixed))
    gram = gram_matrix(rows, threads, variant)
    report = solve_rows(side, rows, result, gram, penalties, solver, (0, side.units), threads, variant)
    assert report.pairs == len(side.indices)
    assert not result[:, fixed.shape[1] :].any()
    return result[:, : fixed.shape[1]], report.loss


def test_a_gram_matrix_is_the_sum_of_products_of_rows() -> None:
    values = np.random.default_rng(1).normal(size=(5000, 33))
    for variant in VARIANTS:
        gram = gram_matrix(rows_of(values), 1, variant)
        expected = values.T @ values
        np.testing.assert_allclose(gram[:33, :33], expected, rtol=1e-4, atol=1e-2)
        assert (gram == gram.T).all()
        assert gram.tobytes() == gram_matrix(rows_of(values), 3, variant).tobytes()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("dim", [1, 10, 16, 32, 64, 80, 128, 200])
@pytest.mark.parametrize("cg_steps", [0, 400])
@pytest.mark.parametrize("frequency_scaling", [0.0, 0.7])
def test_a_half_sweep_solves_the_normal_equations(
    variant: str, dim: int, cg_steps: int, frequency_scaling: float
) -> None:
    """By factorisation, and by conjugate gradient run until it has converged."""
    problem = Weighted(random_weights(dim), 3.0, 0.5, frequency_scaling)
    fixed = np.random.default_rng(dim).normal(size=(ITEMS, dim)) / np.sqrt(dim)
    rows, loss = solved(problem, fixed, cg_steps, variant)
    expected = problem.solve(fixed)
    np.testing.assert_allclose(rows, expected, rtol=2e-3, atol=3e-4 * np.abs(expected).max())
    assert not rows[7].any()
    items_part = (problem.penalties(by_item=True) * (fixed**2).sum(axis=1)).sum()
    assert loss == pytest.approx(problem.loss(expected, fixed) - items_part, rel=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_few_steps_of_conjugate_gradient_are_those_of_the_textbook(variant: str) -> None:
    problem, dim = Weighted(random_weights(3), 5.0, 0.1), 24
    fixed = np.random.default_rng(3).normal(size=(ITEMS, dim)) / 5
    rows, _ = solved(problem, fixed, 3, variant)
    for u, confidence in enumerate(problem.confidence()):
        system = fixed.T @ (confidence[:, None] * fixed) + 0.1 * np.eye(dim)
        x = np.zeros(dim)
        residual = fixed.T @ (confidence * (problem.weights[u] > 0))
        direction, squared = residual, residual @ residual
        for _ in range(3 if squared else 0):
            length = squared / (direction @ system @ direction)
            x = x + length * direction
            residual = residual - length * system @ direction
            direction = residual + (residual @ residual) / squared * direction
            squared = residual @ residual
        np.testing.assert_allclose(rows[u], x, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("cg_steps", [0, 3])
@pytest.mark.parametrize("frequency_scaling", [0.0, 1.0])
def test_the_loss_is_the_definition_and_falls(cg_steps: int, frequency_scaling: float) -> None:
    problem, dim = Weighted(random_weights(5), 4.0, 0.01, frequency_scaling), 20
    matrix = csr_array(problem.weights.astype(np.float32))
    by_user, by_item = feedback(matrix), feedback(matrix.T.tocsr())
    run = AlsTraining(by_user, by_item, solver_of(problem, dim, cg_steps), 10_000)
    start = np.random.default_rng(5).normal(size=(ITEMS, dim)) / 10
    arrays = {"users": padded_rows(USERS, dim), "items": rows_of(start)}
    losses = []
    for epoch in range(8):
        first = epoch * run.units_an_epoch
        report = run.train(arrays, first, first + run.units_an_epoch, 1, VARIANTS[0])
        users, items = (arrays[name][:, :dim].astype(np.float64) for name in ("users", "items"))
        assert report.loss == pytest.approx(problem.loss(users, items), rel=1e-4)
        assert report.pairs == matrix.nnz
        losses.append(report.loss)
    assert all(later < before for before, later in pairwise(losses))


@pytest.mark.parametrize("variant", VARIANTS)
def test_threads_and_calls_change_no_bit(variant: str) -> None:
    matrix = csr_array(random_weights(6).astype(np.float32))
    run = AlsTraining(feedback(matrix), feedback(matrix.T.tocsr()), Solver(30, 2.0, 0.1, 0.0, 3), 10_000)
    results = []
    for threads, size in ((1, 40), (3, 1), (2, 3)):
        arrays = {"users": padded_rows(USERS, 30), "items": rows_of(np.eye(ITEMS, 30))}
        loss = 0.0
        for first in range(0, 3 * run.units_an_epoch, size):
            last = min(first + size, 3 * run.units_an_epoch)
            loss += run.train(arrays, first, last, threads, variant).loss
        results.append((arrays["users"].tobytes(), arrays["items"].tobytes(), round(loss, 3)))
    assert results[0] == results[1] == results[2]


def test_what_the_kernel_cannot_work_with_is_refused() -> None:
    side = feedback(csr_array(random_weights(1).astype(np.float32)))
    rows, wrong = rows_of(np.eye(ITEMS, 30)), padded_rows(USERS, 60)
    gram = gram_matrix(rows, 1, VARIANTS[0])
    solver = Solver(30, 1.0, 1.0, 0.0, 3)
    with pytest.raises(ParameterError, match="rows of both matrices are aligned, in one width"):
        solve_rows(side, rows, wrong, gram, solver.penalties(side, ITEMS), solver, (0, 1), 1, VARIANTS[0])
