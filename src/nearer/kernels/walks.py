"""Random walks on a graph: the native walker's typed face.

Uniform or by weight, of second order by rejection (node2vec: Grover and Leskovec 2016; node2vec+: Liu,
Hirn and Krishnan 2023), or along a metapath of node types (Dong, Chawla and Swami 2017). A walk depends on
the seed, its round and its start alone, so walks are the same whatever the number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nearer.kernels import _native
from nearer.kernels.threads import thread_count
from nearer.kernels.training import require

NO_WEIGHTS = np.empty(0, np.float32)
NO_TYPES = np.empty(0, np.uint16)


@dataclass(frozen=True, eq=False)
class Walks:
    """Walks over compressed sparse rows; walk w is round w // starts from node `order[w % starts]`.

    Attributes
    ----------
    indptr, indices : int64 (n + 1) and uint32 (m), neighbours rising within a node.
    order : uint32 (starts), the nodes where the walks of a round start.
    rounds : walks from every start.
    length : nodes of a walk; it ends early where no arc leads on.
    seed : of all that is drawn.
    weights : float32 (m), above 0; empty: every arc weighs 1.
    p, q : return and in-out parameter; 1 and 1: of first order.
    usual : float32 (n), weights below which an arc of a node is loose: node2vec+. Empty: node2vec.
    types, metapath : uint16 (n) and (steps): a walk's node i has the type metapath[i % steps]. Empty: any.
    walks_a_unit : walks that are one unit of training.
    threads : for the alias tables; None uses every core.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    order: NDArray[np.uint32]
    rounds: int
    length: int
    seed: int
    weights: NDArray[np.float32] = field(default_factory=lambda: NO_WEIGHTS)
    p: float = 1.0
    q: float = 1.0
    usual: NDArray[np.float32] = field(default_factory=lambda: NO_WEIGHTS)
    types: NDArray[np.uint16] = field(default_factory=lambda: NO_TYPES)
    metapath: NDArray[np.uint16] = field(default_factory=lambda: NO_TYPES)
    walks_a_unit: int = 1
    threads: int | None = None

    def __post_init__(self) -> None:
        n, arcs = len(self.indptr) - 1, len(self.indices)
        weighted = len(self.weights) > 0
        require(
            {
                "rows of arcs fit": n >= 1 and self.indptr[0] == 0 and self.indptr[-1] == arcs,
                "arcs lead to nodes": arcs == 0 or int(self.indices.max()) < n,
                "every start is a node": len(self.order) > 0 and int(self.order.max()) < n,
                "rounds, length and walks_a_unit are at least 1": (
                    min(self.rounds, self.length, self.walks_a_unit) >= 1
                ),
                "there is a weight an arc": not weighted or len(self.weights) == arcs,
                "p and q are above 0": self.p > 0 and self.q > 0,
                "usual weights go with weights": len(self.usual) in ((0, n) if weighted else (0,)),
                "a metapath goes with a type a node": (len(self.types) == (n if len(self.metapath) else 0)),
            },
            "walking",
        )
        slots = np.empty((arcs if weighted else 0, 2), np.uint32)
        totals = np.empty(n if weighted else 0, np.float32)
        if weighted:
            _native.build_alias(self.indptr, self.weights, slots, totals, thread_count(self.threads))
        native = _native.WalkSource(
            self.indptr,
            self.indices,
            self.weights,
            slots,
            totals,
            self.order,
            self.rounds,
            self.length,
            1.0 / self.p,
            1.0 / self.q,
            self.usual,
            self.types,
            self.metapath,
            self.seed,
            self.walks_a_unit,
        )
        object.__setattr__(self, "native", native)

    native: _native.WalkSource = field(init=False, repr=False)

    @property
    def count(self) -> int:
        """Walks in all rounds."""
        return self.rounds * len(self.order)

    @property
    def units(self) -> int:
        """Units of training in all rounds."""
        return -(-self.count // self.walks_a_unit)

    @property
    def most_nodes(self) -> int:
        """Nodes of all walks, where none ends early."""
        return self.count * self.length

    def fits(self, rows: int, unit_tokens: int) -> bool:
        """Whether the walks are of `rows` nodes, and a unit has room in `unit_tokens` tokens."""
        return rows == len(self.indptr) - 1 and self.walks_a_unit * self.length <= unit_tokens

    def nodes(
        self, first: int, last: int, threads: int | None = None
    ) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The walks [first, last): nodes uint32 (w, length), and how many of a line are one, int64 (w)."""
        require({"walks run from first to last": 0 <= first <= last <= self.count}, "walking")
        found = np.zeros((last - first, self.length), np.uint32)
        lengths = np.empty(last - first, np.int64)
        self.native.walks(first, last, found, lengths, thread_count(threads))
        return found, lengths

    def visits(self, first: int, last: int, threads: int | None = None) -> NDArray[np.int64]:
        """How often the walks [first, last) come to each node, int64 (n)."""
        require({"walks run from first to last": 0 <= first <= last <= self.count}, "walking")
        counts = np.zeros(len(self.indptr) - 1, np.int64)
        self.native.count(first, last, counts, thread_count(threads))
        return counts
