"""Neighbourhoods of nodes: who is met on short walks, whose states make a node's own, who is drawn as noise.

Every draw comes from raw bits of a stream that the caller seeds, so that the same seed gives the same nodes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.signal.negatives import noise_table
from nearer.signal.proximity import Adjacency, transition_matrix

Nodes = NDArray[np.int64]


class Neighbourhoods:
    """Draws among the neighbours of a graph's nodes, in proportion to the weights of the edges.

    Parameters
    ----------
    adjacency : symmetric, (n, n).
    noise_exponent : negatives are drawn in proportion to degree ** noise_exponent.
    """

    def __init__(self, adjacency: Adjacency, noise_exponent: float) -> None:
        self.starts = adjacency.indptr.astype(np.int64)
        self.neighbours = adjacency.indices
        self.degrees = np.diff(self.starts)
        self.shares = transition_matrix(adjacency).data
        self.noise = noise_table(self.degrees, noise_exponent)
        alike = len(adjacency.data) == 0 or bool((adjacency.data == adjacency.data[0]).all())
        # Sums of the shares of all edges before: a draw is a place among those of its node.
        self.sums = None if alike else np.concatenate([[0.0], np.cumsum(self.shares, dtype=np.float64)])

    def drawn(self, nodes: Nodes, source: np.random.Philox) -> Nodes:
        """A neighbour of each node; every node must have one."""
        where = uniform(source, len(nodes))
        first, degrees = self.starts[nodes], self.degrees[nodes]
        if self.sums is None:
            places = first + (where * degrees).astype(np.int64)
        else:
            low, high = self.sums[first], self.sums[first + degrees]
            places = np.searchsorted(self.sums, low + where * (high - low), side="right") - 1
        return self.neighbours[np.clip(places, first, first + degrees - 1)].astype(np.int64)

    def met(self, nodes: Nodes, steps: int, source: np.random.Philox) -> Nodes:
        """Where a random walk from each node ends, after 1 to `steps` steps, each as likely."""
        lengths = 1 + (uniform(source, len(nodes)) * steps).astype(np.int64)
        place = nodes
        for step in range(steps):
            place = np.where(lengths > step, self.drawn(place, source), place)
        return place

    def negatives(self, count: int, source: np.random.Philox) -> Nodes:
        """`count` nodes drawn from the noise distribution."""
        slots = (uniform(source, count) * len(self.noise)).astype(np.int64)
        stays = uniform(source, count) * 2.0**32 < self.noise[slots, 0]
        return np.where(stays, slots, self.noise[slots, 1])

    def averages(
        self, nodes: Nodes, layers: int, fanout: int | None, source: np.random.Philox
    ) -> tuple[Nodes, list[Any]]:
        """Whose features the states of distinct `nodes` take, and each layer's matrix of means, lowest first.

        A matrix (n, m) averages the m states below into n; the first n of the m are the nodes' own. Of a node
        with more than `fanout` neighbours that many are drawn, with replacement: their mean is right on
        average. None: all neighbours are taken.
        """
        found: list[Any] = []
        for _ in range(layers):
            nodes, matrix = self._average(nodes, fanout, source)
            found.append(matrix)
        return nodes, found[::-1]

    def _average(self, nodes: Nodes, fanout: int | None, source: np.random.Philox) -> tuple[Nodes, Any]:
        from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

        degrees = self.degrees[nodes]
        most = int(degrees.max(initial=0)) if fanout is None else fanout
        lengths = np.minimum(degrees, most)
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        row = np.repeat(np.arange(len(nodes)), lengths)
        places = self.starts[nodes][row] + np.arange(indptr[-1]) - indptr[:-1][row]
        columns, weights = self.neighbours[places].astype(np.int64), self.shares[places]
        sampled = (degrees > most)[row]
        if sampled.any():
            columns[sampled] = self.drawn(nodes[row[sampled]], source)
            weights[sampled] = 1.0 / most
        place = np.full(len(self.degrees), -1, dtype=np.int64)
        place[nodes] = np.arange(len(nodes))
        further = np.unique(columns[place[columns] < 0])
        place[further] = len(nodes) + np.arange(len(further))
        below = np.concatenate([nodes, further])
        cells = (weights, place[columns].astype(np.int32), indptr.astype(np.int32))
        return below, csr_array(cells, shape=(len(nodes), len(below)))


def stream(seed: int, number: int) -> np.random.Philox:
    """The stream of random bits of a unit of work; NumPy never changes it."""
    return np.random.Philox(key=seed % 2**64 + ((number % 2**64) << 64))


def uniform(source: np.random.Philox, count: int) -> NDArray[np.float64]:
    """`count` numbers from 0 up to but not 1, float64."""
    return (source.random_raw(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def shuffled(nodes: Nodes, source: np.random.Philox) -> Nodes:
    """`nodes` in random order."""
    return nodes[np.argsort(source.random_raw(len(nodes)), kind="stable")]


def own_neighbours(shares: Any, others: Any = None) -> Any:
    """`shares` (n, m), sparse, where a row without entries, in `others` (n, k) too, is given to its own node.

    So the mean of the neighbours of a node that has none is the node itself.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    counts = np.diff(shares.indptr) + (0 if others is None else np.diff(others.indptr))
    alone = np.flatnonzero(counts == 0)
    ones = csr_array((np.ones(len(alone), np.float32), (alone, alone)), shape=shares.shape)
    return (shares + ones).tocsr()
