"""Reads texts by key: the raw documents and queries that an encoder turns into a space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nearer.errors import FormatError, shown
from nearer.evaluate.columns import Layout, identifier, read_columns

LAYOUT = Layout(
    "texts",
    {
        "key": ("key", "id", "_id", "docno", "doc_id", "document_id", "qid", "query_id", "query_no"),
        "text": ("text", "content", "body", "document", "query", "sentence"),
    },
    {2: (0, 1)},
)


def read_texts(source: Any, columns: Sequence[str] | None = None) -> tuple[list[str], list[str]]:
    """Keys and texts of a file of both, separated by tabs; .csv, Parquet or Arrow; any table; or tuples.

    A text may be empty: what its vector is, its encoder says.

    Parameters
    ----------
    columns : names of the columns of key and text.

    Raises `FormatError` or `InputError` that names file and row: a key that is none or stands twice, a text
    that is none.
    """
    name, rows = read_columns(source, LAYOUT, columns)
    texts: dict[str, str] = {}
    places: dict[str, int] = {}
    for row, (value, text) in rows:
        key = identifier(value, name, row)
        if not isinstance(text, str):
            raise FormatError(f"{shown(text)} is not a text", file=name, row=row)
        if key in texts:
            raise FormatError(
                f"key {shown(key)} already stands in row {places[key]}",
                file=name,
                row=row,
                remedy="keys must be distinct",
            )
        texts[key], places[key] = text, row
    return list(texts), list(texts.values())
