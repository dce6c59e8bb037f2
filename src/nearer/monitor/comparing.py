"""What a comparison accepts, checked before any work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.exchange import Floats
from nearer.monitor.verdict import TestName

TESTS: tuple[TestName, ...] = get_args(TestName)


def checked_tests(tests: Iterable[str]) -> tuple[TestName, ...]:
    """`tests` in the order of `TESTS`, each once; `ParameterError` for an unknown name and for none."""
    names = [tests] if isinstance(tests, str) else list(tests)
    unknown = [name for name in names if name not in TESTS]
    if unknown or not names:
        problem = f"unknown test {shown(unknown[0])}" if unknown else "no tests"
        raise ParameterError(problem, remedy=f"use some of {', '.join(TESTS)}")
    return tuple(name for name in TESTS if name in names)


def checked_permutations(permutations: int) -> int:
    """`permutations` if it is a whole number >= 1, else `ParameterError`."""
    is_whole = isinstance(permutations, int | np.integer) and not isinstance(permutations, bool)
    if not is_whole or permutations < 1:
        raise ParameterError(
            f"permutations is {shown(permutations)}", remedy="use a whole number, such as 399"
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
