"""How far each shared key lies from where the map of all the others carries it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nearer.chance import permutation_p_value
from nearer.space import Space
from nearer.space.align_fit import Matrix, Plan, Vector, fitted, left_out
from nearer.space.align_ridge import chosen_ridge
from nearer.space.checks import Metric
from nearer.space.queries import as_compared, unit
from nearer.space.reduction import one_thread

FOLDS = 5
FLOOR = 1e-5  # of the typical length: a residual below it is rounding
TESTED, DRAWS = 1000, 999  # keys of the test of relation, at most, and permutations of them


@dataclass(frozen=True, eq=False)
class Pairing:
    """The vectors of the shared keys in two spaces, and how a map between them is fitted.

    Attributes
    ----------
    x, y : float64 (n, dim) of their side, of length 1 where its metric is "cosine".
    metric : of y: how residuals are measured.
    folds : int (n,), the part of the keys that each belongs to, drawn at random.
    plan : the kind of map.
    """

    x: Matrix
    y: Matrix
    metric: Metric
    folds: NDArray[np.intp]
    plan: Plan

    @classmethod
    def of(
        cls, source: Space, target: Space, keys: list[str], plan: Plan, choose: bool, seed: int
    ) -> Pairing:
        """The pairing of `keys`; `choose` the strength of the ridge. Folds depend on n and `seed` alone."""
        x = as_compared(source.vectors[source.rows(keys)], source.metric)
        y = as_compared(target.vectors[target.rows(keys)], target.metric)
        folds = np.random.default_rng(seed).permutation(len(keys)) % FOLDS
        if choose:
            plan = replace(plan, ridge=chosen_ridge(x, y, plan.center, seed))
        return cls(x, y, target.metric, folds, plan)

    @property
    def size(self) -> float:
        """The typical length of a vector of y, at least the smallest number there is."""
        return max(float(np.sqrt((self.y**2).sum(axis=1).mean())), np.finfo(float).tiny)

    def residuals(self) -> Vector:
        """Distance (n,) of each key from where a map that was fitted without its fold carries it.

        Of directions, |a/|a| - b/|b|| = sqrt(2 - 2 cosine), where the metric is "cosine", else Euclidean.
        Zeros where both sides are the same numbers: then no map is needed, and none can be better.
        """
        if np.array_equal(self.x, self.y):
            return np.zeros(len(self.x))
        return distances(left_out(self.x, self.y, self.plan, self.folds, True), self.y, self.metric)

    def unturned(self) -> Vector | None:
        """The distances without any map; None where the dimensions differ."""
        return distances(self.x, self.y, self.metric) if self.x.shape == self.y.shape else None

    def relation(self, seed: int) -> tuple[float, float]:
        """p-value that keys are paired as by lot, and the share of their distance that the map explains.

        A map is fitted without the first fold and carries it; the statistic is the mean squared distance of
        carried rows from the rows of their own keys, the null permutes the rows of that fold. The map
        does not depend on how they are paired, so the p-value is exact. The share is 1 - the statistic over
        its mean for keys paired at random.
        """
        seen, tested = self.folds != 0, np.flatnonzero(self.folds == 0)[:TESTED]
        move, there = fitted(self.x[seen], self.y[seen], self.plan, True), self.y[tested]
        with one_thread():
            carried = move(self.x[tested])
            if self.metric == "cosine":
                carried, there = unit(carried), unit(there)
            squares = (carried**2).sum(1)[:, None] + (there**2).sum(1)[None] - 2 * carried @ there.T
        draws = np.random.default_rng(seed)
        rows = np.arange(len(tested))
        null = np.array([squares[rows, draws.permutation(len(tested))].mean() for _ in range(DRAWS)])
        own = float(np.diagonal(squares).mean())
        apart = float((squares.sum() - np.trace(squares)) / (len(tested) * (len(tested) - 1)))
        p_value = float(permutation_p_value(-own, -null))
        return p_value, 1 - own / apart if apart > 0 else 0.0


def distances(carried: Matrix, there: Matrix, metric: Metric) -> Vector:
    """Distance (n,) of rows: of their directions where the metric is "cosine", else Euclidean."""
    if metric == "cosine":
        carried, there = unit(carried), unit(there)
    lengths: Vector = np.linalg.norm(carried - there, axis=1)
    return lengths


def turned(unturned: Vector | None, residuals: Vector, least: float) -> bool:
    """Whether the map brings the middle key nearer by a tenth: the rule of "the axes turned"."""
    if unturned is None:
        return True
    return float(np.median(unturned)) * 0.9 > max(float(np.median(residuals)), least)


def ladder(values: Vector, steps: int) -> list[NDArray[np.intp]]:
    """Row numbers in `steps` parts of rising `values` and equal size."""
    order = np.argsort(values, kind="stable")
    borders = np.linspace(0, len(values), steps + 1).astype(int)
    return [order[start:end] for start, end in pairwise(borders)]
