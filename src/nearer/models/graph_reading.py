"""Reading for models that walk: a graph without its isolated nodes, its walks, and how often they visit."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.data.graph import Graph
from nearer.errors import InputError
from nearer.kernels.walks import Walks


@dataclass(frozen=True, eq=False)
class WalkMaterial:
    """Walks on a graph, as units of training.

    `visits` int64 (n) are counted on the first round; `reached` bool (n) says where any walk comes to.
    """

    graph: Graph
    walks: Walks
    visits: NDArray[np.int64]
    reached: NDArray[np.bool_]

    @property
    def units_an_epoch(self) -> int:
        """Units of work that make one pass over all walks."""
        return self.walks.units

    @property
    def facts(self) -> dict[str, int]:
        """What `FitReport` says of the walks: a token is a node on a walk, the vocabulary the nodes."""
        return {
            "tokens": self.walks.most_nodes,
            "tokens_read": self.walks.most_nodes,
            "vocabulary": len(self.graph),
            "distinct": len(self.graph),
        }

    def fingerprint(self, settings: dict[str, object]) -> str:
        """SHA-256 of the graph and the settings that decide a run."""
        graph = self.graph
        digest = hashlib.sha256(json.dumps([settings, list(graph.keys)], sort_keys=True).encode())
        for array in (graph.indptr, graph.indices, graph.weights, graph.types):
            if array is not None:
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def require_same_nodes(graph: Graph, known: list[str]) -> None:
    """Raise `InputError` unless `graph` has the nodes that a fitted model knows, in their order."""
    if list(graph.keys) != known:
        raise InputError(
            f"this graph has other nodes than the {len(known):,} that the model knows",
            remedy="fit a new model, or give the graph over the same nodes=",
        )
