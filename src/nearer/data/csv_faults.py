"""What is wrong with a text file of columns that Arrow cannot read, and where."""

from __future__ import annotations

import codecs
import csv
import gzip
from pathlib import Path

from nearer.errors import EncodingError, FormatError, InputError

BLOCK = 1 << 20  # bytes decoded at a time


def csv_fault(path: Path, delimiter: str, reason: str) -> InputError:
    """The first byte that is not UTF-8, else the first line that is longer or shorter than the first.

    The file is read once more, slowly. Where neither is found, `reason` says what Arrow could not read.
    """
    return (
        _not_utf8(path)
        or _ragged(path, delimiter)
        or FormatError(f"not a readable table ({reason})", file=path)
    )


def _not_utf8(path: Path) -> EncodingError | None:
    decoder, read = codecs.getincrementaldecoder("utf-8")(), 0
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
        while True:
            block = file.read(BLOCK)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return EncodingError(
                    f"byte {read - waiting + error.start:,} is not UTF-8",
                    file=path,
                    remedy="save it as UTF-8",
                )
            if not block:
                return None
            read += len(block)


def _ragged(path: Path, delimiter: str) -> FormatError | None:
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, delimiter=delimiter)
        try:
            width = len(next(lines, []))
            for cells in lines:
                if cells and len(cells) != width:
                    return FormatError(
                        f"{len(cells)} cell{'s' * (len(cells) != 1)}, and the header has {width}",
                        file=path,
                        row=f"line {lines.line_num}",
                        remedy="put a cell that holds a separator in quotes, and give every line as many",
                    )
        except csv.Error:
            return None
    return None
