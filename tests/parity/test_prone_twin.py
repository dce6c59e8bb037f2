"""ProNE against a dense twin of the paper's formulas, its filter against the spectrum, known blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from nearer import Graph, ProNE
from nearer.models.factorization import truncated_svd
from nearer.models.propagation import filter_coefficients, propagate
from nearer.signal.proximity import log_proximity, transition_matrix, undirected_adjacency

NODES = 40


def graph_of(dense: NDArray[Any], *, directed: bool = False, weighted: bool = False) -> Graph:
    """The graph of an adjacency matrix."""
    matrix = csr_array(dense)
    return Graph(
        [f"n{row}" for row in range(len(dense))],
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.uint32),
        weights=matrix.data.astype(np.float32) if weighted else None,
        directed=directed,
    )


def random_adjacency(seed: int, *, weighted: bool = False, directed: bool = False) -> NDArray[Any]:
    """A ring, so that every node has neighbours, and chords; weights are powers of two, kept exactly."""
    draw = np.random.default_rng(seed)
    ring = np.roll(np.eye(NODES), 1, axis=1)
    arcs = np.maximum(ring, draw.random((NODES, NODES)) < 0.08)
    np.fill_diagonal(arcs, 0)
    if weighted:
        arcs *= 2.0 ** draw.integers(-2, 3, arcs.shape)
    return arcs if directed else np.maximum(arcs, arcs.T)


def dense_log_proximity(dense: NDArray[Any], negative: float, exponent: float) -> NDArray[Any]:
    """Section 3.1: log p_ij - log(lambda P_j) on edges, an entry at a time."""
    shares = dense / dense.sum(axis=1, keepdims=True)
    drawn = shares.sum(axis=0) ** exponent
    drawn /= drawn.sum()
    found = np.zeros_like(dense)
    for row, column in zip(*np.nonzero(dense), strict=True):
        found[row, column] = np.log(shares[row, column]) - np.log(negative * drawn[column])
    return found


def dense_propagation(dense: NDArray[Any], vectors: NDArray[Any], mu: float, theta: float) -> NDArray[Any]:
    """Section 3.2 by the eigenvectors of the Laplacian: D^-1 A (I - U g(Lambda) U^-1) R."""
    walk = dense / dense.sum(axis=1, keepdims=True)
    root = np.sqrt(dense.sum(axis=1))
    values, vectors_of = np.linalg.eigh(np.eye(len(dense)) - walk * root[:, None] / root[None, :])
    left, right = vectors_of / root[:, None], vectors_of.T * root[None, :]
    kernel = np.exp(-0.5 * ((values - mu) ** 2 - 1) * theta)
    return walk @ (vectors - left @ (kernel[:, None] * (right @ vectors)))


def dense_prone(dense: NDArray[Any], dim: int) -> NDArray[Any]:
    """The whole of ProNE as published, with rows of length 1 after either factorisation."""
    rows, values, _ = np.linalg.svd(dense_log_proximity(dense, 1.0, 0.75))
    factors = rows[:, :dim] * np.sqrt(values[:dim])
    factors /= np.linalg.norm(factors, axis=1, keepdims=True)
    rows, values, _ = np.linalg.svd(dense_propagation(dense, factors, 0.2, 0.5), full_matrices=False)
    vectors = rows * np.sqrt(values)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("negative", "exponent"), [(1.0, 0.75), (5.0, 1.0), (1.0, 0.0)])
def test_the_matrix_is_the_twins(weighted: bool, negative: float, exponent: float) -> None:
    dense = random_adjacency(0, weighted=weighted)
    transitions = transition_matrix(undirected_adjacency(graph_of(dense, weighted=weighted)))
    found = log_proximity(transitions, negative=negative, exponent=exponent).toarray()
    np.testing.assert_allclose(found, dense_log_proximity(dense, negative, exponent), atol=2e-6)
    assert (found > 0).any()


@pytest.mark.parametrize(("mu", "theta"), [(0.2, 0.5), (0.0, 0.0), (1.0, 2.0), (-0.3, 1.0)])
def test_the_expansion_is_the_filter_of_the_spectrum(mu: float, theta: float) -> None:
    dense = random_adjacency(1, weighted=True)
    vectors = np.random.default_rng(0).normal(size=(NODES, 6)).astype(np.float32)
    transitions = transition_matrix(undirected_adjacency(graph_of(dense, weighted=True)))
    found = propagate(transitions, vectors, order=20, mu=mu, theta=theta)
    np.testing.assert_allclose(found, dense_propagation(dense, vectors, mu, theta), atol=2e-5)


def test_coefficients_are_those_of_the_exponential() -> None:
    points = np.linspace(-1, 1, 21)
    found = np.polynomial.chebyshev.chebval(points, filter_coefficients(12, 0.7))
    np.testing.assert_allclose(found, np.exp(-0.7 * points), atol=1e-12)


def test_fewer_terms_are_farther_from_the_filter() -> None:
    dense = random_adjacency(2)
    vectors = np.random.default_rng(0).normal(size=(NODES, 6)).astype(np.float32)
    transitions = transition_matrix(undirected_adjacency(graph_of(dense)))
    expected = dense_propagation(dense, vectors, 0.2, 0.5)
    away = [
        np.abs(propagate(transitions, vectors, order=order, mu=0.2, theta=0.5) - expected).max()
        for order in (1, 2, 3, 5, 10)
    ]
    assert away == sorted(away, reverse=True)
    assert away[-1] < 1e-5 < away[0]


@pytest.mark.parametrize("weighted", [False, True])
def test_vectors_are_the_twins(weighted: bool) -> None:
    """By the angles between them: signs and turns within equal singular values are free."""
    dense = random_adjacency(3, weighted=weighted)
    model = ProNE(dim=24, threads=1).fit(graph_of(dense, weighted=weighted))
    expected = dense_prone(dense, 24)
    found = model.space_.vectors.astype(np.float64)
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=5e-3)
    values = np.linalg.svd(dense_log_proximity(dense, 1.0, 0.75), compute_uv=False)
    np.testing.assert_allclose(model.singular_values_, values[:24], rtol=2e-3)
    share = (values[:24] ** 2).sum() / (values**2).sum()
    assert model.report_.explained_variance == pytest.approx(share, rel=2e-3)


def test_lanczos_and_the_randomized_solver_agree() -> None:
    matrix = log_proximity(transition_matrix(undirected_adjacency(graph_of(random_adjacency(4)))))
    _, exact = truncated_svd(matrix, 12, "lanczos", 0, 1)
    _, fast = truncated_svd(matrix, 12, "randomized", 0, 1)
    np.testing.assert_allclose(fast, exact, rtol=5e-3)


def test_directed_arcs_count_in_both_directions() -> None:
    arcs = random_adjacency(5, weighted=True, directed=True)
    arcs[3, 3] = 2.0
    both = arcs + arcs.T - np.diag(np.diag(arcs))
    found = undirected_adjacency(graph_of(arcs, directed=True, weighted=True)).toarray()
    np.testing.assert_array_equal(found, both)
    plain = undirected_adjacency(graph_of(arcs > 0, directed=True)).toarray()
    np.testing.assert_array_equal(plain, (both > 0).astype(float))


@pytest.mark.parametrize("weight", [1.0, 0.25])
def test_nodes_of_a_clique_share_a_vector_and_cliques_are_orthogonal(weight: float) -> None:
    """B cliques of n nodes: the matrix is log(B n / (n - 1)) off the diagonal of a block, so the B leading
    singular vectors are constant on blocks, with one value, and the Laplacian sends them to zero.
    """
    count, size = 4, 6
    dense = np.kron(np.eye(count), np.ones((size, size)) - np.eye(size)) * weight
    model = ProNE(dim=count, threads=1).fit(graph_of(dense, weighted=True))
    rows = model.space_.vectors.astype(np.float64)
    np.testing.assert_allclose(rows @ rows.T, np.kron(np.eye(count), np.ones((size, size))), atol=1e-4)
    np.testing.assert_allclose(
        model.singular_values_, (size - 1) * np.log(count * size / (size - 1)), rtol=1e-5
    )
