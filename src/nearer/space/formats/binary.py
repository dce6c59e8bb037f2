"""A `.bin` file: word2vec binary, or a model that its first bytes name and another room reads."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from nearer.space.checks import Metric
from nearer.space.formats import word2vec_binary
from nearer.space.formats.source import reading_errors
from nearer.space.space import Space

FASTTEXT = (793712314).to_bytes(4, "little")  # first bytes of a model that fastText saved
MODELS: dict[
    bytes, Callable[[Path], Space]
] = {}  # first bytes -> the space of such a model; encoders add theirs


def read(path: Path, metric: Metric = "cosine") -> Space:
    """The space in a `.bin` file, told by its first bytes."""
    path = Path(path)
    with reading_errors(path), path.open("rb") as handle:
        start = handle.read(len(FASTTEXT))
    if start in MODELS:
        return MODELS[start](path)
    return word2vec_binary.read(path, metric)


def is_model(path: str | PathLike[str], start: bytes) -> bool:
    """Whether there is a file at `path` that begins with `start`."""
    try:
        with Path(path).open("rb") as handle:
            return handle.read(len(start)) == start
    except (OSError, ValueError):
        return False
