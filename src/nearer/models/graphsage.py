"""GraphSAGE: nodes are told by their features and those around them, so that new nodes have vectors too.

graph, features -> short walks and neighbourhoods (signal) -> layers trained by contrast -> Space
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.base import Modality, checked_batch_size
from nearer.errors import NotFitted, ParameterError, TrainingFailed
from nearer.models.incremental import TRAINING, Incremental
from nearer.models.parameters import Constraint, Instance, OrNone, Real, Whole, as_float
from nearer.models.sage_encoding import FEATURES, NAMES, NODES, STATES, VECTORS, Encoding
from nearer.models.sage_inference import known_states
from nearer.models.sage_reading import SageMaterial, matrix_arrays, read_sage
from nearer.models.sage_training import SageTraining, first_arrays, layer_names, layer_weights
from nearer.models.saving import OPENERS, load_model, save_model
from nearer.models.state import TrainingState
from nearer.signal.neighbourhoods import Neighbourhoods, own_neighbours
from nearer.signal.proximity import transition_matrix
from nearer.space import Space
from nearer.space.identity import parts_identity

ALIKE = 0.99  # mean cosine between nodes from which on vectors are called alike


@dataclass(frozen=True)
class SageReport:
    """How a fit went.

    Attributes
    ----------
    count_seconds, train_seconds : time spent reading graph and features; and training.
    items_per_second : nodes trained a second, all epochs counted.
    nodes, edges, features : of the graph, and the columns of the features.
    without_features, without_neighbours : nodes of which nothing is known, and nodes without an edge.
    epochs : passes over the nodes done, in all calls of `fit`.
    interrupted : whether Ctrl-C ended the fit early.
    mean_cosine : between two nodes drawn at random; near 1 all vectors would be alike.
    """

    count_seconds: float
    train_seconds: float
    items_per_second: float
    nodes: int
    edges: int
    features: int
    without_features: int
    without_neighbours: int
    epochs: float
    interrupted: bool
    mean_cosine: float = float("nan")


class GraphSAGE(Incremental[SageMaterial]):
    """Node vectors from features and neighbours, for nodes never seen too (GraphSAGE; Hamilton, Ying and
    Leskovec 2017, Inductive Representation Learning on Large Graphs).

    A layer makes a node's state of its own and of the mean of its neighbours', as W_self h_v + W_neigh
    mean(h_u), with relu between layers; vectors have length 1. Nothing is known of labels: nodes that meet on
    short walks are told from others (InfoNCE). Edges count in both directions, and means by their weights.

    Parameters
    ----------
    dim : dimension of the vectors, and of the states between layers.
    layers : how many steps away a node still counts.
    fanout : of a node with more neighbours this many are drawn in training. None: all are taken.
    walk_length : longest walk, in steps, at whose end a node's positive is met.
    negative : negative samples that the nodes of a mini-batch share.
    noise_exponent : negatives are drawn in proportion to degree ** noise_exponent.
    temperature : cosines are divided by it; the lower, the more the nearest negatives count.
    epochs : passes over the nodes that have neighbours.
    batch_size : nodes a mini-batch.
    learning_rate : of Adam.
    key, columns : names of a table's columns. None: "key", "id" or "node"; the only column of lists, or all
        others where they are floating-point numbers.
    checkpoint : folder where the run is saved every `checkpoint_every` seconds and resumed from.
    threads : None uses every core. One thread gives the same bits on every run; more round differently.
    seed : of everything random.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    space_ : Space, a vector a node, nodes without an edge too; its identity is that of `encode`.
    isolated_ : list of str, nodes that have no vector: neither they nor a node within reach has features.
    loss_curve_ : float64 array, mean loss of a node; 20 values an epoch, fewer where an epoch has fewer
        mini-batches.
    report_ : `SageReport`.

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there. `fit`
    on a model that is done trains `epochs` more, and may be given another graph with the same features.
    """

    deciding: ClassVar[tuple[str, ...]] = (
        "dim",
        "layers",
        "fanout",
        "walk_length",
        "negative",
        "noise_exponent",
        "temperature",
        "epochs",
        "batch_size",
        "learning_rate",
        "seed",
    )
    modality: ClassVar[Modality] = "features"
    constraints: ClassVar[Mapping[str, Constraint]] = {
        **TRAINING,
        "layers": Whole(1, 16),
        "fanout": OrNone(Whole(1)),
        "walk_length": Whole(1, 1_000),
        "negative": Whole(1, 1_000_000),
        "noise_exponent": Real(0.0, 4.0),
        "temperature": Real(0.0, above=True),
        "batch_size": Whole(1),
        "key": OrNone(Instance((str,), "the name of a column")),
        "columns": OrNone(Instance((str, list, tuple), "the names of columns")),
    }
    items_name = "nodes"
    report_kind = SageReport

    isolated_: list[str]
    report_: SageReport
    _data: SageMaterial  # between reading and learning only
    _fitted: dict[str, object]  # the settings of `_encoding`
    _encoding: Encoding

    def __init__(
        self,
        dim: int = 128,
        layers: int = 2,
        fanout: int | None = 10,
        walk_length: int = 5,
        negative: int = 256,
        noise_exponent: float = 0.75,
        temperature: float = 0.1,
        epochs: int = 30,
        batch_size: int = 512,
        learning_rate: float = 0.005,
        key: str | None = None,
        columns: str | Sequence[str] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.dim = dim
        self.layers = layers
        self.fanout = fanout
        self.walk_length = walk_length
        self.negative = negative
        self.noise_exponent = noise_exponent
        self.temperature = temperature
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.key = key
        self.columns = columns
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress

    def fit(self, edges: Any, features: Any) -> Self:
        """Train on `edges`, a `Graph` or whatever `Graph.read` takes, and the `features` of its nodes.

        Features are a matrix or SciPy sparse matrix with a row a node in the order of `Graph.keys`; or,
        matched by key, a `Space`, a mapping key -> vector or list of words, or a table with such a column.
        Lists of words or of whole numbers name features that are present; rows are scaled to length 1. A node
        that has none counts as zeros. A key of features that no edge names is a node without neighbours,
        unless `edges` is a `Graph`; such a node counts as its own neighbour.

        Raises `ParameterError`, also for training that collapsed: all vectors alike; `InputError` for edges
        or features that cannot be read or do not match; `IntegrityError` for a damaged checkpoint;
        `StorageError` for checkpoints that cannot be written and `KeyboardInterrupt` on Ctrl-C, both with
        everything learned so far kept.
        """
        try:
            return self._fit((edges, features))
        finally:
            self.__dict__.pop("_data", None)

    def encode(
        self,
        items: Any,
        batch_size: int = 1024,
        show_progress: bool | None = None,
        edges: Any = None,
    ) -> NDArray[np.float32]:
        """Vectors of new nodes, float32 (n, dim), in the space of `space_`.

        `items` are their features in any form that `fit` takes, and without `edges` need no keys; None in a
        mapping stands for a node of which nothing is known. `edges` link new nodes to each other and to nodes
        of the fit; without, no node has neighbours. Nodes of the fit keep their states, and edges between
        two of them change nothing; features that the model does not know by name are dropped.

        Raises `NotFitted`; `InputError` for a node that was in the fit, an edge that names a node without
        features, and a node that has neither features nor neighbours with any.
        """
        _ = self.space_
        self.check_parameters()
        size = checked_batch_size(batch_size)
        return self._encoding.encode(
            items, edges, key=self.key, columns=self.columns, batch_size=size, show_progress=show_progress
        )

    def encode_query(
        self, items: Any, batch_size: int = 1024, show_progress: bool | None = None, edges: Any = None
    ) -> NDArray[np.float32]:
        """Vectors of nodes that are searched with: those of `encode`."""
        return self.encode(items, batch_size, show_progress, edges)

    def encode_document(
        self, items: Any, batch_size: int = 1024, show_progress: bool | None = None, edges: Any = None
    ) -> NDArray[np.float32]:
        """Vectors of nodes that are searched for: those of `encode`."""
        return self.encode(items, batch_size, show_progress, edges)

    @property
    def identity(self) -> str:
        """SHA-256 of all that decides a new node's vector; that of `space_` too."""
        return self.space_.identity

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Save the model, to `load` it later: a folder, written at one instant.

        It holds the features of the nodes and their states, which new nodes are made from. Raises
        `StorageError`, also where something other than a saved model is at `path`; `NotFitted`, also after a
        fit that diverged or collapsed.
        """
        _ = self.space_
        if "_state" not in self.__dict__:
            raise NotFitted("the last fit failed, and its weights are lost", remedy="call fit again")
        position = {"fingerprint": self._fingerprint, "units": self._units, "last_unit": self._last_unit}
        save_model(Path(path), self._state, {"model": "GraphSAGE", **self._fitted}, position, overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str], **parameters: Any) -> Self:
        """The model that `save` wrote, fitted as it was; `parameters` set what training did not decide.

        Raises `ModelNotFound`, `IntegrityError` for files that were changed, `ParameterError` for parameters
        that the model was trained with.
        """
        settings, state, position = load_model(Path(path), "GraphSAGE")
        for name in parameters:
            if name in cls.deciding:
                raise ParameterError(
                    f"{name} was decided when this model was trained, and is {settings[name]!r}",
                    file=path,
                    remedy=f"leave {name} out, or set it after loading for a further fit",
                )
        model = cls(**settings).set_params(**parameters)
        model.check_parameters()
        model._state = state
        model._fingerprint, model._units = position["fingerprint"], position["units"]
        model._last_unit = position["last_unit"]
        model.loss_curve_ = np.array(state.loss_curve, dtype=np.float64)
        model._learn(state)
        return model

    def _require_consistent(self) -> None:
        fitted: dict[str, object] = self.__dict__.get("_fitted", {})
        if "_state" in self.__dict__ and fitted.get("layers", self.layers) != self.layers:
            raise ParameterError(
                f"layers={self.layers}, but this model is fitted with layers={fitted['layers']}",
                remedy="fit a new model, or set layers back",
            )

    def _read(self, data: Any, threads: int, before: TrainingState | None) -> SageMaterial:
        known = None if before is None else self._encoding.columns
        edges, features = data
        self._data = read_sage(edges, features, self.key, self.columns, known, int(self.batch_size))
        return self._data

    def _seed(self, material: SageMaterial) -> TrainingState:
        inputs = int(material.features.shape[1])
        arrays = first_arrays(inputs, int(self.dim), int(self.layers), int(self.seed))
        return TrainingState(int(self.dim), arrays, {})

    def _run(
        self, material: SageMaterial, state: TrainingState, planned_units: int, seed: int
    ) -> SageTraining:
        return SageTraining(
            features=material.features,
            neighbourhoods=Neighbourhoods(material.adjacency, as_float(self.noise_exponent)),
            layers=int(self.layers),
            fanout=None if self.fanout is None else int(self.fanout),
            walk_length=int(self.walk_length),
            negative=int(self.negative),
            temperature=as_float(self.temperature),
            batch_size=int(self.batch_size),
            learning_rate=as_float(self.learning_rate),
            seed=seed,
        )

    def _learn(self, state: TrainingState) -> None:
        layers = int(self.layers)
        if "_data" in self.__dict__:
            self._keep_states(state, layers)
        self._encoding = Encoding.of(state, layers)
        self._fitted = self._settings()
        vectors, keys = state.arrays[VECTORS], state.names[NODES]
        there = vectors.any(axis=1)
        self.isolated_ = [keys[row] for row in np.flatnonzero(~there).tolist()]
        weights = {name: state.arrays[name] for pair in layer_names(layers) for name in pair}
        known = {name: array for name, array in state.arrays.items() if name.startswith((FEATURES, STATES))}
        self.space_ = Space(
            [keys[row] for row in np.flatnonzero(there).tolist()],
            vectors[there],
            identity=parts_identity(
                "graphsage",
                self._fitted,
                [*keys, *state.names.get(NAMES, ())],
                {**weights, **known},
            ),
            provenance=self._provenance(state),
        )

    def _keep_states(self, state: TrainingState, layers: int) -> None:
        """Put what new nodes are made from into `state`; raise `ParameterError` for vectors all alike."""
        data = self._data
        inputs, vectors = known_states(
            data.features,
            own_neighbours(transition_matrix(data.adjacency)),
            layer_weights(state.arrays, layers),
        )
        cosine = mean_cosine(vectors)
        self.report_ = dataclasses.replace(self.report_, mean_cosine=cosine)
        if cosine > ALIKE and not self.report_.interrupted:
            self.__dict__.pop("_state", None)
            raise TrainingFailed(
                f"training collapsed: vectors are all alike, with a mean cosine of {cosine:.3f}",
                remedy="give features that tell nodes apart, or lower learning_rate; the next fit starts "
                "afresh, and an earlier space_ is unchanged",
            )
        for name in [name for name in state.arrays if name.startswith((FEATURES, STATES))]:
            del state.arrays[name]
        state.arrays |= {FEATURES + name: array for name, array in matrix_arrays(data.features).items()}
        state.arrays |= {f"{STATES}{depth}": states for depth, states in enumerate(inputs) if depth}
        state.arrays[VECTORS] = vectors
        state.names = {NODES: data.keys} | ({} if data.names is None else {NAMES: data.names})


def mean_cosine(vectors: NDArray[np.float32]) -> float:
    """Mean cosine of two different rows of length 1, without rows of zeros; NaN for fewer than two."""
    count = int(vectors.any(axis=1).sum())
    if count < 2:
        return float("nan")
    total = vectors.sum(axis=0, dtype=np.float64)
    return float((total @ total - count) / (count * (count - 1)))


OPENERS["GraphSAGE"] = GraphSAGE.load
