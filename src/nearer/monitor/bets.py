"""Bets on ranks: capital that stays near 1 while ranks are uniform and grows when they are not.

A bet is a density b(u) on [0, 1]: it multiplies its stake by b(u), which is 1 on average for a uniform u.
Whoever bets on independent uniform ranks owns a non-negative martingale that starts at 1, so the chance that
it EVER reaches 1 / a is at most a (Ville, 1939; Shafer & Vovk, 2019, "Game-theoretic foundations").

Which bet pays is not known, nor when it begins to: the capital is a mixture over bets and over the time of
the change. It lies in a reserve that is not at stake and moves, at a rate fixed beforehand, into the bets
(Herbster & Warmuth, 1998, "Tracking the best expert"). A share of a martingale's capital moved to another bet
before the next rank is seen leaves a martingale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PACE, FADE = 1000.0, 0.5  # after t ranks (1 + t / PACE) ** -FADE of the reserve is left
TAIL = 0.01  # share of the ranks at either end that bets on outlying values look at
SHIFTS = tuple(sign * size for size in (0.1, 0.2, 0.4, 0.8, 1.6) for sign in (1, -1))
SPREADS = (0.5, 0.7, 0.85, 1.2, 1.4, 2.0)
BOTH = tuple((shift, spread) for shift in (0.4, -0.4) for spread in (0.7, 1.4))
RATIOS = (3.0, 10.0)  # by how much a tail grows
SHARES = (0.05, 0.25, 0.5, 0.75, 1.33, 2.0, 4.0)  # by how much the share of a cluster changes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """Bets whose logarithm is linear in sums over ranks.

    Attributes
    ----------
    constant : (j, k), what each rank adds to the logarithm of bet k on score j.
    factors : (j, k, f), what each unit of the f sums adds.
    """

    constant: Floats
    factors: Floats

    def gains(self, sums: Floats, ranks: int) -> Floats:
        """Logarithm (j, k) of what every bet multiplies its stake by over `ranks` ranks with these `sums`."""
        gained = np.einsum("jkf,jf->jk", self.factors, sums)
        return np.asarray(self.constant * ranks + gained, np.float64)


def sums(ranks: Floats, shares: Floats) -> Floats:
    """The five sums (j, 5) over ranks (j, m) that all bets look at.

    With z the normal quantile of a rank: z, z squared, ranks in the lower and in the upper tail, and ranks
    above 1 - `shares` (j,), where the rows of a cluster lie (none where a share is NaN).
    """
    from scipy.special import ndtri  # noqa: PLC0415  (`import nearer` stays light)

    inner = np.clip(ranks, 1e-15, 1 - 1e-15)
    z = ndtri(inner)
    return np.stack(
        [
            z.sum(axis=1),
            np.einsum("jm,jm->j", z, z),
            (ranks < TAIL).sum(axis=1),
            (ranks > 1 - TAIL).sum(axis=1),
            (ranks > 1 - np.nan_to_num(shares)[:, None]).sum(axis=1),
        ],
        axis=1,
    )


def family(shares: Floats) -> Family:
    """The bets on every score; `shares` (j,) is that of a cluster's rows, NaN for a score that is a number.

    On numbers: N(shift, spread squared) / N(0, 1) at z, for shifts, spreads and both, and tails that grow.
    On clusters: their share grows or shrinks. Every one of them has the integral 1 over [0, 1].
    """
    numbers = _on_numbers()
    made = [numbers if np.isnan(share) else _on_cluster(float(share), len(numbers[0])) for share in shares]
    return Family(np.stack([constant for constant, _ in made]), np.stack([factors for _, factors in made]))


def start(family: Family) -> Floats:
    """Logarithms (j, 1 + k) of the capital in reserve and in every bet: all of it in reserve."""
    capital = np.full((len(family.constant), 1 + family.constant.shape[1]), -np.inf)
    capital[:, 0] = 0.0
    return capital


def staked(capital: Floats, before: int, ranks: int) -> Floats:
    """The capital after the share of the reserve that is due for the next `ranks` ranks went into the bets.

    In equal parts. It is fixed by how many ranks came before, so no rank that is bet on decides it.
    """
    left = FADE * (np.log1p(before / PACE) - np.log1p((before + ranks) / PACE))
    due = capital[:, :1] + np.log(-np.expm1(left)) - np.log(capital.shape[1] - 1)
    return np.concatenate([capital[:, :1] + left, np.logaddexp(capital[:, 1:], due)], axis=1)


def total(capital: Floats) -> Floats:
    """Logarithm (j,) of the whole capital on every score."""
    return np.asarray(np.logaddexp.reduce(capital, axis=1))


def _on_numbers() -> tuple[Floats, Floats]:
    normal = [(shift, 1.0) for shift in SHIFTS] + [(0.0, spread) for spread in SPREADS] + list(BOTH)
    constant, factors = [], []
    for shift, spread in normal:
        constant.append(-np.log(spread) - shift**2 / (2 * spread**2))
        factors.append([shift / spread**2, 0.5 - 0.5 / spread**2, 0, 0, 0])
    for place in (2, 3):
        for ratio in RATIOS:
            rest = np.log((1 - ratio * TAIL) / (1 - TAIL))
            constant.append(rest)
            factors.append([np.log(ratio) - rest if at == place else 0 for at in range(5)])
    return np.array(constant), np.array(factors, np.float64)


def _on_cluster(share: float, bets: int) -> tuple[Floats, Floats]:
    """As many bets as there are on numbers: the ratios in turn, each as often as it comes."""
    constant, factors = np.zeros(bets), np.zeros((bets, 5))
    for bet in range(bets):
        ratio = min(SHARES[bet % len(SHARES)], 0.5 + 0.5 / share)
        rest = np.log((1 - ratio * share) / (1 - share))
        constant[bet], factors[bet, 4] = rest, np.log(ratio) - rest
    return constant, factors
