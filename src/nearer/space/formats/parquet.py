"""Parquet: column `key` (text), column `vector` (a list of float32 of fixed size), and the payload columns.

Written files keep metric, identity and provenance in the schema's metadata under `nearer`. Files of others
are read too: lists of any size and floats of any kind, as long as every row holds as many numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import FormatError, shown
from nearer.replace import new_file
from nearer.space.arrow_input import arrow_file
from nearer.space.formats.description import describe, described
from nearer.space.formats.source import imported, reading_errors
from nearer.space.space import Space
from nearer.space.store import require_unicode

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "Parquet"
KEY, VECTOR, DESCRIPTION = "key", "vector", b"nearer"


def read(path: Path, key: str = KEY, vector: str = VECTOR) -> Space:
    """The space in a Parquet file whose columns `key` and `vector` hold keys and vectors.

    The other columns become payload. Raises `FormatError` naming file, row and value.
    """
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)
    import pyarrow.parquet as pq  # noqa: PLC0415

    path = Path(path)
    with reading_errors(path), arrow_file(path) as file:
        try:
            table = pq.read_table(file)
            table.validate(full=True)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise FormatError(
                f"is no whole Parquet file: {error}", file=path, remedy="fetch it again"
            ) from None
    return from_table(path, table, key, vector)


def write(space: Space, path: Path, overwrite: bool = False) -> None:
    """Write everything; raises `FormatError` for payload that Parquet has no type for."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = to_table(space)
    with new_file(Path(path), overwrite) as handle:
        try:
            pq.write_table(table, handle, compression="zstd", use_dictionary=False)
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
            raise FormatError(f"the payload cannot be written as Parquet: {error}", file=path) from None


def to_table(space: Space) -> pa.Table:
    """Keys, vectors and payload as one Arrow table."""
    import pyarrow as pa  # noqa: PLC0415

    require_unicode(space.keys)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(space.vectors.ravel()), space.dim)
    table = pa.table({KEY: pa.array(space.keys, pa.large_string()), VECTOR: vectors})
    if space.items is not None:
        if VECTOR in space.items.column_names:
            raise FormatError(f"the payload has a column called {VECTOR!r}", remedy="rename it")
        for field, column in zip(space.items.schema, space.items.columns, strict=True):
            table = table.append_column(field, column)
    return table.replace_schema_metadata({DESCRIPTION: describe(space)})


def from_table(path: Path, table: pa.Table, key: str, vector: str) -> Space:
    """The space in an Arrow table that was read from `path`."""
    for name in (key, vector):
        if table.column_names.count(name) != 1:
            raise FormatError(
                f"has no column {name!r} or more than one; it has {shown(table.column_names)}",
                file=path,
                remedy="rename its columns to 'key' and 'vector'",
            )
    keys = _keys(path, table.column(key))
    vectors = _vectors(path, table.column(vector))
    try:
        metric, identity, made = described((table.schema.metadata or {}).get(DESCRIPTION), keys, vectors)
    except ValueError as error:
        raise FormatError(f"its metadata is damaged: {error}", file=path) from None
    items = table.drop_columns([key, vector]).replace_schema_metadata(None)
    return imported(
        path,
        NAME,
        keys,
        vectors,
        metric=metric,
        items=items if items.column_names else None,
        identity=identity,
        provenance=made,
    )


def _keys(path: Path, column: pa.ChunkedArray[Any]) -> list[str]:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise FormatError(f"the keys are {column.type}, not text", file=path, remedy="cast them to string")
    if column.null_count:
        row = column.is_null().index(True).as_py()
        raise FormatError("the key is null", file=path, row=row + 1, remedy="remove the row")
    keys: list[Any] = column.to_pylist()
    return keys


def _vectors(path: Path, column: pa.ChunkedArray[Any]) -> NDArray[np.float32]:
    """The vectors as an array (n, dim); every row must hold as many numbers."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    kind = column.type
    listed = pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if not listed or not (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)):
        raise FormatError(f"the vectors are {kind}, not lists of numbers", file=path)
    lengths = pc.list_value_length(column).combine_chunks().to_numpy(zero_copy_only=False)
    fixed = kind.list_size if pa.types.is_fixed_size_list(kind) else None
    dim = fixed or (int(lengths[0]) if len(lengths) and lengths[0] > 0 else 0)
    odd = np.flatnonzero(lengths != dim)
    if dim == 0 or odd.size:
        row = int(odd[0]) if odd.size else 0
        found = f"{lengths[row]:.0f} numbers" if len(lengths) and lengths[row] >= 0 else "no vector"
        raise FormatError(f"{found}, expected {dim or 'at least 1'}", file=path, row=row + 1)
    flat = pc.list_flatten(column)
    if flat.null_count:
        row = flat.is_null().index(True).as_py() // dim
        raise FormatError("the vector holds null", file=path, row=row + 1, remedy="remove the row")
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite, which is refused by name
        return flat.to_numpy().astype(np.float32).reshape(-1, dim)
