"""What is judged: a space, or texts that an encoder turns into one; queries in the same forms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import nearer
from nearer.cli.identified import carries_identity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nearer.encoders import Encoder


def documents(name: str, encoder: str | None) -> nearer.Space:
    """The space called `name`; with an `encoder`, that of the texts in the file `name`."""
    if encoder is None:
        return nearer.load(name)
    opened = nearer.encoder(encoder)
    keys, texts = nearer.evaluate.read_texts(name)
    return _space(opened, keys, opened.encode_document(texts))


def queries(
    file: Path, encoder: str | None, space: nearer.Space
) -> nearer.Space | Mapping[str, NDArray[np.float32]]:
    """Queries of `space`: a space, vectors by key from a format without identity, or texts to encode."""
    if encoder is not None:
        opened = nearer.encoder(encoder)
        keys, texts = nearer.evaluate.read_texts(file)
        return _space(opened, keys, opened.encode_query(texts))
    given = nearer.load(file)
    return given if carries_identity(file) else dict(zip(given.keys, given.vectors, strict=True))


def _space(encoder: Encoder, keys: list[str], vectors: NDArray[np.float32]) -> nearer.Space:
    return nearer.Space(keys, vectors, identity=encoder.identity)
