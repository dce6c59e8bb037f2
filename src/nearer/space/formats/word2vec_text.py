"""word2vec text, also fastText's `.vec`: a line `n dim`, then a line `key x1 ... xdim` for every row.

The format of the word2vec program (Mikolov et al., 2013). It keeps keys and vectors, not the metric; a key
must not be empty or hold white space.
"""

from __future__ import annotations

from pathlib import Path

from nearer.errors import FormatError, shown
from nearer.space.checks import Metric
from nearer.space.formats.holding import require_holdable
from nearer.space.formats.number_lines import NumberLines, number_lines
from nearer.space.formats.source import imported, opened
from nearer.space.formats.text_target import text_target
from nearer.space.space import Space

NAME = "word2vec text"
ENDS_A_KEY = " \t\n\r\v\f"


def read(path: Path, metric: Metric = "cosine") -> Space:
    """The space in a word2vec text file.

    Raises `FormatError` naming file, row and value for what breaks the format, such as a header that promises
    another number of rows; `EncodingError` for what is not UTF-8.
    """
    path = Path(path)
    with opened(path) as handle:
        first = handle.readline()
        n, dim = header(path, first)
        lines = NumberLines(path, dim, row=2, offset=len(first))
        lines.read(handle)
    if len(lines.keys) != n:
        raise FormatError(
            f"the header promises {n:,} rows, the file holds {len(lines.keys):,}",
            file=path,
            remedy="fetch it again, or correct its first line",
        )
    return imported(path, NAME, lines.keys, lines.matrix, metric=metric, first_row=2)


def write(space: Space, path: Path, overwrite: bool = False) -> None:
    """Write keys and vectors; raises `FormatError` for a key that is empty or holds white space."""
    require_holdable(space.keys, NAME, ENDS_A_KEY)
    with text_target(Path(path), overwrite) as handle:
        handle.write(f"{len(space)} {space.dim}\n".encode())
        for block in number_lines(space.vectors, space.keys):
            handle.write(block)


def header(path: Path, line: bytes) -> tuple[int, int]:
    """n and dim of a first line `n dim`; raises `FormatError`."""
    if not line.strip():
        raise FormatError("is empty", file=path, row=1, remedy="it must begin with a line `n dim`")
    sizes = sizes_in(line)
    if sizes is None:
        text = line[:80].decode(errors="replace").rstrip("\r\n")
        raise FormatError(
            f"the first line is {shown(text)}, not `n dim`",
            file=path,
            row=1,
            remedy="read a file without that line as format 'glove'",
        )
    if sizes[1] < 1:
        raise FormatError("the header promises vectors of 0 numbers", file=path, row=1)
    return sizes


def sizes_in(line: bytes) -> tuple[int, int] | None:
    """The two whole numbers of a header line, or None if it is none."""
    fields = line.removeprefix(b"\xef\xbb\xbf").split()
    if len(fields) != 2 or not all(field.isdigit() and len(field) < 16 for field in fields):
        return None
    return int(fields[0]), int(fields[1])
