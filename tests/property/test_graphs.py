"""Graphs read from any source are those of the slow twin, of NetworkX and of SciPy."""

from __future__ import annotations

import tempfile
from pathlib import Path

import networkx as nx
import numpy as np
import pyarrow as pa
import scipy.sparse
from graph_twin import as_twin, require_sound, twin_of
from hypothesis import given, settings
from hypothesis import strategies as st

from nearer import Graph

NODES = st.integers(0, 6)
WEIGHTS = st.integers(1, 9).map(float)
EDGES = st.lists(st.tuples(NODES, NODES, WEIGHTS), min_size=1, max_size=25).filter(
    lambda edges: any(a != b for a, b, _ in edges)
)
NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Z")), min_size=1, max_size=4).filter(
    lambda name: name[0] not in "#%\ufeff" and not name.isspace()
)


@settings(deadline=None)
@given(EDGES, st.booleans(), st.booleans(), st.booleans())
def test_tables_are_the_twin(
    edges: list[tuple[int, int, float]], directed: bool, keep: bool, weighted: bool
) -> None:
    table = pa.table(
        dict(zip(("source", "target", "weight"), map(list, zip(*edges, strict=True)), strict=True))
    )
    graph = Graph.read(
        table, directed=directed, self_loops="keep" if keep else "drop", weighted=None if weighted else False
    )
    require_sound(graph)
    named = [(str(a), str(b), weight if weighted else 1.0) for a, b, weight in edges]
    twin = twin_of(named, directed, keep)
    if not weighted:
        twin = {key: dict.fromkeys(row, 1.0) for key, row in twin.items()}
    assert as_twin(graph) == twin
    assert list(graph.keys) == sorted(twin, key=int)
    loops = 0 if keep else sum(a == b for a, b, _ in edges)
    assert graph.loops == loops
    assert graph.edges == len(edges) - loops - graph.merged
    again = Graph.read(graph.table(), directed=directed, self_loops="keep", nodes=list(graph.keys))
    assert as_twin(again) == as_twin(graph)
    assert (again.merged, again.loops) == (0, 0)


@settings(deadline=None)
@given(EDGES, st.booleans())
def test_every_object_gives_the_same_graph(edges: list[tuple[int, int, float]], directed: bool) -> None:
    table = pa.table(
        dict(zip(("source", "target", "weight"), map(list, zip(*edges, strict=True)), strict=True))
    )
    graph = Graph.read(table, directed=directed, nodes=list(range(7)))
    other = nx.MultiDiGraph() if directed else nx.MultiGraph()
    other.add_nodes_from(range(7))
    other.add_weighted_edges_from(edges)
    simple = nx.DiGraph() if directed else nx.Graph()
    simple.add_nodes_from(range(7))
    for a, b, weight in edges:
        before = simple[a][b]["weight"] if simple.has_edge(a, b) else 0.0
        simple.add_edge(a, b, weight=before + weight)
    matrix = nx.to_scipy_sparse_array(simple, nodelist=range(7))
    mapping = {node: {b: data["weight"] for b, data in simple.adj[node].items()} for node in range(7)}
    for source in (other, simple, matrix, mapping, scipy.sparse.coo_matrix(matrix)):
        again = Graph.read(source, directed=directed)
        require_sound(again)
        assert as_twin(again) == as_twin(graph)
        assert again.keys == graph.keys
    plain = Graph.read([list(simple.adj[node]) for node in range(7)], directed=directed)
    assert as_twin(plain) == as_twin(Graph.read(simple, weighted=False))
    assert plain.merged == 0
    dense = graph.adjacency().toarray()
    np.fill_diagonal(whole := matrix.toarray(), 0)
    assert (dense == whole).all()


@settings(deadline=None)
@given(
    st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=12),
    st.sampled_from(["\t", " ", "  "]),
    st.booleans(),
)
def test_text_is_what_its_fields_say(edges: list[tuple[str, str]], blank: str, remarks: bool) -> None:
    named = [(a, b, 1.0) for a, b in edges]
    twin = twin_of(named, directed=True, keep_loops=True)
    lines = [f"{a}{blank}{b}\n" for a, b in edges]
    if remarks:
        lines = ["# FromNodeId ToNodeId\n", *lines[:1], "\n", "% a remark\n", *lines[1:]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "edges.txt"
        path.write_text("".join(lines), encoding="utf-8")
        graph = Graph.read(path, directed=True, self_loops="keep")
    require_sound(graph)
    assert as_twin(graph) == {a: dict.fromkeys(row, 1.0) for a, row in twin.items()}


@settings(deadline=None)
@given(EDGES, st.booleans(), st.integers(0, 9))
def test_splits_stay_connected(edges: list[tuple[int, int, float]], directed: bool, seed: int) -> None:
    graph = Graph.read([(a, b) for a, b, _ in edges], directed=directed)
    count = nx.number_weakly_connected_components if directed else nx.number_connected_components
    kind = nx.DiGraph if directed else nx.Graph
    whole = kind([(a, b) for a, b, _ in edges if a != b])
    whole.add_nodes_from(node for a, b, _ in edges for node in (a, b))
    spare = graph.edges - (len(graph) - count(whole))
    possible = len(graph) * (len(graph) - 1) // (1 if directed else 2) - graph.edges
    held = min(spare, possible)
    if held == 0:
        return
    parts = graph.split(held / graph.edges, seed)
    require_sound(parts.train)
    left = kind(
        parts.train.table().select(["source", "target"]).to_pandas().itertuples(index=False, name=None)
    )
    left.add_nodes_from(map(str, whole.nodes))
    assert count(left) == count(whole)
    edge = {(str(a), str(b)) for a, b in whole.edges}
    edge |= set() if directed else {(b, a) for a, b in edge}
    test, absent = set(parts.test), set(parts.non_edges)
    assert len(test) == len(absent) == len(parts.test) == len(parts.non_edges) == held
    assert test <= edge
    assert not absent & edge
    assert all(a != b for a, b in absent)
    assert not test & set(left.edges)
    assert parts.train.edges + held == graph.edges
