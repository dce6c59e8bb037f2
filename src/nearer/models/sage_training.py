"""Training of GraphSAGE: a unit of work is a mini-batch of nodes, each with a node met on a short walk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.training import TrainReport
from nearer.models.adam import adam_step
from nearer.models.sage_layers import Weights, backward, contrast, forward
from nearer.signal.neighbourhoods import Neighbourhoods, Nodes, shuffled, stream

OWN, NEIGHBOUR = "own", "neighbour"  # names of the weights, with the number of their layer
MEAN, SQUARE = "mean", "square"  # and of their moments
STEPS = "steps"
SHUFFLES = 1 << 63  # streams of the order of nodes in an epoch follow those of units


def layer_names(layers: int) -> list[tuple[str, str]]:
    """Names of the weights of each layer."""
    return [(f"{OWN}{layer}", f"{NEIGHBOUR}{layer}") for layer in range(1, layers + 1)]


def layer_weights(arrays: Mapping[str, NDArray[Any]], layers: int) -> Weights:
    """The weights of each layer."""
    return [(arrays[own], arrays[neighbour]) for own, neighbour in layer_names(layers)]


def first_arrays(inputs: int, dim: int, layers: int, seed: int) -> dict[str, NDArray[Any]]:
    """Weights uniform within sqrt(6 / (inputs + outputs)) of 0 (Glorot and Bengio 2010), moments at 0."""
    source = np.random.Philox(key=seed)
    arrays: dict[str, NDArray[Any]] = {STEPS: np.zeros(1, np.int64)}
    for layer, names in enumerate(layer_names(layers)):
        width = inputs if layer == 0 else dim
        bound = np.sqrt(6.0 / (width + dim))
        for name in names:
            bits = source.random_raw(width * dim).reshape(width, dim) >> np.uint64(11)
            arrays[name] = ((bits * 2.0**-52 - 1.0) * bound).astype(np.float32)
            arrays[f"{name}.{MEAN}"] = np.zeros((width, dim), np.float32)
            arrays[f"{name}.{SQUARE}"] = np.zeros((width, dim), np.float32)
    return arrays


@dataclass(frozen=True, eq=False)
class SageTraining:
    """A training run of GraphSAGE.

    Attributes
    ----------
    features : (n, f), an array or a `csr_array`.
    neighbourhoods : of the graph's n nodes.
    layers, fanout, walk_length, negative, temperature, batch_size, seed : as `GraphSAGE` has them.
    learning_rate : of Adam.
    """

    features: Any
    neighbourhoods: Neighbourhoods
    layers: int
    fanout: int | None
    walk_length: int
    negative: int
    temperature: float
    batch_size: int
    learning_rate: float
    seed: int

    @property
    def anchors(self) -> Nodes:
        """The nodes that have neighbours."""
        return np.flatnonzero(self.neighbourhoods.degrees > 0)

    @property
    def items_an_epoch(self) -> int:
        """Nodes in a pass."""
        return len(self.anchors)

    @property
    def units_an_epoch(self) -> int:
        """Mini-batches in a pass."""
        return -(-self.items_an_epoch // self.batch_size)

    def train(
        self, arrays: Mapping[str, NDArray[Any]], first: int, last: int, threads: int, variant: str
    ) -> TrainReport:
        """Train mini-batches [first, last), counted over all epochs, of `arrays`, in place."""
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

        loss, pairs, items = 0.0, 0, 0
        epoch, order = -1, np.empty(0, np.int64)
        with threadpool_limits(limits=threads):
            for unit in range(first, last):
                if unit // self.units_an_epoch != epoch:
                    epoch = unit // self.units_an_epoch
                    order = shuffled(self.anchors, stream(self.seed, SHUFFLES + epoch))
                place = unit % self.units_an_epoch
                anchors = np.array_split(order, self.units_an_epoch)[place]  # of one size, but for one node
                with np.errstate(over="ignore", invalid="ignore"):  # a loss that is not finite says so
                    losses = self._step(arrays, anchors, stream(self.seed, unit))
                loss += float(losses.sum(dtype=np.float64))
                pairs += len(losses)
                items += len(anchors)
        return TrainReport(loss=loss, pairs=pairs, tokens=items)

    def _step(
        self, arrays: Mapping[str, NDArray[Any]], anchors: Nodes, source: np.random.Philox
    ) -> NDArray[Any]:
        """One step of Adam on a mini-batch; returns the loss of each of its pairs."""
        positives = self.neighbourhoods.met(anchors, self.walk_length, source)
        apart = anchors != positives  # a walk may end where it began
        anchors, positives = anchors[apart], positives[apart]
        if not len(anchors):
            return np.empty(0, np.float32)
        negatives = self.neighbourhoods.negatives(self.negative, source)
        nodes, places = np.unique(np.concatenate([anchors, positives, negatives]), return_inverse=True)
        rows, averages = self.neighbourhoods.averages(nodes, self.layers, self.fanout, source)
        weights = layer_weights(arrays, self.layers)
        passed = forward(self.features[rows], averages, weights)
        vectors = passed.vectors
        a, p, q = np.split(places, [len(anchors), 2 * len(anchors)])
        left_out = (negatives == anchors[:, None]) | (negatives == positives[:, None])
        losses, parts = contrast(vectors[a], vectors[p], vectors[q], left_out, self.temperature)
        gradient = _sum_of_rows(places, np.concatenate(parts), len(nodes)) / np.float32(len(anchors))
        arrays[STEPS][0] += 1
        found = backward(passed, averages, weights, gradient)
        for names, gradients in zip(layer_names(self.layers), found, strict=True):
            for name, of_weights in zip(names, gradients, strict=True):
                adam_step(
                    arrays[name],
                    arrays[f"{name}.{MEAN}"],
                    arrays[f"{name}.{SQUARE}"],
                    of_weights,
                    step=int(arrays[STEPS][0]),
                    learning_rate=self.learning_rate,
                )
        return losses


def _sum_of_rows(places: NDArray[np.int64], rows: NDArray[Any], count: int) -> NDArray[Any]:
    """The sum of the rows at each of `count` places."""
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    cells = (np.ones(len(places), rows.dtype), (places, np.arange(len(places))))
    total: NDArray[Any] = csr_array(cells, shape=(count, len(places))) @ rows
    return total
