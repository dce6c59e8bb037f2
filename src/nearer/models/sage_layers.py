"""The layers of GraphSAGE and their gradients, written by hand: a gradient beside its forward pass.

Hamilton, Ying and Leskovec 2017, "Inductive Representation Learning on Large Graphs": a node's state is made
of its own state in the layer below and of the mean of its neighbours' states there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_LENGTH = 1e-12  # of a vector that is scaled to length 1
Weights = Sequence[tuple[NDArray[Any], NDArray[Any]]]  # a layer: W_self and W_neigh, both (inputs, outputs)


@dataclass(frozen=True)
class Passed:
    """What a pass through the layers leaves for the way back.

    Attributes
    ----------
    states : the input of each layer, and of the scaling that ends them.
    means : mean of the neighbours' states in each layer; None where the input is sparse.
    lengths : lengths of the last layer's rows, (n, 1).
    """

    states: list[Any]
    means: list[Any]
    lengths: NDArray[Any]

    @property
    def vectors(self) -> NDArray[Any]:
        """The rows of the last layer, scaled to length 1: (n, dim)."""
        vectors: NDArray[Any] = self.states[-1] / self.lengths
        return vectors


def layer(
    states: Any, average: Any, own: NDArray[Any], neighbour: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """W_self h_v + W_neigh mean(h_u) for each row of `average`, (n, outputs); and the means, if it took them.

    `states` (m, inputs), dense or sparse, are those of the layer below: first those of the n nodes
    themselves. `average` is sparse (n, m); its rows sum to 1, those of nodes without neighbours to 0. Sparse
    states are projected first and dense ones averaged first, which costs least.
    """
    nodes = average.shape[0]
    if not isinstance(states, np.ndarray):
        return states[:nodes] @ own + average @ (states @ neighbour), None
    means = average @ states
    return states[:nodes] @ own + means @ neighbour, means


def forward(features: Any, averages: Sequence[Any], weights: Weights) -> Passed:
    """A pass through all layers: relu between them, rows of length 1 at the end; a row of zeros stays."""
    states, means = [features], []
    for depth, (average, (own, neighbour)) in enumerate(zip(averages, weights, strict=True), 1):
        raw, mean = layer(states[-1], average, own, neighbour)
        states.append(np.maximum(raw, 0, out=raw) if depth < len(weights) else raw)
        means.append(mean)
    lengths = np.sqrt(np.einsum("ij,ij->i", states[-1], states[-1]))[:, None]
    return Passed(states, means, np.maximum(lengths, LEAST_LENGTH))


def backward(
    passed: Passed, averages: Sequence[Any], weights: Weights, gradient: NDArray[Any]
) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Gradients of the weights, where `gradient` is that of `passed.vectors`, (n, dim)."""
    vectors = passed.vectors
    along = np.einsum("ij,ij->i", gradient, vectors)[:, None]
    above = (gradient - vectors * along) / passed.lengths
    found: list[tuple[NDArray[Any], NDArray[Any]]] = []
    for depth in reversed(range(len(weights))):
        states, average, (own, neighbour) = passed.states[depth], averages[depth], weights[depth]
        nodes = average.shape[0]
        if depth < len(weights) - 1:
            above *= passed.states[depth + 1] > 0
        if passed.means[depth] is None:
            found.append((states[:nodes].T @ above, states.T @ (average.T @ above)))
        else:
            found.append((states[:nodes].T @ above, passed.means[depth].T @ above))
        if depth > 0:
            below = average.T @ (above @ neighbour.T)
            below[:nodes] += above @ own.T
            above = below
    return found[::-1]


def contrast(
    anchors: NDArray[Any],
    positives: NDArray[Any],
    negatives: NDArray[Any],
    left_out: NDArray[np.bool_],
    temperature: float,
) -> tuple[NDArray[Any], tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
    """InfoNCE of each pair, (b,), and the gradients of their sum in all three matrices.

    An anchor's positive, row for row, is told from the negatives that all share (q, dim), but for those that
    are left out, bool (b, q): -log exp(a.p / t) / (exp(a.p / t) + sum_n exp(a.n / t)) (van den Oord, Li and
    Vinyals 2018).
    """
    scale = 1.0 / temperature
    near = np.einsum("ij,ij->i", anchors, positives)[:, None] * scale
    far = (anchors @ negatives.T) * scale
    far[left_out] = -np.inf
    scores = np.concatenate([near, far], axis=1)
    top = scores.max(axis=1, keepdims=True)
    odds = np.exp(scores - top)
    total = odds.sum(axis=1, keepdims=True)
    losses = (np.log(total) + top - near)[:, 0]
    odds /= total
    pull = (odds[:, :1] - 1.0) * scale
    push = odds[:, 1:] * scale
    return losses, (
        pull * positives + push @ negatives,
        pull * anchors,
        push.T @ anchors,
    )
