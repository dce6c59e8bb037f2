"""Proximity of nodes: who is linked to whom more closely than by chance, as sparse matrices."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nearer.data.graph import Graph

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Adjacency: TypeAlias = "csr_array[np.float32, tuple[int, int]]"
MOST_INDEX = 2**31 - 1  # of the sparse matrices that SciPy multiplies fastest


def graph_fingerprint(graph: Graph) -> str:
    """SHA-256 of a graph: its nodes, edges, weights and whether it is directed."""
    digest = hashlib.sha256(f"graph {len(graph)} {graph.directed} {graph.weights is not None}".encode())
    for array in (graph.indptr, graph.indices, graph.weights):
        if array is not None:
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    for key in graph.keys:
        digest.update(key.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def undirected_adjacency(graph: Graph) -> Adjacency:
    """The adjacency matrix with arcs counted in both directions: symmetric, float32 (n, n).

    The weights of opposite arcs of a directed graph add up; without weights they are one edge, which weighs
    1. A self-loop keeps its weight.
    """
    from scipy.sparse import csr_array, diags_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    small = max(len(graph), len(graph.indices)) <= MOST_INDEX
    weights = graph.weights if graph.weights is not None else np.ones(len(graph.indices), np.float32)
    arcs: Any = csr_array(
        (
            weights,
            graph.indices.view(np.int32) if small else graph.indices.astype(np.int64),
            graph.indptr.astype(np.int32 if small else np.int64),
        ),
        shape=(len(graph), len(graph)),
    )
    if not graph.directed:
        return arcs  # type: ignore[no-any-return]
    both = arcs + arcs.T.tocsr()
    if graph.weights is None:
        both.data[:] = 1.0
    elif (loops := arcs.diagonal()).any():
        both = both - diags_array(loops).tocsr()
    return both.tocsr()  # type: ignore[no-any-return]


def transition_matrix(adjacency: Adjacency) -> Adjacency:
    """D^-1 A: the share of each edge in the weight of its row's node, float32 (n, n).

    Rows sum to 1, those of nodes without edges to 0. It shares its indices with `adjacency`.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    degrees = np.asarray(adjacency.sum(axis=1, dtype=np.float64)).astype(np.float32)
    shares = adjacency.data / np.repeat(degrees, np.diff(adjacency.indptr))
    return csr_array((shares, adjacency.indices, adjacency.indptr), shape=adjacency.shape)


def log_proximity(transitions: Adjacency, *, negative: float = 1.0, exponent: float = 0.75) -> Adjacency:
    """log(p_ij) - log(negative * q_j) on the edges, 0 elsewhere: float32 (n, n).

    p_ij are the transition probabilities, and q_j, in proportion to (sum_i p_ij) ** exponent, is the chance
    that node j is drawn as a negative (Zhang et al. 2019, ProNE, section 3.1).
    """
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    drawn = np.bincount(transitions.indices, transitions.data, minlength=transitions.shape[1]) ** exponent
    with np.errstate(divide="ignore"):  # a node without edges is in no cell
        offsets = np.log(negative * drawn / drawn.sum()).astype(np.float32)
    values = np.log(np.maximum(transitions.data, np.finfo(np.float32).tiny))  # a share may underflow
    values -= offsets[transitions.indices]
    return csr_array((values, transitions.indices, transitions.indptr), shape=transitions.shape)
