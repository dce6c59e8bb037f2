"""Columns of a table by the roles they play: from a file, a table in memory, an array or tuples."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nearer.data.csv_faults import csv_fault
from nearer.errors import FormatError, InputError, shown

TABLE_ENDINGS = (".parquet", ".csv", ".tsv")
KEY_NAMES = ("key", "id")  # columns that are taken for keys where none is named
MOST_COLUMNS_BY_POSITION = 3  # a table this narrow needs no names


@dataclass(frozen=True)
class Role:
    """What a column is for.

    Attributes
    ----------
    name : of the role, and of the parameter that names its column.
    given : the column that was asked for; None: the first of `known` that is there.
    known : names that are taken for it, in lower case.
    required : whether there must be one.
    is_id : whether it holds ids: text files are then read as they are written, 007 is not 7.
    has_option : whether the command line has an option of that name.
    """

    name: str
    given: str | None
    known: tuple[str, ...]
    required: bool = True
    is_id: bool = False
    has_option: bool = True


@dataclass(frozen=True)
class Chosen:
    """The columns that play a role, as Arrow arrays of equal length, and where they came from."""

    columns: Mapping[str, Any]
    where: str | None

    def __getitem__(self, role: str) -> Any:
        return self.columns[role]

    def get(self, role: str) -> Any:
        """The column of `role`, or None where there is none."""
        return self.columns.get(role)


def is_path(source: object) -> bool:
    """Whether `source` names a file."""
    return isinstance(source, str | os.PathLike)


def read_columns(source: Any, roles: Sequence[Role], what: str) -> Chosen:
    """The columns of `source` that play `roles`; `what` names such a table in messages.

    Raises `InputError` for a column that is not there or not clear, `FormatError` for a file that cannot be
    read as its ending says.
    """
    if is_path(source):
        table, names = _read_file(Path(source), roles, what)
        return Chosen({role: table.column(name) for role, name in names.items()}, str(source))
    if isinstance(source, np.ndarray):
        return by_position(_array_columns(source, roles, what), roles, what, None)
    if hasattr(source, "__arrow_c_stream__") or hasattr(source, "columns"):
        return _pick(_arrow_table(source, what), roles, what, None)
    if isinstance(source, Iterable) and not isinstance(source, Mapping):
        return by_position(_tuple_columns(source, roles, what), roles, what, None)
    raise InputError(
        f"{shown(source)} is no {what}",
        remedy="give a .parquet, .csv or .tsv file, a table, an array of whole numbers or tuples",
    )


def read_table(source: Any, roles: Sequence[Role], what: str) -> tuple[Any, dict[str, str], str | None]:
    """A file or a table in memory with all its columns, the names of those that play `roles`, and the file.

    Columns are told by their names alone. Raises what `read_columns` raises.
    """
    if is_path(source):
        return *_read_file(Path(source), roles, what, whole=True), str(source)
    table = _arrow_table(source, what)
    return table, choose(table.column_names, roles, what, None, by_place=False), None


def by_position(columns: Sequence[Any], roles: Sequence[Role], what: str, where: str | None) -> Chosen:
    """`columns` for `roles` in their order; raises `InputError` if a role was asked for by name."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    for role in roles:
        if role.given is not None:
            raise InputError(
                f"the column {role.name}={shown(role.given)} is named, but columns have no names here",
                file=where,
                remedy=f"leave it out, or give a table; the order is {', '.join(r.name for r in roles)}",
            )
    arrays = {role.name: pa.chunked_array([column]) for role, column in zip(roles, columns, strict=False)}
    return Chosen(arrays, where)


def open_text(path: Path) -> Any:
    """A text file, or a compressed one (.gz), opened for reading by line."""
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def ending(path: Path) -> str:
    """The ending that says how the file is read, in lower case: that before .gz, if there is one."""
    return (path.with_suffix("") if path.suffix.lower() == ".gz" else path).suffix.lower()


def is_table_file(place: str | os.PathLike[str]) -> bool:
    """Whether the ending of a path says that it is a table, also one compressed by gzip."""
    return ending(Path(place)) in TABLE_ENDINGS


