"""`Graph.read`: sources, column names, and the stated rules; bad input is one line."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import igraph
import networkx as nx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse

from nearer import Graph
from nearer.data import as_graph
from nearer.errors import NearerError

EDGES = {"source": [1, 2, 3, 2], "target": [2, 3, 1, 1], "weight": [0.5, 1.0, 2.0, 0.25]}


def weights_of(graph: Graph) -> dict[tuple[str, str], float]:
    table = graph.table().to_pydict()
    weights = table.get("weight", [1.0] * len(table["source"]))
    return dict(zip(zip(table["source"], table["target"], strict=True), weights, strict=True))


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("make", [pa.table, pd.DataFrame, pl.DataFrame])
def test_tables_in_memory(make: Callable[[Any], Any]) -> None:
    graph = Graph.read(make(EDGES))
    assert graph.keys == ["1", "2", "3"]
    assert weights_of(graph) == {("1", "2"): 0.75, ("2", "3"): 1.0, ("1", "3"): 2.0}
    assert (graph.edges, graph.merged, graph.loops, graph.directed) == (3, 1, 0, False)
    arcs = Graph.read(make(EDGES), directed=True)
    assert weights_of(arcs)["2", "1"] == 0.25
    assert (arcs.edges, arcs.merged) == (4, 0)


def test_files(tmp_path: Path) -> None:
    table = pa.table(EDGES)
    expected = weights_of(Graph.read(table))
    pq.write_table(table, tmp_path / "e.parquet")
    rows = list(zip(*EDGES.values(), strict=True))
    for name, between, head in (
        ("e.csv", ",", True),
        ("e.tsv", "\t", True),
        ("e.txt", " ", False),
        ("e.edges", "\t", False),
    ):
        lines = [between.join(EDGES)] * head + [between.join(map(str, row)) for row in rows]
        write(tmp_path / name, "\n".join(lines) + "\n")
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(("\r\n".join(lines)).encode()))
    for path in tmp_path.iterdir():
        assert weights_of(Graph.read(path)) == expected, path
        assert weights_of(Graph.read(str(path))) == expected, path


@pytest.mark.parametrize(
    "names", [("src", "dst"), ("from", "to"), ("u", "v"), ("Source", "TARGET"), ("a", "b")]
)
def test_customary_names_of_columns(names: tuple[str, str], tmp_path: Path) -> None:
    graph = Graph.read(pd.DataFrame({names[0]: ["x"], names[1]: ["y"]}), directed=True)
    assert weights_of(graph) == {("x", "y"): 1.0}
    turned = pd.DataFrame({names[1]: ["y"], names[0]: ["x"], "kind": ["k"], "n": [1]})
    named = Graph.read(turned, source=names[0], target=names[1], weight="n", directed=True)
    assert weights_of(named) == {("x", "y"): 1.0}
    path = write(tmp_path / "marked.csv", f"\ufeff{names[0]},{names[1]}\nx,y\n")
    assert weights_of(Graph.read(path, directed=True)) == {("x", "y"): 1.0}


def test_ids_are_kept_as_they_are_written(tmp_path: Path) -> None:
    path = write(tmp_path / "e.csv", "source,target\n007,7\n7,NA\n")
    assert Graph.read(path).keys == ["007", "7", "NA"]
    large = np.array([[2**64 - 1, 3], [3, 2**63]], np.uint64)
    assert set(Graph.read(large).keys) == {"18446744073709551615", "3", "9223372036854775808"}
    assert Graph.read(np.array([[-1, 3]])).keys == ["-1", "3"]
    assert Graph.read([("a", 1), (2, "a")], directed=True).edges == 2


def test_self_loops_go_by_the_rule() -> None:
    edges = [("a", "a"), ("a", "b"), ("c", "c")]
    dropped = Graph.read(edges)
    assert (dropped.loops, dropped.edges, dropped.keys) == (2, 1, ["a", "c", "b"])
    assert dropped.linked()[1] == ["c"]
    kept = Graph.read(edges, self_loops="keep")
    assert (kept.loops, kept.edges, len(kept.indices)) == (0, 3, 4)


def test_bytes_an_arc() -> None:
    graph = Graph.read(np.array([[0, 1], [1, 2]]))
    assert (graph.indices.nbytes, graph.weights) == (4 * 4, None)
    weighted = Graph.read(np.array([[0, 1, 2], [1, 2, 3]])).weights
    assert weighted is not None
    assert weighted.nbytes == 4 * 4


def test_nodes_give_the_order_the_types_and_the_isolated(tmp_path: Path) -> None:
    path = write(tmp_path / "n.csv", "id,type\nc,paper\na,person\nb,person\nz,paper\n")
    graph = Graph.read([("a", "b"), ("b", "c")], nodes=path)
    assert graph.keys == ["c", "a", "b", "z"]
    assert graph.types is not None
    assert [graph.type_names[kind] for kind in graph.types] == ["paper", "person", "person", "paper"]
    rest, isolated = graph.linked()
    assert (rest.keys, isolated) == (["c", "a", "b"], ["z"])
    assert weights_of(rest) == weights_of(graph)
    assert Graph.read([(1, 2)], nodes=[3, 2, 1]).keys == ["3", "2", "1"]


def test_networkx_and_igraph_say_whether_they_are_directed() -> None:
    typed = nx.DiGraph([("a", "b"), ("b", "a")])
    nx.set_node_attributes(typed, {"a": "x", "b": "y"}, "kind")
    graph = Graph.read(typed, node_type="kind")
    assert (graph.directed, graph.edges, graph.type_names) == (True, 2, ("x", "y"))
    assert Graph.read(typed, directed=False).edges == 1
    assert Graph.read(nx.Graph([("a", "b")]), directed=True).edges == 2
    other = igraph.Graph([(0, 1), (1, 2), (0, 1)], directed=True)
    other.es["weight"] = [1, 2, 3]
    assert weights_of(Graph.read(other)) == {("0", "1"): 4.0, ("1", "2"): 2.0}
    assert weights_of(Graph.read(other, weighted=False)) == {("0", "1"): 1.0, ("1", "2"): 1.0}
    other.vs["name"] = ["x", "y", "z"]
    assert Graph.read(other).keys == ["x", "y", "z"]
    assert Graph.read(other.get_adjlist()).keys == ["0", "1", "2"]


def test_sparse_matrices_and_adjacency() -> None:
    repeated = scipy.sparse.coo_matrix(([1, 1, 2], ([0, 0, 1], [1, 1, 0])), shape=(3, 3))
    graph = Graph.read(repeated)
    assert weights_of(graph) == {("0", "1"): 2.0}
    assert len(repeated.data) == 3
    assert (graph.merged, graph.linked()[1]) == (0, ["2"])
    one_way = Graph.read(scipy.sparse.csr_array(np.triu(np.ones((3, 3)), 1)))
    assert (one_way.edges, one_way.weights) == (3, None)
    assert weights_of(Graph.read({"a": {"b": 2.0}, "b": {"a": 2.0}})) == {("a", "b"): 2.0}
    assert Graph.read({"a": ["b"], "b": ["c"]}).keys == ["a", "b", "c"]


def test_a_graph_is_itself() -> None:
    graph = Graph.read([(0, 1)])
    assert as_graph(graph) is graph
    assert as_graph([(0, 1)]).keys == graph.keys


def weighted(value: Any) -> dict[str, Any]:
    return {"edges": pa.table({"source": [1, 2], "target": [2, 3], "weight": [1.0, value]})}


WEIGHT = "row 1: the weight {} is not a finite number above 0; correct it, or remove the row"
FLOATS = "row 0: the source {} is a floating-point number, and ids are text or whole numbers"
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown node": (
        {"edges": [(0, 1), (1, 9)], "nodes": [0, 1, 2]},
        "row 1: the target 9 is not among the 3 nodes; add it to the nodes, or remove the edge",
    ),
    "unknown node of a graph": (
        {"edges": nx.Graph([("a", "b")]), "nodes": ["a"]},
        "the node 'b' is not among the 1 nodes",
    ),
    "NaN": (weighted(float("nan")), WEIGHT.format("nan")),
    "null": (weighted(None), WEIGHT.format("nan")),
    "negative": (weighted(-2.0), WEIGHT.format("-2.0")),
    "zero": (weighted(0.0), WEIGHT.format("0.0")),
    "infinite": (weighted(float("inf")), WEIGHT.format("inf")),
    "large": (weighted(1e39), "row 1: the weight 1e+39 is too large for single precision; divide"),
    "small": (weighted(1e-50), "row 1: the weight 1e-50 is too small for single precision; multiply"),
    "sum": (
        {"edges": [(0, 1, 3e38), (1, 0, 3e38)]},
        "the weights of parallel edges add up to more than single precision holds",
    ),
    "negative in NetworkX": (
        {"edges": nx.Graph([(0, 1, {"weight": -1})])},
        "the weight -1.0 is not a finite",
    ),
    "text in NetworkX": (
        {"edges": nx.Graph([(0, 1, {"weight": "x"})])},
        "edge 0: the weight 'x' is no number",
    ),
    "some weights": (
        {"edges": nx.Graph([(0, 1), (1, 2, {"weight": 1})])},
        "edge 0: an edge has no attribute 'weight', and 1 others have one",
    ),
    "NaN in SciPy": (
        {"edges": scipy.sparse.csr_array([[0, np.nan], [0, 0]])},
        "the weight nan is not a finite number above 0",
    ),
    "no symmetry": (
        {"edges": scipy.sparse.csr_array([[0, 1.0], [2.0, 0]])},
        "the edge between '0' and '1' weighs 1 one way and 2 the other; give one weight, or directed=True",
    ),
    "no square": ({"edges": scipy.sparse.csr_array(np.ones((2, 3)))}, "an adjacency matrix is square"),
    "empty table": (
        {"edges": pa.table({"source": pa.array([], pa.int64()), "target": pa.array([], pa.int64())})},
        "there are no edges, and a graph has one at least",
    ),
    "empty list": ({"edges": []}, "there are no edges"),
    "empty NetworkX": ({"edges": nx.Graph()}, "there are no edges"),
    "empty mapping": ({"edges": {}}, "there are no edges"),
    "only loops": (
        {"edges": [(1, 1)]},
        'all 1 edges are self-loops, and these are dropped; keep them with self_loops="keep"',
    ),
    "loops are errors": (
        {"edges": [(0, 1), (2, 2)], "self_loops": "error"},
        "row 1: the edge leads from a node to itself, one of 1 such; remove it",
    ),
    "unknown rule": ({"edges": [(0, 1)], "self_loops": "no"}, "self_loops='no' is unknown; use one of drop"),
    "float ids": ({"edges": np.array([[1.0, 2.0]])}, FLOATS.format("1.0")),
    "float ids of tuples": ({"edges": [(1.5, 2.0)]}, FLOATS.format("1.5")),
    "float ids of NetworkX": ({"edges": nx.Graph([(1.0, 2.0)])}, "node 0: the node 1.0 is no id"),
    "null id": (
        {"edges": pd.DataFrame({"source": ["a", None], "target": ["b", "c"]})},
        "row 1: there is no source; fill it in, or remove the row",
    ),
    "empty id": ({"edges": [("a", "b"), ("a", "")]}, "row 1: the target is empty"),
    "tuples as ids": ({"edges": nx.Graph([((0, 1), (0, 2))])}, "the node (0, 1) is no id"),
    "two nodes of one name": ({"edges": nx.Graph([(1, "1")])}, "node 1: two nodes are called '1'"),
    "ids of truth": ({"edges": [(True, False)]}, "the source is of the type bool"),
    "four columns": (
        {"edges": pa.table({"a": [1], "b": [2], "c": [3], "d": [4]})},
        "the table: which column of edges holds the source is not clear; name it, as source=",
    ),
    "no such column": (
        {"edges": pa.table(EDGES), "weight": "w"},
        "the table: there is no column weight='w'; it has source, target, weight",
    ),
    "no weights": ({"edges": [(0, 1)], "weighted": True}, "there is no column of weights"),
    "weights both ways": (
        {"edges": pa.table(EDGES), "weight": "weight", "weighted": False},
        "weighted=False",
    ),
    "node twice": (
        {"edges": [(0, 1)], "nodes": pa.table({"id": [0, 1, 0]})},
        "row 2: the node '0' stands here",
    ),
    "no type": (
        {"edges": [("a", "b")], "nodes": pa.table({"id": ["a", "b"], "type": ["x", None]})},
        "node 1: the node has no type",
    ),
    "neighbours beyond the list": (
        {"edges": [[1], [2]]},
        "node 1 has the neighbour 2, and nodes are numbered",
    ),
    "neighbours that are none": ({"edges": {"a": 3}}, "the neighbours of 'a' are 3; give a list"),
    "neighbour that is no id": ({"edges": {"a": [[1]]}}, "the neighbour [1] of 'a' is no id"),
    "uneven tuples": (
        {"edges": [(0, 1), (0, 1, 2.0)]},
        "row 1: (0, 1, 2.0) is not as long as the rows before",
    ),
    "no rows": ({"edges": [1, 2]}, "row 0: 1 is no row of edges"),
    "flat array": ({"edges": np.arange(4)}, "an array of shape (4,) is no edges"),
    "nothing": ({"edges": 3}, "3 is no edges; give a .parquet"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_input_is_one_line(fault: str) -> None:
    arguments, message = FAULTS[fault]
    with pytest.raises(NearerError) as raised:
        Graph.read(**arguments)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


FILES = {
    "edges.txt": ("0 1\n1 2 3\n", "line 2: '1 2 3' has 3 fields; every line holds two nodes"),
    "one.txt": ("0\n", "line 1: '0' has 1 fields"),
    "word.txt": ("0 1 2\n0 1 x\n", "line 2: the weight 'x' is no number"),
    "none.txt": ("# only a remark\n", "the file holds no edges"),
    "empty.csv": ("", "the file is empty, and edges starts with a line of names"),
    "head.csv": ("0,1\n1,2\n", "line 1: the first line, '0,1', holds numbers where names of columns belong"),
    "rows.csv": ("source,target\n", "there are no edges"),
    "gap.csv": ("source,target\na,\n", "row 0: the target is empty"),
    "cells.csv": ("source,target\na,b,c\n", "line 2: 3 cells, and the header has 2"),
    "weight.csv": ("source,target,weight\na,b,1\nb,c,much\n", "row 1: the weight 'much' is no number"),
    "nan.tsv": (
        "source\ttarget\tweight\na\tb\tnan\n",
        "row 0: the weight nan is not a finite number above 0",
    ),
    "float.csv": ("source,target\n1.0,2.0\n", "row 0: every source is a floating-point number, as '1.0'"),
    "bad.parquet": ("PAR1", "not a readable table"),
}


@pytest.mark.parametrize("name", FILES)
def test_bad_files_are_named(name: str, tmp_path: Path) -> None:
    text, message = FILES[name]
    path = write(tmp_path / name, text)
    with pytest.raises(NearerError) as raised:
        Graph.read(path)
    assert message in str(raised.value)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 1\n")
    for name, message in (("no.csv", "no such file"), (".", "it is no file"), ("latin.txt", "not UTF-8")):
        with pytest.raises(NearerError, match=message):
            Graph.read(tmp_path / name)
