"""Suggestions for known users of a scorer: what they have seen left out, filtered, diversified."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.errors import ParameterError, shown
from nearer.kernels.topk import Excluded
from nearer.recommend.diversity import diversified
from nearer.recommend.scorer import Best, Scorer

WIDER = 10  # candidates a suggestion that diversity chooses among
FEWEST = 100  # and at least


@dataclass(frozen=True, eq=False)
class Wishes:
    """What is wanted of suggestions.

    Attributes
    ----------
    k : how many.
    allowed : bool (items,), the items that may be suggested; None: all.
    diversity : from 0 (the best) to 1 (each as unlike those before it as can be).
    threads : None uses every core.
    why : how many reasons are given for each suggestion.
    """

    k: int
    allowed: NDArray[np.bool_] | None = None
    diversity: float = 0.0
    threads: int | None = None
    why: int = 0

    def check(self) -> None:
        """Raise `ParameterError` for a wish that cannot be met."""
        for name, value, least in (("k", self.k, 1), ("why", self.why, 0)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                raise ParameterError(f"{name}={shown(value)} is no whole number from {least} up")
        number: object = self.diversity
        if (
            isinstance(number, bool)
            or not isinstance(number, int | float | np.number)
            or not 0 <= number <= 1
        ):
            raise ParameterError(f"diversity={shown(self.diversity)} is no number from 0 to 1")


def suggest(scorer: Scorer, users: NDArray[np.intp], seen: Excluded, wishes: Wishes) -> Best:
    """Scores and items (n, k) for `users`, without what they have `seen`; NaN and -1 where fewer are left."""
    if wishes.diversity == 0:
        return scorer.top(users, wishes.k, seen, wishes.allowed, wishes.threads)
    wide = min(max(WIDER * wishes.k, FEWEST), scorer.items)
    scores, items = scorer.top(users, wide, seen, wishes.allowed, wishes.threads)
    k = min(wishes.k, scorer.items)
    best = np.full((len(users), k), np.nan, np.float32), np.full((len(users), k), -1, np.int64)
    for row in range(len(users)):
        count = int((items[row] >= 0).sum())
        chosen = diversified(scores[row, :count], scorer.alike(items[row, :count]), k, wishes.diversity)
        best[0][row, : len(chosen)] = scores[row, chosen]
        best[1][row, : len(chosen)] = items[row, chosen]
    return best
