"""Kinds of columns: what a column holds, told from its type and values."""

from __future__ import annotations

from typing import Any, Literal, get_args

from nearer.data.table_read import Rows
from nearer.data.table_values import as_texts, is_missing, is_text, readable

Kind = Literal["number", "category", "text", "date", "boolean"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MOST_CATEGORIES = 1_000  # distinct texts that are still categories, where they occur twice on average
FEW = 20  # distinct texts that always are, and rows from which on texts all different may be ids
ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?$"
WORDS_OF_TRUTH = ({"true", "false"}, {"yes", "no"})


def inferred_kind(name: str, rows: Rows) -> Kind:
    """What a column holds by its type and values; raises `InputError` for lists, bytes and the like."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    column = readable(rows, name)
    if pa.types.is_boolean(column.type):
        return "boolean"
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return "date"
    return _kind_of_texts(column) if is_text(column.type) else "number"


def left_out(name: str, rows: Rows, asked: bool) -> str | None:
    """Why a column is left out, or None; one whose kind was asked for holds no ids."""
    column = readable(rows, name)
    missing = is_missing(column)
    if missing.all():
        return "every value is missing"
    if len(missing) > 1 and not missing.any() and len(column.unique()) == 1:
        return "every value is the same"
    if not asked and is_text(column.type) and _holds_ids(column):
        return "ids: texts all different, without a blank"
    return None


def _kind_of_texts(column: Any) -> Kind:
    present = column.filter(~is_missing(column))
    distinct = present.unique()
    if len(distinct) <= FEW and {text.lower() for text in as_texts(distinct).to_pylist()} in WORDS_OF_TRUTH:
        return "boolean"
    if len(distinct) and _are_dates(distinct):
        return "date"
    if len(distinct) <= FEW or (len(distinct) <= MOST_CATEGORIES and 2 * len(distinct) <= len(present)):
        return "category"
    return "text"


def _holds_ids(column: Any) -> bool:
    import pyarrow.compute as pc  # noqa: PLC0415

    if len(column) < FEW or len(column.unique()) < len(column) or _are_dates(column):
        return False
    return not pc.any(pc.match_substring(column, " ")).as_py()


def _are_dates(texts: Any) -> bool:
    import pyarrow.compute as pc  # noqa: PLC0415

    return bool(pc.all(pc.match_substring_regex(texts, ISO_DATE)).as_py())
