"""Scores of all items on a theme: cosines with the direction of keys, of vectors, or of an axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.space import Space
from nearer.space.identity import require_same
from nearer.space.queries import unit

BLOCK = 1 << 16  # rows scored at a time

Floats = NDArray[np.float64]


def theme_scores(space: Space, name: str, theme: Any) -> Floats:
    """Cosine of every item with the theme, (n,).

    theme : a key, a vector (dim,), a sequence of keys or of vectors (their unit vectors are added), or what
        has a `direction` (dim,) and an `identity`, such as `space.axis` gives.

    Raises `UnknownKey`, `SpaceMismatch` for an axis of another space, and errors that name the theme.
    """
    direction = _direction(space, name, theme)
    length = float(np.linalg.norm(direction))
    if not np.isfinite(length) or length == 0:
        raise InputError(
            f"theme {shown(name)} has no direction", remedy="pass a vector of finite numbers, not all 0"
        )
    blocks = [space.vectors[at : at + BLOCK] for at in range(0, len(space), BLOCK)]
    return np.concatenate([unit(block) @ (direction / length) for block in blocks])


def _direction(space: Space, name: str, theme: Any) -> Floats:
    if hasattr(theme, "direction"):
        require_same(
            theme.identity, space.identity, f"the axis of theme {shown(name)}", "make the axis in this space"
        )
        return np.asarray(theme.direction, np.float64)
    if isinstance(theme, str):
        own: Floats = unit(space[theme][None])[0]
        return own
    parts = list(theme)
    if parts and all(isinstance(part, str) for part in parts):
        return np.asarray(unit(space.vectors[space.rows(parts)]).sum(axis=0))
    try:
        vectors = np.atleast_2d(np.asarray(theme, np.float64))
    except (TypeError, ValueError):
        vectors = np.empty((0, 0))
    if vectors.ndim != 2 or vectors.shape[1] != space.dim or not len(vectors):
        raise ParameterError(
            f"theme {shown(name)} is {shown(theme)}",
            remedy=f"pass a key, keys, or vectors of {space.dim} numbers",
        )
    return np.asarray(unit(vectors).sum(axis=0))
