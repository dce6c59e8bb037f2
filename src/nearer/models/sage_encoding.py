"""A fitted GraphSAGE as an encoder of nodes it has never seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.features import Features
from nearer.errors import InputError, shown
from nearer.models.sage_inference import new_vectors
from nearer.models.sage_layers import Weights
from nearer.models.sage_reading import NewNodes, matrix_of, read_new_nodes
from nearer.models.sage_training import layer_weights
from nearer.models.state import TrainingState
from nearer.progress import Progress

FEATURES, STATES, VECTORS = (
    "features.",
    "states",
    "vectors",
)  # arrays of a model: what its nodes are made from
NODES, NAMES = "nodes", "features"  # and its names: of the nodes, and of the features where they have any


@dataclass(frozen=True, eq=False)
class Encoding:
    """What makes vectors of new nodes.

    Attributes
    ----------
    weights : of each layer.
    known : the input of each layer for the nodes of the fit.
    rows : their rows by key.
    columns : features of no node: what the columns stand for.
    """

    weights: Weights
    known: list[Any]
    rows: dict[str, int]
    columns: Features

    @classmethod
    def of(cls, state: TrainingState, layers: int) -> Self:
        """What `state` holds, in copies that further training leaves as they are."""
        weights = [(own.copy(), neighbour.copy()) for own, neighbour in layer_weights(state.arrays, layers)]
        parts = {
            name.removeprefix(FEATURES): array
            for name, array in state.arrays.items()
            if name.startswith(FEATURES)
        }
        features = matrix_of(parts, len(weights[0][0]))
        return cls(
            weights=weights,
            known=[features, *(state.arrays[f"{STATES}{depth}"] for depth in range(1, layers))],
            rows={key: row for row, key in enumerate(state.names[NODES])},
            columns=Features(features[:0], names=state.names.get(NAMES)),
        )

    def encode(
        self,
        items: Any,
        edges: Any,
        *,
        key: str | None,
        columns: Any,
        batch_size: int,
        show_progress: bool | None,
    ) -> NDArray[np.float32]:
        """Vectors of new nodes, float32 (n, dim), rows of length 1; as `GraphSAGE.encode` has it."""
        new = read_new_nodes(items, edges, key, columns, self.columns, self.rows)
        total = len(self.weights) * int(new.features.shape[0])
        with Progress("encoding", total, "states", show_progress) as progress:
            vectors = new_vectors(
                new.features,
                new.to_new,
                new.to_known,
                self.known,
                self.weights,
                batch_size=batch_size,
                advance=progress.advance,
            )
        _require_vectors(vectors, new)
        return vectors


def _require_vectors(vectors: NDArray[np.float32], new: NewNodes) -> None:
    """Raise `InputError` for a new node whose vector is zeros."""
    empty = np.flatnonzero(~vectors.any(axis=1))
    if not len(empty):
        return
    row = int(empty[0])
    raise InputError(
        "the node has neither features that the model knows nor neighbours with any, so it has no vector",
        row=row if new.keys is None else f"node {shown(new.keys[row])}",
        remedy="leave it out, or give it features or edges",
    )
