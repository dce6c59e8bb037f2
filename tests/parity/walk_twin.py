"""Exact probabilities of a walk's next node, written down from the papers and slow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from nearer import Graph

Step = tuple[int, int]  # where the walk was, and where it is


def matrix_of(graph: Graph) -> NDArray[np.float64]:
    """Weights from row to column, 0 where no arc is."""
    return graph.adjacency().toarray().astype(np.float64)


def first_order(weights: NDArray[np.float64]) -> dict[Step, NDArray[np.float64]]:
    """DeepWalk: by weight, wherever the walk came from."""
    return {
        (t, v): weights[v] / weights[v].sum() for t, v in np.argwhere(weights).tolist() if weights[v].any()
    }


def node2vec(weights: NDArray[np.float64], p: float, q: float) -> dict[Step, NDArray[np.float64]]:
    """Grover and Leskovec 2016, section 3.2.1: weight times 1/p, 1 or 1/q, by the distance from t."""
    found = {}
    for t, v in np.argwhere(weights).tolist():
        bias = np.where(weights[t] > 0, 1.0, 1.0 / q)
        bias[t] = 1.0 / p
        masses = weights[v] * bias
        if masses.any():
            found[t, v] = masses / masses.sum()
    return found


def node2vec_plus(weights: NDArray[np.float64], p: float, q: float) -> dict[Step, NDArray[np.float64]]:
    """Liu, Hirn and Krishnan 2023, section 3: an arc is loose below the mean weight of its node's arcs."""
    usual = weights.sum(axis=1) / (weights > 0).sum(axis=1)
    found = {}
    for t, v in np.argwhere(weights).tolist():
        masses = np.zeros(len(weights))
        for x in np.flatnonzero(weights[v]):
            if x == t:
                bias = 1 / p
            elif weights[t, x] >= usual[x]:
                bias = 1.0
            elif weights[v, x] < usual[v]:
                bias = min(1.0, 1 / q)
            else:
                bias = 1 / q + (1 - 1 / q) * weights[t, x] / usual[x]
            masses[x] = weights[v, x] * bias
        found[t, v] = masses / masses.sum()
    return found


def misfit(
    walks: NDArray[np.uint32],
    lengths: NDArray[np.int64],
    expected: Mapping[Step, NDArray[np.float64]],
) -> float:
    """The p-value of all steps but the first against `expected`: Pearson's chi-squared over pairs (t, v)."""
    steps: Sequence[NDArray[np.uint32]] = [
        walk[i : i + 3] for walk, n in zip(walks, lengths, strict=True) for i in range(n - 2)
    ]
    n = len(next(iter(expected.values())))
    seen = np.zeros((n, n, n))
    np.add.at(seen, tuple(np.array(steps).T), 1)
    statistic, freedom = 0.0, 0
    for (t, v), probabilities in expected.items():
        counts, possible = seen[t, v], probabilities > 0
        assert not counts[~possible].any(), f"a step from {t} over {v} that cannot be"
        if possible.sum() < 2 or counts.sum() == 0:
            continue
        wanted = counts.sum() * probabilities[possible]
        statistic += float(((counts[possible] - wanted) ** 2 / wanted).sum())
        freedom += int(possible.sum()) - 1
    assert seen.sum() == sum(seen[t, v].sum() for t, v in expected)
    return float(chi2.sf(statistic, freedom))
