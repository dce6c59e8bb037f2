"""ProNE: nodes of a graph, factorised and then smoothed along its edges instead of trained.

graph -> log-proximity of linked nodes (signal) -> truncated SVD -> spectral propagation -> Space
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.graph import Graph, as_graph
from nearer.encoders.lookup import Lookup
from nearer.errors import InputError, ParameterError
from nearer.kernels.threads import thread_count
from nearer.models.factorization import signs, truncated_svd
from nearer.models.incremental import TRAINING
from nearer.models.parameters import Constraint, Estimator, Real, Whole, as_float, plain
from nearer.models.propagation import propagate
from nearer.progress import Progress
from nearer.signal.proximity import (
    Adjacency,
    graph_fingerprint,
    log_proximity,
    transition_matrix,
    undirected_adjacency,
)
from nearer.space import Space
from nearer.space.lengths import unit_rows

POWER_ITERATIONS = 5  # of the randomized solver
DECIDING = ("dim", "order", "mu", "theta", "negative", "noise_exponent", "seed")


@dataclass(frozen=True)
class ProNEReport:
    """How a fit went.

    Attributes
    ----------
    read_seconds, factor_seconds, propagation_seconds : time spent reading the graph; weighing its edges and
        factorising; and propagating, with the last SVD.
    items_per_second : edges a second, all of these counted in.
    nodes, edges : nodes with a vector, and edges between them.
    isolated : nodes without an edge, which have no vector.
    explained_variance : share of the squared entries of the log-proximity matrix that its truncated SVD
        keeps, from 0 to 1.
    """

    read_seconds: float
    factor_seconds: float
    propagation_seconds: float
    items_per_second: float
    nodes: int
    edges: int
    isolated: int
    explained_variance: float


class ProNE(Estimator):
    """Node vectors by sparse factorisation and spectral propagation (ProNE; Zhang, Dong, Wang, Tang and Ding
    2019).

    Fast and strong on large graphs: nothing is trained, and memory is that of the edges and of a few matrices
    of n rows. Edges count in both directions: the weights of opposite arcs of a directed graph add up, and
    without weights they are one edge. A weight counts as its share in the weight of its node's edges.

    Parameters
    ----------
    dim : dimension of the vectors; below the number of nodes that have edges.
    order : terms of the Chebyshev expansion of the spectral filter; two sparse products each.
    mu : the filter exp(-theta ((x - mu)^2 - 1) / 2) is largest at the eigenvalue mu of the Laplacian.
    theta : how sharp the filter is; 0 leaves smoothing over the neighbours alone.
    negative : negative samples an edge that the factorisation stands for.
    noise_exponent : negatives are drawn in proportion to the sum of the transition probabilities that lead
        to a node ** noise_exponent.
    threads : of the dense steps; None uses every core. One thread gives the same bits on every run; more
        round differently.
    seed : of what the solver starts from.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    space_ : Space, a vector a node that has an edge, in the graph's order; its metric is cosine.
    isolated_ : list of str, nodes without an edge.
    singular_values_ : float64 (dim,), those of the log-proximity matrix, falling.
    report_ : `ProNEReport`.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        "dim": TRAINING["dim"],
        "order": Whole(1, 1_000),
        "mu": Real(-2.0, 2.0),
        "theta": Real(0.0, 100.0),
        "negative": Real(0.0, above=True),
        "noise_exponent": Real(-4.0, 4.0),
        "threads": TRAINING["threads"],
        "seed": Whole(0, 2**32 - 1),
        "show_progress": TRAINING["show_progress"],
    }

    space_: Space
    isolated_: list[str]
    singular_values_: NDArray[np.float64]
    report_: ProNEReport

    def __init__(
        self,
        dim: int = 128,
        order: int = 10,
        mu: float = 0.2,
        theta: float = 0.5,
        negative: float = 1.0,
        noise_exponent: float = 0.75,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.dim = dim
        self.order = order
        self.mu = mu
        self.theta = theta
        self.negative = negative
        self.noise_exponent = noise_exponent
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress

    def fit(self, edges: Any, y: None = None) -> Self:
        """Learn a vector a node from `edges`: a `Graph`, or whatever `Graph.read` takes.

        A second fit starts anew. Raises `ParameterError`, among others for a dimension above what the graph
        allows, and `InputError` for edges that cannot be read or a graph without any.
        """
        self.check_parameters()
        threads = thread_count(self.threads)
        begin = time.perf_counter()
        graph = as_graph(edges)
        connected, transitions = self._transitions(graph)
        read = time.perf_counter()
        proximity = log_proximity(
            transitions, negative=as_float(self.negative), exponent=as_float(self.noise_exponent)
        )
        rows, values = truncated_svd(
            proximity, int(self.dim), "randomized", int(self.seed), threads, POWER_ITERATIONS
        )
        total = float(np.dot(proximity.data, proximity.data))
        del proximity
        factors = unit_rows(rows.astype(np.float32, copy=False) * np.sqrt(values).astype(np.float32))
        del rows
        factorised = time.perf_counter()
        vectors = self._propagated(transitions, factors, threads)
        end = time.perf_counter()
        self.singular_values_ = values
        self.isolated_ = [graph.keys[row] for row in np.flatnonzero(~connected).tolist()]
        self.report_ = ProNEReport(
            read_seconds=read - begin,
            factor_seconds=factorised - read,
            propagation_seconds=end - factorised,
            items_per_second=graph.edges / max(end - begin, 1e-9),
            nodes=len(vectors),
            edges=graph.edges,
            isolated=len(self.isolated_),
            explained_variance=float((values**2).sum()) / total if total > 0 else 1.0,
        )
        self.space_ = self._space(graph, connected, vectors)
        return self

    def encode(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of `items`, nodes of the graph: float32 (n, dim); raises `UnknownKey`, `NotFitted`."""
        return Lookup(self.space_).encode(items, batch_size, show_progress)

    def _transitions(self, graph: Graph) -> tuple[NDArray[np.bool_], Adjacency]:
        """Which nodes have edges, and the transition probabilities between those."""
        adjacency = undirected_adjacency(graph)
        connected = np.diff(adjacency.indptr) > 0
        count = int(connected.sum())
        if count == 0:
            raise InputError("the graph has no edges, so no node has a neighbour", remedy="give edges")
        if self.dim >= count:
            raise ParameterError(
                f"dim={self.dim} is not below the number of nodes that have edges, {count:,}",
                remedy=f"set dim to {count - 1} or less" if count > 1 else "give a larger graph",
            )
        if count < len(graph):
            adjacency = adjacency[connected][:, connected]
        return connected, transition_matrix(adjacency)

    def _propagated(
        self, transitions: Adjacency, factors: NDArray[np.float32], threads: int
    ) -> NDArray[np.float32]:
        """The factors after the filter, made orthogonal again: U sqrt(S) of their SVD, rows of length 1."""
        from scipy.linalg import svd  # noqa: PLC0415  (`import nearer` must not load it)
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

        with Progress("propagating", int(self.order), "terms", self.show_progress) as progress:
            smooth = propagate(
                transitions,
                factors,
                order=int(self.order),
                mu=as_float(self.mu),
                theta=as_float(self.theta),
                advance=lambda: progress.advance(1),
            )
        with threadpool_limits(limits=threads):
            rows, values, _ = svd(smooth, full_matrices=False, overwrite_a=True, check_finite=False)
        rows *= np.sqrt(values) * signs(rows).astype(np.float32)
        return unit_rows(rows)

    def _space(self, graph: Graph, connected: NDArray[np.bool_], vectors: NDArray[np.float32]) -> Space:
        settings: dict[str, object] = {name: plain(getattr(self, name)) for name in DECIDING}
        keys = [graph.keys[row] for row in np.flatnonzero(connected).tolist()]
        return Space(
            keys,
            vectors,
            provenance={
                "model": type(self).__name__,
                **settings,
                "graph": graph_fingerprint(graph),
            },
        )
