import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from nearer import Space
from nearer.errors import InputError, ParameterError
from nearer.maps import tsne


def test_groups_stay_apart_and_the_seed_decides_every_bit(two_islands):
    positions = tsne(two_islands, seed=1, threads=1)
    assert positions.shape == (60, 2)
    assert positions.dtype == np.float32
    assert silhouette_score(positions, np.repeat([0, 1], 30)) > 0.6
    np.testing.assert_array_equal(positions, tsne(two_islands, seed=1, threads=1))
    assert not np.array_equal(positions, tsne(two_islands, seed=2, threads=1))


def test_cosine_ignores_lengths_and_the_other_metrics_do_not(two_islands):
    doubled = two_islands.vectors * np.float32(2.0) ** (np.arange(60) % 3)[:, None]
    same = tsne(two_islands, threads=1, iterations=20)
    np.testing.assert_array_equal(tsne(doubled, threads=1, iterations=20), same)
    for metric in ("dot", "euclidean"):
        space = Space(two_islands.keys, doubled, metric=metric)
        assert not np.array_equal(tsne(space, threads=1, iterations=20), same)


@pytest.mark.parametrize("vectors", [np.ones((8, 4)), np.arange(7.0)[:, None], np.zeros((9, 1))])
def test_twins_and_single_columns_get_finite_places(vectors):
    positions = tsne(vectors, threads=1, metric="euclidean", iterations=20)
    assert np.isfinite(positions).all()
    assert len(np.unique(positions, axis=0)) == len(vectors)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"perplexity": 0.5}, "perplexity=0.5 must be at least 1"),
        ({"perplexity": float("nan")}, "perplexity=nan must be at least 1"),
        ({"seed": -1}, "seed=-1 must lie between 0 and 2**31 - 1"),
        ({"threads": 0}, "threads=0 must be at least 1"),
        ({"metric": "manhattan"}, "metric='manhattan' must be one of cosine, dot, euclidean"),
        ({"iterations": 0}, "iterations=0 must be at least 1"),
        ({"exaggeration": 0.5}, "exaggeration=0.5 must be at least 1"),
    ],
)
def test_arguments_outside_their_range_are_named(two_islands, options, message):
    with pytest.raises(ParameterError) as caught:
        tsne(two_islands, **options)
    assert str(caught.value) == message


def test_too_few_rows_and_unusable_arrays_are_refused():
    with pytest.raises(ParameterError, match="6 rows are too few for t-SNE: it takes at least 7"):
        tsne(np.eye(6))
    with pytest.raises(InputError, match=r"shape \(9,\), expected \(n, dim\)"):
        tsne(np.ones(9))
    with pytest.raises(InputError, match="row 2: a vector holds NaN or infinity"):
        tsne([[0.0], [1.0], [np.inf], [2.0], [3.0], [4.0], [5.0]])
    with pytest.raises(InputError, match="no array of numbers"):
        tsne([["a"]])


@pytest.mark.slow
def test_above_twenty_thousand_rows_neighbours_are_approximate_and_groups_still_part():
    rng = np.random.default_rng(0)
    vectors = np.repeat(np.eye(2, 5) * 9, 10_500, axis=0) + rng.normal(0, 1, (21_000, 5))
    positions = tsne(vectors, perplexity=10, iterations=50, threads=1)
    assert silhouette_score(positions, np.repeat([0, 1], 10_500), sample_size=1000, random_state=0) > 0.3
