"""Graphs that other libraries hold in memory, as nodes and arcs: NetworkX, igraph, SciPy, adjacency lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from nearer.data.graph_build import Arcs
from nearer.errors import InputError, shown

WEIGHT = "weight"  # the attribute that holds weights where none is named


@dataclass(frozen=True, eq=False)
class Held:
    """Nodes and arcs of an object.

    `directed` is what the object says of itself; None: it does not say. `both_ways` : an undirected edge may
    be listed at both of its ends.
    """

    nodes: list[Any]
    arcs: Arcs
    directed: bool | None
    both_ways: bool
    types: list[Any] | None = None


def held_graph(
    source: Any, weight: str | None, node_type: str | None, weighted: bool | None = None
) -> Held | None:
    """What `source` holds, or None if it is no such object.

    `weight` and `node_type` name attributes of edges and nodes.
    """
    if hasattr(source, "adj") and hasattr(source, "is_multigraph"):
        return _networkx(source, weight, node_type, weighted)
    if hasattr(source, "get_edgelist") and hasattr(source, "vs"):
        return _igraph(source, weight, node_type, weighted)
    if hasattr(source, "tocoo") and hasattr(source, "nnz"):
        return _sparse(source)
    if isinstance(source, Mapping):
        return _adjacency(list(source), list(source.values()))
    if (
        isinstance(source, Sequence)
        and source
        and all(isinstance(row, list | set | Mapping) for row in source)
    ):
        return _adjacency(list(range(len(source))), list(source), whole=True)
    return None


def _networkx(graph: Any, weight: str | None, node_type: str | None, weighted: bool | None) -> Held:
    nodes = list(graph.nodes)
    number = {node: i for i, node in enumerate(nodes)}
    ends = np.array([(number[a], number[b]) for a, b in graph.edges()], dtype=np.uint32).reshape(-1, 2)
    found = [value for *_, value in graph.edges(data=weight or WEIGHT)]
    types = None
    if node_type is not None:
        types = [value for _, value in graph.nodes(data=node_type)]
    weights = _weights(found, weight, weighted)
    return Held(nodes, Arcs(ends[:, 0], ends[:, 1], weights, len(nodes)), graph.is_directed(), False, types)


def _igraph(graph: Any, weight: str | None, node_type: str | None, weighted: bool | None) -> Held:
    n = graph.vcount()
    names = graph.vs["name"] if "name" in graph.vs.attributes() else list(range(n))
    ends = np.array(graph.get_edgelist(), dtype=np.uint32).reshape(-1, 2)
    attribute = weight or WEIGHT
    found = graph.es[attribute] if attribute in graph.es.attributes() else [None] * len(ends)
    types = None
    if node_type is not None:
        types = graph.vs[node_type] if node_type in graph.vs.attributes() else [None] * n
    arcs = Arcs(ends[:, 0], ends[:, 1], _weights(found, weight, weighted), n)
    return Held(list(names), arcs, graph.is_directed(), False, types)


def _weights(found: list[Any], weight: str | None, weighted: bool | None) -> Any:
    """Weights of edges as an array; None where no edge has one and none were asked for, or are wanted."""
    if weighted is False:
        return None
    missing = [value is None for value in found]
    if all(missing) and not weighted and (weight is None or not found):
        return None
    if any(missing):
        raise InputError(
            f"an edge has no attribute {weight or WEIGHT!r}, and {missing.count(False):,} others have one",
            row=f"edge {missing.index(True)}",
            remedy="give every edge one, or weighted=False",
        )
    return _numbers(found)


def _numbers(found: list[Any]) -> Any:
    """Weights as float64; raises `InputError` for the first that is no number."""
    wrong = next((i for i, value in enumerate(found) if isinstance(value, str) or not _is_real(value)), None)
    if wrong is not None:
        raise InputError(f"the weight {shown(found[wrong])} is no number", row=f"edge {wrong}")
    return np.array(found, np.float64)


def _is_real(value: Any) -> bool:
    return isinstance(value, Real | Decimal | np.bool_)


def _sparse(matrix: Any) -> Held:
    rows, columns = matrix.shape
    if rows != columns:
        raise InputError(f"an adjacency matrix is square, and this one has the shape {matrix.shape}")
    entries = matrix.tocsr(copy=True).tocoo()
    entries.sum_duplicates()
    values = np.asarray(entries.data, dtype=np.float64)
    kept = values != 0  # a stored zero is no edge
    weights = None if (values[kept] == 1).all() else values[kept]
    arcs = Arcs(entries.row[kept].astype(np.uint32), entries.col[kept].astype(np.uint32), weights, rows)
    return Held(list(range(rows)), arcs, None, True)


def _adjacency(nodes: list[Any], rows: list[Any], whole: bool = False) -> Held:
    """Neighbours by node; with `whole`, nodes are numbered by their place."""
    number = {node: i for i, node in enumerate(nodes)}
    sources, targets, weights = [], [], []
    for i, row in enumerate(rows):
        if isinstance(row, str) or not hasattr(row, "__iter__"):
            raise InputError(
                f"the neighbours of {shown(nodes[i])} are {shown(row)}",
                remedy="give a list of neighbours, or a mapping of neighbours to weights",
            )
        for neighbour in row:
            if not isinstance(neighbour, str | int | np.integer):
                raise InputError(
                    f"the neighbour {shown(neighbour)} of {shown(nodes[i])} is no id",
                    remedy="ids are text or whole numbers",
                )
            if whole and neighbour not in number:
                raise InputError(
                    f"node {nodes[i]} has the neighbour {shown(neighbour)}, and nodes are numbered from 0 to "
                    f"{len(rows) - 1}"
                )
            sources.append(i)
            targets.append(number.setdefault(neighbour, len(number)))
            if isinstance(row, Mapping):
                value = row[neighbour]
                weights.append(value.get(WEIGHT, 1.0) if isinstance(value, Mapping) else value)
    if weights and len(weights) != len(sources):
        raise InputError("some nodes have weights of their neighbours, and some have none")
    arcs = Arcs(
        np.array(sources, np.uint32),
        np.array(targets, np.uint32),
        _numbers(weights) if weights else None,
        len(number),
    )
    return Held(list(number), arcs, None, True)
