"""Reads relevance judgements (qrels): TREC text, BEIR tables, Parquet, Arrow, data frames, mappings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nearer.errors import FormatError, shown
from nearer.evaluate.columns import Layout, Row, identifier, read_columns

LAYOUT = Layout(
    "judgements",
    {
        "query": ("query", "query-id", "query_id", "qid", "query_no", "topic"),
        "document": ("document", "doc", "corpus-id", "corpus_id", "doc_id", "docid", "docno", "document_id"),
        "relevance": ("relevance", "rel", "score", "grade"),
    },
    {3: (0, 1, 2), 4: (0, 2, 3)},  # TREC's second column of four, the iteration, is not used
    blanks=True,
)


@dataclass(frozen=True)
class Judgement:
    """How relevant `document` is to `query`; `row` is where that stands, for errors."""

    query: str
    document: str
    relevance: float
    row: int


def read_qrels(source: Any, columns: Sequence[str] | None = None) -> tuple[str, list[Judgement]]:
    """Name of `source`, for errors, and its judgements.

    Parameters
    ----------
    source : a text file of query, iteration, document, relevance (TREC), or without the iteration, separated
        by blanks or tabs, with or without a header; .csv, Parquet or Arrow; any table; a mapping of query to
        a mapping of document to relevance; or a sequence of (query, document, relevance).
    columns : names of the columns of query, document and relevance.

    Raises `FormatError` or `InputError` that names file and row: an id that is none, a relevance that is no
    finite number, a document judged twice for one query and differently.
    """
    nested = isinstance(source, Mapping)
    name, rows = read_columns(list(_unfolded(source)) if nested else source, LAYOUT, columns)
    judged: dict[tuple[str, str], Judgement] = {}
    for row, values in rows:
        found = _judgement(name, (row, values))
        first = judged.setdefault((found.query, found.document), found)
        if first.relevance != found.relevance:
            raise FormatError(
                f"document {shown(found.document)} has relevance {found.relevance:g} for query "
                f"{shown(found.query)}, and {first.relevance:g} in row {first.row}",
                file=name,
                row=row,
                remedy="keep one of them",
            )
    return name, list(judged.values())


def _unfolded(source: Mapping[Any, Any]) -> Iterator[tuple[Any, Any, Any]]:
    for query, documents in source.items():
        if not isinstance(documents, Mapping):
            raise FormatError(
                f"{shown(documents)} is no mapping of documents to relevance",
                file=LAYOUT.what,
                row=f"query {shown(query)}",
            )
        yield from ((query, document, relevance) for document, relevance in documents.items())


def _judgement(name: str, line: Row) -> Judgement:
    row, (query, document, relevance) = line
    try:
        number = float(relevance)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise FormatError(
            f"{shown(relevance)} is not a relevance",
            file=name,
            row=row,
            remedy="use finite numbers, or name the columns by columns=",
        )
    return Judgement(identifier(query, name, row), identifier(document, name, row), number, row)
