"""Reads rated pairs of texts: the STS Benchmark and the like."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nearer.errors import FormatError, shown
from nearer.evaluate.columns import Layout, read_columns
from nearer.evaluate.sources import TABLES

LAYOUT = Layout(
    "pairs",
    {
        "first text": (
            "sentence1",
            "sentence_1",
            "sentence_a",
            "text1",
            "text_1",
            "text_a",
            "word1",
            "a",
            "first",
            "key1",
        ),
        "second text": (
            "sentence2",
            "sentence_2",
            "sentence_b",
            "text2",
            "text_2",
            "text_b",
            "word2",
            "b",
            "second",
            "key2",
        ),
        "score": ("score", "similarity", "gold", "similarity_score", "relatedness_score", "rating", "label"),
    },
    {3: (0, 1, 2)},
)


@dataclass(frozen=True)
class TextPair:
    """Two texts and how similar people find them, in `row` of where they were read."""

    first: str
    second: str
    score: float
    row: int = field(default=-1, compare=False)


def read_text_pairs(source: Any, columns: Sequence[str] | None = None) -> tuple[str, list[TextPair]]:
    """Name of `source`, for errors, and its pairs.

    Parameters
    ----------
    source : a text file of two texts and a score separated by tabs, with or without a header (without one,
        exactly these three); .csv, Parquet or Arrow; any table; or a sequence of (text, text, score).
    columns : names of the columns of the two texts and the score.

    Raises `FormatError` or `InputError` that names file and row: a text that is blank or none, a score that
    is no finite number.
    """
    name, rows = read_columns(source, LAYOUT, columns)
    if columns is None and isinstance(source, str | os.PathLike):
        _require_no_header(source, *rows[0])
    return name, [_pair(values, name, row) for row, values in rows]


def _require_no_header(source: str | os.PathLike[str], row: int, values: Sequence[Any]) -> None:
    """Raise `FormatError` where the first line of a text file is a header of names that are not known."""
    if Path(source).suffix.lower() in TABLES or row != 1 or _is_number(values[2]):
        return
    raise FormatError(
        f"{shown(values[2])} is no number: the line is no pair, nor a header of known names",
        file=source,
        row=row,
        remedy="call the columns a, b and label, or name them by columns= (--columns)",
    )


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _pair(values: Sequence[Any], name: str, row: int) -> TextPair:
    for text in values[:2]:
        if not isinstance(text, str) or not text.strip():
            raise FormatError(
                f"{shown(text)} is not a text",
                file=name,
                row=row,
                remedy="leave the pair out, or name the columns by columns= (--columns)",
            )
    try:
        score = float(values[2])
    except (TypeError, ValueError):
        score = math.nan
    if not math.isfinite(score):
        raise FormatError(
            f"{shown(values[2])} is not a finite number",
            file=name,
            row=row,
            remedy="leave the pair out, or name the columns by columns= (--columns)",
        )
    return TextPair(values[0], values[1], score, row)
