"""Weights of edges and interactions: finite numbers above 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, shown


def checked_weights(column: Any, where: str | None) -> NDArray[np.float64]:
    """The weights of a column (an Arrow or a NumPy array), float64.

    Raises `InputError` naming the first row that holds none, or one that is not a finite number above 0.
    """
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    if isinstance(column, pa.Array | pa.ChunkedArray):
        kind = column.type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
            raise InputError(f"weights are numbers, and this column is of the type {kind}", file=where)
        column = column.cast(pa.float64()).to_numpy()
    weights = np.asarray(column, dtype=np.float64)
    wrong = ~(np.isfinite(weights) & (weights > 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"the weight {shown(float(weights[row]))} is not a finite number above 0",
            file=where,
            row=row,
            remedy="correct it, or remove the row",
        )
    largest = float(weights.max(initial=0.0))
    if largest > np.finfo(np.float32).max:
        raise InputError(
            f"the weight {largest:g} is too large for single precision",
            file=where,
            row=int(np.argmax(weights)),
            remedy="divide all weights by one number",
        )
    return weights
