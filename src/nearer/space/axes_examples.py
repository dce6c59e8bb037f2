"""The examples of an axis: keys or vectors of two sides, checked before any work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import ParameterError, shown
from nearer.space.axes_separation import Floats
from nearer.space.queries import as_compared

if TYPE_CHECKING:
    from nearer.space.space import Space

Examples = str | ArrayLike | Sequence[str | ArrayLike]


@dataclass(frozen=True, eq=False)
class Side:
    """Examples of one side.

    Attributes
    ----------
    names : m keys; "positive 0", "negative 0", ... for vectors that came without one.
    keys : those of them that are keys of the space.
    vectors : float32 (m, dim) as they are.
    rows : float64 (m, dim) as the metric compares them: of length 1 for "cosine".
    """

    names: tuple[str, ...]
    keys: tuple[str, ...]
    vectors: NDArray[np.float32]
    rows: Floats


def read_sides(space: Space, positive: Examples, negative: Examples, method: str) -> tuple[Side, Side]:
    """Both sides; raises `UnknownKey`, and `ParameterError` for examples that make no axis."""
    high, low = read_side(space, positive, "positive"), read_side(space, negative, "negative")
    for side, name in ((high, "positive"), (low, "negative")):
        if twice := [key for key in side.keys if side.keys.count(key) > 1]:
            raise ParameterError(
                f"{shown(twice[0])} is given twice as {name}",
                remedy="an example counts once; remove one of them",
            )
    if not len(high.rows):
        raise ParameterError("positive is empty", remedy="give at least one key or vector")
    if both := sorted(set(high.keys) & set(low.keys)):
        raise ParameterError(
            f"{shown(both[0])} is on both sides",
            remedy="an example is positive or negative; remove it from one",
        )
    if method == "pairs" and len(high.rows) != len(low.rows):
        raise ParameterError(
            f"{len(high.rows)} positive and {len(low.rows)} negative examples are no pairs",
            remedy="give as many of each, in the order of the pairs, or use the method 'means'",
        )
    return high, low


def read_side(space: Space, given: Examples, side: str) -> Side:
    """Keys and vectors (dim,) of one side, or a matrix (m, dim); raises `UnknownKey`, `ParameterError`."""
    if not isinstance(given, str) and (not hasattr(given, "__iter__") or getattr(given, "ndim", 1) == 0):
        raise ParameterError(f"{side} is {shown(given)}", remedy="give keys or vectors (dim,)")
    listed = [given] if isinstance(given, str) else list(given)  # type: ignore[arg-type]  # rows of an array
    names = tuple(item if isinstance(item, str) else f"{side} {row}" for row, item in enumerate(listed))
    keys = tuple(item for item in listed if isinstance(item, str))
    vectors = np.array(
        [
            space[q] if isinstance(q, str) else _vector(space, q, n)
            for q, n in zip(listed, names, strict=True)
        ],
        np.float32,
    ).reshape(-1, space.dim)
    return Side(names, keys, vectors, as_compared(vectors, space.metric))


def _vector(space: Space, value: ArrayLike, name: str) -> NDArray[np.float32]:
    """A vector (dim,) of finite numbers, or `ParameterError` naming the example."""
    try:
        vector = np.asarray(value, np.float32)
    except (TypeError, ValueError):
        raise ParameterError(f"{name} is {shown(value)}", remedy="give keys or vectors (dim,)") from None
    if vector.shape != (space.dim,):
        raise ParameterError(
            f"{name} has shape {vector.shape} in a space of {space.dim} columns",
            remedy="give keys or vectors (dim,)",
        )
    if not np.isfinite(vector).all():
        raise ParameterError(f"{name} holds NaN or infinity", remedy="give finite numbers")
    return vector
