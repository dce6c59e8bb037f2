"""EASE against its closed form in float64, and against one constrained ridge regression an item."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nearer import EASE, Interactions
from small_recommenders import random_interactions


def dense(data: Interactions) -> NDArray[np.float64]:
    return data.matrix().toarray().astype(np.float64)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("regularization", [0.5, 20.0])
def test_weights_are_those_of_the_closed_form(weighted: bool, regularization: float) -> None:
    data = random_interactions(weighted=weighted)
    x = dense(data)
    inverse = np.linalg.inv(x.T @ x + regularization * np.eye(x.shape[1]))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0.0)
    found = EASE(regularization=regularization, threads=1).fit(data).weights_
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_each_item_is_a_ridge_regression_on_the_others() -> None:
    data = random_interactions()
    x = dense(data)
    found = EASE(regularization=3.0, threads=1).fit(data).weights_
    for item in range(0, x.shape[1], 5):
        others = np.delete(np.arange(x.shape[1]), item)
        design = x[:, others]
        solved = np.linalg.solve(design.T @ design + 3.0 * np.eye(len(others)), design.T @ x[:, item])
        np.testing.assert_allclose(found[others, item], solved, atol=2e-5)
        assert found[item, item] == 0


def test_scores_are_what_users_have_times_the_weights() -> None:
    data = random_interactions(weighted=True)
    model = EASE(regularization=2.0, threads=1).fit(data)
    scores = dense(data) @ model.weights_
    found = model.recommend(k=3, exclude_seen=False)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    np.testing.assert_allclose(found.scores, np.take_along_axis(scores, best, axis=1), rtol=1e-4, atol=1e-5)


def test_large_matrices_are_mirrored_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    data = random_interactions()
    whole = EASE(regularization=2.0, threads=1).fit(data).weights_
    monkeypatch.setattr("nearer.models.ease.ROWS", 3)
    np.testing.assert_array_equal(EASE(regularization=2.0, threads=1).fit(data).weights_, whole)
