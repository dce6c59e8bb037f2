"""Long short-term memory in NumPy, forward only: a batch of sequences of one length, layer by layer.

Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", with the forget gate of Gers and others 2000. With
the gates in torch's order, i f g o:

    [i f g o] = x W_ih' + h W_hh' + b;    c = sigmoid(f) c + sigmoid(i) tanh(g);    h = sigmoid(o) tanh(c)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """Weights of a layer of h units: of its input (4 h, inputs), of its own state (4 h, h), bias (4 h, 1)."""

    inputs: Floats
    state: Floats
    bias: Floats

    @classmethod
    def of_torch(cls, weights: Mapping[str, NDArray[Any]], number: int) -> Layer:
        """Layer `number` of a torch LSTM whose tensors are `weights` by name."""
        inputs, state, first, second = (
            weights[f"{name}_l{number}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        return cls(inputs, state, (first + second)[:, None])


def last_states(sequences: Floats, layers: Sequence[Layer]) -> Floats:
    """The last layer's state after the last step of (n, steps, inputs): float32 (n, h).

    Inside, a column is one step of one sequence, so that each gate is a block of rows.
    """
    count, steps, width = sequences.shape
    states = np.ascontiguousarray(sequences.transpose(2, 1, 0)).reshape(width, steps * count)
    for layer in layers:
        states = _states(states, layer, count)
    return np.ascontiguousarray(states[:, -count:].T)


def _states(inputs: Floats, layer: Layer, count: int) -> Floats:
    """The states of a layer at every step of (inputs, steps * count): (h, steps * count)."""
    width = len(layer.state) // 4
    gates = layer.inputs @ inputs
    gates += layer.bias
    states = np.empty((width, inputs.shape[1]), dtype=np.float32)
    state = np.zeros((width, count), dtype=np.float32)
    cell = np.zeros((width, count), dtype=np.float32)
    now = np.empty((4 * width, count), dtype=np.float32)
    for start in range(0, inputs.shape[1], count):
        np.matmul(layer.state, state, out=now)
        now += gates[:, start : start + count]
        _squash(now, width)
        cell *= now[width : 2 * width]
        cell += now[:width] * now[2 * width : 3 * width]
        np.multiply(np.tanh(cell), now[3 * width :], out=state)
        states[:, start : start + count] = state
    return states


def _squash(gates: Floats, width: int) -> None:
    """Gates (4 width, n) in place: sigmoid(x) = (1 + tanh(x / 2)) / 2, and tanh of the third quarter."""
    half = np.float32(0.5)
    first, last = gates[: 2 * width], gates[3 * width :]
    first *= half
    last *= half
    np.tanh(gates, out=gates)
    first *= half
    first += half
    last *= half
    last += half
