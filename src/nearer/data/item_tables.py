"""Items in tables, read a record batch at a time: a column of keys, one of items, and what is kept beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nearer.data.cells import unwrapped
from nearer.data.columns import KEY_NAMES, delimiter_of, ending
from nearer.data.csv_faults import csv_fault
from nearer.data.table_read import Rows
from nearer.data.table_values import as_texts, readable
from nearer.errors import FormatError, InputError, shown

ITEM_NAMES: Mapping[str, tuple[str, ...]] = {  # columns that are taken for items, by modality
    "text": ("text", "content", "body", "document", "sentence"),
    "image": ("image", "img", "picture", "photo", "bytes", "file", "path"),
    "audio": ("audio", "sound", "recording", "bytes", "file", "path"),
}
ROWS_A_BATCH = 1024
BUFFER = 1 << 20  # bytes of a Parquet column that are read at once
CSV_BLOCK = 1 << 23  # bytes of a CSV file that decide the types of its columns, and the longest row

Row = tuple[int, Any, Any, tuple[Any, ...]]  # number, key, item or None, payload


@dataclass(frozen=True)
class ItemColumns:
    """Names of a table's columns.

    Attributes
    ----------
    key : of the keys; None: "key" or "id", and where there is none the number of the row from 0.
    item : of the items; None: by the names usual for the modality, or the only column that can be it. Rows as
        a whole are items where a table is encoded.
    keep : payload.
    as_written : those that are given as texts, in a CSV or TSV file as they are written, where rows are
        items; the types of others are told from their values.
    """

    key: str | None = None
    item: str | None = None
    keep: tuple[str, ...] = ()
    as_written: tuple[str, ...] = ()

    def refuse(self, what: str) -> None:
        """Raise `InputError` if a column is named where there are none."""
        named = [("key", self.key), ("column", self.item), ("keep", ",".join(self.keep) or None)]
        for role, name in named:
            if name is not None:
                raise InputError(
                    f"{role}={shown(name)} names a column, and {what} has none",
                    remedy="leave it out, or give a table",
                )


def read_table(
    source: Any, modality: str | None, columns: ItemColumns
) -> tuple[Iterator[Row], int | None, Any, str | None]:
    """Rows of a table in memory or of a stream of record batches; their number; the payload's schema; the
    column of the items, None where rows as a whole are items."""
    import pyarrow as pa  # noqa: PLC0415  (only tables need it)

    reader = source if isinstance(source, pa.RecordBatchReader) else pa.RecordBatchReader.from_stream(source)
    chosen = Chosen.of(reader.schema, "the table", modality, columns)
    count = getattr(source, "num_rows", None)
    return _rows(_cut(reader), chosen, None), count, chosen.payload(reader.schema), chosen.item


def read_table_file(
    path: Path, modality: str | None, columns: ItemColumns
) -> tuple[Iterator[Row], int | None, Any, str | None]:
    """The same of a Parquet, CSV or TSV file; the number of rows, where it is known."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    if not path.is_file():
        raise InputError("there is no such file" if not path.exists() else "it is no file", file=path)
    try:
        if ending(path) == ".parquet":
            file = pq.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)
            chosen = Chosen.of(file.schema_arrow, str(path), modality, columns)
            batches = file.iter_batches(batch_size=ROWS_A_BATCH, columns=chosen.names, use_threads=False)
            count = int(file.metadata.num_rows)
            return _rows(batches, chosen, path), count, chosen.payload(file.schema_arrow), chosen.item
        reader, chosen = _open_csv(path, modality, columns)
        return _rows(_cut(reader), chosen, path), None, chosen.payload(reader.schema), chosen.item
    except (pa.ArrowException, OSError, EOFError) as error:
        raise _damaged(path, error, 0) from None


