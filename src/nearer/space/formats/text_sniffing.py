"""A `.txt` file: word2vec text if it begins with a line `n dim`, GloVe text if not."""

from __future__ import annotations

from pathlib import Path

from nearer.space.checks import Metric
from nearer.space.formats import glove_text, word2vec_text
from nearer.space.formats.source import opened
from nearer.space.space import Space


def read(path: Path, metric: Metric = "cosine") -> Space:
    """The space in a text file with or without a header line."""
    path = Path(path)
    read_chosen = word2vec_text.read if has_header(path) else glove_text.read
    return read_chosen(path, metric)


def has_header(path: Path) -> bool:
    """Whether the first line is `n dim`, or the file is empty.

    Two whole numbers are also what a one-dimensional vector with a number for a key looks like; then the
    second line, which would be as short, decides: in a file with a header it holds dim numbers.
    """
    with opened(path) as handle:
        first, second = handle.readline(), handle.readline()
    sizes = word2vec_text.sizes_in(first)
    if not first.strip():
        return True
    return sizes is not None and (len(second.split()) != 2 or sizes[1] == 1)
