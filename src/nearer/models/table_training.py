"""Training of the table autoencoder: a unit is a mini-batch of rows, some values swapped."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.table import Prepared
from nearer.kernels.training import TrainReport
from nearer.models.adam import adam_step
from nearer.models.table_layers import (
    Layout,
    backward,
    decode,
    embedding_name,
    encode,
    losses,
    read_inputs,
)
from nearer.signal.neighbourhoods import shuffled, stream, uniform

MEAN, SQUARE, STEPS = "mean", "square", "steps"  # moments of the weights, and steps taken
SHUFFLES = 1 << 63  # streams of the order of rows in an epoch follow those of units
UNKNOWN_SHARE = 0.01  # of a batch's categories that are hidden, so that unknown ones have an embedding


def first_arrays(layout: Layout, dim: int, hidden: int, seed: int) -> dict[str, NDArray[Any]]:
    """Weights uniform within sqrt(6 / (inputs + outputs)) of 0 (Glorot and Bengio 2010), the rest at 0."""
    shapes = {
        "first": (layout.input_width, hidden),
        "second": (hidden, dim),
        "skip": (layout.input_width, dim),
        "out": (dim, layout.output_width),
    }
    for place, (part, where) in enumerate(zip(layout.parts, layout.inputs, strict=True)):
        if part.kind == "category":
            shapes[embedding_name(place)] = (part.size + 2, where.stop - where.start)
    source = np.random.Philox(key=seed)
    arrays: dict[str, NDArray[Any]] = {STEPS: np.zeros(1, np.int64)}
    for name, shape in shapes.items():
        bound = math.sqrt(6.0 / sum(shape))
        drawn = (uniform(source, shape[0] * shape[1]).reshape(shape) * 2.0 - 1.0) * bound
        arrays[name] = drawn.astype(np.float32)
    for name, size in (("first_bias", hidden), ("second_bias", dim), ("out_bias", layout.output_width)):
        arrays[name] = np.zeros(size, np.float32)
    for name in [name for name in arrays if name != STEPS]:
        arrays[f"{name}.{MEAN}"] = np.zeros_like(arrays[name])
        arrays[f"{name}.{SQUARE}"] = np.zeros_like(arrays[name])
    return arrays


@dataclass(frozen=True, eq=False)
class TableTraining:
    """A training run.

    Attributes
    ----------
    rows : of the table.
    layout : of their parts.
    noise, batch_size, learning_rate, seed : as `TableAutoencoder` has them.
    planned_units : mini-batches of this round of epochs, over which the rate falls to 0.
    """

    rows: Prepared
    layout: Layout
    noise: float
    batch_size: int
    learning_rate: float
    planned_units: int
    seed: int

    @property
    def items_an_epoch(self) -> int:
        """Rows in a pass."""
        return len(self.rows)

    @property
    def units_an_epoch(self) -> int:
        """Mini-batches in a pass."""
        return -(-len(self.rows) // self.batch_size)

    def train(
        self, arrays: Mapping[str, NDArray[Any]], first: int, last: int, threads: int, variant: str
    ) -> TrainReport:
        """Train mini-batches [first, last), counted over all epochs, of `arrays`, in place."""
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

        loss, items = 0.0, 0
        epoch, order = -1, np.empty(0, np.int64)
        with threadpool_limits(limits=threads):
            for unit in range(first, last):
                if unit // self.units_an_epoch != epoch:
                    epoch = unit // self.units_an_epoch
                    order = shuffled(np.arange(len(self.rows)), stream(self.seed, SHUFFLES + epoch))
                rows = np.array_split(order, self.units_an_epoch)[unit % self.units_an_epoch]
                with np.errstate(over="ignore", invalid="ignore"):  # a loss that is not finite says so
                    found = self._step(arrays, rows, unit)
                loss += float(found.sum(dtype=np.float64))
                items += len(rows)
        return TrainReport(loss=loss, pairs=items, tokens=items)

    def _step(self, arrays: Mapping[str, NDArray[Any]], rows: NDArray[np.int64], unit: int) -> NDArray[Any]:
        """One step of Adam on a mini-batch; returns the loss of each of its rows."""
        noisy = swapped(self.rows, rows, self.layout, self.noise, stream(self.seed, unit))
        x = read_inputs(noisy, self.layout, arrays)
        hidden, z = encode(x, arrays)
        found, gradient = losses(decode(z, arrays), self.rows.take(rows), self.layout)
        gradient /= np.float32(len(rows))
        gradients = backward(x, hidden, z, gradient, noisy, self.layout, arrays)
        arrays[STEPS][0] += 1
        rate = self.learning_rate * (1.0 + math.cos(math.pi * unit / self.planned_units)) / 2.0
        for name, of_weights in gradients.items():
            adam_step(
                arrays[name],
                arrays[f"{name}.{MEAN}"],
                arrays[f"{name}.{SQUARE}"],
                of_weights,
                step=int(arrays[STEPS][0]),
                learning_rate=rate,
            )
        return found


def swapped(
    table: Prepared, rows: NDArray[np.int64], layout: Layout, noise: float, source: np.random.Philox
) -> Prepared:
    """These rows, each value replaced by that of a row drawn at random with probability `noise`.

    A few categories are hidden besides, so that a value never seen has an embedding.
    """
    arrays, flags = [], []
    for part, array, missing in zip(layout.parts, table.arrays, table.missing, strict=True):
        chance = uniform(source, len(rows))
        others = (uniform(source, len(rows)) * len(table)).astype(np.int64)
        taken = np.where(chance < noise, others, rows)
        values = array[taken]
        if part.kind == "category":
            values[chance > 1.0 - UNKNOWN_SHARE] = part.size
        arrays.append(values)
        flags.append(missing[taken])
    return Prepared(arrays, flags)
