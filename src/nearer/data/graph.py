"""`Graph`: nodes and their neighbours, as compressed sparse rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
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
    """

    keys: Sequence[str]
    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    weights: NDArray[np.float32] | None = None
    directed: bool = False
    types: NDArray[np.uint16] | None = None
    type_names: tuple[str, ...] = ()

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

    def adjacency(self) -> csr_array[np.float32, tuple[int, int]]:
        """The adjacency matrix, float32 (n, n): row i holds the weights of the arcs that leave node i."""
        from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

        weights = np.ones(len(self.indices), np.float32) if self.weights is None else self.weights
        return csr_array((weights, self.indices.astype(np.int64), self.indptr), shape=(len(self), len(self)))
