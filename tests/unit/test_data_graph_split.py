"""`Graph.split`: what is held out, what stays, what cannot be reached; non-edges are uniform."""

from __future__ import annotations

from collections import Counter
from typing import Any

import networkx as nx
import numpy as np
import pytest
import scipy.stats

from nearer import Graph
from nearer.errors import NearerError


def test_the_share_is_held_out_and_non_edges_are_none() -> None:
    club = nx.karate_club_graph()
    graph = Graph.read(club)
    parts = graph.split(0.5, seed=3)
    assert len(parts.test) == len(parts.non_edges) == 39
    assert parts.train.keys == graph.keys
    assert parts.train.edges == 39
    weights = {frozenset(map(str, pair)): float(club.edges[pair]["weight"]) for pair in club.edges}
    left = parts.train.table().to_pylist()
    assert all(weights[frozenset((row["source"], row["target"]))] == row["weight"] for row in left)
    assert {frozenset((row["source"], row["target"])) for row in left} | set(
        map(frozenset, parts.test)
    ) == set(weights)


def test_the_seed_decides() -> None:
    graph = Graph.read(nx.karate_club_graph())
    first, again, other = graph.split(seed=1), graph.split(seed=1), graph.split(seed=2)
    assert (first.test, first.non_edges) == (again.test, again.non_edges)
    assert (first.train.indices == again.train.indices).all()
    assert first.test != other.test
    assert first.non_edges != other.non_edges


def test_self_loops_and_isolated_nodes_stay() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")]
    graph = Graph.read(edges, nodes=["a", "b", "c", "z", "y"], self_loops="keep")
    train = graph.split(0.34).train
    assert (train.keys, train.edges) == (["a", "b", "c", "z", "y"], 3)
    assert {"source": "a", "target": "a"} in train.table().to_pylist()


def test_arcs_are_directed_pairs() -> None:
    arcs = [(a, b) for a in range(4) for b in range(4) if a < b or (a, b) == (1, 0)]
    parts = Graph.read(arcs, directed=True).split(0.5)
    assert (len(parts.test), parts.train.edges) == (4, 3)
    assert set(parts.non_edges) <= {(str(b), str(a)) for a in range(4) for b in range(a + 1, 4)} - {
        ("1", "0")
    }


@pytest.mark.parametrize("directed", [False, True])
def test_non_edges_are_uniform(directed: bool) -> None:
    graph = Graph.read([(a, (a + 1) % 8) for a in range(8)] + [(0, 2), (1, 3)], directed=directed)
    drawn: Counter[tuple[str, str]] = Counter()
    for seed in range(1500):
        drawn.update(graph.split(0.2, seed).non_edges)
    possible = 8 * 7 // (1 if directed else 2) - 10
    assert len(drawn) == possible
    assert scipy.stats.chisquare(list(drawn.values())).pvalue > 1e-3


def test_spanning_forests_leave_every_edge_a_chance() -> None:
    graph = Graph.read([(0, 1), (1, 2), (2, 0)], nodes=[0, 1, 2, 3])
    held = Counter(graph.split(1 / 3, seed).test[0] for seed in range(900))
    assert len(held) == 3
    assert scipy.stats.chisquare(list(held.values())).pvalue > 1e-3


def test_nearly_complete_graphs_find_their_last_non_edge() -> None:
    complete = [(a, b) for a in range(150) for b in range(a) if (a, b) != (149, 148)]
    assert Graph.read(complete).split(0.0001).non_edges == [("148", "149")]


FAULTS: dict[str, tuple[Any, float, str]] = {
    "nothing": ([(0, 1)], 0.1, "fraction=0.1 of 1 edges holds out none; give a number between 0 and 1"),
    "all": ([(0, 1), (1, 2), (2, 0)], 1.0, "fraction=1.0 of 3 edges holds out none"),
    "no number": ([(0, 1), (1, 2)], float("nan"), "fraction=nan of 2 edges holds out none"),
    "a tree": (
        [(0, 1), (1, 2), (2, 3)],
        0.5,
        "2 of 3 edges are to be held out, and only 0 can be spared if the graph is to stay connected; ask",
    ),
    "complete": (
        nx.complete_graph(5),
        0.5,
        "5 pairs that are no edge are wanted, and the graph has 0; ask for a smaller fraction",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_reached_is_said(fault: str) -> None:
    edges, fraction, message = FAULTS[fault]
    with pytest.raises(NearerError) as raised:
        Graph.read(edges).split(fraction)
    assert message in str(raised.value)


def test_splits_as_tables() -> None:
    parts = Graph.read(nx.karate_club_graph()).split()
    train, test, absent = parts.tables()
    assert train.column_names == ["source", "target", "weight"]
    assert [tuple(row.values()) for row in test.to_pylist()] == parts.test
    assert [tuple(row.values()) for row in absent.to_pylist()] == parts.non_edges
    assert np.array_equal(Graph.read(train, nodes=parts.train.keys).indices, parts.train.indices)
