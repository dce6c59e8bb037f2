"""Vectors from trained layers of GraphSAGE, for the nodes of the fit and for nodes never seen.

Nodes of the fit keep the states they had: a new node changes nothing but its own. Sums run over one row at a
time, so that a node's vector does not depend on which others are encoded with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.models.sage_layers import Weights
from nearer.space.lengths import unit_rows

ROWS_A_STEP = 4096
Source = tuple[Any, Any]  # a matrix of means (n, m), sparse, and the m states it averages


def next_states(
    states: Any, sources: Sequence[Source], weights: tuple[NDArray[Any], NDArray[Any]], *, last: bool
) -> NDArray[np.float32]:
    """The states above `states`, (n, outputs); between layers relu follows, at the end nothing."""
    own, neighbour = weights
    raw = _product(states, own)
    for average, below in sources:
        if average.nnz:
            raw += average @ _product(below, neighbour)
    return raw if last else np.maximum(raw, 0, out=raw)


def known_states(features: Any, transitions: Any, weights: Weights) -> tuple[list[Any], NDArray[np.float32]]:
    """The input of each layer for all nodes of a graph, and their vectors, rows of length 1 or 0."""
    inputs: list[Any] = []
    states = features
    for depth, pair in enumerate(weights, 1):
        inputs.append(states)
        states = next_states(states, [(transitions, states)], pair, last=depth == len(weights))
    return inputs, unit_rows(states)


def new_vectors(
    features: Any,
    to_new: Any,
    to_known: Any,
    known: Sequence[Any],
    weights: Weights,
    *,
    batch_size: int,
    advance: Callable[[int], None],
) -> NDArray[np.float32]:
    """Vectors of n new nodes, rows of length 1 or 0.

    `to_new` (n, n) and `to_known` (n, nodes of the fit) are the shares of a new node's neighbours, which
    together sum to 1; `known` are the inputs of each layer for the nodes of the fit. `advance` is told of
    rows that passed a layer.
    """
    used = np.unique(to_known.indices)
    to_used = to_known[:, used]
    states = features
    for depth, pair in enumerate(weights, 1):
        below = known[depth - 1][used]
        projected = _product(states, pair[1])
        projected_known = _product(below, pair[1])
        above = np.empty((states.shape[0], pair[0].shape[1]), np.float32)
        for start in range(0, len(above), batch_size):
            rows = slice(start, start + batch_size)
            above[rows] = _product(states[rows], pair[0])
            above[rows] += to_new[rows] @ projected
            above[rows] += to_used[rows] @ projected_known
            advance(len(above[rows]))
        states = above if depth == len(weights) else np.maximum(above, 0, out=above)
    return unit_rows(states)


def _product(states: Any, weights: NDArray[Any]) -> NDArray[np.float32]:
    """`states @ weights`, each row summed by itself: SciPy's product of a sparse matrix does so."""
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    if not isinstance(states, np.ndarray):
        return states @ weights  # type: ignore[no-any-return]
    product = np.empty((len(states), weights.shape[1]), np.float32)
    for start in range(0, len(states), ROWS_A_STEP):
        product[start : start + ROWS_A_STEP] = csr_array(states[start : start + ROWS_A_STEP]) @ weights
    return product
