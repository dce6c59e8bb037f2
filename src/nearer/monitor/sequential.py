"""Evidence that may be looked at after every window, for ever: conformal test martingales.

Fixed-window p-values against one baseline all depend on that baseline, so multiplying or counting them holds
no rate. Here each item of the stream is ranked, by each of several scores, among the baseline's rows and all
items before it. If baseline and stream are exchangeable these ranks are independent and uniform, score by
score, exactly and for any size of baseline (`ranks`); bets on them make a martingale (`bets`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nearer.monitor import bets
from nearer.monitor.ranks import counted, ranked
from nearer.monitor.scores import Scores

STEP = 128  # ranks after which capital is shared out anew, within a long window
CHUNK = 8 * STEP  # items (blocks of them) of a window that are scored at once
SALT = 0x5E0  # keeps the noise that breaks ties apart from other draws of the same seed

Floats = NDArray[np.float64]


@dataclass(eq=False)
class Evidence:
    """What a stream has shown so far against the claim that nothing changed.

    The p-value is min over scores j of 1 / (w_j max K_j): K_j is the capital of the bets on score j's ranks,
    max over all times so far, w_j the score's weight; the weights sum to 1. While baseline and stream
    are exchangeable, P(K_j ever reaches 1 / (w_j a)) <= w_j a (Ville, 1939), so P(p ever <= a) <= a by the
    union bound, whatever the number and the sizes of windows, and whenever one stops looking. (The mean of
    the K_j would be larger, but is no martingale: each is one in the filtration of its own ranks alone.)

    Sources: Vovk, Nouretdinov & Gammerman (2003); Fedorova et al. (2012), "Plug-in martingales for testing
    exchangeability on-line"; Vovk, Gammerman & Shafer (2022), "Algorithmic learning in a random world",
    part III; Ramdas et al. (2023), "Game-theoretic statistics and safe anytime-valid inference".

    Attributes
    ----------
    scores : of the baseline.
    seed : breaks ties.
    counts : int64 (j, width), rows and items seen, by cell.
    capital : float64 (j, 1 + k), logarithms: the reserve and each bet.
    peak : float64 (j,), the largest logarithm of the whole capital so far.
    seen, windows : items (blocks of them) and windows so far.
    """

    scores: Scores
    seed: int
    counts: NDArray[np.int64]
    capital: Floats
    peak: Floats
    seen: int = 0
    windows: int = 0

    @classmethod
    def of(cls, scores: Scores, seed: int) -> Evidence:
        """No evidence yet: the baseline's rows are counted, all capital is in reserve."""
        cells = scores.cells(scores.values(scores.baseline.rows))
        capital = bets.start(scores.family)
        return cls(scores, seed, counted(cells, scores.width), capital, np.zeros(len(cells)))

    def after(self, rows: Floats) -> Evidence:
        """The evidence once prepared rows (m, dim) of one more window are taken in, in their order."""
        draws = np.random.default_rng([self.seed, SALT, self.windows])
        further = replace(self, counts=self.counts.copy(), windows=self.windows + 1)
        size = CHUNK * self.scores.baseline.block
        for start in range(0, len(rows), size):
            cells = self.scores.cells(self.scores.values(rows[start : start + size]))
            further.bet(ranked(further.counts, cells, draws.random(cells.shape)))
        return further

    def bet(self, ranks: Floats) -> None:
        """Bet on ranks (j, m), one after another."""
        for start in range(0, ranks.shape[1], STEP):
            part = ranks[:, start : start + STEP]
            count = part.shape[1]
            staked = bets.staked(self.capital, self.seen, count)
            staked[:, 1:] += self.scores.family.gains(bets.sums(part, self.scores.shares), count)
            self.capital = staked
            self.peak = np.maximum(self.peak, bets.total(staked))
            self.seen += count

    @property
    def p_values(self) -> Floats:
        """Of every score (j,), adjusted for all of them; valid at every time at once."""
        return np.asarray(np.exp(-np.maximum(np.log(self.scores.weights) + self.peak, 0)))

    @property
    def p_value(self) -> float:
        """Of all scores together; valid at every time at once."""
        return float(self.p_values.min())
