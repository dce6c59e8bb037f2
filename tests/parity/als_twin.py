"""ALS by its definition (Hu, Koren and Volinsky 2008): the normal equations of every row, in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass
class Weighted:
    """Weights r of all pairs, (users, items), 0 where there is no interaction; and the settings."""

    weights: Floats
    alpha: float
    regularization: float
    frequency_scaling: float = 0.0

    def confidence(self) -> Floats:
        """c of every pair."""
        return 1.0 + self.alpha * self.weights

    def penalties(self, by_item: bool = False) -> Floats:
        """What the square of each user's row counts, or of each item's."""
        total = self.confidence().sum(axis=0 if by_item else 1)
        return np.asarray(self.regularization * total**self.frequency_scaling)

    def transposed(self) -> Weighted:
        """The same seen from the items."""
        return Weighted(self.weights.T, self.alpha, self.regularization, self.frequency_scaling)

    def solve(self, fixed: Floats) -> Floats:
        """The exact user rows for fixed item rows."""
        solved = np.zeros((len(self.weights), fixed.shape[1]))
        for u, (confidence, chosen) in enumerate(zip(self.confidence(), self.weights > 0, strict=True)):
            system = fixed.T @ (confidence[:, None] * fixed) + self.penalties()[u] * np.eye(fixed.shape[1])
            solved[u] = np.linalg.solve(system, fixed.T @ (confidence * chosen))
        return solved

    def loss(self, users: Floats, items: Floats) -> float:
        """The sum over all pairs of c (p - x.y)^2, and the penalties."""
        errors = (self.weights > 0) - users @ items.T
        total = (self.confidence() * errors**2).sum()
        total += (self.penalties() * (users**2).sum(axis=1)).sum()
        return float(total + (self.penalties(by_item=True) * (items**2).sum(axis=1)).sum())
