"""Encoders: one raw item in, one vector out."""

import os
from collections.abc import Callable
from pathlib import Path

from nearer.encoders import fasttext_binary
from nearer.encoders.base import Encoder
from nearer.encoders.fasttext_binary import require_bin
from nearer.encoders.lookup import Lookup
from nearer.encoders.subword import Subword
from nearer.space import load
from nearer.space.formats import binary
from nearer.space.replace import whole_folder

__all__ = ["SAVED_MODELS", "Encoder", "Lookup", "Subword", "encoder", "require_bin"]

binary.MODELS[binary.FASTTEXT] = fasttext_binary.read_space
# A file that marks the folder of a saved model -> what opens it; models add theirs.
SAVED_MODELS: dict[str, Callable[[Path], Encoder]] = {}


def encoder(name_or_path: str | os.PathLike[str]) -> Encoder:
    """The encoder of a name or path.

    A fastText `.bin` encodes words by its n-grams, a saved `Doc2Vec` texts, and a space its keys. Raises what
    `nearer.load` raises: `ModelNotFound`, `InputError`, `IntegrityError`; and `ParameterError` for a saved
    model whose tokenizer is a callable, which its own `load` must be given.
    """
    if isinstance(name_or_path, str | os.PathLike):
        if binary.is_model(name_or_path, binary.FASTTEXT):
            return fasttext_binary.read(Path(name_or_path))
        for mark, open_model in SAVED_MODELS.items():
            if _is_file(Path(name_or_path), mark):
                return open_model(Path(name_or_path))
    return Lookup(load(name_or_path))


def _is_file(folder: Path, name: str) -> bool:
    try:
        return (whole_folder(folder) / name).is_file()
    except (OSError, ValueError):  # a name too long for the system, or with a zero character
        return False
