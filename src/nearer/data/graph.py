"""`Graph`: nodes and their neighbours, as compressed sparse rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.graph_build import Rows, SelfLoops
from nearer.data.graph_read import Reading, read_graph
from nearer.data.graph_split import drawn_non_edges, edge_list, held_out, without_edges
from nearer.data.graph_table import edge_table, pair_table
from nearer.errors import ParameterError, shown

if TYPE_CHECKING:
    import pyarrow as pa
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """Nodes and edges; 4 bytes an arc, 8 with weights. An undirected edge is two arcs, a self-loop one.

    Attributes
    ----------
    keys : n distinct strings, the nodes; whole-number ids as they are written in decimal.
    indptr : int64 (n + 1): the arcs that leave node i are [indptr[i], indptr[i + 1]).
    indices : uint32 (m), the node each arc leads to; rising and distinct within a node.
    weights : float32 (m), above 0; None: every arc weighs 1.
    directed : whether an arc may lack its opposite.
    types : uint16 (n), the type of each node, an index into `type_names`; None: nodes have no types.
    type_names : the types, in order.
    merged : edges that were read beside another between the same nodes, and became one with it.
    loops : self-loops that were dropped.
    """

    keys: Sequence[str]
    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    weights: NDArray[np.float32] | None = None
    directed: bool = False
    types: NDArray[np.uint16] | None = None
    type_names: tuple[str, ...] = ()
    merged: int = 0
    loops: int = 0

    @classmethod
    def read(
        cls,
        edges: Any,
        *,
        directed: bool | None = None,
        source: str | None = None,
        target: str | None = None,
        weight: str | None = None,
        weighted: bool | None = None,
        nodes: Any = None,
        node_key: str | None = None,
        node_type: str | None = None,
        self_loops: SelfLoops = "drop",
    ) -> Graph:
        """The graph of `edges`.

        Parameters
        ----------
        edges : a .parquet, .csv or .tsv file with a line of names; another file (.txt, .edges, SNAP's), two
            or three columns between blanks, lines of # or % being remarks; .gz of these; an Arrow, pandas
            or Polars table; an array (m, 2) of whole numbers; tuples; a NetworkX or igraph graph; a SciPy
            sparse matrix; neighbours by node, as lists or as mappings to weights.
        directed : None: as a NetworkX or igraph graph says, else False.
        source, target, weight : columns, or for `weight` an attribute of edges. None: columns called source,
            src, from or u; target, dst, to or v; weight; or the only two there are.
        weighted : None: where there are weights. True: they must be there. False: every edge weighs 1.
        nodes : a list of keys, or a table or file of nodes: then an edge may only name these, and a node
            without edges is isolated. None: the nodes that edges name.
        node_key, node_type : columns of `nodes`; None: key, id or node; and type. `node_type` may name an
            attribute of a NetworkX or igraph graph.
        self_loops : "drop", "keep" or "error".

        Parallel edges become one: their weights add up. A matrix or neighbours may list an undirected edge at
        both ends, with one weight.

        Raises `InputError` naming file and row: no edges; ids that are floating-point numbers, empty or
        missing; weights that are not finite numbers above 0; an edge that names no node of `nodes`.
        """
        how = Reading(directed, source, target, weight, weighted, node_key, node_type, self_loops)
        parts = read_graph(edges, nodes, how)
        rows = parts.rows
        return cls(
            parts.keys,
            rows.indptr,
            rows.indices,
            rows.weights,
            parts.directed,
            parts.types,
            parts.type_names,
            rows.merged,
            rows.loops,
        )

    def linked(self) -> tuple[Graph, list[str]]:
        """The graph of the nodes that have an arc, in or out, and the keys of the others: isolated nodes."""
        has_arc = self.degrees > 0
        has_arc[self.indices] = True
        if has_arc.all():
            return self, []
        number = (np.cumsum(has_arc) - 1).astype(np.uint32)
        indptr = np.concatenate([[0], self.indptr[1:][has_arc]])
        kept = replace(
            self,
            keys=[key for key, kept in zip(self.keys, has_arc.tolist(), strict=True) if kept],
            indptr=indptr,
            indices=number[self.indices],
            types=None if self.types is None else self.types[has_arc],
        )
        return kept, [key for key, kept in zip(self.keys, has_arc.tolist(), strict=True) if not kept]

    def split(self, fraction: float = 0.5, seed: int = 0) -> EdgeSplit:
        """A share of the edges held out, and as many pairs of nodes that are no edge.

        The rest keeps every node and is as connected as the whole: a random spanning forest is never held
        out. Self-loops stay. Non-edges are drawn uniformly from all pairs that are no edge of the whole
        graph; in a directed graph the opposite of an arc may be one.

        Raises `ParameterError` for a fraction that is not between 0 and 1 or holds out nothing, `InputError`
        where fewer edges can be spared, or too few pairs are no edge.
        """
        edges = edge_list(self.indptr, self.indices, self.directed)
        real = isinstance(fraction, int | float | np.number) and not isinstance(fraction, bool)
        count = round(float(fraction) * len(edges)) if real and 0 < fraction < 1 else 0
        if count == 0:
            raise ParameterError(
                f"fraction={shown(fraction)} of {len(edges):,} edges holds out none",
                remedy="give a number between 0 and 1",
            )
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ParameterError(f"seed={shown(seed)} is no whole number from 0 up")
        generator = np.random.default_rng(seed)
        out = held_out(edges, len(self), count, generator)
        non_edges = drawn_non_edges(edges, len(self), self.directed, count, generator)
        rows = Rows(self.indptr, self.indices, self.weights, 0, 0)
        indptr, indices, weights = without_edges(rows, len(self), self.directed, edges[out])
        train = replace(self, indptr=indptr, indices=indices, weights=weights, merged=0, loops=0)
        return EdgeSplit(train, self._named(edges[out]), self._named(non_edges))

    def _named(self, pairs: NDArray[np.int64]) -> list[tuple[str, str]]:
        return [(self.keys[a], self.keys[b]) for a, b in pairs.tolist()]

    def __repr__(self) -> str:
        kind = "directed" if self.directed else "undirected"
        weighted = "" if self.weights is None else ", weighted"
        return f"Graph({len(self):,} nodes, {self.edges:,} edges, {kind}{weighted})"

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def edges(self) -> int:
        """Edges: arcs of a directed graph, pairs of opposite arcs (and self-loops) of an undirected one."""
        if self.directed:
            return len(self.indices)
        sources = np.repeat(np.arange(len(self), dtype=np.uint32), np.diff(self.indptr))
        loops = int((sources == self.indices).sum())
        return (len(self.indices) + loops) // 2

    @property
    def degrees(self) -> NDArray[np.int64]:
        """Arcs that leave each node, int64 (n)."""
        return np.diff(self.indptr)

    def table(self) -> pa.Table:
        """Every edge once, as an Arrow table of source, target and, if there are weights, weight."""
        return edge_table(self)

    def adjacency(self) -> csr_array[np.float32, tuple[int, int]]:
        """The adjacency matrix, float32 (n, n): row i holds the weights of the arcs that leave node i."""
        from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

        weights = np.ones(len(self.indices), np.float32) if self.weights is None else self.weights
        return csr_array((weights, self.indices.astype(np.int64), self.indptr), shape=(len(self), len(self)))


@dataclass(frozen=True, eq=False)
class EdgeSplit:
    """A graph without some of its edges.

    Attributes
    ----------
    train : the graph that is left, with all nodes.
    test : the edges that were held out, as pairs of keys.
    non_edges : as many pairs of keys that are no edge of the whole graph.
    """

    train: Graph
    test: list[tuple[str, str]]
    non_edges: list[tuple[str, str]]

    def tables(self) -> tuple[pa.Table, pa.Table, pa.Table]:
        """The edges of `train`, `test` and `non_edges` as Arrow tables of source and target."""
        return self.train.table(), pair_table(self.test), pair_table(self.non_edges)


def as_graph(edges: Any) -> Graph:
    """`edges` as a `Graph`: itself, or what `Graph.read` makes of it."""
    return edges if isinstance(edges, Graph) else Graph.read(edges)
