"""Lookup: the encoder of a closed set of items, whose vectors are the rows of a space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.base import Modality
from nearer.errors import InputError
from nearer.space import Space


class Lookup:
    """Encodes keys by looking them up in a space; a key that is not there is an error."""

    modality: ClassVar[Modality] = "key"

    def __init__(self, space: Space) -> None:
        self.space = space

    @property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return self.space.dim

    @property
    def identity(self) -> str:
        """The identity of the space."""
        return self.space.identity

    def encode(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of `items`: float32 (n, dim).

        A lookup needs neither batches nor progress: `batch_size` and `show_progress` change nothing.
        Raises `UnknownKey` for an item that is not in the space, `InputError` for a single string.
        """
        if isinstance(items, str):
            raise InputError(
                f"encode takes a list of keys, not one string {items!r}", remedy=f"use [{items!r}]"
            )
        rows = [self.space.row(item) for item in items]
        return np.array(self.space.vectors[rows], dtype=np.float32).reshape(len(rows), self.dim)

    encode_query = encode
    encode_document = encode
