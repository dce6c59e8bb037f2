"""Axes that are watched by name: directions that somebody gave, not learned from the baseline's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import ParameterError, shown
from nearer.space.identity import require_same


def named_directions(
    axes: Mapping[str, Any], dim: int, identity: str | None
) -> tuple[tuple[str, ...], NDArray[np.float64] | None]:
    """Names, and directions of length 1 (k, dim), or None where there are none.

    A value is a vector (dim,), or has a `direction` and may have an `identity`, which must be that of the
    baseline. Raises `ParameterError` for what is no direction, `SpaceMismatch` for another identity.
    """
    found = [_direction(name, value, dim, identity) for name, value in axes.items()]
    return tuple(str(name) for name in axes), np.stack(found) if found else None


def _direction(name: str, value: Any, dim: int, identity: str | None) -> NDArray[np.float64]:
    bound = getattr(value, "identity", None)
    if isinstance(bound, str) and identity is not None:
        require_same(bound, identity, f"the axis {shown(name)}", "make the axis in the baseline's space")
    try:
        vector = np.asarray(getattr(value, "direction", value), np.float64)
    except (TypeError, ValueError):
        vector = np.zeros(0)
    length = float(np.linalg.norm(vector)) if vector.shape == (dim,) else 0.0
    if not np.isfinite(length) or length == 0:
        raise ParameterError(
            f"axis {shown(name)} is no direction of {dim} columns: {shown(value)}",
            remedy="pass a vector (dim,) of finite numbers that are not all zero, or what space.axis() gives",
        )
    return vector / length
