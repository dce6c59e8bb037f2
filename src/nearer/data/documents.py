"""Documents in: whatever holds texts by key becomes documents with keys, tags and a place for error messages.

Documents come as

- a mapping: key -> text, or key -> list of tokens;
- an iterable of (key, text) or (key, tags, text) tuples, of objects with `words` and `tags` (gensim's
  TaggedDocument), or of texts or token lists alone, whose keys are their numbers from 0;
- a table (Arrow, pandas, Polars; Parquet, CSV and TSV files) with a column of texts and one of keys
  (`document_tables.py`);
- a folder: a document a file, by its name there; or a text file: a document a line, by its number from 1.

A document's vectors are those of its tags; unless tags are given, its key is its one tag. Nothing is split
here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nearer.data.columns import TABLE_ENDINGS
from nearer.data.document_tables import NUMBERED, Columns, read_table, read_table_file
from nearer.data.text import cut_blocks, find_files, open_text
from nearer.errors import InputError, shown

FORMS = "give (key, text) or (key, tags, text) tuples, a mapping, a table, or a path"


@dataclass(frozen=True)
class Document:
    """One document as it was given.

    Attributes
    ----------
    key, tags : its name, and what its vectors are vectors of.
    content : UTF-8 text, or a list of tokens.
    source, row : where it stands, for error messages: a file or None; a row or line.
    offset : of the content in its file, in bytes.
    form : what it is where it stands: a "line", a "file", or a "document".
    blank : once the content was let go: whether it was white space alone.
    """

    key: str
    tags: tuple[str, ...]
    content: bytes | list[str]
    source: str | None
    row: int
    offset: int = 0
    form: str = "document"
    blank: bool = False


def read_documents(
    documents: Any, *, key: str | None = None, text: str | None = None, tags: str | None = None
) -> Iterator[Document]:
    """The documents in reading order; `key`, `text` and `tags` name columns of a table.

    Raises `InputError` naming file, row and value for what is missing, unreadable or no document, and naming
    both rows where one key names two documents; `FormatError` for files that break their format.
    """
    rows: dict[str, int] = {}
    for document in _read(documents, Columns(key, text, tags)):
        first = rows.setdefault(document.key, document.row)
        if first != document.row:
            raise InputError(
                f"the key {shown(document.key)} names a document already, in row {first}",
                file=document.source,
                row=document.row,
                remedy="keys must differ; what documents share are tags",
            )
        yield document
    if not rows:
        raise InputError("there is no document", file=documents_name(documents))


def documents_name(documents: Any) -> str | None:
    """The path that `documents` was given as, for error messages; None for what is in memory."""
    return os.fspath(documents) if isinstance(documents, str | os.PathLike) else None


def _read(documents: Any, columns: Columns) -> Iterator[Document]:
    if isinstance(documents, str | os.PathLike):
        return _read_place(Path(_named(os.fspath(documents))), columns)
    if hasattr(documents, "__arrow_c_stream__") or hasattr(documents, "__arrow_c_array__"):
        return _tabled(read_table(documents, None, columns), None)
    columns.refuse("documents that are no table")
    if isinstance(documents, Mapping):
        return _keyed((key, value) for key, value in documents.items())
    if not isinstance(documents, Iterable):
        raise InputError(f"documents cannot be read from {shown(documents)}", remedy=FORMS)
    return _keyed(documents)


def _named(place: str | bytes) -> str:
    if not place or isinstance(place, bytes):
        raise InputError("the path of the documents is empty", remedy='for the current directory, give "."')
    return place


def _keyed(items: Iterable[Any]) -> Iterator[Document]:
    for row, item in enumerate(items):
        yield _document(item, row)


def _document(item: Any, row: int) -> Document:
    """A document from what an iterable held."""
    if hasattr(item, "words") and hasattr(item, "tags"):  # a TaggedDocument, which is a tuple too
        words = item.words if isinstance(item.words, str) else list(item.words)
        return Document(str(row), _tags(item.tags, row), text_or_tokens(words, row), None, row)
    if isinstance(item, str | list):
        return Document(str(row), (str(row),), text_or_tokens(item, row), None, row)
    if not isinstance(item, tuple) or len(item) not in (2, 3):
        raise InputError(f"{shown(item)} is no document", row=row, remedy=FORMS)
    key = _name(item[0], "key", row)
    tags = (key,) if len(item) == 2 else _tags(item[1], row)
    return Document(key, tags, text_or_tokens(item[-1], row), None, row)


def _name(value: Any, what: str, row: int) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise InputError(f"{shown(value)} is no {what}", row=row, remedy="use a string or a whole number")
    return str(value)


def _tags(value: Any, row: int) -> tuple[str, ...]:
    """Distinct tags, in order."""
    values = [value] if isinstance(value, str | int) else value
    if not isinstance(values, Iterable):
        raise InputError(f"{shown(value)} is no list of tags", row=row)
    tags = tuple(dict.fromkeys(_name(tag, "tag", row) for tag in values))
    if not tags:
        raise InputError("the document has no tag", row=row, remedy="give one at least")
    return tags


def text_or_tokens(value: Any, row: int) -> bytes | list[str]:
    """A text as UTF-8, or a list of tokens; raises `InputError` naming the row for anything else."""
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"a lone surrogate, {shown(value[error.start])}", row=row) from None
    if not isinstance(value, list | tuple) or not all(isinstance(token, str) for token in value):
        raise InputError(f"{shown(value)} is neither a text nor a list of tokens", row=row)
    return list(value)


def _read_place(place: Path, columns: Columns) -> Iterator[Document]:
    """A table, a folder of files, or a file with a document a line."""
    is_folder = os.path.isdir(place)  # noqa: PTH112  (a long text is no valid path, which Path.is_dir minds)
    found = [] if is_folder else find_files(str(place))
    if found and place.suffix.lower() in TABLE_ENDINGS:
        return _tabled(read_table_file(place, columns), str(place))
    columns.refuse(str(place))
    if is_folder:
        return _folder(place)
    path, *others = found
    return _files(found, place.parent) if others else _lines(path)


def _tabled(rows: Iterator[tuple[Any, Any, Any]], source: str | None) -> Iterator[Document]:
    for row, (key, tags, content) in enumerate(rows):
        try:
            name = _name(row if key is NUMBERED else key, "key", row)
            kept = (name,) if tags is None else _tags(tags, row)
            yield Document(name, kept, text_or_tokens("" if content is None else content, row), source, row)
        except InputError as error:
            raise InputError(error.problem, file=source, row=row, remedy=error.remedy) from None


def _folder(folder: Path) -> Iterator[Document]:
    return _files(find_files(str(folder)), folder)


def _files(paths: list[Path], folder: Path) -> Iterator[Document]:
    """A document a file; its key is the path below the folder."""
    for row, path in enumerate(paths):
        try:
            with open_text(path) as stream:
                data = b"".join(block.data for block in cut_blocks(stream, str(path)))
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", file=path) from None
        name = path.relative_to(folder).as_posix()
        yield Document(name, (name,), data, str(path), row, form="file")


def _lines(path: Path) -> Iterator[Document]:
    """A document a line; its key is the number of the line, from 1."""
    number, start = 1, 0  # of the line under way, which may be longer than a block
    parts: list[bytes] = []

    def document() -> Document:
        content = b"".join(parts)
        return Document(str(number), (str(number),), content, str(path), number, start, "line")

    try:
        with open_text(path) as stream:
            for block in cut_blocks(stream, str(path)):
                at = block.offset
                for line in re.findall(rb"[^\n]*\n|[^\n]+", block.data):
                    if not parts:
                        start = at
                    parts.append(line)
                    at += len(line)
                    if line.endswith(b"\n"):
                        yield document()
                        number, parts = number + 1, []
    except OSError as error:
        reason = error.strerror or f"the data is cut short or damaged ({error})"
        raise InputError(f"cannot be read: {reason}", file=path) from None
    if parts:
        yield document()


def located(document: Document, problem: str, remedy: str | None = None) -> InputError:
    """An error about `document`, with its key and place."""
    return InputError(
        f"document {shown(document.key)} {problem}", file=document.source, row=document.row, remedy=remedy
    )
