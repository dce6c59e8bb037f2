"""Node2Vec and DeepWalk: nodes that random walks find near each other lie near each other.

graph -> walks (signal) -> one vector a node (lookup) -> the word engine (kernel) -> Space
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.graph import as_graph
from nearer.encoders.lookup import Lookup
from nearer.errors import InputError
from nearer.kernels.training import padded_rows
from nearer.kernels.words import MOST_SHARED, Objective, WordTraining
from nearer.models.graph_reading import WalkMaterial, require_same_nodes
from nearer.models.incremental import TRAINING, Incremental
from nearer.models.parameters import Choice, Constraint, Instance, OrNone, Real, Whole, Words, as_float
from nearer.models.state import TrainingState, seeded_rows
from nearer.signal.huffman import huffman_paths
from nearer.signal.negatives import NO_NOISE, noise_table
from nearer.signal.walks import graph_walks, returns, stable_rate
from nearer.signal.windows import keep_thresholds
from nearer.space import Space

WALKING: Mapping[str, Constraint] = {
    **TRAINING,
    "walks": Whole(1, 1_000_000),
    "length": Whole(2, 1_000_000),
    "metapath": OrNone(Words()),
    "objective": Choice(("negative", "hierarchical")),
    "window": Whole(1, 1_000),
    "negative": Whole(1, 1_000),
    "noise_exponent": Real(-4.0, 4.0),
    "subsample": Real(0.0),
    "least_learning_rate": Real(0.0),
    "shared": Whole(1, MOST_SHARED),
}
WALKED = (
    "dim",
    "walks",
    "length",
    "metapath",
    "objective",
    "window",
    "negative",
    "noise_exponent",
    "subsample",
    "epochs",
    "learning_rate",
    "least_learning_rate",
    "shared",
    "seed",
)
OFTEN = 3.0  # times in a window from which on a node's walks return too often for centres to share negatives
NO_TOKENS = np.empty(0, np.uint32)  # walks are made as they are needed


class WalkModel(Incremental[WalkMaterial]):
    """What Node2Vec and DeepWalk share: everything but how a walk chooses its next node."""

    items_name = "nodes"
    isolated_: list[str]

    walks: int
    length: int
    metapath: Sequence[str] | None
    objective: Objective
    window: int
    negative: int
    noise_exponent: float
    subsample: float
    learning_rate: float
    least_learning_rate: float
    shared: int

    def fit(self, edges: Any, y: None = None) -> Self:
        """Train on the graph of `edges`: a `Graph`, or what `Graph.read` takes.

        Raises `ParameterError`, `InputError` (with file and row), `IntegrityError` for a damaged checkpoint;
        `StorageError` for checkpoints that cannot be written and `KeyboardInterrupt` on Ctrl-C, both with
        everything learned so far kept.
        """
        return self._fit(edges)

    def encode(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of the nodes `items`: float32 (n, dim); raises `UnknownKey`, `NotFitted`."""
        return Lookup(self.space_).encode(items, batch_size, show_progress)

    def _turns(self) -> dict[str, Any]:
        """How a walk chooses its next node: p, q and extended."""
        return {}

    def _read(self, data: Any, threads: int, before: TrainingState | None) -> WalkMaterial:
        graph, self.isolated_ = as_graph(data).linked()
        if not len(graph):
            raise InputError("the graph has no edges, so no node has a neighbour", remedy="give edges")
        if before is not None:
            require_same_nodes(graph, before.names["words"])
        walks = graph_walks(
            graph,
            walks=int(self.walks),
            length=int(self.length),
            metapath=self.metapath,
            seed=int(self.seed),
            threads=threads,
            **self._turns(),
        )
        visits = walks.visits(0, len(walks.order), threads)
        reached = np.ones(len(graph), np.bool_)
        if self.metapath is not None or graph.directed:  # else a walk starts at every node
            reached = walks.visits(0, walks.count, threads) > 0
        return WalkMaterial(graph, walks, np.maximum(visits, 1), reached)

    def _seed(self, material: WalkMaterial) -> TrainingState:
        nodes, dim = len(material.graph), int(self.dim)
        outputs = (
            nodes - 1 if self.objective == "hierarchical" else nodes
        )  # inner nodes of the tree, or nodes
        arrays: dict[str, NDArray[Any]] = {
            "words": seeded_rows(nodes, dim, int(self.seed)),
            "outputs": padded_rows(outputs, dim),
            "degrees": material.graph.degrees,
            "reached": material.reached.astype(np.uint8),
        }
        return TrainingState(dim, arrays, {"words": list(material.graph.keys)})

    def _run(
        self, material: WalkMaterial, state: TrainingState, planned_units: int, seed: int
    ) -> WordTraining:
        hierarchical = self.objective == "hierarchical"
        returned = returns(material.walks, int(self.window))
        rate = stable_rate(
            as_float(self.learning_rate),
            returned,
            material.visits,
            int(self.negative),
            as_float(self.noise_exponent),
        )
        shared = int(self.shared) if returned < OFTEN else 1
        return WordTraining(
            architecture="skipgram",
            tokens=NO_TOKENS,
            keep=keep_thresholds(material.visits, as_float(self.subsample)),
            noise=NO_NOISE if hierarchical else noise_table(material.visits, as_float(self.noise_exponent)),
            window=int(self.window),
            negative=0 if hierarchical else int(self.negative),
            shared=1 if hierarchical else shared,
            learning_rate=rate,
            least_learning_rate=min(rate, as_float(self.least_learning_rate)),
            planned_units=planned_units,
            seed=seed,
            unit_tokens=material.walks.walks_a_unit * material.walks.length,
            paths=huffman_paths(material.visits) if hierarchical else None,
            source=material.walks,
        )

    def _learn(self, state: TrainingState) -> None:
        keys, reached = state.names["words"], state.arrays["reached"].astype(np.bool_)
        vectors, degrees = state.arrays["words"][:, : self.dim], state.arrays["degrees"]
        if not reached.all():  # what no walk came to has learned nothing
            missed = [key for key, met in zip(keys, reached.tolist(), strict=True) if not met]
            self.isolated_ = [*self.isolated_, *missed]
            keys = [key for key, met in zip(keys, reached.tolist(), strict=True) if met]
            vectors, degrees = vectors[reached], degrees[reached]
        self.space_ = Space(keys, vectors, items={"degree": degrees}, provenance=self._provenance(state))


