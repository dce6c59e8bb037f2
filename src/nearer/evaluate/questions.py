"""Reads analogy questions: questions-words.txt (": section" lines, then a b c d), or a table of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nearer.errors import FormatError, InputError
from nearer.evaluate.sources import Table, is_path, table_of, text_lines, tuples, word

SYNTACTIC = "gram"  # how the names of grammatical sections begin in the Google set (Mikolov et al., 2013)


@dataclass(frozen=True)
class Question:
    """`a` is to `b` as `c` is to `d`."""

    section: str
    a: str
    b: str
    c: str
    d: str

    @property
    def syntactic(self) -> bool:
        """Whether the question is about grammar rather than meaning, by the name of its section."""
        return self.section.lower().startswith(SYNTACTIC)


def read_questions(source: Any) -> list[Question]:
    """The questions of a text file, a Parquet or Arrow file, a table, or a sequence of (section, a, b, c, d).

    A table has the columns section, a, b, c, and d or expected. A text file holds questions of four words
    separated by blanks under lines of a colon and a section name.

    Raises `FormatError` or `InputError` that names file and row.
    """
    table = table_of(source)
    if table is not None:
        rows, name = _from_table(table), table.name
    elif is_path(source):
        rows, name = _from_text(source), str(source)
    else:
        rows, name = tuples(source, 5, "questions"), "questions"
    questions = [Question(*(word(value, name, row) for value in values)) for row, values in rows]
    if not questions:
        raise InputError("holds no questions", file=name, remedy="expected lines of four words")
    return questions


def _from_table(table: Table) -> Iterator[tuple[int, Sequence[Any]]]:
    columns = []
    for names in (("section",), ("a",), ("b",), ("c",), ("d", "expected")):
        column = table.column(*names)
        if column is None:
            raise FormatError(f"lacks the column {' or '.join(names)}", file=table.name)
        columns.append(column)
    yield from enumerate(zip(*columns, strict=True))


def _from_text(path: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    section = "all"
    for number, line in enumerate(text_lines(path), start=1):
        words = line.split()
        if not words:
            continue
        if words[0].startswith(":"):
            section = line.strip()[1:].strip()
            if not section:
                raise FormatError("a section without a name", file=path, row=number)
            continue
        if len(words) != 4:
            raise FormatError(f"a question of {len(words)} words, expected 4", file=path, row=number)
        yield number, (section, *words)
