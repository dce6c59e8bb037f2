"""Lines of numbers, with or without a key in front: read and written fast, and exactly.

A block of whole lines goes through Arrow's CSV parser at once. A block that it refuses, or might take in
another way than this format means it, is read again line by line; that either succeeds (a key holds spaces,
lines end unevenly) or names file, row and value. Numbers are parsed straight to the nearest float32, and
written with the fewest digits that give the same float32 back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import EncodingError, FormatError, InputError, shown
from nearer.space.arrow_input import arrow_input

READ_BLOCK = 1 << 24  # bytes parsed together
WRITE_BLOCK = 1 << 13  # rows written together
BOM = b"\xef\xbb\xbf"  # Arrow drops it at the start of a block, where it may belong to a key


@dataclass
class NumberLines:
    """What has been read so far of a file whose lines hold `dim` numbers.

    separator : one byte between fields.
    keyed : whether a key stands before the numbers.
    spaced_keys : whether a key may hold the separator; the numbers are then counted from the right.
    row : number of the next line, from 1, for messages.
    offset : number of bytes before the next block, for messages.
    """

    path: Path
    dim: int
    separator: bytes = b" "
    keyed: bool = True
    spaced_keys: bool = False
    row: int = 1
    offset: int = 0
    keys: list[str] = field(default_factory=list)
    parts: list[NDArray[np.float32]] = field(default_factory=list)
    _blank: int | None = None  # row of the first blank line; only blank ones may follow

    def read(self, handle: IO[bytes], start: bytes = b"") -> None:
        """Read to the end of `handle`; `start` has been taken from it before."""
        for block in _whole_lines(handle, start):
            self._read_block(block)
            self.offset += len(block)

    @property
    def matrix(self) -> NDArray[np.float32]:
        """All numbers, shape (n, dim)."""
        return np.concatenate([np.empty((0, self.dim), np.float32), *self.parts])

    def _read_block(self, block: bytes) -> None:
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        read = self._blank is None and self._at_once(block)
        if not read:
            self._line_by_line(block)
        self.row += lines

    def _at_once(self, block: bytes) -> bool:
        """Parse a block of plain lines by Arrow; False if it is not one."""
        import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)
        import pyarrow.csv as pc  # noqa: PLC0415

        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
        if self.separator == b" " and b" \n" in block:
            block = block.replace(b" \n", b"\n")
        other = b"\t" if self.separator == b" " else b" "
        if b"\r" in block or b"\0" in block or other in block or block.startswith(BOM):
            return False
        names = [str(column) for column in range(self.dim)]
        types: dict[str, pa.DataType] = dict.fromkeys(names, pa.float32())
        if self.keyed:
            names, types = ["key", *names], {"key": pa.string(), **types}
        source: Any = arrow_input(block)
        try:
            table = pc.read_csv(
                source,
                pc.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
                pc.ParseOptions(
                    delimiter=self.separator.decode(),
                    quote_char=False,
                    double_quote=False,
                    escape_char=False,
                    ignore_empty_lines=False,
                ),
                pc.ConvertOptions(column_types=types, null_values=[], strings_can_be_null=False),
            )
        except pa.ArrowException:
            return False
        keys: list[str] = table.column("key").to_pylist() if self.keyed else []  # type: ignore[assignment]
        if "" in keys or (self.keyed and len(keys) != block.count(b"\n") + (not block.endswith(b"\n"))):
            return False
        part = np.empty((table.num_rows, self.dim), dtype=np.float32)
        for column in range(self.dim):
            part[:, column] = table.column(column + self.keyed).to_numpy()
        self.keys += keys
        self.parts.append(part)
        return True

    def _line_by_line(self, block: bytes) -> None:
        """Parse a block carefully: what is wrong first is named with its row."""
        rows: list[list[str]] = []
        numbers: list[int] = []
        offset = self.offset
        try:
            for row, line in enumerate(block.removesuffix(b"\n").split(b"\n"), self.row):
                text = self._decoded(line, row, offset)
                offset += len(line) + 1
                if not text.strip(" \t\r"):
                    self._blank = self._blank or row
                    continue
                rows.append(self._fields(text, row))
                numbers.append(row)
        except InputError:
            self._numbers(rows, numbers)  # raises if a row before this one holds what is no number
            raise
        self.parts.append(self._numbers(rows, numbers))

    def _decoded(self, line: bytes, row: int, offset: int) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            raise EncodingError(
                f"byte {offset + error.start} ({line[error.start]:#04x}) is not UTF-8",
                file=self.path,
                row=row,
                remedy="convert the file to UTF-8",
            ) from None

    def _fields(self, text: str, row: int) -> list[str]:
        """The numbers of a line, as text; its key is taken."""
        if self._blank is not None:
            raise FormatError("an empty line", file=self.path, row=self._blank, remedy="remove it")
        separator = self.separator.decode()
        fields = text.rstrip("\r" + (" " if separator == " " else "")).split(separator)
        extra = len(fields) - self.dim - self.keyed
        if extra > 0 and self.spaced_keys and not all(map(_is_number, fields[1 : extra + 1])):
            fields[: extra + 1] = [separator.join(fields[: extra + 1])]
            extra = 0
        if extra:
            raise FormatError(
                f"{len(fields) - self.keyed} numbers, expected {self.dim}, in {shown(text)}",
                file=self.path,
                row=row,
                remedy="every row must hold as many",
            )
        if self.keyed and not fields[0]:
            raise FormatError("an empty key", file=self.path, row=row, remedy="remove the row")
        if self.keyed:
            self.keys.append(fields.pop(0))
        return fields

    def _numbers(self, rows: list[list[str]], numbers: list[int]) -> NDArray[np.float32]:
        import pyarrow as pa  # noqa: PLC0415

        try:
            flat = pa.array([text for fields in rows for text in fields], pa.string()).cast(pa.float32())
        except pa.ArrowInvalid:
            for row, fields in zip(numbers, rows, strict=True):
                for text in fields:
                    if not _is_number(text):
                        raise FormatError(f"{shown(text)} is no number", file=self.path, row=row) from None
            raise
        return flat.to_numpy().reshape(len(rows), self.dim)


def number_lines(
    vectors: NDArray[np.float32], keys: list[str] | None, separator: str = " "
) -> Iterator[bytes]:
    """The text of `vectors`, one line a row, after its key if there are keys; block by block."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    for start in range(0, len(vectors), WRITE_BLOCK):
        part = vectors[start : start + WRITE_BLOCK]
        numbers = pa.array(part.ravel()).cast(pa.string())
        ends = pa.array(np.arange(0, part.size + 1, part.shape[1]), pa.int32())
        joined: Any = pc.binary_join(pa.ListArray.from_arrays(ends, numbers), separator)
        lines: list[str] = joined.to_pylist()
        if keys is not None:
            names = keys[start : start + WRITE_BLOCK]
            lines = [f"{name}{separator}{line}" for name, line in zip(names, lines, strict=True)]
        yield ("\n".join(lines) + "\n").encode()


def _whole_lines(handle: IO[bytes], rest: bytes) -> Iterator[bytes]:
    """Blocks that end at the end of a line."""
    while more := handle.read(READ_BLOCK):
        cut = more.rfind(b"\n") + 1
        if cut:
            yield rest + more[:cut]
            rest = more[cut:]
        else:
            rest += more
    if rest:
        yield rest


def _is_number(text: str) -> bool:
    import pyarrow as pa  # noqa: PLC0415

    try:
        pa.scalar(text).cast(pa.float32())
    except pa.ArrowInvalid:
        return False
    return True
