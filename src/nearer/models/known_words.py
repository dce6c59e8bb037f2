"""Documents in terms of a word space: which of its rows they hold, and how common its words are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError
from nearer.signal.bags import Bags
from nearer.space import Space


@dataclass(frozen=True)
class KnownWords:
    """n documents as rows of a word space.

    Attributes
    ----------
    rows : int64 (m,), rows of the different words that are known.
    tokens : int64 (t,), places in `rows`, document after document.
    offsets : int64 (n + 1,), document d holds the tokens of the range [offsets[d], offsets[d + 1]).
    read : tokens read, known or not.
    """

    rows: NDArray[np.int64]
    tokens: NDArray[np.int64]
    offsets: NDArray[np.int64]
    read: int

    @property
    def counts(self) -> NDArray[np.int64]:
        """Known words of every document, (n,)."""
        return np.diff(self.offsets)

    @property
    def empty(self) -> int:
        """Documents without a known word."""
        return int((self.counts == 0).sum())


def look_up(bags: Bags, space: Space) -> KnownWords:
    """The words of `bags` that `space` holds."""
    rows = np.array([space.row(word) if word in space else -1 for word in bags.words], dtype=np.int64)
    known = rows >= 0
    kept = known[bags.tokens]
    before = np.concatenate(([0], np.cumsum(kept)))  # known tokens before each token
    places = np.cumsum(known) - 1
    return KnownWords(rows[known], places[bags.tokens[kept]], before[bags.offsets], len(bags.tokens))


def shares_of(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts or frequencies (v,) as shares that sum to 1; raises `InputError` where they cannot be."""
    wrong = ~(np.isfinite(counts) & (counts >= 0))
    if wrong.any() or counts.sum() == 0:
        found = f"{counts[wrong][0]:g} among them" if wrong.any() else "nothing but zeros"
        raise InputError(
            f"the words' frequencies hold {found}",
            remedy="give finite numbers from 0 up, some of them above 0",
        )
    shares: NDArray[np.float64] = counts / counts.sum()
    return shares
