"""The arithmetic of alignment: the map that carries rows of one matrix nearest to those of another.

Everything is computed from weighted moments, which can be added and subtracted: a map without some rows costs
no second pass. In double precision; `fitted` and `left_out` use one BLAS thread, so that the same rows give
the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nearer.space.reduction import one_thread

Method = Literal["orthogonal", "linear", "affine"]
METHODS: tuple[str, ...] = get_args(Method)
STEPS, SETTLED = 30, 1e-6  # reweighting stops: after so many rounds, or where the loss falls no more
SQUARED = 0.25  # of the median residual: below it a residual counts squared, above by its length
DECIDED = 0.5  # least part of a singular value that must stay without a fold, for the others to decide it

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """What kind of map is looked for.

    Attributes
    ----------
    method : "orthogonal" (keeps lengths and angles), "linear" or "affine" (least squares with a ridge).
    center : whether each side is taken about its mean.
    scale : whether an orthogonal map may stretch, by one factor.
    ridge : strength of the penalty, in units of the mean squared column; 0 for orthogonal maps.
    """

    method: Method
    center: bool
    scale: bool
    ridge: float = 0.0


@dataclass(frozen=True, eq=False)
class Map:
    """x -> (x - source_centre) @ matrix + target_centre.

    Attributes
    ----------
    matrix : float64 (source dim, target dim).
    source_centre, target_centre : float64 (dim,) of their side; zeros where nothing is centred.
    """

    matrix: Matrix
    source_centre: Vector
    target_centre: Vector

    def __call__(self, rows: Matrix) -> Matrix:
        """Rows (n, source dim) of the source as rows (n, target dim) of the target."""
        moved: Matrix = (rows - self.source_centre) @ self.matrix + self.target_centre
        return moved


@dataclass(frozen=True, eq=False)
class Moments:
    """Weighted sums over rows x of the source and y of the target: of 1, x, y, x x', x y'."""

    weight: float
    x: Vector
    y: Vector
    xx: Matrix
    xy: Matrix

    @classmethod
    def of(cls, x: Matrix, y: Matrix, weights: Vector) -> Moments:
        """The sums of n rows with `weights` (n,)."""
        weighted = x * weights[:, None]
        return cls(float(weights.sum()), weighted.sum(0), weights @ y, weighted.T @ x, weighted.T @ y)

    def __sub__(self, other: Moments) -> Moments:
        return Moments(
            self.weight - other.weight,
            self.x - other.x,
            self.y - other.y,
            self.xx - other.xx,
            self.xy - other.xy,
        )

    def about(self, x: Vector, y: Vector) -> tuple[Matrix, Matrix]:
        """The sums of (x - mean)(x - mean)' and (x - mean)(y - mean)' of means, or zeros."""
        return self.xx - self.weight * np.outer(x, x), self.xy - self.weight * np.outer(x, y)


def solved(moments: Moments, plan: Plan) -> Map:
    """The map of `plan` that is best for the rows that `moments` sum up.

    Orthogonal: U V' of the singular value decomposition U S V' of the sum of x y' (Schönemann, 1966, "A
    generalized solution of the orthogonal Procrustes problem"); where the target has more columns it embeds,
    where it has fewer it is the best rotation onto a target that is filled up with zeros. The stretch is
    sum(S) over the sum of squared lengths of the rotated rows. Linear and affine: (X'X + r I)^-1 X'Y with
    r = ridge * trace(X'X) / dim (Hoerl & Kennard, 1970).
    """
    x, y = _centres(moments, plan)
    xx, xy = moments.about(x, y)
    if plan.method == "orthogonal":
        left, _, right = np.linalg.svd(xy, full_matrices=False)
        matrix: Matrix = _stretched(left @ right, xx, xy, plan)
    else:
        penalty = plan.ridge * max(float(np.trace(xx)), np.finfo(float).tiny) / len(xx)
        matrix = np.asarray(np.linalg.lstsq(xx + penalty * np.eye(len(xx)), xy, rcond=None)[0], np.float64)
    return Map(matrix, x, y)


def solved_without(whole: Moments, part: Moments, plan: Plan) -> Map:
    """The map of `plan` for the rows of `whole` but not of `part`, where those rows decide it.

    An orthogonal map turns every direction, also one in which only rows of `part` extend, such as a column
    that is zero in nearly all others. What is left there is noise or rounding, and turns it by lot, so that
    rows of `part` would land anywhere. A pair of singular directions of the whole fit that keeps less than
    half of its singular value without `part` therefore stays as the whole fit has it: there nothing tells
    whether the rows of `part` changed. The other directions are fitted without `part`.
    """
    rest = whole - part
    if plan.method != "orthogonal":
        return solved(rest, plan)
    left, values, right = np.linalg.svd(whole.about(*_centres(whole, plan))[1])
    x, y = _centres(rest, plan)
    xx, xy = rest.about(x, y)
    kept = np.einsum("im,im->m", left[:, : len(values)], xy @ right[: len(values)].T)
    lost = np.flatnonzero(kept < DECIDED * values)
    if not len(lost):
        return solved(rest, plan)
    others, theirs = np.delete(left, lost, axis=1), np.delete(right, lost, axis=0)
    start, _, end = np.linalg.svd(others.T @ xy @ theirs.T, full_matrices=False)
    matrix = others @ start @ end @ theirs + left[:, lost] @ right[lost]
    return Map(_stretched(matrix, xx, xy, plan), x, y)


def _centres(moments: Moments, plan: Plan) -> tuple[Vector, Vector]:
    """What each side is taken about: its mean, or zeros."""
    if plan.center:
        return moments.x / moments.weight, moments.y / moments.weight
    return np.zeros_like(moments.x), np.zeros_like(moments.y)


def _stretched(matrix: Matrix, xx: Matrix, xy: Matrix, plan: Plan) -> Matrix:
    """An orthogonal map times the factor of least squares, where `plan` allows one."""
    length = float(np.einsum("ij,ik,kj->", matrix, xx, matrix, optimize=True)) if plan.scale else 0.0
    return matrix * (float((matrix * xy).sum()) / length) if length > 0 else matrix


def weights_of(x: Matrix, y: Matrix, plan: Plan, robust: bool) -> Vector:
    """Weights (n,) of rows: ones, or where `robust` such that rows that lie far off have no say.

    Iteratively reweighted least squares, first for the smallest sum of residual lengths (Weiszfeld, 1937; for
    rotations Wang & Singer, 2013, "Exact and stable recovery of rotations"), which has one minimum, then from
    there for the smallest sum of their logarithms: the most likely map where each row has an error of its own
    unknown size. Residuals below a quarter of the median count squared (Huber, 1964).
    """
    weights = np.ones(len(x))
    for power in (1, 2) if robust else ():
        before = np.inf
        for _ in range(STEPS):
            residuals = np.linalg.norm(y - solved(Moments.of(x, y, weights), plan)(x), axis=1)
            least = SQUARED * float(np.median(residuals))
            if least <= 0:
                return weights
            sizes = np.maximum(residuals, least)
            loss = float(sizes.sum() if power == 1 else np.log(sizes).sum())
            if loss > before - SETTLED * len(x) * (least if power == 1 else 1.0):
                break
            before, weights = loss, (least / sizes) ** power
    return weights


def fitted(x: Matrix, y: Matrix, plan: Plan, robust: bool) -> Map:
    """The map of `plan` from rows `x` (n, d) to rows `y` (n, e)."""
    with one_thread():
        return solved(Moments.of(x, y, weights_of(x, y, plan, robust)), plan)


def left_out(x: Matrix, y: Matrix, plan: Plan, folds: NDArray[np.intp], robust: bool) -> Matrix:
    """Each row of `x` carried by a map that was fitted without the rows of its fold, (n, e).

    `folds` (n,) numbers the parts from 0. A row thus has no say in where it is expected, but in directions
    that the rows of its fold alone decide (`solved_without`).
    """
    with one_thread():
        weights = weights_of(x, y, plan, robust)
        whole = Moments.of(x, y, weights)
        carried = np.empty_like(y)
        for fold in range(int(folds.max()) + 1):
            rows = np.flatnonzero(folds == fold)
            part = Moments.of(x[rows], y[rows], weights[rows])
            carried[rows] = solved_without(whole, part, plan)(x[rows])
    return carried
