"""The two-sample tests against SciPy, and against slow twins written from their formulas."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial.distance import cdist, pdist, squareform

from nearer.monitor.classifier import ranked
from nearer.monitor.combining import p_values, unlikeliness
from nearer.monitor.energy import energies
from nearer.monitor.exchange import Exchange
from nearer.monitor.mmd import middle, mmd_of
from nearer.monitor.parts import axes, clusters
from nearer.monitor.quadratic import squared_distances

Floats = NDArray[np.float64]
N, M = 40, 25


@pytest.fixture(scope="module")
def exchange() -> Exchange:
    return Exchange.drawn(N, M, 99, block=1, seed=0)


def samples(dim: int, seed: int = 0) -> tuple[Floats, Floats]:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(N, dim)), generator.normal(0.4, 1.3, (M, dim))


def pooled(x: Floats, y: Floats, exchange: Exchange) -> Floats:
    return np.concatenate([x, y])[exchange.order]


def split(rows: Floats, exchange: Exchange, column: int) -> tuple[Floats, Floats]:
    window = exchange.chosen[:, column] > 0
    return rows[~window], rows[window]


def unit_of(rows: Floats) -> float:
    return float(np.sqrt(rows.var(axis=0).sum()))


def test_squared_distances_are_scipys(exchange: Exchange) -> None:
    rows = pooled(*samples(6), exchange) + 50
    expected = squareform(pdist(rows, "sqeuclidean")) / unit_of(rows) ** 2
    np.testing.assert_allclose(squared_distances(rows), expected, atol=3e-6)
    assert middle(squared_distances(rows)) == pytest.approx(
        np.median(pdist(rows, "sqeuclidean")) / unit_of(rows) ** 2, rel=1e-5
    )


def test_the_energy_distance_is_scipys_in_one_dimension(exchange: Exchange) -> None:
    x, y = samples(1)
    rows = pooled(x, y, exchange)
    found, effect = energies(squared_distances(rows), exchange)
    for column in (0, 1, 57):
        one, two = split(rows, exchange, column)
        expected = stats.energy_distance(one[:, 0], two[:, 0]) ** 2 / unit_of(rows)
        assert found[column] == pytest.approx(expected, abs=1e-5)
    across = 2 * cdist(x, y).mean() / unit_of(rows)
    assert effect == pytest.approx(found[0] / across, rel=1e-4)


def test_the_energy_distance_is_its_formula_in_many_dimensions(exchange: Exchange) -> None:
    rows = pooled(*samples(9), exchange)
    found, _ = energies(squared_distances(rows), exchange)
    for column in (0, 1, 99):
        one, two = split(rows, exchange, column)
        expected = 2 * cdist(one, two).mean() - cdist(one, one).mean() - cdist(two, two).mean()
        assert found[column] == pytest.approx(expected / unit_of(rows), abs=1e-5)


def test_the_unbiased_mmd_is_its_formula(exchange: Exchange) -> None:
    rows = pooled(*samples(5), exchange)
    distances = squared_distances(rows).astype(np.float64)
    kernel = np.exp(-distances / middle(squared_distances(rows)))
    np.fill_diagonal(kernel, 0)
    found = mmd_of(squared_distances(rows), 1 / middle(squared_distances(rows)), exchange)
    for column in (0, 3, 99):
        window = exchange.chosen[:, column] > 0
        within = kernel[np.ix_(~window, ~window)].sum() / (N * (N - 1))
        within += kernel[np.ix_(window, window)].sum() / (M * (M - 1))
        expected = within - 2 * kernel[np.ix_(~window, window)].mean()
        assert found[column] == pytest.approx(expected, abs=1e-6)


def test_the_unbiased_mmd_is_alibi_detects(exchange: Exchange) -> None:
    """Golden: MMDDrift of alibi-detect 0.13.0 with sigma 2, kernel exp(-d^2 / 8), on these samples."""
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(40, 5)), generator.normal(0.4, 1.3, (25, 5))
    rows = pooled(x, y, exchange)
    found = mmd_of(squared_distances(rows), unit_of(rows) ** 2 / 8, exchange)
    assert found[0] == pytest.approx(0.07390087842941284, abs=1e-6)


def test_auc_counts_as_mann_and_whitney() -> None:
    generator = np.random.default_rng(1)
    scores = generator.normal(size=(30, 4)).astype(np.float32)
    chosen = np.stack([generator.permutation(np.repeat([0, 1], [18, 12])) for _ in range(4)], axis=1)
    wins, pairs = ranked(scores, chosen.astype(np.float32))
    for column in range(4):
        window = chosen[:, column] > 0
        expected = stats.mannwhitneyu(scores[window, column], scores[~window, column]).statistic
        assert (wins[column], pairs[column]) == (expected, 18 * 12)


def test_the_clusters_are_scipys_chi_square(exchange: Exchange) -> None:
    rows = pooled(*samples(3), exchange)
    centroids = np.random.default_rng(2).normal(size=(4, 3))
    found, parts = clusters(rows, centroids, exchange)
    nearest = cdist(rows, centroids).argmin(axis=1)
    for column in (0, 42):
        window = exchange.chosen[:, column] > 0
        table = np.array([np.bincount(nearest[side], minlength=4) for side in (~window, window)])
        expected = stats.chi2_contingency(table[:, table.sum(axis=0) > 0], correction=False).statistic
        assert found[column] == pytest.approx(expected)
        for place in range(4):
            spread = stats.hypergeom(N + M, table[:, place].sum(), M).std()
            off = abs(table[1, place] - table[:, place].sum() * M / (N + M))
            assert parts.each[place, column] == pytest.approx(max(off - 0.5, 0) / spread)


def test_axes_are_differences_in_standard_errors(exchange: Exchange) -> None:
    rows = pooled(*samples(4), exchange)
    directions = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0][:2]
    found = axes(rows, directions, exchange)
    values = rows @ directions.T
    spreads = np.abs(values - np.median(values, axis=0))
    for column in (0, 7):
        window = exchange.chosen[:, column] > 0
        expected = [
            np.abs(each[window].mean(axis=0) - each[~window].mean(axis=0))
            / (each.std(axis=0) * np.sqrt(1 / N + 1 / M))
            for each in (values, spreads)
        ]
        np.testing.assert_allclose(found.each[:, column], np.maximum(*expected), rtol=1e-4)


def test_p_values_are_those_of_scipys_permutation_test() -> None:
    x, y = samples(1)

    def distance(one: Floats, two: Floats) -> float:
        return float(stats.energy_distance(one, two))

    theirs = stats.permutation_test(
        (x[:, 0], y[:, 0]), distance, n_resamples=1999, alternative="greater", rng=np.random.default_rng(0)
    ).pvalue
    exchange = Exchange.drawn(N, M, 1999, block=1, seed=5)
    ours = p_values(energies(squared_distances(pooled(x, y, exchange)), exchange)[0])
    assert abs(float(ours) - theirs) < 5 * np.sqrt(theirs * (1 - theirs) / 1000) + 1e-3


def test_the_scale_of_a_test_is_nearly_its_p_value() -> None:
    drawn = stats.gamma(3).rvs(20_000, random_state=np.random.default_rng(4))
    np.testing.assert_allclose(np.exp(-unlikeliness(drawn)), stats.gamma(3).sf(drawn), atol=0.02)
