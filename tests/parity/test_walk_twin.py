"""Steps of the native walker against the exact probabilities of the papers, by chi-squared."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from walk_twin import first_order, matrix_of, misfit, node2vec, node2vec_plus

from nearer import Graph
from nearer.signal.walks import graph_walks

# Two triangles that share an edge, a square hung on, a tail: ways back, triangles and ways out at every node.
EDGES = [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3), (3, 4), (4, 5), (5, 6), (6, 3), (6, 7), (2, 5)]
WEIGHTS = [0.5, 4.0, 1.0, 2.5, 1.0, 0.25, 3.0, 1.0, 6.0, 1.0, 0.125]
BIASES = [(1.0, 0.5), (0.25, 4.0), (4.0, 0.25), (2.0, 2.0), (0.001, 1.0), (1000.0, 50.0), (1000.0, 0.01)]
ACCEPTED, REFUSED = 1e-3, 1e-9  # p-values; the seed is fixed, so that no run differs from another


def small_graph(weighted: bool, directed: bool = False) -> Graph:
    edges = [(f"n{a}", f"n{b}") for a, b in EDGES]
    if directed:  # every node can be left
        edges += [(f"n{a}", f"n{b}") for a, b in [(7, 0), (3, 0), (5, 1), (6, 4)]]
    weights = [*WEIGHTS, 1.5, 0.5, 2.0, 0.75]
    rows = [(a, b, w) for (a, b), w in zip(edges, weights, strict=False)] if weighted else edges
    return Graph.read(rows, directed=directed)


def steps(graph: Graph, **turns: object) -> tuple[np.ndarray, np.ndarray]:
    walks = graph_walks(graph, walks=400, length=25, seed=5, threads=1, **turns)  # type: ignore[arg-type]
    return walks.nodes(0, walks.count, threads=1)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_steps_of_deepwalk_have_the_exact_probabilities(weighted: bool, directed: bool) -> None:
    graph = small_graph(weighted, directed)
    found = steps(graph)
    assert misfit(*found, first_order(matrix_of(graph))) > ACCEPTED
    if weighted:
        assert misfit(*found, first_order((matrix_of(graph) > 0).astype(float))) < REFUSED


@pytest.mark.parametrize(("p", "q"), BIASES)
@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_steps_of_node2vec_have_the_exact_probabilities(
    weighted: bool, directed: bool, p: float, q: float
) -> None:
    graph = small_graph(weighted, directed)
    found = steps(graph, p=p, q=q)
    weights = matrix_of(graph)
    assert misfit(*found, node2vec(weights, p, q)) > ACCEPTED
    if (p, q) in BIASES[:4] and not directed:
        assert misfit(*found, node2vec(weights, p * 1.5, q)) < REFUSED


@pytest.mark.parametrize(("p", "q"), BIASES)
def test_steps_of_node2vec_plus_have_the_exact_probabilities(p: float, q: float) -> None:
    graph = small_graph(weighted=True)
    found = steps(graph, p=p, q=q, extended=True)
    weights = matrix_of(graph)
    assert misfit(*found, node2vec_plus(weights, p, q)) > ACCEPTED
    if (p, q) in BIASES[1:3]:  # and not those of node2vec
        assert misfit(*found, node2vec(weights, p, q)) < REFUSED


def test_steps_along_a_metapath_have_the_exact_probabilities() -> None:
    edges = [("a", "p", 1.0), ("a", "q", 3.0), ("b", "q", 1.0), ("b", "r", 0.5), ("c", "r", 2.0)]
    edges += [("c", "p", 1.0), ("p", "v", 5.0), ("q", "v", 1.0), ("r", "w", 1.0), ("q", "w", 4.0)]
    nodes = {"id": list("abcpqrvw"), "type": ["author"] * 3 + ["paper"] * 3 + ["venue"] * 2}
    graph = Graph.read(edges, nodes=pa.table(nodes), node_type="type")
    path = ["author", "paper", "venue", "paper"]
    walks = graph_walks(graph, walks=2_000, length=9, metapath=path, seed=5, threads=1)
    found, lengths = walks.nodes(0, walks.count, threads=1)
    assert (lengths == 9).all()
    assert graph.types is not None
    kinds = np.array(graph.type_names)[graph.types]
    assert (kinds[found] == [path[i % 4] for i in range(9)]).all()
    weights = matrix_of(graph)
    for position in range(8):
        pairs = found[:, position : position + 2]
        allowed = weights * (kinds == path[(position + 1) % 4])
        for node in np.unique(pairs[:, 0]):
            counts = np.bincount(pairs[pairs[:, 0] == node, 1], minlength=len(graph))
            wanted = counts.sum() * allowed[node] / allowed[node].sum()
            possible = wanted > 0
            assert not counts[~possible].any()
            # each count within 5 standard deviations of its binomial mean
            share = wanted[possible] / counts.sum()
            spread = np.sqrt(counts.sum() * share * (1 - share))
            assert (np.abs(counts[possible] - wanted[possible]) <= 5 * spread + 1e-9).all()
