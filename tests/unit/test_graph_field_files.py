"""The graphs of the field, where NEARER_DATA says they are: as many nodes and edges as published."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nearer import Graph

DATA = Path(os.environ.get("NEARER_DATA", "/nonexistent")) / "graphs"
PUBLISHED = {
    "blogcatalog_edges": (False, 10_312, 333_983),
    "ca_grqc_edges": (False, 5_241, 14_484),  # one of the 5,242 has but a self-loop, dropped beforehand
    "wiki_vote_edges": (True, 7_115, 103_689),
}


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.skipif(not DATA.is_dir(), reason="NEARER_DATA does not name the data folder")
def test_nodes_and_edges_are_those_published(name: str) -> None:
    directed, nodes, edges = PUBLISHED[name]
    graph = Graph.read(DATA / f"{name}.parquet", directed=directed)
    assert (len(graph), graph.edges, graph.merged, graph.loops) == (nodes, edges, 0, 0)
    parts = graph.split(0.3)
    assert (parts.train.edges, len(parts.non_edges)) == (edges - round(0.3 * edges), round(0.3 * edges))
