"""`Spectrum`: principal axes of a sample, and how sure a figure of their variances is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nearer.evaluate.health.nearest import Matrix

NORMAL = 1.959964  # quantile of the normal distribution that leaves 2.5 % above
FEWEST = 100  # rows without which no interval of the variances is given


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Variances along the principal axes of `rows` (m, dim).

    Attributes
    ----------
    rows : around their mean, or around the origin.
    values : float64 (dim,), variances along the axes (sums of squares / m), falling.
    axes : float64 (dim, dim), an axis a column.
    """

    rows: Matrix
    values: Matrix
    axes: Matrix

    @classmethod
    def of(cls, rows: Matrix, *, centred: bool = True) -> Spectrum:
        """The axes of `rows` (m, dim), through their mean or through the origin."""
        moved = rows - rows.mean(axis=0) if centred else rows
        values, axes = np.linalg.eigh(moved.T @ moved / len(moved))
        return cls(moved, np.maximum(values[::-1], 0.0), axes[:, ::-1])

    @cached_property
    def squares(self) -> Matrix:
        """Squared coordinates of each row on each axis (m, dim)."""
        return np.asarray((self.rows @ self.axes) ** 2)

    @property
    def rank(self) -> int:
        """Axes whose deviation single precision tells from rounding: above largest * max(m, dim) * 2^-23.

        The rule of numerical rank (Golub & Van Loan, 2013), with the precision that vectors are stored in.
        """
        limit = np.sqrt(self.values[0]) * max(self.rows.shape) * np.finfo(np.float32).eps
        return int((np.sqrt(self.values) > limit).sum())

    def interval(self, value: float, gradient: Matrix) -> tuple[float, float] | None:
        """95 % interval of a smooth figure of the variances, whose `gradient` (dim,) by them is given.

        One row moves the variance of axis j by (its squared coordinate - the variance) / m, to first order
        (Critchley, 1985), and so the figure by the sum of that times the gradient; the interval is
        value +- 1.96 s / sqrt(m), s the deviation of these over the rows (Hampel, 1974). It holds for
        independent rows, many more than dimensions that count.
        """
        if len(self.rows) < FEWEST:
            return None
        moves = self.squares @ gradient - self.values @ gradient
        wide = NORMAL * float(moves.std()) / np.sqrt(len(moves))
        return value - wide, value + wide


def gaussian_values(rows: int, dim: int, seed: int) -> Matrix:
    """Variances along the principal axes of `rows` drawn from the isotropic Gaussian, falling (dim,).

    By Bartlett's decomposition of the Wishart distribution (1933), so that time does not grow with `rows`.
    """
    generator = np.random.default_rng(seed)
    if rows <= dim:
        drawn = generator.standard_normal((rows, dim))
        values = np.pad(np.linalg.eigvalsh(drawn @ drawn.T), (dim - rows, 0))
    else:
        lower = np.tril(generator.standard_normal((dim, dim)), -1)
        lower[np.diag_indices(dim)] = np.sqrt(generator.chisquare(rows - np.arange(dim)))
        values = np.linalg.eigvalsh(lower @ lower.T)
    return np.asarray(np.maximum(values[::-1], 0) / rows, np.float64)
