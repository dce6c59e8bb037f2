"""The protocol every encoder follows: raw items in, one float32 row an item out; the check of its batches."""

from __future__ import annotations

import inspect
import numbers
from collections.abc import Sequence
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nearer.errors import ParameterError, shown
from nearer.space import Metric, Space

# What an encoder of ours says that it reads, in its attribute `modality`: texts, images, recordings, rows of
# a table, vectors, features of nodes or items, or the keys of a space.
Modality = Literal["text", "image", "audio", "table", "vector", "features", "key"]

METHODS = ("encode", "encode_query", "encode_document")
PROTOCOL = (
    "an encoder has dim, identity, and encode, encode_query and encode_document "
    "(items, batch_size=1024, show_progress=None)"
)


@runtime_checkable
class Encoder(Protocol):
    """Turns raw items into vectors of one dimension and one identity."""

    @property
    def dim(self) -> int:
        """Dimension of the vectors."""
        ...

    @property
    def identity(self) -> str:
        """SHA-256 (64 hexadecimal digits) of everything that decides what a vector means."""
        ...

    def encode(
        self, items: Sequence[Any], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """One vector an item: float32 (n, dim)."""
        ...

    def encode_query(
        self, items: Sequence[Any], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of items that are searched with."""
        ...

    def encode_document(
        self, items: Sequence[Any], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of items that are searched for."""
        ...


def modality_of(encoder: object) -> Modality | None:
    """What `encoder` says that it reads, or None where it does not say."""
    said = getattr(encoder, "modality", None)
    return said if said in get_args(Modality) else None


def space_of(encoder: object) -> Space | None:
    """The space that `encoder` belongs to, or None where it belongs to none."""
    found = (getattr(encoder, name, None) for name in ("space", "space_"))
    return next((space for space in found if isinstance(space, Space)), None)


def metric_of(encoder: object) -> Metric:
    """By what vectors of `encoder` are compared: the metric of its space, or cosine."""
    space = space_of(encoder)
    return "cosine" if space is None else space.metric


def as_written_of(encoder: object) -> tuple[str, ...]:
    """Columns that an encoder of rows reads as they are written, by its attribute `as_written`."""
    return tuple(getattr(encoder, "as_written", ()))


def require_protocol(encoder: object) -> None:
    """Raise `ParameterError` where `encoder` lacks a part of the protocol, or a method its parameters."""
    name = type(encoder).__name__
    for part in ("dim", "identity", *METHODS):
        if not (hasattr(type(encoder), part) or hasattr(encoder, part)):  # of an unfitted model dim raises
            raise ParameterError(f"{name} is no encoder: it has no {part}", remedy=PROTOCOL)
    for part in METHODS:
        method = getattr(encoder, part)
        try:
            inspect.signature(method).bind([], batch_size=1, show_progress=False)
        except ValueError:  # compiled, without a signature
            continue
        except TypeError as error:
            raise ParameterError(
                f"{name}.{part} cannot be called as an encoder's: {error}", remedy=PROTOCOL
            ) from None


def checked_batch_size(batch_size: object) -> int:
    """`batch_size` as a number of items; raises `ParameterError` for all but a whole number from 1 up."""
    if isinstance(batch_size, bool) or not isinstance(batch_size, numbers.Integral) or batch_size < 1:
        raise ParameterError(f"batch_size={shown(batch_size)} is not a whole number from 1 up")
    return int(batch_size)
