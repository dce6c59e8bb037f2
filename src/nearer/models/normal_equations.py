"""A user's vector for fixed item vectors: normal equations of weighted least squares, and what they explain.

Hu, Koren and Volinsky 2008, sections 4 and 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.als import Feedback, Solver, gram_matrix, solve_rows
from nearer.kernels.threads import thread_count
from nearer.kernels.training import padded_rows
from nearer.kernels.variants import chosen_variant

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Matrix = csr_array[np.float32, tuple[int, int]]


class NormalEquations:
    """For item vectors, float32 (items, d): the vector x of a user who chose some of them, which makes least

    the sum over all items of c (p - x.y)^2, plus the penalty times |x|^2 (see `Solver`).
    """

    def __init__(self, vectors: NDArray[np.float32], solver: Solver, threads: int | None) -> None:
        self._solver = Solver(**{**vars(solver), "cg_steps": 0})
        self._threads, self._variant = thread_count(threads), chosen_variant()
        self._items = padded_rows(len(vectors), solver.dim)
        self._items[:, : solver.dim] = vectors[:, : solver.dim]
        self._gram = gram_matrix(self._items, self._threads, self._variant)

    def solve(self, chosen: Matrix) -> NDArray[np.float32]:
        """The vectors (n, d) of users by what they chose: (n, items), weights; exactly, by factorisation."""
        side = feedback(chosen)
        solved = padded_rows(side.rows, self._solver.dim)
        penalties = self._solver.penalties(side, len(self._items))
        units = (0, side.units)
        solve_rows(
            side,
            self._items,
            solved,
            self._gram,
            penalties,
            self._solver,
            units,
            self._threads,
            self._variant,
        )
        return np.ascontiguousarray(solved[:, : self._solver.dim])

    def shares(
        self, past: NDArray[np.int64], weights: NDArray[np.float32], items: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """What each past item adds to x.y of each of `items` (c,): float64 (c, p); their sums are those
        scores.

        x = A^-1 sum of c_j y_j, so that item j adds y^T A^-1 y_j c_j.
        """
        dim = self._solver.dim
        rows = self._items[past, :dim].astype(np.float64)
        extra = self._solver.alpha * weights.astype(np.float64)
        confidence = extra.sum() + len(self._items)
        penalty = self._solver.regularization * confidence**self._solver.frequency_scaling
        system = self._gram[:dim, :dim] + (rows.T * extra) @ rows + penalty * np.eye(dim)
        carried = np.linalg.solve(system, (rows * (1.0 + extra)[:, None]).T).T
        wanted = self._items[items, :dim].astype(np.float64)
        shares = [carried @ item for item in wanted]  # one by one: the same bits whatever else is asked for
        return np.array(shares).reshape(len(items), len(past))


def feedback(matrix: Matrix) -> Feedback:
    """A sparse matrix as the kernel reads it."""
    return Feedback(
        np.ascontiguousarray(matrix.indptr, np.int64),
        np.ascontiguousarray(matrix.indices, np.uint32),
        np.ascontiguousarray(matrix.data, np.float32),
    )
