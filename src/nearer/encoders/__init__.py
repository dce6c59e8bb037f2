"""Encoders: one raw item in, one vector out."""

import os

from nearer.encoders.base import Encoder
from nearer.encoders.lookup import Lookup
from nearer.space import load

__all__ = ["Encoder", "Lookup", "encoder"]


def encoder(name_or_path: str | os.PathLike[str]) -> Encoder:
    """The encoder of a name or path: for a space, the lookup of its keys.

    Raises what `nearer.load` raises: `ModelNotFound`, `InputError`, `IntegrityError`.
    """
    return Lookup(load(name_or_path))
