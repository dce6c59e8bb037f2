"""`Exchange`: every way in which rows of baseline and window were exchanged, drawn once for all tests.

Where nothing changed, which rows are the window's is a matter of chance: every arrangement of the same
sizes was as likely (Fisher, 1935; Pitman, 1937). A statistic of the observed arrangement is compared
with itself in others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nearer.chance import smallest_draws
from nearer.errors import InputError, ParameterError, shown

ARRANGEMENTS = 200  # of one check at least, the observed one counted
AT_ALPHA = 4  # of them, at least, that are called p <= alpha; fewer where it would take more than MANY
MANY = 4000
HELD = 100_000_000  # of all arrangements, rows that are held at once, at most: 400 MB, several times

Floats = NDArray[np.float64]
Shares = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Exchange:
    """Arrangements of n + m pooled rows into a baseline of n and a window of m.

    Attributes
    ----------
    order : (n + m,) the pooled rows, baseline first, in an order drawn by lot: whatever a test makes of
        places (folds, ties) then knows nothing of who is who.
    chosen : float32 (n + m, 1 + permutations), rows in `order`: 1 where the arrangement counts the row
        to the window, else 0. Column 0 is the observed arrangement.
    n, m : rows of baseline and window, in whole blocks.
    block : rows that stay together; a test that makes folds keeps them together too.
    """

    order: NDArray[np.intp]
    chosen: Shares
    n: int
    m: int
    block: int

    @classmethod
    def drawn(cls, n: int, m: int, permutations: int, *, block: int, seed: int) -> Exchange:
        """`permutations` arrangements by `seed`, beside the observed one, of n and m rows in blocks."""
        generator = np.random.default_rng(seed)
        units, window = (n + m) // block, m // block
        is_window = np.zeros(units, np.float32)
        is_window[units - window :] = 1
        order = generator.permutation(units)
        tiled = np.broadcast_to(is_window, (permutations, units))
        chosen = np.concatenate([is_window[order][None], generator.permuted(tiled, axis=1)])
        rows = (order[:, None] * block + np.arange(block)).ravel()
        return cls(rows, np.repeat(chosen.T, block, axis=0), n, m, block)

    @cached_property
    def scale(self) -> float:
        """Of a sum over the window, to a difference of means in standard errors of columns of variance
        1."""
        return math.sqrt(1 / self.n + 1 / self.m)

    def folds(self, count: int) -> list[slice]:
        """Places in `order` cut into at most `count` runs of whole blocks, alike in length."""
        units = len(self.order) // self.block
        borders = np.linspace(0, units, min(count, units) + 1).astype(int) * self.block
        return [slice(int(a), int(b)) for a, b in pairwise(borders)]


def arrangements(n: int, m: int) -> int:
    """How many arrangements of n and m exchangeable units tests tell apart: C(n + m, m), half of it if n = m.

    Every test is symmetric: with n = m an arrangement and its mirror have the same statistic.
    """
    return math.comb(n + m, m) // (2 if n == m else 1)


def smallest_window(n: int, alpha: float) -> int:
    """Units of a window, at least, whose test against n >= 1 units can reach `alpha`."""
    needed = smallest_draws(alpha)
    return next(m for m in range(1, needed + 1) if arrangements(n, m) > needed)


def checked_sizes(n: int, m: int, alpha: float, block: int) -> tuple[int, int]:
    """Rows of both in whole blocks, (n, m); raises `InputError` where p <= alpha could never be.

    The error names the size that is needed; `ParameterError` for a block that is no whole number >= 1.
    """
    block = checked_block(block)
    old, new = n // block, m // block
    if old and new and arrangements(old, new) > smallest_draws(alpha):
        return old * block, new * block
    of_rows = f"rows in blocks of {block}" if block > 1 else "rows"
    sizes = (
        f"windows of at least {smallest_window(old, alpha) * block} rows"
        if old
        else f"a baseline of at least {block} rows to compare with"
    )
    raise InputError(
        f"a window of {m} {of_rows} against {n} can never reach alpha = {alpha:g}",
        remedy=f"pass {sizes}, or use {'shorter blocks' if block > 1 else 'a larger alpha'}",
    )


def checked_block(block: int) -> int:
    """`block` if it is a whole number of rows >= 1, else `ParameterError`."""
    if isinstance(block, bool) or not isinstance(block, int | np.integer) or block < 1:
        raise ParameterError(f"block is {shown(block)}", remedy="use a whole number of rows, 1 or more")
    return int(block)


def require_held(rows: int, permutations: int) -> None:
    """Raise `ParameterError` where so many arrangements of `rows` pooled rows are more than `HELD`."""
    if rows * (1 + permutations) <= HELD:
        return
    most = max(HELD // rows - 1, 1)
    raise ParameterError(
        f"{permutations:,} permutations of {rows:,} rows are more than are held at once",
        remedy=f"use an alpha of {_rounded_up(1 / (1 + most)):g} or more (at most {most:,}), or fewer rows",
    )


def _rounded_up(rate: float) -> float:
    """`rate`, to two digits."""
    unit = 10.0 ** (math.floor(math.log10(rate)) - 1)
    return math.ceil(round(rate / unit, 9)) * unit


def permutations_for(alpha: float) -> int:
    """Permutations B with which P(p <= alpha) is `alpha`, not less: (B + 1) * alpha is whole or nearly."""
    needed = smallest_draws(alpha) + 1
    least = max(ARRANGEMENTS, needed, min(MANY, AT_ALPHA * needed))
    lost = [round((size * alpha) % 1, 9) / size for size in range(least, 2 * least)]
    return least + int(np.argmin(lost)) - 1
