"""Which build of the kernels runs: the best one for this CPU, or the one that is asked for.

The environment variable ``NEARER_VARIANT`` (``avx512``, ``avx2``, ``x86_64``, ``neon``) overrides the choice.
"""

from __future__ import annotations

import os

from nearer.errors import ParameterError, shown
from nearer.kernels import _native


def available_variants() -> list[str]:
    """CPU variants in this build that this CPU can run, best first."""
    return _native.variants()


def chosen_variant(variant: str | None = None) -> str:
    """`variant`, else ``NEARER_VARIANT``, else the best; raises `ParameterError` if it cannot run here."""
    names = available_variants()
    wanted = variant or os.environ.get("NEARER_VARIANT") or names[0]
    if wanted not in names:
        raise ParameterError(
            f"variant={shown(wanted)} cannot run here", remedy=f"use one of {', '.join(names)}"
        )
    return wanted
