"""Edges held out for link prediction, the rest staying connected, and as many pairs that are no edge.

Grover and Leskovec 2016 ("node2vec", section 4.4) judge this way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError

if TYPE_CHECKING:
    from nearer.data.graph_build import Rows

Pairs = NDArray[np.int64]  # (m, 2), node numbers
ROUNDS = 200  # draws of non-edges before the graph counts as too dense


def edge_list(indptr: NDArray[np.int64], indices: NDArray[np.uint32], directed: bool) -> Pairs:
    """Every edge once, without self-loops: of an undirected one the lower node first."""
    sources = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    targets = indices.astype(np.int64)
    kept = sources != targets if directed else sources < targets
    return np.stack([sources[kept], targets[kept]], axis=1)


def held_out(edges: Pairs, nodes: int, count: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Which of `edges` (m, 2) are held out: `count` of them, none of a random spanning forest.

    The forest is the minimum one for weights drawn at random, so that every edge may be among those left; the
    number of (weakly) connected components stays. Raises `InputError` where the forest leaves fewer.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)
    from scipy.sparse.csgraph import minimum_spanning_tree  # noqa: PLC0415

    drawn = generator.permutation(len(edges)) + 1.0
    matrix = csr_array((drawn, (edges[:, 0], edges[:, 1])), shape=(nodes, nodes))
    forest = minimum_spanning_tree(matrix).tocoo()
    free = np.ones(len(edges), np.bool_)
    order = np.argsort(drawn)
    free[order[forest.data.astype(np.int64) - 1]] = False
    if count > free.sum():
        raise InputError(
            f"{count:,} of {len(edges):,} edges are to be held out, and only {int(free.sum()):,} can be "
            "spared if the graph is to stay connected",
            remedy="ask for a smaller fraction",
        )
    chosen = np.zeros(len(edges), np.bool_)
    chosen[generator.permutation(np.flatnonzero(free))[:count]] = True
    return chosen


def drawn_non_edges(
    edges: Pairs, nodes: int, directed: bool, count: int, generator: np.random.Generator
) -> Pairs:
    """`count` distinct pairs of two nodes that are no edge, each as likely as any other.

    Raises `InputError` where the graph has fewer such pairs.
    """
    possible = nodes * (nodes - 1) // (1 if directed else 2) - len(edges)
    if count > possible:
        raise InputError(
            f"{count:,} pairs that are no edge are wanted, and the graph has {possible:,}",
            remedy="ask for a smaller fraction",
        )
    taken = np.sort(edges[:, 0] * nodes + edges[:, 1])
    found = np.empty(0, np.int64)
    for _ in range(ROUNDS):
        pairs = generator.integers(0, nodes, (2 * (count - len(found)) + 16, 2))
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        pairs = pairs if directed else np.sort(pairs, axis=1)
        codes = pairs[:, 0] * nodes + pairs[:, 1]
        codes = codes[~_among(codes, taken)]
        together = np.concatenate([found, codes])
        _, first = np.unique(together, return_index=True)
        found = together[np.sort(first)][:count]
        if len(found) == count:
            return np.stack([found // nodes, found % nodes], axis=1)
    return _enumerated(taken, nodes, directed, count, generator)


def _enumerated(
    taken: NDArray[np.int64], nodes: int, directed: bool, count: int, generator: np.random.Generator
) -> Pairs:
    """The same in a graph so dense that drawing finds too few: all pairs are listed."""
    codes = np.arange(nodes * nodes)
    sources, targets = codes // nodes, codes % nodes
    codes = codes[(sources != targets) if directed else (sources < targets)]
    chosen = generator.permutation(codes[~_among(codes, taken)])[:count]
    return np.stack([chosen // nodes, chosen % nodes], axis=1)


def _among(codes: NDArray[np.int64], taken: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of `codes` are in `taken`, which rises."""
    if not len(taken):
        return np.zeros(len(codes), np.bool_)
    place = np.minimum(np.searchsorted(taken, codes), len(taken) - 1)
    return np.asarray(taken[place] == codes)


def without_edges(
    rows: Rows, nodes: int, directed: bool, gone: Pairs
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.float32] | None]:
    """The rows left when the edges `gone` are taken out, in both directions where the graph is undirected."""
    sources = np.repeat(np.arange(nodes), np.diff(rows.indptr))
    codes = sources * nodes + rows.indices
    out = gone[:, 0] * nodes + gone[:, 1]
    if not directed:
        out = np.concatenate([out, gone[:, 1] * nodes + gone[:, 0]])
    kept = ~_among(codes, np.sort(out))
    indptr = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(sources[kept], minlength=nodes), out=indptr[1:])
    return indptr, rows.indices[kept], None if rows.weights is None else rows.weights[kept]
