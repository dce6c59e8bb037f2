"""Alternating least squares on implicit feedback: the native engine's typed face.

Hu, Koren and Volinsky 2008, "Collaborative filtering for implicit feedback datasets"; conjugate gradient
after Takács, Pilászy and Tikk 2011, "Applications of the conjugate gradient method for implicit feedback
collaborative filtering". A half-sweep solves the rows of one side with the other side fixed; a unit of work
is some rows of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.kernels import _native
from nearer.kernels.training import TrainReport, aligned_alike, padded_rows, require, require_range

UNIT_ROWS = 128  # as kAlsUnitRows in native/als_training.hpp


@dataclass(frozen=True)
class Feedback:
    """What the rows of one side have of the other: sparse rows (CSR).

    Attributes
    ----------
    indptr : int64 (rows + 1).
    indices : uint32 (n), rows of the other side, distinct within a row.
    weights : float32 (n), r of each entry: its confidence is 1 + alpha r.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    weights: NDArray[np.float32]

    @property
    def rows(self) -> int:
        """Rows of this side."""
        return len(self.indptr) - 1

    @property
    def units(self) -> int:
        """Units of work of a half-sweep."""
        return -(-self.rows // UNIT_ROWS)

    def total_weights(self) -> NDArray[np.float64]:
        """The sum of the weights of each row: float64 (rows,)."""
        totals = np.zeros(len(self.indptr) - 1)
        rows = np.flatnonzero(np.diff(self.indptr))
        if len(rows):  # row by row: one running sum would lose small weights beside large ones
            totals[rows] = np.add.reduceat(self.weights, self.indptr[rows], dtype=np.float64)
        return totals


@dataclass(frozen=True)
class Solver:
    """How a row is solved.

    Attributes
    ----------
    dim : dimension of the vectors; columns beyond it are padding and stay 0.
    alpha : confidence is 1 + alpha r.
    regularization, frequency_scaling : the square of a row counts regularization * C ** frequency_scaling,
        where C is the sum of its confidences over all rows of the other side (Rendle et al. 2022).
    cg_steps : steps of conjugate gradient; 0: Cholesky factorisation.
    """

    dim: int
    alpha: float
    regularization: float
    frequency_scaling: float
    cg_steps: int

    def penalties(self, side: Feedback, others: int) -> NDArray[np.float32]:
        """What the square of each row counts: float32 (rows,)."""
        confidence = self.alpha * side.total_weights() + others
        return (self.regularization * confidence**self.frequency_scaling).astype(np.float32)


@dataclass
class AlsTraining:
    """A training run: everything that decides it but the rows it starts from.

    An epoch is a half-sweep over the users, then one over the items.
    """

    by_user: Feedback
    by_item: Feedback
    solver: Solver
    planned_units: int
    learning_rate: None = None
    _gram: tuple[int, NDArray[np.float32]] = field(default=(-1, np.empty((0, 0), np.float32)), repr=False)

    @property
    def units_an_epoch(self) -> int:
        """Units of both half-sweeps."""
        return self.by_user.units + self.by_item.units

    @property
    def items_an_epoch(self) -> int:
        """Interactions, each read once from either side."""
        return 2 * len(self.by_user.indices)

    @cached_property
    def _penalties(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Of users and of items."""
        users, items = self.by_user, self.by_item
        return self.solver.penalties(users, items.rows), self.solver.penalties(items, users.rows)

    def train(
        self, arrays: Mapping[str, NDArray[Any]], first: int, last: int, threads: int, variant: str
    ) -> TrainReport:
        """Solve units [first, last), counted over all epochs, of the matrices "users" and "items", in place.

        The loss is that of the whole state after a half-sweep over the items, spread over its units; `pairs`
        are the interactions it is a mean over. The result is the same bits whatever the threads and the
        calls.
        """
        require_range(len(self.by_user.indices), self.planned_units, first, last, threads)
        loss, pairs, tokens = 0.0, 0, 0
        while first < last:
            epoch, begin = divmod(first, self.units_an_epoch)
            over_items = begin >= self.by_user.units
            start = self.by_user.units if over_items else 0
            end = min(begin + last - first, self.units_an_epoch if over_items else self.by_user.units)
            side = self.by_item if over_items else self.by_user
            fixed, solved = arrays["users"], arrays["items"]
            if not over_items:
                fixed, solved = solved, fixed
            if self._gram[0] != 2 * epoch + over_items:
                self._gram = 2 * epoch + over_items, gram_matrix(fixed, threads, variant)
            penalties, fixed_penalties = self._penalties[over_items], self._penalties[not over_items]
            part = solve_rows(
                side,
                fixed,
                solved,
                self._gram[1],
                penalties,
                self.solver,
                (begin - start, end - start),
                threads,
                variant,
            )
            if over_items:
                loss, pairs = loss + part.loss, pairs + part.pairs
            if end == self.units_an_epoch:
                squares = np.einsum("ij,ij->i", fixed, fixed, dtype=np.float64)
                loss += float((squares * fixed_penalties).sum())
            tokens, first = tokens + part.tokens, first + end - begin
        return TrainReport(loss, pairs, tokens)


def gram_matrix(rows: NDArray[np.float32], threads: int, variant: str) -> NDArray[np.float32]:
    """The sum of y y^T over `rows`, (n, stride) from `padded_rows`: float32 (stride, stride), aligned.

    The same bits whatever the threads.
    """
    require({"rows are aligned": rows.ndim == 2 and aligned_alike(rows)}, "a Gram matrix")
    gram = padded_rows(rows.shape[1], rows.shape[1])
    _native.als_gram(variant, rows, gram, threads)
    return gram


def solve_rows(
    side: Feedback,
    fixed: NDArray[np.float32],
    solved: NDArray[np.float32],
    gram: NDArray[np.float32],
    penalties: NDArray[np.float32],
    solver: Solver,
    units: tuple[int, int],
    threads: int,
    variant: str,
) -> TrainReport:
    """Solve the rows of some units of a half-sweep in place; conjugate gradient starts from `solved` as it
    is.

    The report's loss is the sum over those rows x, and over all rows y of the other side, of c (p - x.y)^2,
    plus the penalty of x. Indices are below the rows of `fixed`, which is not checked.

    Raises `ParameterError` for arguments the kernel cannot work with.
    """
    require(
        {
            "rows of both matrices are aligned, in one width": all(
                matrix.ndim == 2 and matrix.shape[1] == gram.shape[1] and aligned_alike(matrix)
                for matrix in (fixed, solved, gram)
            ),
            "there is a row to solve for each row of feedback": len(solved) == side.rows == len(penalties),
            "dim is at most the width of the rows": 1 <= solver.dim <= fixed.shape[1],
            "alpha is finite": math.isfinite(solver.alpha),
            "units are those of the feedback": 0 <= units[0] <= units[1] <= side.units,
        },
        "ALS",
    )
    return TrainReport(
        *_native.als_solve(
            variant,
            side.indptr,
            side.indices,
            side.weights,
            fixed,
            solved,
            gram,
            penalties,
            solver.dim,
            solver.alpha,
            solver.cg_steps,
            *units,
            threads,
        )
    )
