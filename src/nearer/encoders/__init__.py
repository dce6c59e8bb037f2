"""Encoders: one raw item in, one vector out."""

import os
from pathlib import Path

from nearer.encoders import fasttext_binary
from nearer.encoders.base import Encoder
from nearer.encoders.lookup import Lookup
from nearer.encoders.subword import Subword
from nearer.space import load
from nearer.space.formats import binary

__all__ = ["Encoder", "Lookup", "Subword", "encoder"]

binary.MODELS[binary.FASTTEXT] = fasttext_binary.read_space


def encoder(name_or_path: str | os.PathLike[str]) -> Encoder:
    """The encoder of a name or path: for a fastText `.bin`, its words and n-grams; for a space, its keys.

    Raises what `nearer.load` raises: `ModelNotFound`, `InputError`, `IntegrityError`.
    """
    if isinstance(name_or_path, str | os.PathLike) and binary.is_model(name_or_path, binary.FASTTEXT):
        return fasttext_binary.read(Path(name_or_path))
    return Lookup(load(name_or_path))
