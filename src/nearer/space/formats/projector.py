"""TensorFlow Projector: a file of vectors and a file of labels, both tab-separated.

`NAME.tsv` holds one line of numbers a row and no header; beside it stands `NAME.metadata.tsv`, or
`metadata.tsv` for `vectors.tsv`. With one column the labels have no header; with more, the first line names
the columns, the first of which is the key. Payload columns come back as text. The two files are replaced one
after the other: a kill between them leaves each whole, but one old and one new.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from nearer.errors import EncodingError, FormatError, shown
from nearer.replace import new_file, require_free
from nearer.space.checks import Metric
from nearer.space.formats.holding import require_holdable
from nearer.space.formats.number_lines import NumberLines, number_lines
from nearer.space.formats.source import imported, opened
from nearer.space.space import Space

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "Projector TSV"
ENDS_A_FIELD = "\t\n\r"


def read(path: Path, metric: Metric = "cosine") -> Space:
    """The space in a file of vectors and the file of labels beside it.

    Raises `FormatError` naming file, row and value; `EncodingError` for what is not UTF-8.
    """
    path = Path(path)
    labels = labels_path(path)
    with opened(path) as handle:
        first = handle.readline()
        if not first.strip():
            raise FormatError("is empty", file=path, remedy="pass the file of vectors")
        lines = NumberLines(path, first.count(b"\t") + 1, separator=b"\t", keyed=False)
        lines.read(handle, start=first)
    keys, items, first_row = _read_labels(labels)
    if len(keys) != len(lines.matrix):
        raise FormatError(
            f"{len(keys):,} labels for {len(lines.matrix):,} vectors in {path.name}",
            file=labels,
            remedy="pass files that belong together",
        )
    return imported(path, NAME, keys, lines.matrix, metric=metric, items=items, first_row=first_row)


def write(space: Space, path: Path, overwrite: bool = False) -> None:
    """Write vectors and labels; raises `FormatError` for a key or payload with a tab or line break."""
    path = Path(path)
    labels = labels_path(path)
    require_holdable(space.keys, NAME, ENDS_A_FIELD)
    if not len(space):
        raise FormatError(f"{NAME} cannot hold a space without keys", remedy="write .space or .parquet")
    columns = _payload(space)
    require_free(path, overwrite)
    with new_file(labels, overwrite) as handle:
        if columns:
            handle.write(("\t".join(["key", *columns]) + "\n").encode())
        rows = zip(space.keys, *columns.values(), strict=True)
        handle.writelines(("\t".join(fields) + "\n").encode() for fields in rows)
    with new_file(path, overwrite) as handle:
        for block in number_lines(space.vectors, None, "\t"):
            handle.write(block)


def labels_path(path: Path) -> Path:
    """Where the labels of the vectors at `path` stand."""
    name = path.name
    return path.with_name("metadata.tsv" if name == "vectors.tsv" else f"{path.stem}.metadata.tsv")


def _payload(space: Space) -> dict[str, list[str]]:
    """Payload columns as text; null becomes empty text."""
    columns: dict[str, list[str]] = {}
    for name in space.items.column_names if space.items is not None else []:
        values = space.items.column(name).to_pylist()  # type: ignore[union-attr]  # it has this column
        columns[name] = ["" if value is None else str(value) for value in values]
        for row, text in enumerate([name, *columns[name]]):
            if re.search(f"[{ENDS_A_FIELD}]", text):
                where = f"of {shown(space.keys[row - 1])}" if row else "as a name"
                raise FormatError(
                    f"{NAME} cannot hold {shown(text)} in column {shown(name)} {where}",
                    remedy="write .space or .parquet",
                )
    return columns


def _read_labels(path: Path) -> tuple[list[str], pa.Table | None, int]:
    """Keys, payload columns and the number of the first row that is a label."""
    with opened(path) as handle:
        data = handle.read()
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise EncodingError(
            f"byte {error.start} ({data[error.start]:#04x}) is not UTF-8",
            file=path,
            remedy="convert it to UTF-8",
        ) from None
    rows = [line.removesuffix("\r").split("\t") for line in text.removesuffix("\n").split("\n")]
    width = len(rows[0])
    for number, fields in enumerate(rows, 1):
        if len(fields) != width:
            raise FormatError(f"{len(fields)} columns, expected {width}", file=path, row=number)
    if width == 1:
        return [fields[0] for fields in rows], None, 1
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    names, columns = rows[0], list(zip(*rows[1:], strict=True)) or [()] * width
    if len(set(names[1:])) < width - 1 or "key" in names[1:]:
        raise FormatError(f"columns are called {shown(names)}", file=path, row=1, remedy="name each once")
    payload = {
        name: pa.array(column, pa.string()) for name, column in zip(names[1:], columns[1:], strict=True)
    }
    return list(columns[0]), pa.table(payload), 2
