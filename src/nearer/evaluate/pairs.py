"""Reads rated word pairs: WordSim-353, SimLex-999, RG-65 and the like."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nearer.errors import FormatError, InputError, ParameterError, shown
from nearer.evaluate.sources import Table, delimited, is_path, table_of, tuples, word

SCORES = ("score", "similarity", "gold", "rating", "mean", "SimLex999", "Human (mean)")

HEADER = {
    *(name.lower() for name in SCORES),
    "word",
    "word1",
    "word2",
    "word_1",
    "word_2",
    "word 1",
    "word 2",
}


@dataclass(frozen=True)
class Pair:
    """Two words and how similar people find them."""

    first: str
    second: str
    score: float


def read_pairs(source: Any, score: str | None = None) -> list[Pair]:
    """The pairs of a text file, a Parquet or Arrow file, a table, or a sequence of (word, word, score).

    The first two columns hold the words. The rating is the column named `score`, else one with a customary
    name, else the third. A text file is separated by tabs, commas, semicolons or blanks; a first line
    without a number is its header if `score` is given or one of its names is a customary one; lines that
    start with # are left out.

    Raises `FormatError` or `InputError` that names file and row, and `ParameterError` for an unknown column.
    """
    table = table_of(source)
    if table is not None:
        cells, name = _from_table(table, score), table.name
    elif is_path(source):
        cells, name = _from_text(source, score), str(source)
    else:
        cells, name = tuples(source, 3, "pairs"), "pairs"
    pairs = [_pair(values, name, row) for row, values in cells]
    if not pairs:
        raise InputError("holds no pairs", file=name, remedy="expected lines of two words and a number")
    return pairs


def _pair(values: Sequence[Any], name: str, row: int) -> Pair:
    rating = _number(values[2])
    if rating is None or not math.isfinite(rating):
        raise FormatError(
            f"{shown(values[2])} is not a finite number",
            file=name,
            row=row,
            remedy="head the columns word1, word2 and score, or in Python name that of ratings by score=",
        )
    return Pair(word(values[0], name, row), word(values[1], name, row), rating)


def _from_table(table: Table, score: str | None) -> Iterator[tuple[int, Sequence[Any]]]:
    columns = list(table.columns)
    column = _score_column(columns, score, table.name)
    if len(columns) < 3:
        raise FormatError(f"has {len(columns)} columns, expected two words and a score", file=table.name)
    ratings = table.columns[columns[column]]
    first, second = table.columns[columns[0]], table.columns[columns[1]]
    yield from enumerate(zip(first, second, ratings, strict=True))


def _from_text(path: Any, score: str | None) -> Iterator[tuple[int, Sequence[Any]]]:
    column, header = 2, True
    for number, cells in delimited(path):
        if header:
            header = False
            if _is_header(cells, score):
                column = _score_column(cells, score, str(path))
                continue
            if score is not None:
                raise ParameterError(f"score={shown(score)} names no column: {path} has no header")
        if len(cells) <= column:
            raise FormatError(
                f"has {len(cells)} cells, expected two words and a score", file=path, row=number
            )
        yield number, (cells[0], cells[1], cells[column])


def _is_header(cells: Sequence[str], score: str | None) -> bool:
    if len(cells) < 3 or any(_number(cell) is not None for cell in cells[2:]):
        return False
    return score is not None or any(cell.lower() in HEADER for cell in cells)


def _score_column(names: list[str], score: str | None, file: str) -> int:
    lowered = [name.lower() for name in names]
    if score is not None:
        if score.lower() not in lowered:
            raise ParameterError(
                f"score={shown(score)} is not a column of {file}", remedy=f"use one of {names}"
            )
        return lowered.index(score.lower())
    return next((lowered.index(name.lower()) for name in SCORES if name.lower() in lowered[2:]), 2)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
