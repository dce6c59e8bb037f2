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
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            _refuse_text(column, where)
        of_numbers = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)
        if not any(holds(kind) for holds in of_numbers):
            raise InputError(f"weights are numbers, and this column is of the type {kind}", file=where)
        column = column.cast(pa.float64()).to_numpy()
    try:
        weights = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"weights are numbers, and one is not ({error})", file=where) from None
    wrong = ~(np.isfinite(weights) & (weights > 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"the weight {shown(float(weights[row]))} is not a finite number above 0",
            file=where,
            row=row,
            remedy="correct it, or remove the row",
        )
    for wrong, size, remedy in (
        (weights > np.finfo(np.float32).max, "large", "divide"),
        (weights < np.finfo(np.float32).smallest_subnormal, "small", "multiply"),
    ):
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InputError(
                f"the weight {weights[row]:g} is too {size} for single precision",
                file=where,
                row=row,
                remedy=f"{remedy} all weights by one number",
            )
    return weights


def _refuse_text(column: Any, where: str | None) -> None:
    """Raise `InputError` for the first text that is no number, if there is one."""
    for row, text in enumerate(column.to_pylist()):
        try:
            float(text or "")
        except ValueError:
            raise InputError(
                f"the weight {shown(text)} is no number",
                file=where,
                row=row,
                remedy="correct it, or remove the row",
            ) from None
