"""FAMD against a dense twin from the paper's definition, and against prince where that is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mixed_table import mixed_table
from nearer import FAMD
from nearer.errors import ParameterError
from nearer.models import famd_axes

COMPLETE = ("town", "heat", "visits", "coast")


def complete(rows: int = 50) -> dict[str, list[Any]]:
    """The small table's numbers and categories, without the rows that lack one."""
    table = mixed_table(rows)
    kept = [i for i in range(rows) if all(table[name][i] is not None for name in COMPLETE)]
    return {name: [table[name][i] for i in kept] for name in COMPLETE}


def twin(table: dict[str, list[Any]], dim: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Principal coordinates and eigenvalues by a dense singular value decomposition."""
    columns = []
    for values in table.values():
        if isinstance(values[0], str | bool):
            for category in sorted(set(values)):
                indicator = np.array([float(value == category) for value in values])
                columns.append(indicator / np.sqrt(indicator.mean()))
        else:
            numbers = np.array(values, float)
            columns.append((numbers - numbers.mean()) / numbers.std())
    matrix = np.stack(columns, axis=1)
    matrix -= matrix.mean(axis=0)
    left, values_, _ = np.linalg.svd(matrix, full_matrices=False)
    return (left * values_)[:, :dim], values_[:dim] ** 2 / len(matrix)


def with_signs(found: NDArray[Any], expected: NDArray[Any]) -> NDArray[Any]:
    """`found` with the signs of `expected`: an axis has none of its own."""
    return found * np.sign((found * expected).sum(axis=0))


def test_coordinates_are_those_of_a_dense_twin() -> None:
    table = complete()
    model = FAMD(dim=4, threads=1).fit(table)
    expected, eigenvalues = twin(table, 4)
    np.testing.assert_allclose(model.eigenvalues_, eigenvalues, rtol=1e-9)
    np.testing.assert_allclose(with_signs(model.space_.vectors, expected), expected, atol=1e-5)
    assert model.report_.explained_inertia == pytest.approx(
        1.0
    )  # 2 numbers and 2 from the towns, which say what is a coast


def test_a_wide_table_is_factorised_to_the_same_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    table = complete()
    dense = FAMD(dim=3, threads=1).fit(table)
    monkeypatch.setattr(famd_axes, "MOST_DENSE", 1)
    wide = FAMD(dim=3, threads=1).fit(table)
    np.testing.assert_allclose(wide.eigenvalues_, dense.eigenvalues_, rtol=1e-8)
    np.testing.assert_allclose(wide.space_.vectors, dense.space_.vectors, atol=1e-5)


def test_coordinates_are_those_of_prince() -> None:
    prince = pytest.importorskip("prince")
    pandas = pytest.importorskip("pandas")
    table = complete()
    table["coast"] = [str(value) for value in table["coast"]]
    table["visits"] = [float(value) for value in table["visits"]]
    frame = pandas.DataFrame(table)
    peer = prince.FAMD(n_components=3, engine="scipy", random_state=0).fit(frame)
    expected = peer.row_coordinates(frame).to_numpy()
    found = FAMD(dim=3, threads=1).fit(table).space_.vectors
    scale = np.linalg.norm(expected) / np.linalg.norm(found)  # a constant factor is a convention
    np.testing.assert_allclose(with_signs(found, expected) * scale, expected, atol=1e-4)


def test_categories_lie_at_the_mean_of_their_rows() -> None:
    table = mixed_table(60)
    model = FAMD(dim=6, threads=1).fit(table)
    towns = model.category_space("town")
    for town in towns.keys:
        rows = [i for i, value in enumerate(table["town"]) if value == town]
        np.testing.assert_allclose(towns[town], model.space_.vectors[rows].mean(axis=0), atol=1e-5)


def test_rows_are_centred_with_missing_values_and_texts_too() -> None:
    model = FAMD(dim=8, threads=1).fit(mixed_table(60))
    vectors = model.space_.vectors.astype(np.float64)
    np.testing.assert_allclose(vectors.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose((vectors**2).mean(axis=0), model.eigenvalues_, rtol=1e-4)
    covariance = vectors.T @ vectors / len(vectors)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-5)


def test_a_dimension_above_the_rank_is_named() -> None:
    with pytest.raises(ParameterError, match=r"dim=5 is above .* has, 4; set dim to 4 or less"):
        FAMD(dim=5).fit(complete())
