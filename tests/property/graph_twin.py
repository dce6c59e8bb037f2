"""A graph as a dictionary of dictionaries: slow, and plain to see through."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nearer import Graph

Twin = dict[str, dict[str, float]]


def twin_of(edges: Iterable[tuple[str, str, float]], directed: bool, keep_loops: bool) -> Twin:
    """Neighbours with their weights; those of parallel edges add up."""
    rows: Twin = {}
    for source, target, weight in edges:
        rows.setdefault(source, {})
        rows.setdefault(target, {})
        if source == target and not keep_loops:
            continue
        rows[source][target] = rows[source].get(target, 0.0) + weight
        if not directed and source != target:
            rows[target][source] = rows[target].get(source, 0.0) + weight
    return rows


def as_twin(graph: Graph) -> Twin:
    """The same of a graph."""
    weights = np.ones(len(graph.indices)) if graph.weights is None else graph.weights
    return {
        key: {
            graph.keys[target]: float(weight)
            for target, weight in zip(graph.indices[begin:end], weights[begin:end], strict=True)
        }
        for key, begin, end in zip(graph.keys, graph.indptr, graph.indptr[1:], strict=False)
    }


def require_sound(graph: Graph) -> None:
    """What every graph holds to: types, rows that rise, weights above 0, symmetry if undirected."""
    assert graph.indptr.dtype == np.int64
    assert graph.indices.dtype == np.uint32
    assert (graph.indptr[0], graph.indptr[-1], len(graph.indptr)) == (0, len(graph.indices), len(graph) + 1)
    assert len(set(graph.keys)) == len(graph)
    for begin, end in zip(graph.indptr, graph.indptr[1:], strict=False):
        row = graph.indices[begin:end].astype(np.int64)
        assert (np.diff(row) > 0).all()
        assert (row < len(graph)).all()
    if graph.weights is not None:
        assert graph.weights.dtype == np.float32
        assert (graph.weights > 0).all()
    if not graph.directed:
        matrix = graph.adjacency().toarray()
        assert (matrix == matrix.T).all()
