"""A Parquet file that is written part by part, and takes its place whole or not at all."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from nearer.errors import FormatError
from nearer.replace import new_file

if TYPE_CHECKING:
    import pyarrow as pa


class TableFile:
    """Tables of one schema, written one after another to `path`; nothing is there before the end.

    Raises `FormatError` for another ending than .parquet, `StorageError` where the place cannot be written
    or is taken and `overwrite` is False.
    """

    def __init__(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        self._path = Path(path)
        if self._path.suffix.lower() != ".parquet":
            raise FormatError("suggestions are saved as a Parquet table", file=path, remedy="end in .parquet")
        self._overwrite = overwrite
        self._stack = ExitStack()
        self._writer: Any = None
        self._handle: Any = None

    def __enter__(self) -> Self:
        self._handle = self._stack.enter_context(new_file(self._path, self._overwrite))
        return self

    def write(self, table: pa.Table) -> None:
        """Append `table` as a row group."""
        import pyarrow.parquet as pq  # noqa: PLC0415  (heavy: paid for where it is needed)

        if self._writer is None:
            self._writer = pq.ParquetWriter(self._handle, table.schema, compression="zstd")
        self._writer.write_table(table)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            self._stack.__exit__(kind, error, trace)