class Node2Vec(WalkModel):
    """Node vectors by skip-gram over second-order random walks (node2vec; Grover and Leskovec 2016).

    Walks are made while training needs them: memory is that of the edges and of two vectors a node.

    Parameters
    ----------
    dim : dimension of the vectors.
    p : return parameter; the way back weighs 1 / p.
    q : in-out parameter; a node that is no neighbour of the last one weighs 1 / q. Below 1 walks stray far
        (communities), above 1 they stay near (roles).
    extended : node2vec+ for weighted graphs: how strong edges are decides who is a neighbour.
    walks : walks that start at each node.
    length : nodes of a walk.
    metapath : node types that walks follow, a cycle such as ["author", "paper"]; with p = q = 1. None: any.
    objective : "negative" or "hierarchical", as in `Word2Vec`.
    window : largest distance on a walk between centre and context; drawn from 1..window for every centre.
    negative : negative samples a centre.
    noise_exponent : negatives are drawn in proportion to visits ** noise_exponent.
    subsample : threshold that thins out nodes visited more often; 0: none.
    epochs : passes over the walks, which are the same in each.
    learning_rate, least_learning_rate : start and end of the linear decay; both are lowered on graphs of so
        few nodes that walks keep coming back to them, where steps would add up.
    shared : centres in a row that share one draw of negatives; 1 where walks keep coming back.
    checkpoint : folder where the run is saved every `checkpoint_every` seconds and resumed from.
    threads : None uses every core. Walks are the same whatever it is; one thread gives the same bits on every
        run, more the same quality.
    seed : of everything random.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    space_ : Space, a vector a node that has an edge, in the graph's order; column ``degree`` in its items.
    isolated_ : list of str, nodes without an edge, or that no walk came to (along a metapath, or in a
        directed graph).
    loss_curve_ : float64 array, mean loss of a pair of nodes; 20 values an epoch, or fewer.
    report_ : `FitReport`; its tokens are the nodes of all walks, were none to end early.

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        **WALKING,
        "p": Real(0.0, above=True),
        "q": Real(0.0, above=True),
        "extended": Instance((bool,), "True or False"),
    }
    deciding = (*WALKED, "p", "q", "extended")

    def __init__(
        self,
        dim: int = 128,
        p: float = 1.0,
        q: float = 1.0,
        extended: bool = False,
        walks: int = 10,
        length: int = 80,
        metapath: Sequence[str] | None = None,
        objective: Objective = "negative",
        window: int = 10,
        negative: int = 7,
        noise_exponent: float = 0.75,
        subsample: float = 0.0,
        epochs: int = 1,
        learning_rate: float = 0.03,
        least_learning_rate: float = 1e-4,
        shared: int = 3,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.dim = dim
        self.p = p
        self.q = q
        self.extended = extended
        self.walks = walks
        self.length = length
        self.metapath = metapath
        self.objective = objective
        self.window = window
        self.negative = negative
        self.noise_exponent = noise_exponent
        self.subsample = subsample
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.least_learning_rate = least_learning_rate
        self.shared = shared
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress

    def _turns(self) -> dict[str, Any]:
        return {"p": as_float(self.p), "q": as_float(self.q), "extended": self.extended}
