"""Ids of nodes, users and items: columns of text or whole numbers, as numbers of a list of keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, shown

MOST_SIGNED = 2**63 - 1
FRACTION = r"^[+-]?[0-9]*\.[0-9]+([eE][+-]?[0-9]+)?$"  # how floating-point numbers are written


@dataclass(frozen=True)
class Coded:
    """`codes`, one array uint32 for each column that was given: row numbers of `keys`, which are distinct."""

    codes: list[NDArray[np.uint32]]
    keys: list[str]


def coded_ids(columns: Sequence[tuple[str, Any]], where: str | None) -> Coded:
    """The ids of some columns (role, Arrow array) as numbers of one list of keys.

    Whole numbers are in rising order and written in decimal; texts are in the order they first occur.
    Raises `InputError` for a null, an empty text, a floating-point number or another type.
    """
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    checked = [_checked(role, column, where) for role, column in columns]
    if any(pa.types.is_string(column.type) or _exceeds_int64(column) for column in checked):
        checked = [column.cast(pa.string()) for column in checked]
        return _coded_texts(checked, [role for role, _ in columns], where)
    values, codes = _distinct(checked)
    return Coded(codes, list(map(str, values.tolist())))


def codes_of(role: str, column: Any, keys: Sequence[str], where: str | None) -> NDArray[np.int64]:
    """The row numbers in `keys` of the ids of a column, int64; -1 for an id that is not there."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    texts = _checked(role, column, where).cast(pa.string())
    found = pc.index_in(texts, value_set=pa.array(keys, pa.string()))
    return np.asarray(found.fill_null(-1).to_numpy(), dtype=np.int64)


def _checked(role: str, column: Any, where: str | None) -> Any:
    """The column as text or integers; raises `InputError` for what is no id."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if column.null_count:
        row = int(pc.index(pc.is_null(column), True).as_py()) if len(column) else 0
        raise InputError(f"there is no {role}", file=where, row=row, remedy="fill it in, or remove the row")
    kind = column.type
    if pa.types.is_floating(kind):
        raise InputError(
            f"the {role} {shown(column[0].as_py()) if len(column) else ''} is a floating-point number, "
            "and ids are text or whole numbers",
            file=where,
            row=0,
            remedy="cast the column to integers or to text",
        )
    if pa.types.is_integer(kind):
        return column
    if pa.types.is_null(kind) or pa.types.is_string(kind):
        return column.cast(pa.string())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    raise InputError(
        f"the {role} is of the type {kind}, and ids are text or whole numbers", file=where, remedy="cast it"
    )


def _exceeds_int64(column: Any) -> bool:
    """Whether unsigned integers are too large to be signed ones."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    return bool(pa.types.is_uint64(column.type) and len(column) and pc.max(column).as_py() > MOST_SIGNED)


def _distinct(columns: Sequence[Any]) -> tuple[NDArray[Any], list[NDArray[np.uint32]]]:
    """The distinct whole numbers of all columns, rising, and the place of every value among them."""
    import pyarrow as pa  # noqa: PLC0415

    # Arrow's own conversions from and to NumPy load pandas where that is installed: 60 MB and half a second.
    chunks = [
        pa.concat_arrays([*column.cast(pa.int64()).chunks] or [pa.nulls(0, pa.int64())]) for column in columns
    ]
    encoded: Any = pa.chunked_array(chunks).dictionary_encode().unify_dictionaries()
    if not len(encoded):
        return np.empty(0, np.int64), [np.empty(0, np.uint32) for _ in columns]
    values = np.from_dlpack(encoded.chunk(0).dictionary)
    order = np.argsort(values)
    rank = np.empty(len(order), np.uint32)
    rank[order] = np.arange(len(order), dtype=np.uint32)
    codes = [rank[np.from_dlpack(chunk.indices)] for chunk in encoded.chunks]
    ordered = values[order]
    del chunks, encoded, values
    pa.default_memory_pool().release_unused()  # what follows takes as much again, of another allocator
    return ordered, codes


def _coded_texts(columns: list[Any], roles: Sequence[str], where: str | None) -> Coded:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    whole = pa.concat_arrays(
        [chunk for column in columns for chunk in column.chunks] or [pa.array([], pa.string())]
    )
    encoded: Any = whole.dictionary_encode()
    keys = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_numpy().astype(np.uint32)
    starts = np.cumsum([0, *map(len, columns)])
    if "" in keys:
        _refuse(
            codes,
            starts,
            keys.index(""),
            roles,
            where,
            "the {role} is empty",
            "fill it in, or remove the row",
        )
    parts = [codes[starts[i] : starts[i + 1]] for i in range(len(columns))]
    fractions = pc.match_substring_regex(encoded.dictionary, FRACTION).to_numpy(zero_copy_only=False)
    for role, part in zip(roles, parts, strict=True):
        if len(part) and fractions.any() and fractions[part].all():
            raise InputError(
                f"every {role} is a floating-point number, as {shown(keys[int(part[0])])}, "
                "and ids are text or whole numbers",
                file=where,
                row=0,
                remedy="write them as whole numbers",
            )
    return Coded(parts, keys)


def _refuse(
    codes: NDArray[np.uint32],
    starts: NDArray[np.int64],
    code: int,
    roles: Sequence[str],
    where: str | None,
    problem: str,
    remedy: str,
) -> None:
    """Raise `InputError` for the first place where `code` stands."""
    place = int(np.flatnonzero(codes == code)[0])
    column = int(np.searchsorted(starts, place, side="right")) - 1
    raise InputError(
        problem.format(role=roles[column]), file=where, row=int(place - starts[column]), remedy=remedy
    )