def _read_file(
    path: Path, roles: Sequence[Role], what: str, *, whole: bool = False
) -> tuple[Any, dict[str, str]]:
    """The columns that play `roles`, or with `whole` all, and the names of those."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    if not path.is_file():
        raise InputError("there is no such file" if not path.exists() else "it is no file", file=path)
    if not is_table_file(path):
        raise InputError(
            f"the ending {path.suffix or '(none)'} says nothing about {what}",
            file=path,
            remedy=f"a table ends in {', '.join(TABLE_ENDINGS)}",
        )
    try:
        if ending(path) == ".parquet":
            with pq.ParquetFile(path) as file:
                names = choose(file.schema_arrow.names, roles, what, str(path), by_place=not whole)
                return file.read(columns=None if whole else list(dict.fromkeys(names.values()))), names
        return _read_csv(path, roles, what, whole)
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if isinstance(error, ValueError) and ending(path) != ".parquet":  # what the file holds, not the disk
            raise csv_fault(path, delimiter_of(path), reason) from None
        raise FormatError(f"not a readable table ({reason})", file=path) from None


def _read_csv(path: Path, roles: Sequence[Role], what: str, whole: bool) -> tuple[Any, dict[str, str]]:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv as arrow_csv  # noqa: PLC0415

    delimiter = delimiter_of(path)
    with open_text(path) as lines:
        header = next(csv.reader(lines, delimiter=delimiter), [])
    if not header:
        raise InputError(f"the file is empty, and {what} starts with a line of names", file=path)
    if all(_is_number(name) for name in header):
        raise InputError(
            f"the first line, {shown(delimiter.join(header))}, holds numbers where names of columns belong",
            file=path,
            row="line 1",
            remedy="add a line of names",
        )
    names = choose(header, roles, what, str(path), by_place=not whole)
    types = {names[role.name]: pa.string() for role in roles if role.is_id and role.name in names}
    table = arrow_csv.read_csv(
        path,
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter),
        convert_options=arrow_csv.ConvertOptions(
            column_types=types, include_columns=None if whole else list(dict.fromkeys(names.values()))
        ),
    )
    if any(pa.types.is_binary(kind) for kind in table.schema.types):  # what Arrow makes of bytes, not of text
        raise csv_fault(path, delimiter, "a column holds bytes")
    return table, names


def delimiter_of(path: Path) -> str:
    """What stands between the cells of a text file."""
    return "\t" if ending(path) == ".tsv" else ","


def choose(
    names: Sequence[str], roles: Sequence[Role], what: str, where: str | None, *, by_place: bool = True
) -> dict[str, str]:
    """The name of the column of each role that has one; raises `InputError` naming those there are.

    `by_place` : whether a narrow table whose names say nothing is taken in the order of the roles.
    """
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise InputError(
            f"two columns are called {shown(twice)}", file=where or "the table", remedy="rename one"
        )
    lower = {name.lower(): name for name in reversed(list(map(str, names)))}
    found: dict[str, str] = {}
    for role in roles:
        if role.given is not None and role.given not in names:
            raise InputError(
                f"there is no column {role.name}={shown(role.given)}",
                file=where or "the table",
                remedy=f"it has {', '.join(map(str, names))}",
            )
        name = role.given or next((lower[known] for known in role.known if known in lower), None)
        if name is not None:
            found[role.name] = name
    missing = [role for role in roles if role.required and role.name not in found]
    free = [name for name in names if name not in found.values()]
    if (
        by_place
        and missing
        and len(missing) == sum(role.required for role in roles) <= len(names) <= MOST_COLUMNS_BY_POSITION
    ):
        return {**found, **{role.name: name for role, name in zip(missing, free, strict=False)}}
    if missing:
        role = missing[0]
        option = f" (--{role.name} NAME)" if role.has_option else ""
        raise InputError(
            f"which column of {what} holds the {role.name} is not clear",
            file=where or "the table",
            remedy=f'name it, as {role.name}="NAME"{option}; the columns are {", ".join(map(str, names))}',
        )
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _arrow_table(source: Any, what: str) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    if isinstance(source, pa.Table):
        return source
    try:
        return (
            pa.RecordBatchReader.from_stream(source).read_all()
            if hasattr(source, "__arrow_c_stream__")
            else pa.table(source)
        )
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(
            f"this cannot be read as {what} ({error})", remedy="give columns of one type"
        ) from None


def _pick(table: Any, roles: Sequence[Role], what: str, where: str | None) -> Chosen:
    names = choose(table.column_names, roles, what, where)
    return Chosen({role: table.column(name) for role, name in names.items()}, where)


def _array_columns(array: np.ndarray[Any, Any], roles: Sequence[Role], what: str) -> list[Any]:
    import pyarrow as pa  # noqa: PLC0415

    least = sum(role.required for role in roles)
    if array.ndim != 2 or not least <= array.shape[1] <= len(roles):
        raise InputError(
            f"an array of shape {array.shape} is no {what}",
            remedy=f"its columns are {', '.join(role.name for role in roles)}, the first {least} at least",
        )
    return [pa.array(np.ascontiguousarray(array[:, column])) for column in range(array.shape[1])]


def _tuple_columns(rows: Iterable[Any], roles: Sequence[Role], what: str) -> list[Any]:
    import pyarrow as pa  # noqa: PLC0415

    least = sum(role.required for role in roles)
    kept: list[Any] = []
    for number, row in enumerate(rows):
        if not isinstance(row, tuple | list | np.ndarray) or not least <= len(row) <= len(roles):
            raise InputError(
                f"{shown(row)} is no row of {what}",
                row=number,
                remedy=f"give tuples of {', '.join(role.name for role in roles)}, the first {least} at least",
            )
        if len(row) != len(kept[0] if kept else row):
            raise InputError(f"{shown(row)} is not as long as the rows before it", row=number)
        kept.append(row)
    columns = [list(column) for column in zip(*kept, strict=True)] or [[]] * least
    arrays = []
    for role, values in zip(roles, columns, strict=False):
        try:
            arrays.append(pa.array(values))
        except (pa.ArrowException, OverflowError, TypeError):
            if not role.is_id:
                raise InputError(f"the {role.name} of {what} is not of one type") from None
            arrays.append(pa.array([_written(value, role, number) for number, value in enumerate(values)]))
    return arrays


def _written(value: object, role: Role, row: int) -> str:
    """An id among ids of several types, as it is written."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return str(int(value))
    raise InputError(f"{role.name}={shown(value)} is no id", row=row, remedy="ids are text or whole numbers")
