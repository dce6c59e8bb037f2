"""Times of interactions as whole numbers that only their order and distance matter of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, shown

TICKS = 1_000_000  # a second given as a floating-point number has this many ticks


def time_numbers(column: Any, where: str | None) -> NDArray[np.int64]:
    """Times of a column (an Arrow array): whole numbers as they are, seconds with a fraction, dates and
    timestamps in microseconds; text as ISO 8601.

    Raises `InputError` naming the first row without a time, and for a column that holds none.
    """
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)
    import pyarrow.compute as pc  # noqa: PLC0415

    if column.null_count:
        row = int(pc.index(pc.is_null(column), True).as_py())
        raise InputError("there is no time", file=where, row=row, remedy="fill it in, or remove the row")
    kind = column.type
    try:
        if pa.types.is_integer(kind):
            return np.asarray(column.cast(pa.int64()).to_numpy())
        if pa.types.is_floating(kind):
            return _from_seconds(np.asarray(column.cast(pa.float64()).to_numpy()), where)
        stamps = column.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False)
        return np.asarray(stamps.cast(pa.int64()).to_numpy())
    except pa.ArrowException as error:
        raise InputError(
            f"the times are no times ({error})",
            file=where,
            remedy="give whole numbers, seconds, dates or timestamps",
        ) from None


def _from_seconds(seconds: NDArray[np.float64], where: str | None) -> NDArray[np.int64]:
    wrong = ~(np.abs(seconds) < 2.0**63 / TICKS)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(f"the time {shown(float(seconds[row]))} is no time", file=where, row=row)
    return np.round(seconds * TICKS).astype(np.int64)
