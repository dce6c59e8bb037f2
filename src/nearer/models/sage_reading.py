"""What GraphSAGE reads: a graph and features, matched by key; new nodes and what they are linked to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.features import Features, read_features
from nearer.data.graph import Graph, as_graph
from nearer.errors import InputError, shown
from nearer.signal.neighbourhoods import own_neighbours
from nearer.signal.proximity import (
    Adjacency,
    graph_fingerprint,
    transition_matrix,
    undirected_adjacency,
)


@dataclass(frozen=True, eq=False)
class SageMaterial:
    """A graph with features, as one fit takes it.

    Attributes
    ----------
    keys : of the n nodes.
    adjacency : edges in both directions, (n, n).
    features : rows of length 1, (n, f); of zeros for nodes of which nothing is known.
    names : of the features, where they came by name.
    edges : how many the graph has.
    batch_size : nodes a mini-batch.
    graph : SHA-256 of the graph.
    """

    keys: list[str]
    adjacency: Adjacency
    features: Any
    names: list[str] | None
    edges: int
    batch_size: int
    graph: str

    @property
    def units_an_epoch(self) -> int:
        """Mini-batches in a pass over the nodes that have neighbours."""
        return -(-int((np.diff(self.adjacency.indptr) > 0).sum()) // self.batch_size)

    @property
    def facts(self) -> dict[str, int]:
        """What `SageReport` says of the data."""
        return {
            "nodes": len(self.keys),
            "edges": self.edges,
            "features": int(self.features.shape[1]),
            "without_features": int((row_lengths(self.features) == 0).sum()),
            "without_neighbours": int((np.diff(self.adjacency.indptr) == 0).sum()),
        }

    def fingerprint(self, settings: dict[str, object]) -> str:
        """SHA-256 of the graph, the features and of the settings that decide a run."""
        digest = hashlib.sha256(self.graph.encode())
        for array in matrix_arrays(self.features).values():
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        named = {"settings": settings, "names": self.names, "shape": list(self.features.shape)}
        digest.update(json.dumps(named, sort_keys=True).encode())
        return digest.hexdigest()


def read_sage(
    edges: Any, features: Any, key: str | None, columns: Any, known: Features | None, batch_size: int
) -> SageMaterial:
    """The graph and the features of its nodes.

    Features with keys are matched to the nodes. A key that no edge names is a node without neighbours, unless
    `edges` is a `Graph`, which says itself what its nodes are. Without keys there is a row a node. Raises
    `InputError` where nothing matches or the rows are not as many.
    """
    graph = as_graph(edges)
    if len(graph.indices) == 0:
        raise InputError("the graph has no edges, so no node has a neighbour", remedy="give edges")
    found = read_features(features, key=key, columns=columns, known=known)
    matched = _matched(found, graph)
    if found.keys is not None and not isinstance(edges, Graph):
        wider = _with_nodes(graph, found.keys)
        if wider is not graph:
            graph, matched = wider, _matched(found, wider)
    return SageMaterial(
        keys=list(graph.keys),
        adjacency=undirected_adjacency(graph),
        features=scaled(matched),
        names=None if found.names is None else list(found.names),
        edges=graph.edges,
        batch_size=batch_size,
        graph=graph_fingerprint(graph),
    )


def _with_nodes(graph: Graph, keys: Sequence[str]) -> Graph:
    """`graph` with those of `keys` that it lacks as nodes without edges."""
    there = set(graph.keys)
    more = [key for key in keys if key not in there]
    if not more:
        return graph
    indptr = np.concatenate([graph.indptr, np.full(len(more), graph.indptr[-1])])
    return replace(graph, keys=[*graph.keys, *more], indptr=indptr, types=None, type_names=())


def _matched(features: Features, graph: Graph) -> Any:
    """The rows of `features` in the order of the nodes."""
    if features.keys is None:
        if len(features) != len(graph):
            raise InputError(
                f"{len(features):,} rows of features, and the graph has {len(graph):,} nodes",
                remedy="give a row a node in the order of Graph.keys, or features with keys",
            )
        return features.matrix
    row = {name: place for place, name in enumerate(features.keys)}
    places = np.array([row.get(name, -1) for name in graph.keys], dtype=np.int64)
    if (places < 0).all():
        raise InputError(
            f"no key of the features is a node: they begin with {shown(next(iter(row), None))}, "
            f"the nodes with {shown(graph.keys[0])}",
            remedy="give both the same keys",
        )
    if isinstance(features.matrix, np.ndarray):
        matrix = features.matrix[np.maximum(places, 0)]
        matrix[places < 0] = 0.0
        return matrix
    return _chosen_rows(features.matrix, places)


def _chosen_rows(matrix: Any, places: NDArray[np.int64]) -> Any:
    """The rows of a sparse matrix at `places`; at -1 an empty one."""
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    there = places >= 0
    cells = (np.ones(int(there.sum()), np.float32), (np.flatnonzero(there), places[there]))
    chosen = csr_array(cells, shape=(len(places), matrix.shape[0])) @ matrix
    chosen.sort_indices()
    return chosen


@dataclass(frozen=True, eq=False)
class NewNodes:
    """Nodes to encode: features (n, f) with rows of length 1 or 0, and the shares of their neighbours.

    Attributes
    ----------
    keys : of the nodes; None where they came without.
    to_new, to_known : sparse (n, n) and (n, nodes of the fit); a row of both together sums to 1 or 0.
    """

    keys: Sequence[str] | None
    features: Any
    to_new: Any
    to_known: Any


def read_new_nodes(
    items: Any, edges: Any, key: str | None, columns: Any, known: Features, rows: dict[str, int]
) -> NewNodes:
    """New nodes with their features, and with `edges` to each other and to nodes of the fit.

    `rows` are the rows of the nodes of the fit by key. Edges between two of those change nothing. Raises
    `InputError` for nodes that are in the fit, edges of new nodes without keys, and edges that name a node
    which is neither.
    """
    from scipy.sparse import coo_array, csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    found = _new_features(items, key, columns, known)
    count, nodes = len(found), len(rows)
    for name in found.keys or ():
        if name in rows:
            raise InputError(
                f"the node {shown(name)} was in the fit",
                remedy="its vector is in space_; encode takes nodes that are new",
            )
    features = scaled(found.matrix)
    if edges is None:
        none = csr_array((count, nodes), dtype=np.float32)
        return NewNodes(
            found.keys, features, own_neighbours(csr_array((count, count), dtype=np.float32)), none
        )
    if found.keys is None:
        raise InputError(
            "edges name nodes by key, and the features came without keys",
            remedy="give features as a mapping, a table or a Space",
        )
    graph = as_graph(edges)
    new = {name: count_before for count_before, name in enumerate(found.keys)}
    places = np.empty(len(graph), dtype=np.int64)  # of a graph's nodes: new ones, then those of the fit
    for row, name in enumerate(graph.keys):
        place = new.get(name, rows[name] + count if name in rows else -1)
        if place < 0:
            raise InputError(
                f"an edge names {shown(name)}, which is neither a node of the fit nor has features here",
                remedy="give its features (None for a node without any), or leave its edges out",
            )
        places[row] = place
    arcs = transition_matrix(undirected_adjacency(graph)).tocoo()
    ends = places[arcs.row], places[arcs.col]
    of_new = ends[0] < count
    cells = (arcs.data[of_new], (ends[0][of_new], ends[1][of_new]))
    shares = coo_array(cells, shape=(count, count + nodes)).tocsr()
    to_new, to_known = shares[:, :count], shares[:, count:]
    return NewNodes(found.keys, features, own_neighbours(to_new, to_known), to_known)


def _new_features(items: Any, key: str | None, columns: Any, known: Features) -> Features:
    if isinstance(items, str) and "." not in items:
        raise InputError("encode takes the features of nodes, not one string", remedy="put them in a list")
    if hasattr(items, "__len__") and not hasattr(items, "shape") and len(items) == 0:
        return Features(known.matrix[:0])
    return read_features(items, key=key, columns=columns, known=known)


def row_lengths(matrix: Any) -> NDArray[np.float32]:
    """Euclidean lengths of the rows, float32 (n,)."""
    if isinstance(matrix, np.ndarray):
        return np.asarray(np.sqrt((matrix * matrix).sum(axis=1, dtype=np.float32)))
    squares = matrix.copy()
    squares.data **= 2
    return np.sqrt(np.asarray(squares.sum(axis=1), dtype=np.float32))


def scaled(matrix: Any) -> Any:
    """`matrix` with rows of length 1, in place; rows of zeros stay."""
    lengths = row_lengths(matrix)
    lengths[lengths == 0] = 1.0
    if isinstance(matrix, np.ndarray):
        matrix /= lengths[:, None]
    else:
        matrix.data /= np.repeat(lengths, np.diff(matrix.indptr))
    return matrix


def matrix_arrays(matrix: Any) -> dict[str, NDArray[Any]]:
    """The arrays that make up a matrix, dense or sparse, by name."""
    if isinstance(matrix, np.ndarray):
        return {"values": matrix}
    return {"values": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}


def matrix_of(arrays: dict[str, NDArray[Any]], columns: int) -> Any:
    """The matrix that `matrix_arrays` took apart."""
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    if len(arrays) == 1:
        return arrays["values"]
    cells = (arrays["values"], arrays["indices"], arrays["indptr"])
    return csr_array(cells, shape=(len(arrays["indptr"]) - 1, columns))
