"""Reads files and tables by column: TREC and BEIR judgements, pairs of texts, labels.

A text file is separated by tabs, one ending in .csv by commas with quotes. A key or a text may begin with any
character, so a line that begins with # is a comment only if it is one cell. The first line is a header where
the columns are named by the caller, or where each has a customary name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nearer.errors import FormatError, InputError, ParameterError, shown
from nearer.evaluate.sources import Table, is_path, table_of, text_of, tuples

Row = tuple[int, Sequence[Any]]
BY_TABS = 2  # tabs in the first line of a file that is separated by them rather than by blanks


@dataclass(frozen=True)
class Layout:
    """What a source holds.

    Attributes
    ----------
    what : its rows, as errors call them: "labels".
    columns : what each column holds -> the names it customarily has, in lower case.
    widths : cells of a line without a header -> places of the columns among them.
    blanks : whether a text file without tabs is separated by blanks.
    """

    what: str
    columns: Mapping[str, tuple[str, ...]]
    widths: Mapping[int, tuple[int, ...]]
    blanks: bool = False

    @property
    def expected(self) -> str:
        """The columns as an error lists them."""
        *first, last = self.columns
        return f"{', '.join(first)} and {last}"

    def customary(self, names: Sequence[str]) -> list[int] | None:
        """Places of the columns among `names`; None unless each is there by a customary name."""
        lowered = [name.strip().lower() for name in names]
        places = [
            next((lowered.index(n) for n in known if n in lowered), -1) for known in self.columns.values()
        ]
        return None if -1 in places else places


def read_columns(source: Any, layout: Layout, columns: Sequence[str] | None = None) -> tuple[str, list[Row]]:
    """Name of `source`, for errors, and its rows: row number, and one value a column of `layout`.

    Row numbers are lines from 1 in a text file, and rows from 0 elsewhere.

    Parameters
    ----------
    source : a path, a table with `__arrow_c_stream__`, or a sequence of tuples in the order of `layout`.
    columns : names of the columns in the order of `layout`; None: customary names, or the order where a
        table has no others.

    Raises `FormatError` or `InputError` that names file and row, and `ParameterError` for an unknown column.
    """
    if columns is not None and (isinstance(columns, str) or len(columns) != len(layout.columns)):
        raise ParameterError(f"columns={shown(columns)}", remedy=f"name the columns of {layout.expected}")
    table = table_of(source)
    if table is not None:
        name, rows = table.name, _from_table(table, layout, columns)
    elif is_path(source):
        name, rows = str(source), _from_text(source, layout, columns)
    elif columns is not None:
        raise ParameterError(f"columns={shown(columns)} name no columns of a sequence of tuples")
    else:
        name, rows = layout.what, tuples(source, len(layout.columns), layout.what)
    read = list(rows)
    if not read:
        raise InputError(f"holds no {layout.what}", file=name, remedy=f"expected {layout.expected}")
    return name, read


def identifier(value: Any, name: str, row: int) -> str:
    """`value` as an id or key: a string that is not empty, or a whole number written as one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise FormatError(
            f"{shown(value)} is not an id", file=name, row=row, remedy="use text or whole numbers"
        )
    return value


def _from_table(table: Table, layout: Layout, columns: Sequence[str] | None) -> Iterator[Row]:
    names = list(table.columns)
    if columns is not None:
        places: Sequence[int] | None = _places(names, columns, table.name)
    else:
        in_order = range(len(names)) if len(names) == len(layout.columns) else None
        places = layout.customary(names) or in_order
    if places is None:
        raise FormatError(
            f"which of its columns {shown(names, 120)} are {layout.expected} is not clear",
            file=table.name,
            remedy="name them by columns=",
        )
    yield from enumerate(zip(*(table.columns[names[place]] for place in places), strict=True))


def _from_text(path: Any, layout: Layout, columns: Sequence[str] | None) -> Iterator[Row]:
    places: Sequence[int] | None = None
    width = 0
    for number, cells in _lines(path, layout.blanks):
        if not width:
            width = len(cells)
            places = _places(cells, columns, str(path)) if columns is not None else layout.customary(cells)
            if places is not None:
                continue
            places = layout.widths.get(width)
        if places is None or len(cells) != width:
            wanted = f"{width} as in the first line" if places is not None else layout.expected
            raise FormatError(
                f"has {len(cells)} cell{'s' * (len(cells) != 1)}, expected {wanted}",
                file=path,
                row=number,
                remedy=None if places is not None else "separate them by tabs",
            )
        yield number, [cells[place] for place in places]


def _lines(path: Any, blanks: bool) -> Iterator[tuple[int, list[str]]]:
    """Line number from 1, and cells, of each line that is neither blank nor a comment."""
    text = text_of(path)
    if Path(path).suffix.lower() == ".csv":
        lines = _by_commas(path, text)
    else:
        first = next((line for line in text.split("\n") if line.strip()), "")
        lines = _separated(text, None if blanks and first.count("\t") < BY_TABS else "\t")
    yield from ((row, cells) for row, cells in lines if len(cells) > 1 or not cells[0].startswith("#"))


def _separated(text: str, separator: str | None) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        whole = line.removesuffix("\r")
        cells = whole.split(separator) if whole.strip(" ") else []
        if cells:
            yield number, cells


def _by_commas(path: Any, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from ((reader.line_num, cells) for cells in reader if cells)
    except csv.Error as error:
        raise FormatError(f"is no comma-separated line: {error}", file=path, row=reader.line_num) from None


def _places(names: Sequence[str], columns: Sequence[str], file: str) -> list[int]:
    unknown = next((column for column in columns if column not in names), None)
    if unknown is not None:
        raise ParameterError(
            f"columns={shown(tuple(columns))}: {shown(unknown)} is not a column of {file}",
            remedy=f"use some of {shown(list(names), 120)}",
        )
    return [list(names).index(column) for column in columns]
