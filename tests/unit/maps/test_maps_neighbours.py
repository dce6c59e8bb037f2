import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from nearer.maps.neighbours import nearest_rows


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


def test_a_row_with_many_equals_still_gets_k_others():
    found = nearest_rows(np.ones((50, 4), np.float32), 3, "euclidean")
    assert found.rows.shape == (50, 3)
    assert not (found.rows == np.arange(50)[:, None]).any()
    assert found.rows[40].tolist() == [0, 1, 2]
    np.testing.assert_allclose(found.scores, 0, atol=1e-6)
