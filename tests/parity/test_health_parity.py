"""The figures of a health report beside SciPy, scikit-learn and the steps of the papers, in slow NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

import nearer
from nearer.evaluate import health
from nearer.evaluate.health.copies import first_copies
from nearer.evaluate.health.dimensions import log_ratios, rankme, two_nn
from nearer.evaluate.health.duplicates import dimension_around, joined, threshold
from nearer.evaluate.health.hubness import estimated, figures
from nearer.evaluate.health.isotropy import isoscore, mean_cosine, participation
from nearer.evaluate.health.nearest import Near
from nearer.evaluate.health.outliers import gap_chance
from nearer.evaluate.health.points import Points
from nearer.evaluate.health.spectrum import Spectrum, gaussian_values

Matrix = NDArray[np.float64]


@pytest.fixture
def vectors() -> NDArray[np.float32]:
    generator = np.random.default_rng(0)
    drawn = generator.standard_normal((300, 8)) * np.linspace(0.3, 2, 8) + 0.4
    return drawn.astype(np.float32)


def points_of(vectors: NDArray[np.float32], metric: Any = "euclidean", k: int = 10) -> Points:
    return Points.of(vectors, metric, k, 10**6, 0, 1)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_neighbours_are_those_of_scikit_learn(vectors: NDArray[np.float32], metric: str) -> None:
    near = points_of(vectors, metric).near
    rows = vectors.astype(np.float64)
    if metric == "cosine":
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    distances, found = NearestNeighbors(n_neighbors=10).fit(rows).kneighbors()
    np.testing.assert_array_equal(near.rows, found)
    np.testing.assert_allclose(near.distances, distances, rtol=1e-6)


def test_a_sample_has_the_neighbours_it_has_among_all(vectors: NDArray[np.float32]) -> None:
    whole = points_of(vectors).near
    part = Points.of(vectors, "euclidean", 10, 40, 3, 1)
    np.testing.assert_array_equal(part.near.rows, whole.rows[part.drawn])
    among = NearestNeighbors(n_neighbors=10).fit(vectors[part.drawn]).kneighbors(return_distance=False)
    np.testing.assert_array_equal(part.among.rows, among)


def test_variances_are_those_of_scikit_learn(vectors: NDArray[np.float32]) -> None:
    exact = vectors.astype(np.float64)
    spectrum = Spectrum.of(exact)
    model = PCA().fit(exact)
    np.testing.assert_allclose(spectrum.values * 300 / 299, model.explained_variance_)
    report = health(nearer.Space(map(str, range(300)), vectors, "euclidean"))
    assert report["first component"].value == pytest.approx(model.explained_variance_ratio_[0])
    assert report["rank"].value == np.linalg.matrix_rank(vectors - vectors.mean(axis=0))


def test_mean_cosine_is_that_of_all_pairs(vectors: NDArray[np.float32]) -> None:
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    pairs = [float(a @ b) for a, b in itertools.combinations(units.astype(np.float64), 2)]
    assert mean_cosine(units.astype(np.float64))[0] == pytest.approx(np.mean(pairs))


def test_isoscore_is_the_steps_of_its_paper(vectors: NDArray[np.float32]) -> None:
    """Rudman et al. (2022): PCA, variances, their length, distance to the identity, two scalings."""
    variances = np.var(PCA().fit_transform(vectors.astype(np.float64)), axis=0, ddof=1)
    dim = len(variances)
    normed = np.sqrt(dim) * variances / np.linalg.norm(variances)
    defect = np.linalg.norm(normed - 1) / np.sqrt(2 * (dim - np.sqrt(dim)))
    used = (dim - defect**2 * (dim - np.sqrt(dim))) ** 2 / dim**2
    ratio = variances.sum() ** 2 / (variances**2).sum()
    assert isoscore(ratio, dim) == pytest.approx((dim * used - 1) / (dim - 1))


def test_traces_are_their_unbiased_sums_over_different_rows() -> None:
    """tr C^2 and (tr C)^2 as averages over quadruples of different rows, of which no mean is taken."""
    rows = np.random.default_rng(1).standard_normal((7, 3)) * [1, 2, 3] + 5
    squares, traces = [], []
    for a, b, c, d in itertools.permutations(rows, 4):
        squares.append(((a - b) @ (c - d)) ** 2 / 4)
        traces.append(((a - b) @ (a - b)) * ((c - d) @ (c - d)) / 4)
    expected = np.clip(np.mean(traces) / np.mean(squares), 1, 3)
    assert participation(Spectrum.of(rows))[0] == pytest.approx(expected)


def test_rankme_is_its_definition(vectors: NDArray[np.float32]) -> None:
    exact = vectors.astype(np.float64)
    sizes = np.linalg.svd(exact, compute_uv=False)
    expected = np.exp(stats.entropy(sizes))
    assert rankme(Spectrum.of(exact, centred=False).values) == pytest.approx(expected)


@pytest.mark.parametrize("rows", [6, 12, 40])
def test_variances_of_a_gaussian_sample_are_drawn_from_their_distribution(rows: int) -> None:
    generator = np.random.default_rng(5)
    drawn = [np.linalg.svd(generator.standard_normal((rows, 12)))[1][0] ** 2 / rows for _ in range(400)]
    ours = [gaussian_values(rows, 12, seed)[0] for seed in range(400)]
    assert stats.ks_2samp(drawn, ours).pvalue > 0.01
    assert (gaussian_values(rows, 12, 0)[min(rows, 12) - 1 :] >= 0).all()


def test_the_intrinsic_dimension_is_that_of_the_likelihood(vectors: NDArray[np.float32]) -> None:
    """The largest likelihood of exponential ratios of which the largest tenth is only known to be larger."""
    from scipy.optimize import minimize_scalar  # noqa: PLC0415  (one test needs it)

    ratios = log_ratios(points_of(vectors).near)
    rising = np.sort(ratios)
    fitted, cut = rising[:270], rising[269]

    def minus(dimension: float) -> float:
        seen = stats.expon.logpdf(fitted, scale=1 / dimension).sum()
        return -float(seen + 30 * stats.expon.logsf(cut, scale=1 / dimension))

    best = minimize_scalar(minus, bounds=(0.1, 50), method="bounded", options={"xatol": 1e-8}).x
    assert two_nn(ratios, 0.9) == pytest.approx(best * 269 / 270, rel=1e-5)


def test_k_occurrences_are_judged_as_scipy_judges_them(vectors: NDArray[np.float32]) -> None:
    counts = points_of(vectors).near.occurrences(300)
    found = NearestNeighbors(n_neighbors=10).fit(vectors).kneighbors(return_distance=False)
    expected = [sum(int(row in line) for line in found) for row in range(300)]
    np.testing.assert_array_equal(counts, expected)
    skewness, moved, nobody = figures(counts[None])[0]
    assert skewness == pytest.approx(stats.skew(expected))
    assert moved == pytest.approx(sum(max(0, count - 10) for count in expected) / sum(expected))
    assert nobody == pytest.approx(expected.count(0) / 300)


def test_the_interval_of_k_occurrences_is_that_of_drawing_items_again(vectors: NDArray[np.float32]) -> None:
    counts = points_of(vectors).near.occurrences(300)
    generator = np.random.default_rng(7)
    drawn = np.array([figures(generator.choice(counts, 300)[None])[0] for _ in range(2000)])
    _, low, high = estimated(counts, 0)
    expected = np.percentile(drawn, (2.5, 97.5), axis=0)
    np.testing.assert_allclose([low, high], expected, atol=0.05)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_copies_are_those_that_sorting_finds(metric: Any) -> None:
    generator = np.random.default_rng(2)
    rows = generator.integers(-2, 3, (500, 3)).astype(np.float32)
    rows[0] = -0.0
    keys = rows.astype(np.float64)
    if metric == "cosine":
        lengths = np.linalg.norm(keys, axis=1, keepdims=True)
        keys = np.divide(keys, lengths, out=np.zeros_like(keys), where=lengths > 0).round(6) + 0.0
    _, places = np.unique(keys, axis=0, return_inverse=True)
    first = np.array([int(np.flatnonzero(places == place)[0]) for place in places.ravel()])
    np.testing.assert_array_equal(first_copies(rows, metric), first)


def test_groups_are_the_connected_components_of_scipy() -> None:
    pairs = np.random.default_rng(3).integers(0, 200, (120, 2))
    graph = coo_array((np.ones(120), (pairs[:, 0], pairs[:, 1])), shape=(200, 200))
    labels = connected_components(graph, directed=False)[1]
    expected = {tuple(np.flatnonzero(labels == label)) for label in np.unique(labels)}
    assert {tuple(group) for group in joined(pairs, 200)} == {group for group in expected if len(group) > 1}


def test_the_chance_of_a_gap_is_that_of_the_f_distribution() -> None:
    ratios, below = np.linspace(0, 30, 50), np.arange(1, 51)
    np.testing.assert_allclose(gap_chance(ratios, below), stats.f.sf(ratios, 2, 2 * below))


def test_the_threshold_is_the_largest_that_keeps_the_rate() -> None:
    """Each distance found, tried in turn, with the chance of each item summed one by one."""
    generator = np.random.default_rng(4)
    distances = np.sort(generator.uniform(0.5, 1, (80, 5)), axis=1)
    distances[:9, 0] = np.linspace(1e-4, 0.3, 9)
    near = Near(np.zeros((80, 5), np.intp), distances)
    logs = [np.log(line[4] / line[2]) for line in distances]
    dimension = (1 / 3 + 1 / 4) / np.mean(logs)  # digamma(5) - digamma(3)
    kept = [0.0]
    for count, distance in enumerate(sorted(distances[:, 0]), start=1):
        chances = [1 - (1 - min(1, distance / line[4]) ** dimension) ** 4 for line in distances]
        if sum(chances) <= 0.05 * count:
            kept.append(distance)
    assert len(kept) > 2
    assert dimension_around(near) == pytest.approx(dimension)
    assert threshold(near, dimension) == kept[-1]
