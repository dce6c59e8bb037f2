"""Raw items by key, one after another: rows of a table, files of a folder, lines of a text, pairs.

Nothing is decoded here and nothing is kept: an item is what an encoder of that modality takes (a text, the
path or the bytes of an image or a recording, a row as a dict), so that any number of items needs the memory
of a few.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from nearer.data.columns import TABLE_ENDINGS, is_path, is_table_file
from nearer.data.files import file_key
from nearer.data.image_lists import list_images
from nearer.data.item_tables import ItemColumns, Row, read_table, read_table_file
from nearer.data.sound_lists import list_audio
from nearer.data.text import find_files
from nearer.errors import EncodingError, InputError, NearerError, shown

PATH = re.compile(r"[/\\]|\.\w{1,5}$")  # what a path of a file has: a folder, or an ending
FORMS = "give a table, a folder, a mapping, or (key, item) pairs"


class Item(NamedTuple):
    """One raw item.

    Attributes
    ----------
    key, row : its key, and its place in the source from 0 (lines of a file: from 1).
    value : what an encoder takes.
    kept : the values of the payload columns.
    problem : why there is no value; None where there is one.
    """

    key: str
    row: int
    value: Any
    kept: tuple[Any, ...] = ()
    problem: InputError | None = None


@dataclass(frozen=True)
class Items:
    """Items as they are read: `rows`, read once; how many, where that is known; their file or folder.

    payload : the Arrow schema of the payload columns; None where there are none.
    column : of a table, that the items are read from; None where they are no cells of one column.
    """

    rows: Iterator[Item]
    where: str | None
    count: int | None = None
    payload: Any = None
    column: str | None = None


def read_items(source: Any, modality: str | None, columns: ItemColumns) -> Items:
    """The items of `source`, in order, with distinct keys.

    source : a .parquet, .csv or .tsv file; what has `__arrow_c_stream__` (Arrow, pandas, Polars, a stream of
        record batches); a folder or a glob of files, whose keys are their paths below it; for texts a file
        with a line an item; a mapping of key -> item; or an iterable of (key, item).
    modality : what the items are for: "text", "image", "audio", "table", another, or None.

    Raises `InputError` naming file and row for a source that is none, a column that is missing or not clear,
    and, as the rows are read, for a key that is missing or stands twice. An item that is missing is no error
    here: its `problem` says so.
    """
    found = _read(source, modality, columns)
    return Items(_distinct(found.rows, found.where), found.where, found.count, found.payload, found.column)


def cell_error(error: NearerError, value: str, *, file: object, row: str) -> InputError:
    """`error` of the file whose path `value` stands in a cell of a table, with the place of the cell."""
    if not os.path.lexists(value[:4096]) and not PATH.search(value):
        return InputError(
            f"{shown(value)} is a text, no path of a file", file=file, row=row,
            remedy="name the column of images or recordings",
        )  # fmt: skip
    return InputError(f"{value}: {error.problem}", file=file, row=row, remedy=error.remedy)


def _read(source: Any, modality: str | None, columns: ItemColumns) -> Items:
    if is_path(source):
        place = os.fspath(source)
        if not place:
            raise InputError("the path of the items is empty", remedy='for the current directory, give "."')
        if is_table_file(place):
            return _tabled(read_table_file(Path(place), modality, columns), place)
        columns.refuse(place)
        return _files(place, modality)
    if hasattr(source, "__arrow_c_stream__"):
        return _tabled(read_table(source, modality, columns), None)
    columns.refuse("items that are no table")
    if isinstance(source, Mapping):
        return Items(_pairs(source.items()), None, len(source))
    if isinstance(source, bytes) or not isinstance(source, Iterable):
        raise InputError(f"items cannot be read from {shown(source)}", remedy=FORMS)
    return Items(_pairs(source), None, len(source) if isinstance(source, Sized) else None)


def _tabled(read: tuple[Iterator[Row], int | None, Any, str | None], where: str | None) -> Items:
    rows, count, payload, column = read
    return Items((_item(*row, where) for row in rows), where, count, payload, column)


def _item(row: int, key: Any, value: Any, kept: tuple[Any, ...], where: str | None) -> Item:
    name = _key(key, row, where)
    missing = InputError("the item is missing", remedy="leave the row out") if value is None else None
    return Item(name, row, value, kept, missing)


def _key(value: Any, row: int, where: str | None) -> str:
    """A key as text: whole numbers in decimal."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        if value is None:
            raise InputError("the key is missing", file=where, row=row, remedy="fill it in")
        raise InputError(
            f"the key {shown(value)} is neither a text nor a whole number", file=where, row=row,
            remedy="write it as text",
        )  # fmt: skip
    return str(value)


def _pairs(source: Iterable[Any]) -> Iterator[Item]:
    for row, pair in enumerate(source):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InputError(f"{shown(pair)} is no pair of a key and an item", row=row, remedy=FORMS)
        key = pair[0].item() if hasattr(pair[0], "item") else pair[0]
        yield _item(row, key, pair[1], (), None)


def _files(place: str, modality: str | None) -> Items:
    """The files of a folder or a glob, or the lines of a text."""
    if modality == "table":
        raise InputError(
            "rows come from a table", file=place, remedy=f"give a file that ends in {' '.join(TABLE_ENDINGS)}"
        )
    if modality == "text" and Path(place).is_file():
        return Items(_lines(Path(place)), place)
    paths: list[Path]
    if modality == "image":
        paths = [Path(path) for path in list_images(place).images]
    elif modality == "audio":
        paths = [Path(path) for path in list_audio(place)]
    else:
        paths = find_files(place)
    read = _text_file if modality == "text" else _file
    rows = (read(path, row, place) for row, path in enumerate(paths))
    return Items(rows, place, len(paths))


def _file(path: Path, row: int, place: str) -> Item:
    return Item(file_key(path, place), row, str(path))


def _text_file(path: Path, row: int, place: str) -> Item:
    """A file that is one text; one that cannot be read is a problem of this item."""
    item = _file(path, row, place)
    try:
        return item._replace(value=path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        problem: InputError = _no_text(path, error)
    except OSError as error:
        problem = InputError(f"cannot be read: {error.strerror or error}", file=path)
    return item._replace(value=None, problem=problem)


def _no_text(path: Path, error: UnicodeDecodeError) -> InputError:
    """The error for a file that is not UTF-8: a text in another encoding, or no text."""
    data = error.object
    if b"\0" in data and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return InputError(
            "the file is no text", file=path, remedy="leave it out, or choose an encoder of such files"
        )
    return EncodingError(f"byte {error.start:,} is not UTF-8", file=path, remedy="save the file as UTF-8")


def _lines(path: Path) -> Iterator[Item]:
    """The lines of a text, by their number from 1; blank ones are left out."""
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _line(line, number, path)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from None


def _line(line: bytes, number: int, path: Path) -> Item:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        problem = EncodingError(
            f"byte {error.start:,} of the line is not UTF-8", file=path, row=f"line {number}"
        )
        return Item(str(number), number, None, (), problem)
    return Item(str(number), number, text)


def _distinct(items: Iterator[Item], where: str | None) -> Iterator[Item]:
    """The same items; raises `InputError` naming both rows of a key that stands twice."""
    rows: dict[str, int] = {}
    for item in items:
        first = rows.setdefault(item.key, item.row)
        if first != item.row:
            raise InputError(
                f"the key {shown(item.key)} already stands in row {first}",
                file=where,
                row=item.row,
                remedy="keys must be distinct",
            )
        yield item
