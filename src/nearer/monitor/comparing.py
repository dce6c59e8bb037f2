"""What a comparison accepts, checked before any work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from nearer.chance import smallest_draws
from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.exchange import Floats
from nearer.monitor.verdict import TestName

TESTS: tuple[TestName, ...] = get_args(TestName)
MOST = 4000  # rows of a window that are compared


def checked_tests(tests: Iterable[str]) -> tuple[TestName, ...]:
    """`tests` in the order of `TESTS`, each once; `ParameterError` for an unknown name and for none."""
    names = [tests] if isinstance(tests, str) else list(tests)
    unknown = [name for name in names if name not in TESTS]
    if unknown or not names:
        problem = f"unknown test {shown(unknown[0])}" if unknown else "no tests"
        raise ParameterError(problem, remedy=f"use some of {', '.join(TESTS)}")
    return tuple(name for name in TESTS if name in names)


def checked_permutations(permutations: int, alpha: float) -> int:
    """`permutations` if it is a whole number with which p can reach `alpha`, else `ParameterError`."""
    least = smallest_draws(alpha)
    is_whole = isinstance(permutations, int | np.integer) and not isinstance(permutations, bool)
    if not is_whole or permutations < least:
        raise ParameterError(
            f"permutations is {shown(permutations)}",
            remedy=f"use a whole number, at least {least} for alpha = {alpha:g}",
        )
    return int(permutations)


def checked_window(window: ArrayLike, dim: int) -> Floats:
    """`window` as float64 (m, dim); `InputError` for another shape, and for NaN or infinity by its
    row."""
    matrix = np.asarray(window, np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != dim:
        raise InputError(
            f"the window has shape {matrix.shape}, the baseline {dim} columns",
            remedy=f"pass rows of {dim} numbers, encoded as the baseline was",
        )
    faulty = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if len(faulty):
        raise InputError(
            "the vector holds NaN or infinity", file="window", row=int(faulty[0]), remedy="remove it"
        )
    return matrix


def some_of(window: Floats, block: int, seed: int) -> Floats:
    """`window`, or `MOST` rows of a larger one in their order: whole blocks drawn by lot, at least one."""
    blocks = len(window) // block
    most = max(1, MOST // block)
    if blocks <= most:
        return window
    kept = np.sort(np.random.default_rng([seed, blocks]).choice(blocks, most, replace=False))
    return np.asarray(window[(kept[:, None] * block + np.arange(block)).ravel()], np.float64)
