"""Values of one column as an array of its kind, with flags of those that are missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.table_read import Rows
from nearer.errors import InputError, shown

SECOND = 1_000_000  # microseconds
DAY = 86_400 * SECOND
TRUTHS = {"true": 1.0, "yes": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "0": 0.0}


@dataclass(frozen=True, eq=False)
class Values:
    """A column of n values.

    Attributes
    ----------
    values : numbers, float64, 0 where missing; dates, float64 days since 1970 in UTC, 0 where missing;
        categories and booleans, int32 places among the c known ones, c for one that is not known, c + 1
        where missing; texts, objects of type str, empty where missing.
    missing : bool (n).
    """

    values: NDArray[Any]
    missing: NDArray[np.bool_]

    def take(self, rows: NDArray[Any] | slice) -> Values:
        """The values at these places."""
        return Values(self.values[rows], self.missing[rows])


def read_values(rows: Rows, name: str, kind: str, categories: Sequence[str] = ()) -> Values:
    """A column of `rows` as values of `kind`, of which `categories` are known.

    Raises `InputError` naming file, row and value for one that is not of that kind.
    """
    column = readable(rows, name)
    missing = is_missing(column)
    values: NDArray[Any]
    if kind == "number":
        values = _numbers(name, column, missing, rows.where)
    elif kind == "date":
        values = _days(name, column, missing, rows.where)
    elif kind == "boolean":
        truths = _each_distinct(
            as_texts(column), missing, _truth, name, "is neither true nor false", rows.where
        )
        values = np.where(missing, len(categories) + 1, truths).astype(np.int32)
    elif kind == "category":
        values = _codes(as_texts(column), missing, categories)
    else:
        values = np.array(as_texts(column).fill_null("").to_pylist(), dtype=object)
    return Values(values, missing)


def category_counts(rows: Rows, name: str) -> dict[str, int]:
    """The distinct values of a column as texts, and how often each occurs; the most frequent first."""
    counts = as_texts(readable(rows, name)).value_counts().to_pylist()
    found = {count["values"]: int(count["counts"]) for count in counts if count["values"]}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def readable(rows: Rows, name: str) -> Any:
    """A column as an Arrow array of plain values, times of day and spans of time as seconds.

    Raises `InputError` for lists, bytes and the like.
    """
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)
    import pyarrow.compute as pc  # noqa: PLC0415

    column = rows.columns[name]
    kinds = pa.types
    if kinds.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if kinds.is_large_string(column.type) or kinds.is_string_view(column.type) or kinds.is_null(column.type):
        return column.cast(pa.string())
    if kinds.is_float16(column.type) or kinds.is_decimal(column.type):
        return column.cast(pa.float64())
    if kinds.is_time(column.type):
        column = column.cast(pa.time64("us")).cast(pa.int64()).cast(pa.duration("us"))
    if kinds.is_duration(column.type):
        ticks = column.cast(pa.duration("us"), safe=False).cast(pa.int64())
        return pc.divide(ticks.cast(pa.float64(), safe=False), pa.scalar(float(SECOND)))
    if kinds.is_nested(column.type) or kinds.is_binary(column.type) or kinds.is_large_binary(column.type):
        raise InputError(
            f"column {shown(name)} holds {column.type}, and a table's values are numbers, texts, dates and "
            "booleans",
            file=rows.where,
            remedy="leave it out (ignore)",
        )
    return column


def is_text(kind: Any) -> bool:
    """Whether a `readable` column of this type holds texts."""
    import pyarrow as pa  # noqa: PLC0415

    return bool(pa.types.is_string(kind))


def is_missing(column: Any) -> NDArray[np.bool_]:
    """Which values are null, NaN or an empty text, bool (n)."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    gone = pc.is_null(column, nan_is_null=True)
    if is_text(column.type):
        gone = pc.or_(gone, pc.equal(pc.utf8_trim_whitespace(column.fill_null("")), pa.scalar("")))
    return np.asarray(gone.to_numpy(), dtype=bool)


def as_texts(column: Any) -> Any:
    """A `readable` column as texts, null where missing; whole numbers without a fraction, 7 for 7.0."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    if is_text(column.type):
        texts: Any = pc.utf8_trim_whitespace(column)
        return pc.if_else(pc.equal(texts, pa.scalar("")), pa.scalar(None, pa.string()), texts)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        return pc.replace_substring_regex(column.cast(pa.string()), r"\.0+$", "")
    return column.cast(pa.string())


def _codes(texts: Any, missing: NDArray[np.bool_], categories: Sequence[str]) -> NDArray[np.int32]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    found = pc.index_in(texts, value_set=pa.array(categories, pa.string())).fill_null(len(categories))
    codes = np.asarray(found.to_numpy(), dtype=np.int32)
    return np.where(missing, np.int32(len(categories) + 1), codes)


def _numbers(name: str, column: Any, missing: NDArray[np.bool_], where: str | None) -> NDArray[np.float64]:
    import pyarrow as pa  # noqa: PLC0415

    if is_text(column.type):
        numbers = _each_distinct(as_texts(column), missing, float, name, "is no number", where)
    elif pa.types.is_temporal(column.type):
        raise InputError(
            f"column {shown(name)} holds {column.type}, no numbers", file=where, remedy="call it a date"
        )
    else:
        numbers = np.array(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
        numbers[missing] = 0.0
    bad = ~np.isfinite(numbers)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            f"column {shown(name)}: {numbers[row]} is no finite number",
            file=where,
            row=row,
            remedy="leave it empty where it is unknown",
        )
    return numbers


def _days(name: str, column: Any, missing: NDArray[np.bool_], where: str | None) -> NDArray[np.float64]:
    import pyarrow as pa  # noqa: PLC0415

    if is_text(column.type):
        return _each_distinct(as_texts(column), missing, _day_of, name, "is no date as 2024-05-31", where)
    if not (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
        raise InputError(
            f"column {shown(name)} holds {column.type}, no dates",
            file=where,
            remedy="give dates, timestamps or ISO 8601 texts",
        )
    stamps = column.cast(pa.timestamp("us", getattr(column.type, "tz", None)), safe=False)
    days: NDArray[np.float64] = np.asarray(stamps.cast(pa.int64()).fill_null(0).to_numpy()) / DAY
    return days


def _day_of(text: str) -> float:
    """Days since 1970 of an ISO 8601 date or time; without a zone it is UTC."""
    from datetime import UTC, datetime  # noqa: PLC0415

    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days + (since.seconds * SECOND + since.microseconds) / DAY


def _truth(text: str) -> float:
    return TRUTHS[text.lower()]


def _each_distinct(
    texts: Any,
    missing: NDArray[np.bool_],
    parse: Callable[[str], float],
    name: str,
    problem: str,
    where: str | None,
) -> NDArray[np.float64]:
    """What `parse` makes of each text, 0 where missing; raises `InputError` naming the first it refuses."""
    encoded = texts.combine_chunks().dictionary_encode()
    found = []
    for place, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            found.append(parse(text))
        except (ValueError, KeyError, OverflowError):
            row = int(np.argmax(encoded.indices.fill_null(-1).to_numpy() == place))
            raise InputError(
                f"column {shown(name)}: {shown(text)} {problem}",
                file=where,
                row=row,
                remedy="mend it, or fit with the column as another kind",
            ) from None
    places = encoded.indices.fill_null(0).to_numpy()
    numbers = np.array(found, dtype=np.float64)[places] if found else np.zeros(len(texts))
    return np.where(missing, 0.0, numbers)
