"""Identity: a SHA-256 over everything that decides what a vector means.

Two vectors may be compared only if their identities are equal. A space made by an encoder carries that
encoder's identity; a space of trained or imported vectors is identified by its own content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import SpaceMismatch


def content_identity(keys: Sequence[str], vectors: NDArray[np.float32], metric: str) -> str:
    """Identity of a space that is its own model: keys, vectors, dtype, dimension and metric.

    Returns 64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    digest.update(header("content", dtype=str(vectors.dtype), dim=int(vectors.shape[1]), metric=metric))
    encoded = [key.encode("utf-8", "surrogatepass") for key in keys]
    digest.update(np.fromiter((len(key) for key in encoded), dtype="<u4", count=len(encoded)).tobytes())
    digest.update(b"".join(encoded))
    digest.update(np.ascontiguousarray(vectors).view(np.uint8).data)
    return digest.hexdigest()


def parts_identity(
    step: str, settings: Mapping[str, object], names: Sequence[str], arrays: Mapping[str, NDArray[Any]]
) -> str:
    """Identity of what a model makes of new items: its settings, the names of its parts and its weights.

    Returns 64 hexadecimal digits.
    """
    shapes = {name: [str(array.dtype), *array.shape] for name, array in arrays.items()}
    digest = hashlib.sha256(header(step, settings=dict(settings), names=list(names), arrays=shapes))
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).view(np.uint8).data)
    return digest.hexdigest()


def derived_identity(identity: str, step: str, **parameters: object) -> str:
    """Identity of a space made from another by a step that changes what its vectors mean."""
    return hashlib.sha256(header(step, source=identity, **parameters)).hexdigest()


def header(step: str, **parameters: object) -> bytes:
    """The bytes that name a step and its parameters, the same in every process."""
    return json.dumps({"step": step, **parameters}, sort_keys=True, separators=(",", ":")).encode()


def require_same(found: str, expected: str, what: str, remedy: str) -> None:
    """Raise `SpaceMismatch` unless both identities are equal; `what` says whose `found` is."""
    if found != expected:
        raise SpaceMismatch(
            f"{what} has identity {found[:12]}, expected {expected[:12]}: "
            "vectors of different spaces cannot be compared",
            remedy=remedy,
        )
