"""Documents in tables: a column of texts, one of keys and perhaps one of tags, from memory or from a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nearer.data.columns import KEY_NAMES, delimiter_of
from nearer.data.csv_faults import csv_fault
from nearer.errors import FormatError, InputError, shown

NUMBERED = object()  # stands for the key where there is no column of keys
Row = tuple[Any, Any, Any]  # key or NUMBERED, tags or None, content


@dataclass(frozen=True)
class Columns:
    """Names of the columns, as far as they were given."""

    key: str | None = None
    text: str | None = None
    tags: str | None = None

    def refuse(self, what: str) -> None:
        """Raise `InputError` if a column is named where there is none."""
        for role, name in (("key", self.key), ("text", self.text), ("tags", self.tags)):
            if name is not None:
                raise InputError(
                    f"the column {role}={shown(name)} is named for {what}",
                    remedy="leave it out, or give a table",
                )


def read_table(table: Any, source: str | None, columns: Columns) -> Iterator[Row]:
    """Rows of an Arrow, pandas or Polars table, or of one column of texts."""
    import pyarrow as pa  # noqa: PLC0415  (only tables need it)

    column = isinstance(table, pa.Array | pa.ChunkedArray)
    if column or not (hasattr(table, "columns") or isinstance(table, pa.RecordBatchReader)):
        columns.refuse("a single column")
        table = pa.table({"text": table if column else pa.chunked_array(table)})
    reader = table if isinstance(table, pa.RecordBatchReader) else pa.RecordBatchReader.from_stream(table)
    chosen = _chosen(reader.schema, source, columns)
    return (row for batch in reader for row in _rows(batch, chosen))


def read_table_file(path: Path, columns: Columns) -> Iterator[Row]:
    """Rows of a Parquet, CSV or TSV file; raises `FormatError` for a file that is none."""
    import pyarrow as pa  # noqa: PLC0415  (only tables need it)

    if path.suffix.lower() == ".parquet":
        return _parquet_rows(path, columns)
    try:
        table = _read_csv(path, columns)
    except pa.ArrowInvalid as error:
        raise csv_fault(path, delimiter_of(path), str(error)) from None
    except (pa.ArrowException, OSError) as error:
        raise FormatError(f"not a readable table of text ({error})", file=path) from None
    return read_table(table, str(path), columns)


def _read_csv(path: Path, columns: Columns) -> Any:
    """The table, with keys as the text they are written as: 007 is not 7."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    named = [name for name in (columns.key or "", columns.text or "", columns.tags or "", "text") if name]
    return csv.read_csv(
        path,
        parse_options=csv.ParseOptions(delimiter=delimiter_of(path), newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys((*named, *KEY_NAMES), pa.string()), strings_can_be_null=False
        ),
    )


def _parquet_rows(path: Path, columns: Columns) -> Iterator[Row]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise FormatError(f"not a readable Parquet file ({error})", file=path) from None
    with file:
        chosen = _chosen(file.schema_arrow, str(path), columns)
        row = 0
        try:
            for batch in file.iter_batches(columns=[name for name in chosen if name is not None]):
                yield from _rows(batch, chosen)
                row += len(batch)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise FormatError(
                f"the file is damaged ({error})", file=path, row=f"rows from {row}", remedy="write it anew"
            ) from None


def _chosen(schema: Any, source: str | None, columns: Columns) -> tuple[str | None, str | None, str]:
    """Names of the columns of keys, tags and texts; raises `InputError` that names the columns there are."""
    names = list(map(str, schema.names))
    where = source or "the table"
    for role, name in (("key", columns.key), ("text", columns.text), ("tags", columns.tags)):
        if name is not None and name not in names:
            raise InputError(
                f"there is no column {role}={shown(name)}", file=where, remedy=f"it has {', '.join(names)}"
            )
    key = columns.key or next((name for name in KEY_NAMES if name in names), None)
    if columns.text is not None:
        return key, columns.tags, columns.text
    texts = [str(field.name) for field in schema if _holds_text(field.type)]
    free = [name for name in texts if name not in (key, columns.tags)]
    if "text" in free:
        return key, columns.tags, "text"
    if len(free) != 1:
        raise InputError(
            f"which column holds the texts is not clear: found {', '.join(free) or 'none'}",
            file=where,
            remedy=f'name it, as text="NAME" (--text NAME); the columns are {", ".join(names)}',
        )
    return key, columns.tags, free[0]


def _holds_text(kind: Any) -> bool:
    """Whether values are strings, or lists of strings."""
    import pyarrow as pa  # noqa: PLC0415

    kinds = pa.types
    if kinds.is_dictionary(kind) or kinds.is_list(kind) or kinds.is_large_list(kind):
        kind = kind.value_type
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def _rows(batch: Any, chosen: tuple[str | None, str | None, str]) -> Iterator[Row]:
    key, tags, text = chosen
    keys = [NUMBERED] * len(batch) if key is None else batch.column(key).to_pylist()
    tagged = [None] * len(batch) if tags is None else batch.column(tags).to_pylist()
    return zip(keys, tagged, batch.column(text).to_pylist(), strict=True)
