"""GloVe text: a line `key x1 ... xdim` for every row, and no header (Pennington et al., 2014).

Keys of the published glove.840B hold spaces, so numbers are counted from the right. It keeps keys and
vectors, not the metric. A key with white space is refused on writing: few programs could read it.
"""

from __future__ import annotations

from pathlib import Path

from nearer.errors import FormatError
from nearer.space.checks import Metric
from nearer.space.formats.holding import require_holdable
from nearer.space.formats.number_lines import NumberLines, number_lines
from nearer.space.formats.source import imported, opened
from nearer.space.formats.text_target import text_target
from nearer.space.formats.word2vec_text import ENDS_A_KEY
from nearer.space.space import Space

NAME = "GloVe text"


def read(path: Path, metric: Metric = "cosine", dim: int | None = None) -> Space:
    """The space in a GloVe text file; `dim` is needed only if the key of the first line holds spaces.

    Raises `FormatError` naming file, row and value for what breaks the format, and `EncodingError`.
    """
    path = Path(path)
    with opened(path) as handle:
        first = handle.readline()
        fields = first.rstrip(b" \r\n").split(b" ")
        if len(fields) < 2:
            raise FormatError(
                "no vector in the first line", file=path, row=1, remedy="pass a GloVe text file"
            )
        lines = NumberLines(path, dim or len(fields) - 1, spaced_keys=True)
        lines.read(handle, start=first)
    return imported(path, NAME, lines.keys, lines.matrix, metric=metric)


def write(space: Space, path: Path, overwrite: bool = False) -> None:
    """Write keys and vectors; raises `FormatError` for an empty space, or a key empty or with white space."""
    require_holdable(space.keys, NAME, ENDS_A_KEY)
    if not len(space):
        raise FormatError(f"{NAME} cannot hold a space without keys", remedy="write word2vec text")
    with text_target(Path(path), overwrite) as handle:
        for block in number_lines(space.vectors, space.keys):
            handle.write(block)
