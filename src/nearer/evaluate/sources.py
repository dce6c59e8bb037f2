"""Reads the test sets of the field: text, Parquet, Arrow, data frames or plain tuples, to rows of cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nearer.errors import EncodingError, FormatError, InputError, shown
from nearer.space.arrow_input import arrow_file

TABLES = (".parquet", ".arrow", ".feather")


@dataclass(frozen=True)
class Table:
    """Named columns of equal length; `name` says where they are from, for errors."""

    name: str
    columns: dict[str, list[Any]]

    def column(self, *names: str) -> list[Any] | None:
        """The column that has one of `names`, whatever its case; None if there is none."""
        lowered = {name.lower(): values for name, values in self.columns.items()}
        return next((lowered[name.lower()] for name in names if name.lower() in lowered), None)


def is_path(source: object) -> bool:
    """Whether `source` names a file."""
    return isinstance(source, str | Path)


def table_of(source: Any) -> Table | None:
    """`source` as a table, if it is one: a Parquet or Arrow file, or anything with `__arrow_c_stream__`."""
    if is_path(source):
        path = Path(source)
        return _read_table(path) if path.suffix.lower() in TABLES else None
    if not hasattr(source, "__arrow_c_stream__"):
        return None
    import pyarrow as pa  # noqa: PLC0415  (`import nearer` must not load it)

    return Table(type(source).__name__, pa.table(source).to_pydict())


def _read_table(path: Path) -> Table:
    import pyarrow as pa  # noqa: PLC0415  (`import nearer` must not load it)
    from pyarrow import feather, parquet  # noqa: PLC0415  (likewise)

    try:
        with arrow_file(path) as file:
            read: Any = parquet.read_table if path.suffix.lower() == ".parquet" else feather.read_table
            return Table(str(path), read(file).to_pydict())
    except OSError as error:
        if error.errno is None:  # from PyArrow, about what it read
            raise FormatError(f"is not a table that PyArrow can read: {error}", file=path) from None
        raise _unreadable(path, error) from None
    except pa.ArrowException as error:
        raise FormatError(f"is not a table that PyArrow can read: {error}", file=path) from None


def text_lines(path: str | Path) -> list[str]:
    """The lines of a UTF-8 text file, without line ends or a byte order mark."""
    return text_of(path).splitlines()


def text_of(path: str | Path) -> str:
    """The text of a UTF-8 file, without a byte order mark."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise _unreadable(Path(path), error) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EncodingError(
            f"byte {error.start:,} is not UTF-8", file=path, remedy="save the file as UTF-8"
        ) from None


def delimited(path: str | Path, comment: str = "#") -> Iterator[tuple[int, list[str]]]:
    """Line number from 1, and cells, of each line that is neither blank nor a comment.

    Cells are separated by the first of tab, comma, semicolon that the first such line has, else by blanks.
    """
    separator: str | None = None
    chosen = False
    for number, line in enumerate(text_lines(path), start=1):
        if not line.strip() or line.lstrip().startswith(comment):
            continue
        if not chosen:
            separator = next((mark for mark in "\t,;" if mark in line), None)
            chosen = True
        yield number, [cell.strip() for cell in line.split(separator)]


def tuples(source: Any, width: int, what: str) -> Iterator[tuple[int, Sequence[Any]]]:
    """Row number from 0, and values, of an iterable of tuples of `width`."""
    if not isinstance(source, Iterable):
        raise InputError(f"{shown(source)} is neither a file, a table nor a sequence", file=what)
    for row, values in enumerate(source):
        if isinstance(values, str | bytes) or not isinstance(values, Sequence) or len(values) != width:
            raise InputError(f"{shown(values)} does not have {width} values", file=what, row=row)
        yield row, values


def word(value: object, file: str, row: int) -> str:
    """`value` if it is a word, else `FormatError`."""
    if not isinstance(value, str) or not value:
        raise FormatError(f"{shown(value)} is not a word", file=file, row=row)
    return value


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"cannot be read: {error.strerror or error}", file=path, remedy="check the path")
