"""A text file to write: replaced at one instant, packed if its name ends in `.gz`."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from nearer.replace import new_file
from nearer.space.formats.source import is_gzip


@contextmanager
def text_target(path: Path, overwrite: bool) -> Iterator[IO[bytes]]:
    """Bytes written here stand at `path` once the block has ended; the same bytes give the same file."""
    with new_file(path, overwrite) as handle:
        if is_gzip(path):
            packed: Any = gzip.GzipFile(filename="", mode="wb", fileobj=handle, compresslevel=6, mtime=0)
            with packed:
                yield packed
        else:
            yield handle
