"""Chance: p-values that hold in finite samples, many of them at once, and how sure a rate is.

One place for what every test of the house needs, so that no room counts in its own way.
"""

from __future__ import annotations

import math
import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, shown

Floats = NDArray[np.float64]


def permutation_p_value(observed: ArrayLike, null: ArrayLike) -> Floats:
    """How often chance alone gives a statistic at least as large: (1 + #{null >= observed}) / (1 + draws).

    Parameters
    ----------
    observed : the statistic, a number or an array (...,); larger is further from the null.
    null : the same statistic under `draws` exchanges of what the null says is exchangeable, (draws, ...).

    Returns
    -------
    float64 (...,), each in [1 / (1 + draws), 1]. If the observed arrangement is exchangeable with those
    drawn, P(p <= a) <= a for every a, however small the samples (Phipson & Smyth, 2010, "Permutation
    p-values should never be zero"); equality holds at multiples of 1 / (1 + draws) where no two statistics
    tie. Values that differ by rounding alone (one part in 1e12) count as ties, against the alternative.

    Raises `InputError` for a null without draws, and for a statistic that is NaN.
    """
    drawn, seen = np.asarray(null, np.float64), np.asarray(observed, np.float64)
    if drawn.ndim == 0 or len(drawn) == 0:
        raise InputError("no draws of the null", remedy="draw at least one permutation")
    if np.isnan(seen).any() or np.isnan(drawn).any():
        raise InputError(
            "the statistic is NaN", remedy="remove rows that hold NaN and columns that are constant"
        )
    slack = 1e-12 * np.abs(seen)
    counts = (drawn >= seen - slack).sum(axis=0)
    return np.asarray((1 + counts) / (1 + len(drawn)), np.float64)


def conformal_p_values(scores: ArrayLike, calibration: ArrayLike) -> Floats:
    """How often an item like those of the calibration has a score at least as large, for many items at once.

    p = (1 + #{calibration >= score}) / (1 + c), float64 (m,), for `scores` (m,) and `calibration` (c,);
    larger scores are more unusual. If an item and the c of the calibration are exchangeable, as they are
    where the score was learned from others than these, P(p <= a) <= a for every a, whatever the distribution
    (Vovk, Gammerman & Shafer, 2005). The p-values of several items depend on each other through the
    calibration they share, in a way that `benjamini_hochberg` allows (Bates et al., 2023).

    Raises `InputError` for a calibration of none, and for scores that are NaN.
    """
    asked, known = np.asarray(scores, np.float64), np.sort(np.asarray(calibration, np.float64))
    if known.ndim != 1 or len(known) == 0:
        raise InputError("no scores to calibrate with", remedy="pass at least one, better 100 or more")
    if np.isnan(asked).any() or np.isnan(known).any():
        raise InputError("a score is NaN", remedy="remove rows that hold NaN")
    below = np.searchsorted(known, asked - 1e-12 * np.abs(asked), side="left")
    return np.asarray((1 + len(known) - below) / (1 + len(known)), np.float64)


def holm(p_values: ArrayLike) -> Floats:
    """p-values (m,) of m tests, adjusted so that rejecting those <= alpha errs anywhere with chance <= alpha.

    Step-down: the smallest is multiplied by m, the next by m - 1, and so on, never falling, at most 1
    (Holm, 1979). Valid however the tests depend on each other. Raises `InputError` outside [0, 1].
    """
    values = _checked(p_values)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """p-values (m,) adjusted so that of those <= q at most a share q is expected to be chance.

    Step-up: p * m / rank, never rising towards smaller ranks, at most 1 (Benjamini & Hochberg, 1995). Valid
    for independent tests and for those of positive dependence, such as conformal p-values that share one
    calibration sample (Bates et al., 2023). Raises `InputError` outside [0, 1].
    """
    values = _checked(p_values)
    count = len(values)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * count / np.arange(1, count + 1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def binomial_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a rate seen `successes` times in `trials` (Clopper & Pearson, 1934).

    Covers the true rate with at least `confidence` for every rate and every number of trials. Raises
    `ParameterError` for counts that are none and a confidence outside (0, 1).
    """
    from scipy.special import betaincinv  # noqa: PLC0415  (`import nearer` stays light)

    if not 0 <= successes <= trials or trials < 1:
        raise ParameterError(
            f"{successes} of {trials} is no rate", remedy="pass 0 <= successes <= trials, trials >= 1"
        )
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence is {shown(confidence)}", remedy="use a number between 0 and 1")
    tail, missed = (1 - confidence) / 2, trials - successes
    low = 0.0 if successes == 0 else float(betaincinv(successes, missed + 1, tail))
    high = 1.0 if missed == 0 else float(betaincinv(successes + 1, missed, 1 - tail))
    return low, high


def smallest_draws(alpha: float) -> int:
    """Draws of a null, at least, with which a p-value can be as small as `alpha`: ceil(1 / alpha) - 1.

    Raises `ParameterError` for an alpha outside (0, 1).
    """
    return math.ceil(round(1 / checked_alpha(alpha), 9)) - 1


def checked_alpha(alpha: float, name: str = "alpha") -> float:
    """`alpha` as a float strictly between 0 and 1, else `ParameterError`, which calls it `name`."""
    try:
        value = float(alpha)
    except (TypeError, ValueError):
        value = math.nan
    if isinstance(alpha, bool) or not 0 < value < 1:
        raise ParameterError(f"{name} is {shown(alpha)}", remedy="use a rate between 0 and 1, such as 0.05")
    return value


def checked_seed(seed: int) -> int:
    """`seed` as a whole number of at least 0, else `ParameterError`."""
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if isinstance(seed, bool) or number < 0:
        raise ParameterError(f"seed is {shown(seed)}", remedy="use a whole number of at least 0")
    return number


def _checked(p_values: ArrayLike) -> Floats:
    values = np.asarray(p_values, np.float64)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all():
        raise InputError(f"{shown(p_values)} are no p-values", remedy="pass numbers from 0 to 1, shape (m,)")
    return values
