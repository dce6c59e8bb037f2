"""GraphSAGE against a twin, a node at a time; gradients by finite differences; draws by their odds."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from nearer import Graph, GraphSAGE
from nearer.models.adam import adam_step
from nearer.models.sage_layers import backward, contrast, forward
from nearer.models.sage_training import layer_weights
from nearer.signal.neighbourhoods import Neighbourhoods, shuffled, stream
from nearer.signal.proximity import transition_matrix, undirected_adjacency

DRAW = np.random.default_rng(0)
NODES, INPUTS, DIM = 9, 7, 4
WEIGHTED = [
    (0, 1, 1.0),
    (0, 2, 3.0),
    (0, 3, 4.0),
    (1, 2, 2.0),
    (3, 4, 1.0),
    (4, 5, 0.5),
    (5, 6, 2.0),
    (6, 0, 8.0),
]


def neighbourhoods(edges: Any = WEIGHTED, exponent: float = 0.75) -> Neighbourhoods:
    """Of the graph of `edges`."""
    return Neighbourhoods(undirected_adjacency(Graph.read(edges)), exponent)


def random_layers(layers: int) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    widths = [INPUTS, *[DIM] * layers]
    return [(DRAW.normal(size=(a, b)), DRAW.normal(size=(a, b))) for a, b in pairwise(widths)]


def random_averages(layers: int) -> list[Any]:
    """Means over a few states below, the lowest layer first; the last node has no neighbours."""
    sizes = [NODES + 3 * depth for depth in range(layers, -1, -1)]
    found = []
    for below, above in pairwise(sizes):
        shares = DRAW.random((above, below)) * (DRAW.random((above, below)) < 0.4)
        shares[-1] = 0
        totals = shares.sum(axis=1, keepdims=True)
        found.append(csr_array(np.divide(shares, totals, out=shares, where=totals > 0)))
    return found


def twin_vectors(features: NDArray[Any], averages: list[Any], weights: Any) -> NDArray[Any]:
    """Algorithm 1 of the paper with a mean that is added, a node at a time."""
    states = [np.asarray(row) for row in features]
    for depth, (average, (own, neighbour)) in enumerate(zip(averages, weights, strict=True), 1):
        following = []
        for node, shares in enumerate(average.toarray()):
            mean = sum(share * states[other] for other, share in enumerate(shares))
            state = states[node] @ own + mean @ neighbour
            following.append(np.maximum(state, 0) if depth < len(weights) else state)
        states = following
    return np.array([state / np.linalg.norm(state) for state in states])


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_a_pass_is_the_twins(layers: int, kind: Any) -> None:
    averages, weights = random_averages(layers), random_layers(layers)
    features = DRAW.normal(size=(averages[0].shape[1], INPUTS)) * (DRAW.random(INPUTS) < 0.7)
    found = forward(kind(features), averages, weights).vectors
    np.testing.assert_allclose(found, twin_vectors(features, averages, weights), atol=1e-12)


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_gradients_are_those_of_finite_differences(layers: int, kind: Any) -> None:
    averages, weights = random_averages(layers), random_layers(layers)
    features = kind(DRAW.normal(size=(averages[0].shape[1], INPUTS)))
    toward = DRAW.normal(size=(NODES, DIM))

    def value() -> float:
        return float((forward(features, averages, weights).vectors * toward).sum())

    found = backward(forward(features, averages, weights), averages, weights, toward)
    for pair, gradients in zip(weights, found, strict=True):
        for matrix, gradient in zip(pair, gradients, strict=True):
            assert np.abs(gradient).max() > 1e-3
            for place in [(0, 0), (matrix.shape[0] - 1, 1), (2, DIM - 1)]:
                before = matrix[place]
                matrix[place] = before + 1e-6
                above = value()
                matrix[place] = before - 1e-6
                below = value()
                matrix[place] = before
                assert gradient[place] == pytest.approx((above - below) / 2e-6, rel=1e-4, abs=1e-7)


def test_the_contrast_and_its_gradients() -> None:
    anchors, positives = DRAW.normal(size=(2, 5, DIM))
    negatives = DRAW.normal(size=(6, DIM))
    left_out = DRAW.random((5, 6)) < 0.2
    losses, gradients = contrast(anchors, positives, negatives, left_out, 0.3)
    for row in range(5):
        near = np.exp(anchors[row] @ positives[row] / 0.3)
        far = sum(np.exp(anchors[row] @ negatives[n] / 0.3) for n in range(6) if not left_out[row, n])
        assert losses[row] == pytest.approx(-np.log(near / (near + far)))
    for matrix, gradient in zip((anchors, positives, negatives), gradients, strict=True):
        for place in np.ndindex(matrix.shape):
            values = []
            for shift in (1e-6, -1e-6):
                before = matrix[place]
                matrix[place] += shift
                values.append(contrast(anchors, positives, negatives, left_out, 0.3)[0].sum())
                matrix[place] = before
            assert gradient[place] == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-4, abs=1e-6)


def test_a_far_score_neither_overflows_nor_counts() -> None:
    one = np.array([[1.0, 0.0]])
    losses, gradients = contrast(one, one, -one, np.array([[False]]), 1e-3)
    assert losses[0] == 0.0
    assert not any(gradient.any() for gradient in gradients)


def test_adam_takes_the_steps_of_the_paper() -> None:
    weights, mean, square = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    m, v, expected = np.zeros(2), np.zeros(2), weights.copy()
    for step in range(1, 6):
        gradient = np.array([0.3 * step, -1.0])
        adam_step(weights, mean, square, gradient, step=step, learning_rate=0.1)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        expected -= 0.1 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    np.testing.assert_allclose(weights, expected, rtol=1e-12)


def test_neighbours_are_drawn_in_proportion_to_their_weights() -> None:
    around = neighbourhoods()
    drawn = around.drawn(np.zeros(20_000, np.int64), stream(1, 0))
    found = np.bincount(drawn, minlength=7) / 20_000
    np.testing.assert_allclose(found, np.array([0, 1, 3, 4, 0, 0, 8]) / 16, atol=0.015)
    plain = neighbourhoods([edge[:2] for edge in WEIGHTED])
    found = np.bincount(plain.drawn(np.zeros(20_000, np.int64), stream(1, 0)), minlength=7) / 20_000
    np.testing.assert_allclose(found, np.array([0, 1, 1, 1, 0, 0, 1]) / 4, atol=0.015)


def test_walks_end_where_powers_of_the_transition_matrix_say() -> None:
    walk = transition_matrix(undirected_adjacency(Graph.read(WEIGHTED))).toarray()
    expected = np.mean([np.linalg.matrix_power(walk, step)[4] for step in (1, 2, 3)], axis=0)
    ends = neighbourhoods().met(np.full(40_000, 4), 3, stream(2, 0))
    np.testing.assert_allclose(np.bincount(ends, minlength=7) / 40_000, expected, atol=0.012)


def test_negatives_are_drawn_by_their_degree() -> None:
    around = neighbourhoods()
    odds = around.degrees**0.75
    found = np.bincount(around.negatives(40_000, stream(3, 0)), minlength=7) / 40_000
    np.testing.assert_allclose(found, odds / odds.sum(), atol=0.012)


def test_without_a_limit_means_are_those_of_the_transition_matrix() -> None:
    around = neighbourhoods()
    walk = transition_matrix(undirected_adjacency(Graph.read(WEIGHTED)))
    nodes, (matrix,) = around.averages(np.array([4, 0]), 1, None, stream(0, 0))
    assert nodes.tolist() == [4, 0, 1, 2, 3, 5, 6]
    np.testing.assert_allclose(matrix.toarray(), walk.toarray()[[4, 0]][:, nodes], rtol=1e-6)
    nodes, matrices = around.averages(np.array([5]), 3, None, stream(0, 0))
    assert matrices[-1].shape[0] == 1
    assert matrices[0].shape[1] == len(nodes) == 7
    for below, above in pairwise(matrices):
        assert below.shape[0] == above.shape[1]


def test_drawn_means_are_right_on_average() -> None:
    around = neighbourhoods()
    values = np.arange(7.0) ** 2
    exact = transition_matrix(undirected_adjacency(Graph.read(WEIGHTED))) @ values
    means = []
    for number in range(3_000):
        nodes, (matrix,) = around.averages(np.arange(7), 1, 2, stream(4, number))
        means.append(matrix @ values[nodes])
        np.testing.assert_allclose(matrix.sum(axis=1), 1.0, rtol=1e-6)
    few = around.degrees <= 2
    np.testing.assert_allclose(np.mean(means, axis=0), exact, rtol=0.02)
    np.testing.assert_allclose(np.std(np.array(means)[:, few], axis=0), 0.0, atol=1e-6)
    assert np.std(np.array(means)[:, ~few], axis=0).min() > 0.1


def test_an_order_holds_each_node_once() -> None:
    nodes = np.array([3, 9, 4, 7])
    orders = {tuple(shuffled(nodes, stream(0, number)).tolist()) for number in range(200)}
    assert len(orders) == 24
    assert all(sorted(order) == [3, 4, 7, 9] for order in orders)


def test_vectors_of_a_fit_are_the_twins() -> None:
    graph = Graph.read(WEIGHTED)
    features = DRAW.random((7, INPUTS)).astype(np.float32)
    model = GraphSAGE(dim=DIM, negative=4, epochs=2, threads=1).fit(graph, features)
    weights = layer_weights(model._state.arrays, 2)
    walk = transition_matrix(undirected_adjacency(graph))
    rows = features / np.linalg.norm(features, axis=1, keepdims=True)
    np.testing.assert_allclose(model.space_.vectors, twin_vectors(rows, [walk, walk], weights), atol=1e-5)
