"""Whatever the graph: walks step along arcs, start everywhere, and end early only where nothing leads on."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nearer import Graph
from nearer.signal.walks import graph_walks

EDGES = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(2**-10, 2**10, width=32)).filter(
        lambda edge: edge[0] != edge[1]
    ),
    min_size=1,
    max_size=40,
)
BIAS = st.floats(1e-3, 1e3)


@settings(max_examples=60, deadline=None)
@given(EDGES, st.booleans(), st.booleans(), BIAS, BIAS, st.integers(2, 9), st.integers(0, 2**40))
def test_walks_follow_the_graph(
    edges: list[tuple[int, int, float]],
    directed: bool,
    weighted: bool,
    p: float,
    q: float,
    length: int,
    seed: int,
) -> None:
    rows = [(f"n{a}", f"n{b}", w) if weighted else (f"n{a}", f"n{b}") for a, b, w in edges]
    graph = Graph.read(rows, directed=directed)
    for extended in {False, weighted}:
        walks = graph_walks(graph, walks=3, length=length, p=p, q=q, extended=extended, seed=seed)
        found, lengths = walks.nodes(0, walks.count, threads=1)
        leaves = np.flatnonzero(graph.degrees)
        arcs = graph.adjacency().toarray() > 0
        for walk, n in zip(found, lengths, strict=True):
            assert 1 < n <= length
            assert arcs[walk[: n - 1], walk[1:n]].all()
            assert n == length or not graph.degrees[walk[n - 1]]
        for starts in found[:, 0].reshape(3, -1):
            np.testing.assert_array_equal(np.sort(starts), leaves)
        visits = np.bincount(
            np.concatenate([w[:n] for w, n in zip(found, lengths, strict=True)]), minlength=len(graph)
        )
        np.testing.assert_array_equal(walks.visits(0, walks.count, threads=2), visits)
        for threads in (2, 3):
            again, same = walks.nodes(0, walks.count, threads=threads)
            np.testing.assert_array_equal(again, found)
            np.testing.assert_array_equal(same, lengths)
