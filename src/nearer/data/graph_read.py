"""Reading a graph, whatever it comes as: keys of the nodes, and arcs as compressed sparse rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.columns import KEY_NAMES, Chosen, Role, by_position, is_path, is_table_file, read_columns
from nearer.data.graph_build import Arcs, Rows, SelfLoops, compressed
from nearer.data.graph_objects import Held, held_graph
from nearer.data.graph_text import read_edge_text
from nearer.data.ids import coded_ids, codes_of
from nearer.data.weights import checked_weights
from nearer.errors import InputError, ParameterError, shown

MOST_TYPES = 2**16 - 1


@dataclass(frozen=True, eq=False)
class GraphParts:
    """What `Graph` is made of."""

    keys: list[str]
    rows: Rows
    directed: bool
    types: NDArray[np.uint16] | None
    type_names: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """How edges are read: see `Graph.read`."""

    directed: bool | None
    source: str | None
    target: str | None
    weight: str | None
    weighted: bool | None
    node_key: str | None
    node_type: str | None
    self_loops: SelfLoops


@dataclass(frozen=True)
class Nodes:
    """A table of nodes: distinct keys, and their types where it has such a column."""

    keys: list[str]
    types: list[Any] | None
    where: str | None


def read_graph(edges: Any, nodes: Any, how: Reading) -> GraphParts:
    """The graph of `edges`, over `nodes` where those are given; errors as `Graph.read` says."""
    if how.weighted is False and how.weight is not None:
        raise ParameterError(f"weight={shown(how.weight)} is named, but weighted=False leaves weights out")
    table = None if nodes is None else _read_nodes(nodes, how)
    where = str(edges) if is_path(edges) else None
    held = None
    if where is None:
        held = held_graph(edges, how.weight, how.node_type if table is None else None, how.weighted)
    if held is not None:
        _require_unnamed(how)
        keys, arcs, directed, types = _from_object(held, table, how)
    else:
        keys, arcs, directed = _from_columns(edges, table, how)
        types = None if table is None else table.types
    if not len(arcs.sources):
        raise InputError("there are no edges, and a graph has one at least", file=where)
    rows = compressed(arcs, directed=directed, self_loops=how.self_loops, where=where)
    if not len(rows.indices):
        raise InputError(
            f"all {rows.loops:,} edges are self-loops, and these are dropped",
            file=where,
            remedy='keep them with self_loops="keep"',
        )
    return GraphParts(keys, rows, directed, *_coded_types(types))


def _require_unnamed(how: Reading) -> None:
    """Raise `InputError` for columns that are named of an object that has none."""
    for name, given in (("source", how.source), ("target", how.target)):
        if given is not None:
            raise InputError(
                f"the column {name}={shown(given)} is named, and a graph in memory has no columns",
                remedy="leave it out",
            )


def _from_columns(edges: Any, table: Nodes | None, how: Reading) -> tuple[list[str], Arcs, bool]:
    chosen = _edge_columns(edges, how)
    column = None if how.weighted is False else chosen.get("weight")
    if column is None and how.weighted:
        raise InputError(
            "there is no column of weights",
            file=chosen.where,
            remedy='name it, as weight="NAME" (--weight NAME)',
        )
    weights = None if column is None else checked_weights(column, chosen.where)
    ends = [("source", chosen["source"]), ("target", chosen["target"])]
    if table is None:
        coded = coded_ids(ends, chosen.where)
        keys, codes = coded.keys, coded.codes
    else:
        keys = table.keys
        codes = [_known_codes(role, ids, table, chosen.where) for role, ids in ends]
    return keys, Arcs(codes[0], codes[1], weights, len(keys)), bool(how.directed)


def _edge_columns(edges: Any, how: Reading) -> Chosen:
    roles = (
        Role("source", how.source, ("source", "src", "from", "u", "node1"), is_id=True),
        Role("target", how.target, ("target", "dst", "to", "v", "node2"), is_id=True),
        Role("weight", how.weight, ("weight", "w"), required=how.weight is not None),
    )
    if is_path(edges) and Path(edges).is_file() and not is_table_file(edges):
        return by_position(read_edge_text(Path(edges)), roles, "edges", str(edges))
    return read_columns(edges, roles, "edges")


def _known_codes(role: str, ids: Any, table: Nodes, where: str | None) -> NDArray[np.uint32]:
    codes = codes_of(role, ids, table.keys, where)
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise InputError(
            f"the {role} {shown(ids[row].as_py())} is not among the {len(table.keys):,} nodes"
            + (f" of {table.where}" if table.where else ""),
            file=where,
            row=row,
            remedy="add it to the nodes, or remove the edge",
        )
    return codes.astype(np.uint32)


def _read_nodes(nodes: Any, how: Reading) -> Nodes:
    """Keys and types of a table of nodes, or keys alone of a list."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    if isinstance(nodes, Sequence | np.ndarray) and not is_path(nodes):
        keys = _written(list(nodes))
        return Nodes(keys, None, None)
    roles = (
        Role("node_key", how.node_key, (*KEY_NAMES, "node"), is_id=True),
        Role("node_type", how.node_type, ("type",), required=how.node_type is not None),
    )
    chosen = read_columns(nodes, roles, "nodes")
    codes = coded_ids([("node_key", chosen["node_key"])], chosen.where).codes[0]
    keys = chosen["node_key"].cast(pa.string()).to_pylist()
    _, first = np.unique(codes, return_index=True)
    if len(first) < len(codes):
        again = int(np.setdiff1d(np.arange(len(codes)), first)[0])
        raise InputError(
            f"the node {shown(keys[again])} stands here a second time",
            file=chosen.where,
            row=again,
            remedy="remove the row",
        )
    types = chosen.get("node_type")
    return Nodes(keys, None if types is None else types.to_pylist(), chosen.where)


