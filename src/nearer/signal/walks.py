"""Walks: nodes that stand near each other on random walks belong together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nearer.data.graph import Graph
from nearer.errors import InputError, ParameterError, shown
from nearer.kernels.walks import NO_TYPES, NO_WEIGHTS, Walks

UNIT_NODES = 16_384  # nodes of the walks that are one unit of training
MOST_STEP = 0.1  # of a row that stands in a block many times; small graphs were seen to diverge from 0.2
SAMPLED = 500  # walks looked at for how often they return


def graph_walks(
    graph: Graph,
    *,
    walks: int,
    length: int,
    p: float = 1.0,
    q: float = 1.0,
    extended: bool = False,
    metapath: Sequence[str] | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> Walks:
    """`walks` rounds of walks of `length` nodes from every node that an arc leaves, in an order drawn once.

    With weights an arc is taken in proportion to them. `extended` is node2vec+: an arc of less than its
    node's mean weight is loose, and counts as no tie or as part of one. With `metapath`, a cycle of node
    types, walks start at those nodes of the first that have a neighbour of the second.

    Raises `ParameterError` for `extended` without weights or `metapath` with p or q, `InputError` for a
    metapath that names no type, or along which no walk has two nodes.
    """
    if extended and graph.weights is None:
        raise ParameterError("extended=True is node2vec+, and this graph has no weights")
    if metapath is not None and (p, q) != (1.0, 1.0):
        raise ParameterError(f"p={p:g} and q={q:g} go with no metapath", remedy="leave them at 1")
    starts = np.flatnonzero(graph.degrees).astype(np.uint32)
    types, path = NO_TYPES, NO_TYPES
    if metapath is not None:
        types, path = _metapath(graph, metapath)
        starts = _metapath_starts(graph, starts, types, path, metapath)
    return Walks(
        graph.indptr,
        graph.indices,
        _shuffled(starts, seed),
        walks,
        length,
        seed,
        NO_WEIGHTS if graph.weights is None else graph.weights,
        p,
        q,
        usual_weights(graph) if extended else NO_WEIGHTS,
        types,
        path,
        max(1, UNIT_NODES // length),
        threads,
    )


def usual_weights(graph: Graph) -> NDArray[np.float32]:
    """The mean weight of the arcs that leave each node, float32 (n); 0 where there are none."""
    if graph.weights is None:
        return np.ones(len(graph), np.float32)
    totals = np.zeros(len(graph))
    rows = np.flatnonzero(graph.degrees)
    if len(rows):  # row by row: one running sum would lose small weights beside large ones
        totals[rows] = np.add.reduceat(graph.weights, graph.indptr[rows], dtype=np.float64)
    return np.asarray(totals / np.maximum(graph.degrees, 1), np.float32)


def _shuffled(starts: NDArray[np.uint32], seed: int) -> NDArray[np.uint32]:
    """`starts` in an order drawn by raw bits, which NumPy never changes."""
    drawn = np.random.Philox(key=seed).random_raw(len(starts))
    return starts[np.argsort(drawn, kind="stable")]


def _metapath(graph: Graph, metapath: Sequence[str]) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Types of nodes, and the numbers of the types of a path."""
    if graph.types is None:
        raise InputError("a metapath names types of nodes, and this graph has none", remedy="read node_type")
    names = list(graph.type_names)
    for name in metapath:
        if name not in names:
            raise InputError(f"no node has the type {shown(name)}", remedy=f"there are {', '.join(names)}")
    return graph.types, np.array([names.index(name) for name in metapath], np.uint16)


def _metapath_starts(
    graph: Graph,
    starts: NDArray[np.uint32],
    types: NDArray[np.uint16],
    path: NDArray[np.uint16],
    metapath: Sequence[str],
) -> NDArray[np.uint32]:
    """Those of `starts` from which the path leads on; raises `InputError` where there is none."""
    starts = starts[types[starts] == path[0]]
    if not len(starts):
        raise InputError(f"no node of the type {shown(metapath[0])} has an edge that leaves it")
    leads_on = np.zeros(len(graph), np.bool_)
    arcs = types[graph.indices] == path[1 % len(path)]
    leads_on[np.repeat(np.arange(len(graph)), graph.degrees)[arcs]] = True
    starts = starts[leads_on[starts]]
    if not len(starts):
        raise InputError(
            "no walk has two nodes, so none has a neighbour",
            remedy="name types of nodes in metapath as edges join them, each once: author, paper",
        )
    return starts


def returns(walks: Walks, window: int, threads: int | None = None) -> float:
    """How often a node stands within `window` nodes of a walk, itself counted, where walks return the most.

    It is the 99th percentile over the nodes of some hundred walks: near 1 where walks seldom come back, and
    half the window for two nodes.
    """
    some = min(SAMPLED, walks.count)
    nodes, lengths = walks.nodes(0, some, threads)
    inside = np.arange(nodes.shape[1]) < lengths[:, None]
    times = np.ones(nodes.shape)
    for offset in range(1, min(window // 2, nodes.shape[1] - 1) + 1):
        same = (nodes[:, offset:] == nodes[:, :-offset]) & inside[:, offset:]
        times[:, offset:] += same
        times[:, :-offset] += same
    return float(np.percentile(times[inside], 99))


def stable_rate(
    rate: float, returned: float, noise: NDArray[np.int64], negative: int, exponent: float
) -> float:
    """`rate`, or as much less as keeps steps from adding up where walks keep coming back to few nodes.

    A block of the word engine moves a row once for every time that it stands among its contexts, `returned`
    times, and among its negatives, 1 + negative sum q^2 times with q the odds of a node; all from one set of
    old values. The product of the rate with both is held at `MOST_STEP`.
    """
    odds = noise.astype(np.float64) ** exponent
    odds /= odds.sum()
    return min(rate, MOST_STEP / (returned * (1.0 + negative * float(odds @ odds))))