def item_column(path: Path, modality: str | None, columns: ItemColumns, label: str | None) -> str | None:
    """The column of a table's file that `read_table_file` takes items from, where `label` is none of them.

    None: rows as a whole are items. Raises `InputError` where items and labels are one column, and what
    `read_table_file` raises.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    if label is not None and label == columns.item:
        raise InputError(
            f"the column {shown(label)} holds both the items and the labels", file=path,
            remedy="whatever encodes a label can foretell it: name another column of items",
        )  # fmt: skip
    if not path.is_file():
        raise InputError("there is no such file" if not path.exists() else "it is no file", file=path)
    try:
        schema = pq.read_schema(path) if ending(path) == ".parquet" else _csv_schema(path)
    except (pa.ArrowException, OSError, EOFError) as error:
        raise _damaged(path, error, 0) from None
    if (
        modality != "table"
        and columns.item is None
        and label is not None
        and label != columns.key
        and label in schema.names
    ):
        schema = schema.remove(schema.get_field_index(label))
    return Chosen.of(schema, str(path), modality, columns).item


@dataclass(frozen=True)
class Chosen:
    """The columns that are read: `item` is None where rows as a whole are items."""

    key: str | None
    item: str | None
    keep: tuple[str, ...]
    names: list[str]
    as_written: tuple[str, ...] = ()

    @classmethod
    def of(cls, schema: Any, where: str, modality: str | None, columns: ItemColumns) -> Chosen:
        """The columns by their names; raises `InputError` that names those there are."""
        names = list(map(str, schema.names))
        twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if twice is not None:
            raise InputError(f"two columns are called {shown(twice)}", file=where, remedy="rename one")
        for name in (columns.key, columns.item, *columns.keep):
            if name is not None and name not in names:
                raise InputError(
                    f"there is no column {shown(name)}",
                    file=where,
                    remedy=f"it has {', '.join(names)}",
                )
        if "key" in columns.keep:
            raise InputError("keep=['key']: keys are kept as keys", file=where, remedy="leave it out")
        lower = {name.lower(): name for name in reversed(names)}
        key = columns.key or next((lower[name] for name in KEY_NAMES if name in lower), None)
        if modality == "table" and columns.item is None:
            written = tuple(name for name in columns.as_written if name in names)
            return cls(key, None, columns.keep, names, written)
        item = columns.item or _item_column(schema, names, where, modality, key)
        read = dict.fromkeys(name for name in (key, item, *columns.keep) if name is not None)
        return cls(key, item, columns.keep, list(read))

    def payload(self, schema: Any) -> Any:
        """The Arrow schema of what is kept, or None."""
        import pyarrow as pa  # noqa: PLC0415

        return pa.schema([schema.field(name) for name in self.keep]) if self.keep else None


def _item_column(schema: Any, names: Sequence[str], where: str, modality: str | None, key: str | None) -> str:
    lower = {name.lower(): name for name in reversed(names) if name != key}
    known = next((lower[name] for name in ITEM_NAMES.get(modality or "", ()) if name in lower), None)
    if known is not None:
        return known
    fits = [name for name in names if name != key and _may_hold(schema.field(name).type, modality)]
    if len(fits) != 1:
        raise InputError(
            f"which column holds the items is not clear: found {', '.join(fits) or 'none'}",
            file=where,
            remedy=f'name it, as column="NAME" (--column NAME); the columns are {", ".join(names)}',
        )
    return fits[0]


def _may_hold(kind: Any, modality: str | None) -> bool:
    """Whether a column of this Arrow type can hold items of the modality."""
    import pyarrow as pa  # noqa: PLC0415

    kinds = pa.types
    if kinds.is_dictionary(kind):
        kind = kind.value_type
    text = kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind)
    if modality in ("text", "key"):
        return bool(text)
    lists = kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind)
    if modality in ("features", "vector"):
        return bool(lists)
    held = kinds.is_binary(kind) or kinds.is_large_binary(kind) or kinds.is_struct(kind)
    return bool(held or (modality is None and (text or lists)))


def _open_csv(path: Path, modality: str | None, columns: ItemColumns) -> tuple[Any, Chosen]:
    """A stream of record batches: keys and items as the text they are written as, 007 is not 7."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    reading, parsing = _csv_options(path)
    chosen = Chosen.of(_csv_schema(path), str(path), modality, columns)
    written = (chosen.key, chosen.item, *chosen.as_written)
    texts = dict.fromkeys((name for name in written if name is not None), pa.string())
    converting = csv.ConvertOptions(column_types=texts, include_columns=chosen.names)
    opened = csv.open_csv(path, read_options=reading, parse_options=parsing, convert_options=converting)
    return opened, chosen


def _csv_options(path: Path) -> tuple[Any, Any]:
    from pyarrow import csv  # noqa: PLC0415

    parsing = csv.ParseOptions(delimiter=delimiter_of(path), newlines_in_values=True)
    return csv.ReadOptions(block_size=CSV_BLOCK, use_threads=False), parsing


def _csv_schema(path: Path) -> Any:
    """The columns of a CSV file, and their types as far as its first block tells."""
    from pyarrow import csv  # noqa: PLC0415

    reading, parsing = _csv_options(path)
    with csv.open_csv(path, read_options=reading, parse_options=parsing) as reader:
        return reader.schema


def _cut(reader: Any) -> Iterator[Any]:
    """Record batches, none longer than `ROWS_A_BATCH`."""
    for batch in reader:
        for start in range(0, len(batch), ROWS_A_BATCH):
            yield batch.slice(start, ROWS_A_BATCH)


def _rows(batches: Iterable[Any], chosen: Chosen, path: Path | None) -> Iterator[Row]:
    import pyarrow as pa  # noqa: PLC0415

    row = 0
    is_text = path is not None and chosen.item is not None and ending(path) != ".parquet"  # "" is no value
    try:
        for batch in batches:
            keys = (
                range(row, row + len(batch)) if chosen.key is None else batch.column(chosen.key).to_pylist()
            )
            kept = [batch.column(name).to_pylist() for name in chosen.keep]
            for place, (key, value) in enumerate(zip(keys, _values(batch, chosen, path), strict=True)):
                missing = is_text and value == ""
                yield row + place, key, None if missing else value, tuple(column[place] for column in kept)
            row += len(batch)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(path, error, row) from None


def _values(batch: Any, chosen: Chosen, path: Path | None) -> list[Any]:
    if chosen.item is None:
        columns = Rows(
            dict(zip(chosen.names, batch.columns, strict=True)),
            len(batch),
            None if path is None else str(path),
        )
        lists = [
            (as_texts(readable(columns, name)) if name in chosen.as_written else column).to_pylist()
            for name, column in columns.columns.items()
        ]
        return [dict(zip(chosen.names, row, strict=True)) for row in zip(*lists, strict=True)]
    return [unwrapped(value) for value in batch.column(chosen.item).to_pylist()]


def _damaged(path: Path | None, error: Exception, row: int) -> InputError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    if path is not None and isinstance(error, ValueError) and ending(path) != ".parquet":
        return csv_fault(path, delimiter_of(path), reason)
    return FormatError(
        f"the table cannot be read ({reason})",
        file=path,
        row=f"rows from {row:,}" if row else None,
        remedy="write it anew",
    )
