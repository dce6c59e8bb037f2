import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from nearer.maps.neighbours import GROUP, largest, nearest_rows


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbours_and_scores_agree_with_scikit_learn(metric):
    vectors = np.random.default_rng(0).normal(5, 1, (900, 12)).astype(np.float32)
    found = nearest_rows(vectors, 10, metric)
    distances, rows = (
        NearestNeighbors(n_neighbors=10, metric=metric, algorithm="brute").fit(vectors).kneighbors()
    )
    assert (found.rows == rows).mean() > 0.999  # float32 may swap near ties
    expected = 1 - distances if metric == "cosine" else distances
    np.testing.assert_allclose(found.scores, expected, atol=2e-4)


def test_a_dot_product_is_not_normalised():
    vectors = np.array([[1, 0], [0.9, 0], [5, 5]], np.float32)
    found = nearest_rows(vectors, 2, "dot")
    assert found.rows.tolist() == [[2, 1], [2, 0], [0, 1]]
    np.testing.assert_allclose(found.scores[0], [5, 0.9])


def test_k_is_cut_to_the_other_rows_and_a_row_is_never_its_own_neighbour():
    found = nearest_rows(np.zeros((4, 3), np.float32), 10, "cosine")
    assert found.rows.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]
    assert not found.scores.any()


@pytest.mark.parametrize("levels", [3, 10_000])
def test_the_sieve_by_groups_finds_what_a_full_sort_finds(levels):
    values = np.random.default_rng(1).integers(0, levels, (20, GROUP * 40 + 7)).astype(np.float32)
    columns, found = largest(values, 9)
    expected = np.argsort(-values, axis=1, kind="stable")[:, :9]
    np.testing.assert_array_equal(columns, expected)
    np.testing.assert_array_equal(found, np.take_along_axis(values, expected, axis=1))
