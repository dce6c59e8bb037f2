"""Ranks that keep a rate: which score a random pair, or the best hit of a query, seldom exceeds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nearer.chance import checked_alpha, smallest_draws
from nearer.errors import ParameterError, shown
from nearer.space.calibrate_background import Background, BestScores


def pair_threshold(background: Background, rate: float) -> float:
    """The largest score with (1 + #{background >= score}) / (1 + draws) above `rate`."""
    rate = _checked(rate, "rate")
    reaching = _whole(rate * (1 + background.draws)) - 1
    if reaching < 0:
        needed = smallest_draws(rate)
        remedy = (
            f"every pair of the space is known: use a rate of at least {_raised(1 / (1 + background.draws))}"
            if background.exact
            else f"draw at least {needed:,} by sample="
        )
        raise ParameterError(f"{background.draws:,} pairs are too few for a rate of {rate:g}", remedy=remedy)
    return float(background.scores[-1 - min(reaching, background.draws - 1)])


def threshold(best: BestScores, rate: float, k: int, keys: int) -> float:
    """The score that the k-th hit of a query without a match exceeds at most at `rate`; see `Calibration`.

    keys : of the space; no more of them can be queries.
    """
    scores, place = _kth(best, k), _place(best, rate, k, keys)
    return float(np.partition(scores, len(scores) - 1 - place)[len(scores) - 1 - place])


def realized(best: BestScores, rate: float, k: int, keys: int) -> tuple[float, float]:
    """The central 95 % of Beta(r, m - r + 1) for the r-th largest of m."""
    from scipy.special import betaincinv  # noqa: PLC0415  (`import nearer` stays light)

    _kth(best, k)
    larger = _place(best, rate, k, keys) + 1
    low, high = (float(betaincinv(larger, best.queries - larger + 1, tail)) for tail in (0.025, 0.975))
    return low, high


def search_p_value(best: BestScores, scores: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """(1 + unseen + #{k-th best >= score}) / (1 + queries), at most 1."""
    rising = np.sort(_kth(best, k))
    reaching = len(rising) - np.searchsorted(rising, scores.astype(np.float32), side="left")
    return np.asarray(np.minimum((1 + _unseen(best, k) + reaching) / (1 + len(rising)), 1.0), np.float64)


def smallest_rate(best: BestScores, k: int = 1) -> float:
    """The smallest rate of false matches that this many queries can keep."""
    return (1 + _unseen(best, k)) / (1 + best.queries)


def _place(best: BestScores, rate: float, k: int, keys: int) -> int:
    """How many of the calibrating queries may score above the threshold."""
    rate = _checked(rate, "false_match_rate")
    place = _whole(rate * (1 + best.queries)) - 1 - _unseen(best, k)
    if place < 0:
        needed = math.ceil(round((1 + _unseen(best, k)) / rate, 9)) - 1
        ways = []
        if not best.own or needed <= keys:
            ways.append(f"calibrate with at least {needed:,} by queries= (--queries)")
        if smallest_rate(best, k) < 1:
            ways.append(f"use a rate of at least {_raised(smallest_rate(best, k))}")
        raise ParameterError(
            f"{best.queries:,} queries are too few for a false-match rate of {rate:g}",
            remedy=", or ".join(ways) or "calibrate a space of more keys",
        )
    return min(place, best.queries - 1)


def _kth(best: BestScores, k: int) -> NDArray[np.float32]:
    """The k-th best score of each query."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= best.depth:
        raise ParameterError(f"k is {shown(k)}", remedy=f"use a whole number from 1 to {best.depth}")
    return best.scores[:, k - 1]


def _unseen(best: BestScores, k: int) -> int:
    """Calibrating queries, at most, whose k-th best would be higher, had they seen the query."""
    return int(k) if best.own else 0


def _checked(rate: float, name: str) -> float:
    """`rate` as a float strictly between 0 and 1, else `ParameterError` that says what it is of."""
    try:
        return checked_alpha(rate)
    except ParameterError:
        remedy = "use a rate between 0 and 1, such as 0.01"
        raise ParameterError(f"{name} is {shown(rate)}", remedy=remedy) from None


def _raised(rate: float) -> str:
    """`rate` to three digits, never less than it is: a rate that is advised is one that is taken."""
    scale = 10.0 ** (2 - math.floor(math.log10(rate)))
    return f"{math.ceil(rate * scale - 1e-9) / scale:.3g}"


def _whole(value: float) -> int:
    """The whole part of `value`, where what rounding has taken from a whole number does not count."""
    return math.floor(value + 1e-9 * max(1.0, value))
