"""Times of rows as numbers whose order is that of time, whatever they were written as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, shown


@dataclass(frozen=True, eq=False)
class Times:
    """Times of n rows.

    Attributes
    ----------
    values : int64 or float64 (n,): microseconds since 1970 where `dated`, otherwise the numbers as they were.
    dated : whether they are dates, which periods such as "7d" can cut.
    """

    values: NDArray[np.int64] | NDArray[np.float64]
    dated: bool

    def __len__(self) -> int:
        return len(self.values)

    def text(self, row: int) -> str:
        """The time of a row as people write it."""
        value = self.values[row]
        if not self.dated:
            return str(int(value)) if float(value).is_integer() else str(float(value))
        stamp = str(np.datetime64(int(value), "us"))
        return stamp.removesuffix(".000000").removesuffix("T00:00:00")


def read_times(column: Any, where: str | None = None) -> Times:
    """Times of a column: numbers, dates, timestamps, or texts of ISO 8601 (`pyarrow.array` takes it).

    Raises `InputError` naming the first row that holds no time.
    """
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    values = column if hasattr(column, "null_count") else _arrow(column, where)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if values.null_count:
        row = values.is_null().index(True).as_py()
        raise InputError("there is no time", file=where, row=row, remedy="fill it in, or remove the row")
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        values = _of_texts(values, where)
        kind = values.type
    if pa.types.is_integer(kind):
        return Times(_numbers(values, pa.int64(), where), dated=False)
    if pa.types.is_floating(kind):
        return Times(_finite(_numbers(values, pa.float64(), where), where), dated=False)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        stamps = values.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False)
        return Times(_numbers(stamps, pa.int64(), where), dated=True)
    raise InputError(
        f"a time is {kind}", file=where, remedy="use numbers, dates, timestamps or texts of ISO 8601"
    )


def time_of(value: object) -> Times:
    """A single time, as an option or a line of a stream gives it; raises `InputError` for what is none."""
    import pyarrow as pa  # noqa: PLC0415  (as above)

    try:
        return read_times(pa.array([value]))
    except (pa.ArrowException, OverflowError):
        raise InputError(
            f"{shown(value)} is no time", remedy="use a number, or ISO 8601: 2024-05-01"
        ) from None


def _arrow(column: Any, where: str | None) -> Any:
    """Values as an Arrow array; raises `InputError` naming one of another kind than the first."""
    import pyarrow as pa  # noqa: PLC0415  (as above)

    plain = column if isinstance(column, np.ndarray) else list(column)
    try:
        return pa.array(plain, from_pandas=True)
    except (pa.ArrowException, TypeError, OverflowError):
        listed = list(plain)
    for row in range(1, len(listed) + 1):  # values are alike up to the row before
        try:
            pa.array([listed[0], listed[row - 1]], from_pandas=True)
        except (pa.ArrowException, TypeError, OverflowError):
            break
    raise InputError(
        f"{shown(listed[row - 1])} is no time of the kind of {shown(listed[0])}", file=where, row=row - 1,
        remedy="use numbers, or ISO 8601, for all",
    )  # fmt: skip


def _of_texts(values: Any, where: str | None) -> Any:
    """Texts as whole numbers, other numbers or timestamps: the first that all of them are."""
    import pyarrow as pa  # noqa: PLC0415  (as above)
    import pyarrow.compute as pc  # noqa: PLC0415

    values = pc.replace_substring_regex(values, r"^(\d{4}-\d{2})$", r"\1-01")  # a month is its first day
    kinds = (pa.int64(), pa.float64(), pa.timestamp("us"), pa.timestamp("us", "UTC"))
    for kind in kinds:
        try:
            return values.cast(kind)
        except pa.ArrowInvalid:
            continue
    able = [{kind for kind in kinds if _is(text, kind)} for text in values]
    none = next((row for row, found in enumerate(able) if not found), None)
    row = none if none is not None else next(row for row, found in enumerate(able) if not found & able[0])
    raise InputError(
        f"{shown(values[row].as_py())} is no time"
        + ("" if none is not None else " of the kind of the first"),
        file=where,
        row=row,
        remedy="use numbers, or ISO 8601, all with a zone or all without: 2024-05-01, 2024-05-01T12:00",
    )


def _is(text: Any, kind: Any) -> bool:
    import pyarrow as pa  # noqa: PLC0415  (as above)

    try:
        text.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def _numbers(values: Any, kind: Any, where: str | None) -> Any:
    import pyarrow as pa  # noqa: PLC0415  (as above)

    try:
        return np.asarray(values.cast(kind).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid as error:
        raise InputError(f"a time is out of range ({error})", file=where) from None


def _finite(values: NDArray[np.float64], where: str | None) -> NDArray[np.float64]:
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise InputError(
            f"the time {values[wrong[0]]} is no time", file=where, row=int(wrong[0]), remedy="correct the row"
        )
    return values
