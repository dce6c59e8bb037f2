"""Formats: one file each, with `read(path)` and `write(space, path)`; the file's ending chooses.

    .space            folder, holds everything                          ../store.py, docs/format.md
    .txt .vec (.gz)   word2vec text with its header line                word2vec_text.py
    .txt (.gz)        headerless GloVe text, seen by its first line     glove_text.py
    .bin              word2vec binary                                   word2vec_binary.py
                      or a fastText model, seen by its first bytes      binary.py
    .tsv              TensorFlow Projector, beside a metadata file      projector.py
    .parquet          columns key, vector and payload                   parquet.py
    .npz .npy         NumPy; .npy beside a list of keys                 numpy_files.py
    gensim            `KeyedVectors` objects in memory                  gensim_objects.py

What a format cannot hold is refused before anything is written, with the key named; what is written takes its
target's place at one instant. docs/spaces.md has the table of what each format keeps.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nearer.errors import FormatError, ParameterError, shown
from nearer.space import store
from nearer.space.formats import (
    binary,
    glove_text,
    numpy_files,
    parquet,
    projector,
    text_sniffing,
    word2vec_binary,
    word2vec_text,
)
from nearer.space.formats.gensim_objects import from_gensim, to_gensim
from nearer.space.space import Space

__all__ = ["ENDINGS", "FORMATS", "Format", "format_of", "from_gensim", "read", "to_gensim", "write"]

logger = logging.getLogger("nearer")


@dataclass(frozen=True)
class Format:
    """How a format is read and written, and what of a space it keeps beside keys and vectors."""

    read: Callable[[Path], Space]
    write: Callable[[Space, Path, bool], None]
    keeps_items: bool
    keeps_metric: bool


FORMATS = {
    "space": Format(store.read, store.write, keeps_items=True, keeps_metric=True),
    "word2vec": Format(word2vec_text.read, word2vec_text.write, keeps_items=False, keeps_metric=False),
    "glove": Format(glove_text.read, glove_text.write, keeps_items=False, keeps_metric=False),
    "text": Format(text_sniffing.read, word2vec_text.write, keeps_items=False, keeps_metric=False),
    "word2vec-binary": Format(binary.read, word2vec_binary.write, keeps_items=False, keeps_metric=False),
    "projector": Format(projector.read, projector.write, keeps_items=True, keeps_metric=False),
    "parquet": Format(parquet.read, parquet.write, keeps_items=True, keeps_metric=True),
    "npz": Format(numpy_files.read_npz, numpy_files.write_npz, keeps_items=False, keeps_metric=True),
    "npy": Format(numpy_files.read_npy, numpy_files.write_npy, keeps_items=False, keeps_metric=False),
}

ENDINGS = {
    ".space": "space",
    ".txt": "text",
    ".txt.gz": "text",
    ".vec": "word2vec",
    ".vec.gz": "word2vec",
    ".bin": "word2vec-binary",
    ".tsv": "projector",
    ".parquet": "parquet",
    ".npz": "npz",
    ".npy": "npy",
}


def read(path: str | os.PathLike[str], format: str | None = None) -> Space:
    """The space in the file or folder at `path`; `format` is a key of `FORMATS`, None: by the ending.

    Raises `FormatError` naming file, row and value, `EncodingError` naming the byte, and `IntegrityError` for
    a `.space` folder that was changed.
    """
    place = Path(path)
    folder = place.is_dir() and format is None
    return FORMATS["space" if folder else _chosen(place, format)].read(place)


def write(
    space: Space, path: str | os.PathLike[str], overwrite: bool = False, format: str | None = None
) -> None:
    """Write `space` to `path`; `format` is a key of `FORMATS`, None: by the ending, a folder without one.

    Raises `FormatError` for a key that the format cannot hold, before anything is written, and `StorageError`
    where `path` exists and `overwrite` is false, or cannot be written. What the format does not keep
    (payload columns, a metric other than cosine) is logged as a warning.
    """
    place = Path(path)
    name = "space" if format is None and not place.suffix else _chosen(place, format)
    chosen = FORMATS[name]
    chosen.write(space, place, overwrite)
    if space.has_items and not chosen.keeps_items:
        logger.warning("%s: this format does not keep the payload columns", place)
    if space.metric != "cosine" and not chosen.keeps_metric:
        logger.warning("%s: this format does not keep the metric %r", place, space.metric)


def format_of(path: str | os.PathLike[str]) -> str | None:
    """The key of `FORMATS` that the ending of `path` names, or None."""
    name = Path(path).name.lower()
    return next((ENDINGS[end] for end in ENDINGS if name.endswith(end)), None)


def _chosen(path: Path, format: str | None) -> str:
    if format is not None:
        if format not in FORMATS:
            raise ParameterError(f"format is {shown(format)}", remedy=f"use one of {', '.join(FORMATS)}")
        return format
    name = format_of(path)
    if name is None:
        raise FormatError(
            f"the ending {shown(path.suffix)} names no format", file=path, remedy=f"use {' '.join(ENDINGS)}"
        )
    return name
