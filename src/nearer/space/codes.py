"""Codes: vectors in fewer bits, and back.

| kind     | a vector takes    | decoded value                  | error of a value                    |
| -------- | ----------------- | ------------------------------ | ----------------------------------- |
| "f16"    | 2 dim bytes       | code x one scale for all       | at most 2^-11 of the value          |
| "int8"   | dim + 4 bytes     | code x scale of the vector     | at most half the scale: max/254     |
| "binary" | dim / 8 + 4 bytes | + or - the scale of the vector | none is promised: signs are kept    |

"f16" has scale 1, and values are those of NumPy's float16, unless the largest would overflow or most would
vanish: then the scale is a power of two. Below 2^-14 of the scale the error is at most 2^-25 of it. The scale
of "int8" is max |x| / 127 of its vector. That of "binary" is the mean |x| of its vector, which is nearest to
the vector of all multiples of its signs (Rastegari et al., 2016); a bit is set where the value is above 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal["f16", "int8", "binary"]
KINDS: tuple[str, ...] = get_args(Kind)
BLOCK = 8192  # rows that are coded or decoded at a time
HIGHEST, LOWEST = 65_504.0, 2.0**-6  # largest values between which float16 needs no scale

Rows = NDArray[np.intp] | slice


@dataclass(frozen=True, eq=False)
class Codes:
    """n vectors of `dim` values in codes of one kind.

    Attributes
    ----------
    values : float16 or int8 (n, dim), or uint8 (n, ceil(dim / 8)): eight signs a byte, the first in its
        highest bit.
    scale : float32 (n,), or (1,) for "f16".
    """

    kind: Kind
    dim: int
    values: NDArray[Any]
    scale: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def nbytes(self) -> int:
        """Bytes of codes and scales."""
        return int(self.values.nbytes + self.scale.nbytes)

    def are_finite(self) -> bool:
        """Whether every value decodes to a number."""
        whole = self.kind != "f16" or all(
            bool(np.isfinite(self.values[start : start + BLOCK]).all())
            for start in range(0, len(self), BLOCK)
        )
        return whole and bool(np.isfinite(self.scale).all())

    def take(self, rows: Rows) -> Codes:
        """The codes of some rows."""
        scale = self.scale if self.kind == "f16" else self.scale[rows]
        return Codes(self.kind, self.dim, np.ascontiguousarray(self.values[rows]), scale)

    def decoded(self) -> NDArray[np.float32]:
        """The vectors, float32 (n, dim)."""
        out = np.empty((len(self), self.dim), dtype=np.float32)
        for start in range(0, len(self), BLOCK):
            rows = slice(start, start + BLOCK)
            scale = self.scale if self.kind == "f16" else self.scale[rows, None]
            values = self.values[rows]
            if self.kind == "binary":
                values = np.unpackbits(values, axis=1, count=self.dim).astype(np.float32) * 2 - 1
            np.multiply(values, scale, out=out[rows], dtype=np.float32)
        return out


def encoded(vectors: NDArray[np.float32], kind: Kind) -> Codes:
    """The codes of `vectors` (n, dim)."""
    n, dim = vectors.shape
    make: dict[str, Callable[[NDArray[np.float32]], tuple[NDArray[Any], NDArray[np.float32]]]] = {
        "int8": _int8,
        "binary": _binary,
    }
    if kind == "f16":
        scale = half_scale(vectors)
        with np.errstate(under="ignore"):
            values = np.divide(vectors, scale, dtype=np.float32).astype(np.float16)
        return Codes(kind, dim, values, scale)
    values = np.empty((n, *tensor_shape(kind, dim)), dtype=np.int8 if kind == "int8" else np.uint8)
    scales = np.empty(n, dtype=np.float32)
    for start in range(0, n, BLOCK):
        rows = slice(start, start + BLOCK)
        values[rows], scales[rows] = make[kind](vectors[rows])
    return Codes(kind, dim, values, scales)


def bytes_per_item(dim: int, kind: Kind | Literal["f32"]) -> int:
    """Bytes that a vector of `dim` values takes as float32 ("f32") or in codes of `kind`, its scale too."""
    sizes = {"f32": 4 * dim, "f16": 2 * dim, "int8": dim + 4, "binary": -(-dim // 8) + 4}
    return sizes[kind]


def tensor_shape(kind: Kind, dim: int) -> tuple[int]:
    """Shape of the codes of one vector."""
    return (-(-dim // 8) if kind == "binary" else dim,)


def half_scale(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The scale (1,) with which float16 holds `vectors`: 1, or the power of two at or above the largest."""
    largest = max(float(vectors.max(initial=0)), -float(vectors.min(initial=0)))
    if largest == 0 or LOWEST <= largest <= HIGHEST:
        return np.ones(1, dtype=np.float32)
    exponent = max(-126, min(127, int(np.frexp(largest)[1])))
    return np.ldexp(np.ones(1, dtype=np.float32), exponent)


def _int8(block: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    scale = (np.abs(block).max(axis=1) / 127.0).astype(np.float32)
    divided = np.divide(block, scale[:, None], out=np.zeros(block.shape), where=scale[:, None] > 0)
    return np.clip(np.rint(divided), -127, 127).astype(np.int8), scale


def _binary(block: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    scale = np.abs(block).mean(axis=1, dtype=np.float64).astype(np.float32)
    return np.packbits(block > 0, axis=1), scale