def _from_object(
    held: Held, table: Nodes | None, how: Reading
) -> tuple[list[str], Arcs, bool, list[Any] | None]:
    """Nodes and arcs that another library holds; with a table of nodes, in its order."""
    keys, arcs = _written(held.nodes), held.arcs
    if how.weighted is False:
        arcs = Arcs(arcs.sources, arcs.targets, None, arcs.n)
    elif how.weighted and arcs.weights is None:
        arcs = Arcs(arcs.sources, arcs.targets, np.ones(len(arcs.sources)), arcs.n)
    elif arcs.weights is not None:
        checked_weights(arcs.weights, None)
    directed = bool(held.directed) if how.directed is None else how.directed
    if held.both_ways and not directed:
        arcs = _each_edge_once(arcs, keys)
    elif held.directed is False and directed:
        arcs = _opposites_added(arcs)
    if table is None:
        return keys, arcs, directed, held.types
    number = {key: i for i, key in enumerate(table.keys)}
    unknown = next((key for key in keys if key not in number), None)
    if unknown is not None:
        raise InputError(
            f"the node {shown(unknown)} is not among the {len(number):,} nodes",
            remedy="add it to the nodes, or remove its edges",
        )
    place = np.array([number[key] for key in keys], np.uint32)
    moved = Arcs(place[arcs.sources], place[arcs.targets], arcs.weights, len(number))
    return table.keys, moved, directed, table.types


def _each_edge_once(arcs: Arcs, keys: list[str]) -> Arcs:
    """Undirected edges that may be listed at both ends, once; raises `InputError` if weights disagree."""
    low, high = np.minimum(arcs.sources, arcs.targets), np.maximum(arcs.sources, arcs.targets)
    pair = (low.astype(np.uint64) << np.uint64(32)) | high
    ahead, back = np.flatnonzero(arcs.sources <= arcs.targets), np.flatnonzero(arcs.sources > arcs.targets)
    _, one, other = np.intersect1d(pair[ahead], pair[back], return_indices=True)
    kept = np.delete(np.arange(len(pair)), back[other])
    if arcs.weights is None:
        return Arcs(arcs.sources[kept], arcs.targets[kept], None, arcs.n)
    first, second = arcs.weights[ahead[one]], arcs.weights[back[other]]
    if (first != second).any():
        place = ahead[one[np.argmax(first != second)]]
        a, b = keys[arcs.sources[place]], keys[arcs.targets[place]]
        raise InputError(
            f"the edge between {shown(a)} and {shown(b)} weighs {first[first != second][0]:g} one way and "
            f"{second[first != second][0]:g} the other",
            remedy="give one weight, or directed=True",
        )
    return Arcs(arcs.sources[kept], arcs.targets[kept], arcs.weights[kept], arcs.n)


def _opposites_added(arcs: Arcs) -> Arcs:
    """Every undirected edge as two arcs."""
    apart = arcs.sources != arcs.targets
    sources = np.concatenate([arcs.sources, arcs.targets[apart]])
    targets = np.concatenate([arcs.targets, arcs.sources[apart]])
    weights = None if arcs.weights is None else np.concatenate([arcs.weights, arcs.weights[apart]])
    return Arcs(sources, targets, weights, arcs.n)


def _written(nodes: Iterable[Any]) -> list[str]:
    """Keys of nodes: texts, or whole numbers in decimal; raises `InputError` for others and repeats."""
    keys: dict[str, int] = {}
    for number, node in enumerate(nodes):
        if isinstance(node, bool | np.bool_) or not isinstance(node, str | int | np.integer) or node == "":
            raise InputError(
                f"the node {shown(node)} is no id",
                row=f"node {number}",
                remedy="ids are text or whole numbers",
            )
        key = node if isinstance(node, str) else str(int(node))
        if key in keys:
            raise InputError(f"two nodes are called {shown(key)}", row=f"node {number}", remedy="rename one")
        keys[key] = number
    return list(keys)


def _coded_types(types: list[Any] | None) -> tuple[NDArray[np.uint16] | None, tuple[str, ...]]:
    """Types of nodes as numbers of a list of names, in the order of the names."""
    if types is None:
        return None, ()
    if None in types:
        raise InputError("the node has no type", row=f"node {types.index(None)}", remedy="give it one")
    names = sorted({str(kind) for kind in types})
    if len(names) > MOST_TYPES:
        raise InputError(f"{len(names):,} types of nodes are more than {MOST_TYPES:,}")
    number = {name: i for i, name in enumerate(names)}
    return np.array([number[str(kind)] for kind in types], np.uint16), tuple(names)
