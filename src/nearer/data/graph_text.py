"""Edge lists as plain text, as SNAP's: two or three columns between blanks, remarks after # or %."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from nearer.data.columns import ending, open_text
from nearer.errors import EncodingError, FormatError, InputError, shown

TEXT_ENDINGS = (".txt", ".edgelist", ".edges", ".edg")
REMARKS = ("#", "%")
PEEKED = 1_000  # lines looked at before the fast reader is trusted with the rest


def read_edge_text(path: Path) -> list[Any]:
    """Columns of an edge list, two texts and perhaps weights, as Arrow arrays.

    Raises `FormatError` naming the line that has another number of fields or a weight that is no number.
    """
    try:
        with open_text(path) as lines:
            head = list(islice(lines, PEEKED))
        return _read_fast(path, head) or _read_by_line(path)
    except UnicodeDecodeError as error:
        raise EncodingError(f"bytes that are not UTF-8 ({error.reason})", file=path) from None
    except OSError as error:
        raise FormatError(f"not readable ({error})", file=path) from None


def _read_fast(path: Path, head: list[str]) -> list[Any] | None:
    """By Arrow's reader where remarks are at the top and one blank or tab parts the fields; else None."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)
    from pyarrow import csv as arrow_csv  # noqa: PLC0415

    skipped = next((i for i, line in enumerate(head) if line.strip() and line[0] not in REMARKS), len(head))
    if skipped == len(head) or ending(path) not in TEXT_ENDINGS:
        return None
    first = head[skipped].rstrip("\r\n")
    delimiter = "\t" if "\t" in first else " "
    width = len(first.split(delimiter))
    if width not in (2, 3) or any(
        len(line.split(delimiter)) != width or len(line.split()) != width for line in head[skipped:]
    ):
        return None
    names = ["source", "target", "weight"][:width]
    types = {"source": pa.string(), "target": pa.string(), "weight": pa.float64()}
    try:
        table = arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(skip_rows=skipped, column_names=names),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types={name: types[name] for name in names}, strings_can_be_null=False
            ),
        )
    except pa.ArrowException:
        return None
    return None if _has_blanks(table) else [table.column(name) for name in names]


def _has_blanks(table: Any) -> bool:
    """Whether an id is empty, holds a blank or starts a remark: then lines are not what they seemed."""
    import pyarrow.compute as pc  # noqa: PLC0415

    return any(
        pc.any(pc.match_substring_regex(table.column(name), r"^$|\s|^[#%]")).as_py()
        for name in ("source", "target")
    )


def _read_by_line(path: Path) -> list[Any]:
    import pyarrow as pa  # noqa: PLC0415

    sources: list[str] = []
    targets: list[str] = []
    weights: list[float] = []
    with open_text(path) as lines:
        for number, line in enumerate(lines, start=1):
            fields = line.split()
            if not fields or fields[0].startswith(REMARKS):
                continue
            if len(fields) != (2 + bool(weights) if sources else min(max(len(fields), 2), 3)):
                raise FormatError(
                    f"{shown(line.strip())} has {len(fields)} fields",
                    file=path,
                    row=f"line {number}",
                    remedy="every line holds two nodes, and a weight where the first line has one",
                )
            sources.append(fields[0])
            targets.append(fields[1])
            if len(fields) == 3:
                weights.append(_weight(fields[2], path, number))
    if not sources:
        raise InputError("the file holds no edges", file=path)
    columns = [pa.array(sources), pa.array(targets)]
    return [*columns, pa.array(weights)] if weights else columns


def _weight(text: str, path: Path, number: int) -> float:
    try:
        return float(text)
    except ValueError:
        raise FormatError(f"the weight {shown(text)} is no number", file=path, row=f"line {number}") from None
