"""Text in: any corpus becomes blocks of UTF-8 bytes, or lines of ready-made tokens.

A corpus is a path, a glob, a directory, several paths, an iterable of strings or of token lists, or a text
column (Arrow, pandas, Polars). Files may be compressed (.gz, .zst). Nothing is decoded or split here.
"""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol, cast

from nearer.data.files import files_at, is_no_path
from nearer.errors import FormatError, InputError, shown

logger = logging.getLogger("nearer")

BLOCK_BYTES = 1 << 20
BOM = b"\xef\xbb\xbf"  # the mark that some programs put before UTF-8
LONGEST_GAP = 16 << 20  # bytes without white space after which a file is no running text
LINES_A_BATCH = 10_000
TOKENS_A_BATCH = 500_000
FOREIGN = (  # first bytes of files that are often taken for text, none of them valid text
    (b"\x1f\x8b", "gzip data", "give the file the ending .gz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data", "give the file the ending .zst"),
    (b"BZh91AY&SY", "bzip2 data", "unpack it"),
    (b"\xfd7zXZ\0", "xz data", "unpack it"),
    (b"PK\x03\x04", "a ZIP archive", "unpack it"),
    (b"\x89PNG", "a PNG image", "give a text file"),
    (b"\xff\xfe", "UTF-16 text", "convert the file to UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "convert the file to UTF-8"),
)
USE_TEXT = "to train on the text itself, give a list of strings"
COMPRESSION: dict[str, Literal["gzip", "zstd"]] = {".gz": "gzip", ".zst": "zstd"}


class ArrowStream(Protocol):
    """Anything with the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A capsule of the stream."""
        ...


Corpus = (
    str | os.PathLike[str] | Iterable[str] | Iterable[os.PathLike[str]] | Iterable[list[str]] | ArrowStream
)


@dataclass(frozen=True)
class Block:
    """Whole tokens of one source: its bytes, where they stand there, and whether they begin a line."""

    data: bytes
    source: str
    offset: int
    starts_line: bool


@dataclass(frozen=True)
class TokenLines:
    """Lines that came as lists of tokens; `row` is the number of the first."""

    lines: list[list[str]]
    row: int


def read_corpus(corpus: Corpus) -> Iterator[Block | TokenLines]:
    """Blocks of text, or batches of token lists, in reading order.

    Raises `InputError` for what is missing, empty, unreadable or no corpus at all.
    """
    if isinstance(corpus, str | os.PathLike):
        return chain.from_iterable(read_file(path) for path in find_files(os.fspath(corpus)))
    if hasattr(corpus, "__arrow_c_stream__") or hasattr(corpus, "__arrow_c_array__"):
        return read_column(corpus)
    if not isinstance(corpus, Iterable):
        raise InputError(f"a corpus cannot be read from {shown(corpus)}", remedy="give a path or an iterable")
    return read_items(iter(corpus))


def corpus_name(corpus: Corpus) -> str | None:
    """The path or paths that `corpus` was given as, for error messages; None for text in memory."""
    places = corpus if isinstance(corpus, list | tuple) else [corpus]
    if isinstance(corpus, list | tuple) and not all(isinstance(place, os.PathLike) for place in places):
        return None
    names = [os.fspath(place) for place in places if isinstance(place, str | os.PathLike)]
    if len(names) > 3:
        names[3:] = [f"and {len(names) - 3:,} more"]
    return ", ".join(names) or None


def find_files(place: str) -> list[Path]:
    """The text files a path, directory or glob stands for, in sorted order; empty ones are left out."""
    if not place:
        raise InputError("the path of the corpus is empty", remedy='for the current directory, give "."')
    try:
        found = files_at(place)
    except InputError:
        is_glob = glob.has_magic(place) and "\n" not in place
        if is_no_path(place) or (_looks_like_text(place) and not is_glob and not Path(place).exists()):
            raise InputError("no such file or directory", file=shown(place), remedy=USE_TEXT) from None
        raise
    if found == [Path(place)]:
        return found
    full = []
    for p in found:
        if p.stat().st_size > 0:
            full.append(p)
        else:
            logger.warning("%s is empty and was left out", p)
    return full or found


def _looks_like_text(place: str) -> bool:
    return "\n" in place or place.count(" ") >= 3


def read_file(path: Path) -> Iterator[Block | TokenLines]:
    """Blocks of a text file, or of the text column of a Parquet file."""
    if path.suffix.lower() == ".parquet":
        yield from read_parquet(path)
        return
    try:
        if path.is_file() and path.stat().st_size == 0:
            raise InputError("the file is empty", file=path)
        with open_text(path) as stream:
            yield from cut_blocks(stream, str(path))
    except OSError as error:
        reason = error.strerror or f"the data is cut short or damaged ({error})"
        raise InputError(f"cannot be read: {reason}", file=path) from None


def open_text(path: Path) -> BinaryIO:
    """A binary stream of the file's bytes, decompressed by its ending."""
    compression = COMPRESSION.get(path.suffix.lower())
    if compression is None:
        return path.open("rb")
    import pyarrow as pa  # noqa: PLC0415  (only compressed files need it)

    return cast(BinaryIO, pa.input_stream(str(path), compression=compression))


def cut_blocks(stream: BinaryIO, source: str) -> Iterator[Block]:
    """Cut a stream into blocks that end at a line break, or at white space inside a very long line.

    A byte order mark at the start is left out; raises `InputError` for what is known to be no text.
    """
    rest, offset, starts_line = b"", 0, True
    while piece := stream.read(max(BLOCK_BYTES, len(BOM))):
        data = rest + piece
        if offset == 0:
            _refuse_foreign(data, source)
            if data.startswith(BOM):
                data, offset = data.removeprefix(BOM), len(BOM)
        cut = data.rfind(b"\n") + 1 or _last_space(data)
        rest = data[cut:]
        if cut:
            yield Block(data[:cut], source, offset, starts_line)
            starts_line = data[cut - 1 : cut] == b"\n"
            offset += cut
        if len(rest) > LONGEST_GAP:
            raise InputError(
                f"no white space in {len(rest):,} bytes from byte {offset:,} on: this is no running text",
                file=source,
            )
    if rest:
        yield Block(rest, source, offset, starts_line)


def _refuse_foreign(data: bytes, source: str) -> None:
    for start, kind, remedy in FOREIGN:
        if data.startswith(start):
            raise InputError(f"this is {kind}, not UTF-8 text", file=source, remedy=remedy)


def _last_space(data: bytes) -> int:
    """Place after the last blank, tab or carriage return; 0 where there is none."""
    return max(data.rfind(space) for space in (b" ", b"\t", b"\r")) + 1


def read_parquet(path: Path) -> Iterator[Block | TokenLines]:
    """The only text column of a Parquet file, batch by batch."""
    import pyarrow as pa  # noqa: PLC0415  (only Parquet files need it)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise FormatError(f"not a readable Parquet file ({error})", file=path) from None
    with file:
        column = _text_column(file.schema_arrow, str(path))
        row = 0
        try:
            for batch in file.iter_batches(columns=[column]):
                yield from _column_blocks(batch.column(0), str(path), row)
                row += len(batch)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise FormatError(
                f"the file is damaged ({error})", file=path, row=f"rows from {row}", remedy="write it anew"
            ) from None


def read_column(column: Any) -> Iterator[Block | TokenLines]:
    """An Arrow, pandas or Polars column of strings or token lists, or a table with one such column."""
    import pyarrow as pa  # noqa: PLC0415  (only Arrow data needs it)

    if isinstance(column, pa.Array):
        chunks: Iterable[Any] = [column]
    elif isinstance(column, pa.ChunkedArray):
        chunks = column.chunks
    elif hasattr(column, "columns") or isinstance(column, pa.Table | pa.RecordBatch | pa.RecordBatchReader):
        reader = pa.RecordBatchReader.from_stream(column)
        name = _text_column(reader.schema, "the table")
        chunks = (batch.column(name) for batch in reader)
    elif hasattr(column, "__arrow_c_stream__"):
        chunks = pa.chunked_array(column).chunks
    else:
        chunks = [pa.array(column)]
    row = 0
    for chunk in chunks:
        yield from _column_blocks(chunk, "column", row)
        row += len(chunk)


def _text_column(schema: Any, source: str) -> str:
    import pyarrow as pa  # noqa: PLC0415

    names = [field.name for field in schema if _is_text(field.type, pa)]
    if len(names) != 1:
        found = ", ".join(names) if names else "none"
        raise InputError(
            f"one text column is needed, found {found}", file=source, remedy='give the column: table["text"]'
        )
    return str(names[0])


def _is_text(kind: Any, pa: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _column_blocks(chunk: Any, source: str, row: int) -> Iterator[Block | TokenLines]:
    """Each value of the chunk is a line or more of text, or a list of tokens; nulls are left out."""
    import pyarrow as pa  # noqa: PLC0415

    kind = chunk.type.value_type if pa.types.is_dictionary(chunk.type) else chunk.type
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    if not _is_text(kind.value_type if listed else kind, pa):
        raise InputError(
            f"a column of {chunk.type} is no text", file=source, remedy="give a column of strings"
        )
    mean_bytes = chunk.nbytes / max(len(chunk), 1)
    rows = max(1, min(LINES_A_BATCH, int(BLOCK_BYTES / max(mean_bytes, 1))))
    for start in range(0, len(chunk), rows):
        values = [value for value in chunk.slice(start, rows).to_pylist() if value is not None]
        if listed:
            yield TokenLines(values, row + start)
        else:
            yield Block("\n".join(values).encode(), f"{source}, rows from {row + start}", 0, True)


def read_items(items: Iterator[Any]) -> Iterator[Block | TokenLines]:
    """Paths, strings or token lists, told apart by the first item."""
    first = next(items, None)
    if first is None:
        raise InputError("the corpus is empty")
    items = chain([first], items)
    if isinstance(first, os.PathLike):
        for item in items:
            for path in find_files(os.fspath(item)):
                yield from read_file(path)
    elif isinstance(first, str):
        if os.path.isfile(first):  # noqa: PTH113  (a text is often no valid path, which Path.is_file minds)
            logger.warning(
                "%s names a file but is read as text; to read files, give Path objects", shown(first)
            )
        yield from _text_batches(items)
    elif isinstance(first, list | tuple):
        yield from _token_batches(items)
    else:
        raise InputError(
            f"the first item is {shown(first)}",
            remedy="a corpus holds strings, lists of tokens, or paths",
        )


def _text_batches(items: Iterator[Any]) -> Iterator[Block]:
    first, batch, room = 0, [], BLOCK_BYTES
    for row, item in enumerate(items):
        batch.append(_encoded(item, row))
        room -= len(batch[-1])
        if len(batch) == LINES_A_BATCH or room <= 0:
            yield Block(b"\n".join(batch), f"items from {first}", 0, True)
            first, batch, room = row + 1, [], BLOCK_BYTES
    if batch:
        yield Block(b"\n".join(batch), f"items from {first}", 0, True)


def _encoded(item: Any, row: int) -> bytes:
    if not isinstance(item, str):
        raise InputError(f"{shown(item)} is no string", row=row, remedy="items must be of one kind")
    try:
        return item.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"a lone surrogate, {shown(item[error.start])}", row=row) from None


def _token_batches(items: Iterator[Any]) -> Iterator[TokenLines]:
    batch: list[list[str]] = []
    first, room = 0, TOKENS_A_BATCH
    for row, line in enumerate(items):
        if not isinstance(line, list | tuple) or not all(isinstance(token, str) for token in line):
            raise InputError(f"{shown(line)} is no list of strings", row=row)
        batch.append(list(line))
        room -= len(line)
        if len(batch) == LINES_A_BATCH or room <= 0:
            yield TokenLines(batch, first)
            first, batch, room = row + 1, [], TOKENS_A_BATCH
    if batch:
        yield TokenLines(batch, first)
