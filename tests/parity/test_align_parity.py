"""Alignment and changes beside SciPy, scikit-learn and slow twins."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from nearer.evaluate.changes_repeats import contrasts, repeat_p_values, splits_of
from nearer.evaluate.changes_residuals import Pairing
from nearer.space.align_fit import Method, Moments, Plan, fitted, left_out, solved, weights_of
from nearer.space.align_ridge import STRENGTHS, loo_errors

Rows = NDArray[np.float64]


def pair(n: int = 200, d: int = 7, e: int = 7, seed: int = 0) -> tuple[Rows, Rows]:
    random = np.random.default_rng(seed)
    x = random.standard_normal((n, d)) + 0.5
    return x, x @ random.standard_normal((d, e)) + random.standard_normal((n, e))


def test_rotation_and_stretch_are_those_of_scipy() -> None:
    linalg = pytest.importorskip("scipy.linalg")
    x, y = pair()
    for center in (False, True):
        a, b = (x - x.mean(0), y - y.mean(0)) if center else (x, y)
        expected, scale = linalg.orthogonal_procrustes(a, b)
        found = fitted(x, y, Plan("orthogonal", center, False), False)
        np.testing.assert_allclose(found.matrix, expected, atol=1e-10)
        stretched = fitted(x, y, Plan("orthogonal", center, True), False)
        np.testing.assert_allclose(stretched.matrix, expected * scale / (a**2).sum(), atol=1e-10)


@pytest.mark.parametrize("method", ["linear", "affine"])
def test_ridge_is_that_of_scikit_learn(method: Method) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y = pair(e=3)
    affine = method == "affine"
    centred = x - x.mean(0) if affine else x
    strength = 0.3
    alpha = strength * (centred**2).sum() / x.shape[1]
    expected = linear_model.Ridge(alpha, fit_intercept=affine).fit(x, y)
    found = fitted(x, y, Plan(method, affine, False, strength), False)
    np.testing.assert_allclose(found(x), expected.predict(x), atol=1e-9)


@pytest.mark.parametrize("affine", [False, True])
def test_leave_one_out_errors_are_those_of_leaving_one_out(affine: bool) -> None:
    """With the strength in absolute terms held, as the closed form holds it; the mean is fitted anew too."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y = pair(40, 5, 2)
    a, b = (x - x.mean(0), y - y.mean(0)) if affine else (x, y)
    found = loo_errors(a, b, 1 / len(x) if affine else 0.0)
    for place in (0, 7, len(STRENGTHS) - 1):
        alpha = STRENGTHS[place] * (a**2).sum() / x.shape[1]
        error = 0.0
        for row in range(len(x)):
            rest = np.arange(len(x)) != row
            model = linear_model.Ridge(alpha, fit_intercept=affine).fit(x[rest], y[rest])
            error += float(((y[row] - model.predict(x[row : row + 1])) ** 2).sum())
        np.testing.assert_allclose(found[place], error, rtol=0.02 if affine else 1e-9)


@pytest.mark.parametrize(
    "plan",
    [Plan("orthogonal", False, False), Plan("orthogonal", True, True), Plan("affine", True, False, 0.01)],
)
@pytest.mark.parametrize("robust", [False, True])
def test_maps_without_a_fold_are_those_of_fitting_again(plan: Plan, robust: bool) -> None:
    x, y = pair()
    folds = np.arange(len(x)) % 5
    found = left_out(x, y, plan, folds, robust)
    weights = weights_of(x, y, plan, robust)
    for fold in range(5):
        rest = folds != fold
        again = solved(Moments.of(x[rest], y[rest], weights[rest]), plan)
        np.testing.assert_allclose(found[~rest], again(x[~rest]), atol=1e-8)


def test_the_robust_map_is_a_minimum_of_the_robust_loss() -> None:
    """No rotation nearby has a smaller sum of the logarithms that the weights stand for."""
    random = np.random.default_rng(1)
    x, _ = pair()
    y = x + 0.2 * random.standard_normal(x.shape) * np.exp(random.standard_normal((len(x), 1)))
    y[:20] = random.standard_normal((20, 7))
    plan = Plan("orthogonal", False, False)
    found = fitted(x, y, plan, True).matrix
    least = 0.25 * np.median(np.linalg.norm(y - x @ found, axis=1))

    def loss(matrix: Rows) -> float:
        residuals = np.linalg.norm(y - x @ matrix, axis=1)
        near = residuals < least
        return float(np.where(near, (residuals / least) ** 2 / 2 - 0.5, np.log(residuals / least)).sum())

    for _ in range(50):
        skew = random.standard_normal((7, 7))
        turn, _ = np.linalg.qr(np.eye(7) + 0.05 * (skew - skew.T))
        turn *= np.sign(np.diagonal(turn))
        assert loss(found) <= loss(found @ turn) + 1e-3


def slow_f(spaces: list[Rows], first: tuple[int, ...], key: int) -> float:
    across, within = [], []
    for i, j in combinations(range(len(spaces)), 2):
        square = float(((spaces[i][key] - spaces[j][key]) ** 2).sum())
        (within if (i in first) == (j in first) else across).append(square)
    return float(np.mean(across) / np.mean(within))


@pytest.mark.parametrize(("before", "after", "count"), [(2, 2, 3), (2, 1, 3), (3, 3, 10), (3, 2, 10)])
def test_repeat_p_values_are_those_of_counting(before: int, after: int, count: int) -> None:
    random = np.random.default_rng(before + after)
    spaces = [random.standard_normal((30, 4)) for _ in range(before + after)]
    squares = {(i, j): ((spaces[i] - spaces[j]) ** 2).sum(1) for i, j in combinations(range(len(spaces)), 2)}
    splits = splits_of(before, after, 0)
    assert len(splits) == len(set(splits)) == count
    assert splits[0] == tuple(range(before))
    for split in splits:
        slow = [slow_f(spaces, split, key) for key in range(30)]
        np.testing.assert_allclose(contrasts(squares, split), slow)
    null = [slow_f(spaces, split, key) for split in splits[1:] for key in range(30)]
    expected = [
        (1 + sum(value >= slow_f(spaces, splits[0], key) for value in null)) / (1 + len(null))
        for key in range(30)
    ]
    p_values, drawn = repeat_p_values(squares, before, after, 0)
    assert drawn == count - 1
    np.testing.assert_allclose(p_values, expected)


def test_many_repeats_are_shared_out_by_lot_without_doubles() -> None:
    splits = splits_of(12, 12, 0)
    assert len(splits) == len(set(splits)) == 201
    assert all(len(split) == 12 and (0 in split) for split in splits)
    assert splits == splits_of(12, 12, 0)


def test_the_test_of_relation_is_uniform_for_pairs_drawn_by_lot() -> None:
    random = np.random.default_rng(0)
    found = []
    for _ in range(200):
        x, y = random.standard_normal((2, 60, 3))
        folds = random.permutation(60) % 5
        found.append(Pairing(x, y, "euclidean", folds, Plan("orthogonal", False, False)).relation(0)[0])
    for level in (0.05, 0.2, 0.5):  # 200 draws: three standard errors
        assert abs(np.mean(np.array(found) <= level) - level) < 3 * np.sqrt(level * (1 - level) / 200)
