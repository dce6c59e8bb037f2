"""Rows of a matrix, scaled to length 1."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", np.float32, np.float64)
ROWS_A_STEP = 4096  # held in float64 at a time


def unit_rows(rows: NDArray[F]) -> NDArray[F]:
    """`rows` (n, d) scaled to length 1 in place; a row of zeros stays, one that is not finite becomes NaN.

    A row's bits do not depend on the others.
    """
    for start in range(0, len(rows), ROWS_A_STEP):
        exact = rows[start : start + ROWS_A_STEP].astype(np.float64, order="C")
        lengths = np.sqrt(np.einsum("ij,ij->i", exact, exact))
        with np.errstate(invalid="ignore"):
            rows[start : start + ROWS_A_STEP] = exact / np.where(lengths == 0, 1.0, lengths)[:, None]
    return rows
