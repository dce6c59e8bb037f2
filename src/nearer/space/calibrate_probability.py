"""From a score to the probability of a match: learned from labelled pairs, judged on pairs left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nearer.chance import permutation_p_value
from nearer.errors import InputError, ParameterError, shown

Method = Literal["isotonic", "platt"]
METHODS = ("isotonic", "platt")
FOLDS = 5
LEAST = 10  # pairs of each label, two a fold
BINS = 10
RESAMPLES = 1000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HeldOut:
    """A figure of the probabilities of pairs that were left out of learning.

    Attributes
    ----------
    value : the figure.
    interval : 95 % percentile bootstrap interval over pairs (Efron, 1979), which takes pairs as independent.
    """

    value: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Reliability:
    """How true the probabilities are, on pairs left out of learning (5 folds of equal shares of matches).

    Attributes
    ----------
    brier : mean squared error of the probability (Brier, 1950); 0 is best.
    brier_of_share : that of saying the share of matches every time.
    log_loss : mean negative logarithm of the probability of what is true, in nats.
    calibration_error : expected calibration error (Naeini et al., 2015): mean distance of probability and
        share of matches over 10 bins of equally many pairs. Chance alone makes it larger than 0.
    calibration_p_value : the chance of so large an error if the probabilities were right, by drawing labels
        from them (consistency resampling, Bröcker & Smith, 2007).
    curve : of each bin the mean probability, the share of matches, and the pairs.
    """

    brier: HeldOut
    brier_of_share: float
    log_loss: HeldOut
    calibration_error: HeldOut
    calibration_p_value: float
    curve: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True, eq=False)
class MatchProbability:
    """The probability that a pair is a match, by its score.

    Attributes
    ----------
    method : "isotonic" or "platt".
    at, values : float64; of "isotonic" scores and the probabilities there, with straight lines between; of
        "platt" slope and intercept of the logistic function, one number each.
    share : part of the labelled pairs that match.
    pairs : labelled pairs.
    reliability : judged on pairs left out.
    """

    method: Method
    at: Floats
    values: Floats
    share: float
    pairs: int
    reliability: Reliability

    def probability(self, scores: Floats, share: float | None = None) -> Floats:
        """Probability of a match at each of `scores`, were `share` of all pairs matches (None: as learned).

        For another share the odds are multiplied by the ratio of odds (Elkan, 2001; Saerens et al., 2002);
        that holds where matches and others score as those did that were learned from.
        """
        learned = _applied(self.method, self.at, self.values, scores)
        if share is None:
            return learned
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
            raise ParameterError(f"share is {shown(share)}", remedy="use a number between 0 and 1")
        ratio = share / (1 - share) * (1 - self.share) / self.share
        return np.asarray(ratio * learned / (ratio * learned + 1 - learned), np.float64)


def learned_from(scores: Floats, labels: NDArray[np.intp], method: Method, seed: int) -> MatchProbability:
    """The probability by score, learned from all pairs, and its reliability, cross-fitted.

    "isotonic" is the rising step function of least squares (Zadrozny & Elkan, 2002); of n pairs its values
    are kept within [1 / (n + 2), (n + 1) / (n + 2)], since no n pairs make certain. "platt" is a logistic
    function with Platt's (1999) targets, (m + 1) / (m + 2) for m matches instead of 1.

    Raises `InputError` for fewer than 10 pairs of a label, or scores that are all equal.
    """
    counts = np.bincount(labels, minlength=2)
    if counts.min() < LEAST:
        label = int(counts.argmin())
        raise InputError(
            f"{counts[label]} of {len(labels):,} pairs have the label {label}",
            file="pairs",
            remedy=f"a probability needs at least {LEAST} pairs of each label, 0 and 1; better 1,000",
        )
    if np.ptp(scores) == 0:
        raise InputError(f"all pairs score {scores[0]:.6g}", file="pairs", remedy="pass pairs that differ")
    held = _cross_fitted(scores, labels, method, seed)
    at, values = _fitted(scores, labels, method)
    return MatchProbability(
        method, at, values, float(labels.mean()), len(labels), _reliability(held, labels, seed)
    )


def _cross_fitted(scores: Floats, labels: NDArray[np.intp], method: Method, seed: int) -> Floats:
    """Probability of each pair by what was learned from the other folds."""
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415  (`import nearer` stays light)

    held = np.empty(len(scores))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for others, fold in folds.split(scores[:, None], labels):
        held[fold] = _applied(method, *_fitted(scores[others], labels[others], method), scores[fold])
    return held


def _fitted(scores: Floats, labels: NDArray[np.intp], method: Method) -> tuple[Floats, Floats]:
    if method == "isotonic":
        from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415  (`import nearer` stays light)

        least = 1 / (len(scores) + 2)
        model = IsotonicRegression(y_min=least, y_max=1 - least).fit(scores, labels)
        return np.asarray(model.X_thresholds_, np.float64), np.asarray(model.y_thresholds_, np.float64)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  (as above)

    centre, scale = scores.mean(), scores.std() or 1.0
    matches = int(labels.sum())
    target = np.where(labels == 1, (matches + 1) / (matches + 2), 1 / (len(labels) - matches + 2))
    twice = np.tile((scores - centre) / scale, 2)[:, None]  # each pair with both labels, weighted
    both, weights = np.repeat([1, 0], len(scores)), np.concatenate([target, 1 - target])
    model = LogisticRegression(C=1e10, tol=1e-8, max_iter=1000).fit(twice, both, sample_weight=weights)
    slope = float(model.coef_[0, 0]) / scale
    return np.array([slope]), np.array([float(model.intercept_[0]) - slope * centre])


def _applied(method: str, at: Floats, values: Floats, scores: Floats) -> Floats:
    if method == "isotonic":
        return np.asarray(np.interp(scores, at, values), np.float64)
    from scipy.special import expit  # noqa: PLC0415  (`import nearer` stays light)

    return np.asarray(expit(at[0] * scores + values[0]), np.float64)


def _reliability(held: Floats, labels: NDArray[np.intp], seed: int) -> Reliability:
    generator = np.random.default_rng(seed)
    squares = (held - labels) ** 2
    bounded = np.clip(held, 1e-15, 1 - 1e-15)
    losses = -np.log(np.where(labels == 1, bounded, 1 - bounded))
    bins = _bins(held)
    drawn = np.empty((RESAMPLES, 3))
    null = np.empty(RESAMPLES)
    for turn in range(RESAMPLES):
        chosen = generator.integers(len(held), size=len(held))
        drawn[turn] = (
            squares[chosen].mean(),
            losses[chosen].mean(),
            _calibration_error(held[chosen], labels[chosen], bins[chosen]),
        )
        null[turn] = _calibration_error(held, generator.random(len(held)) < held, bins)
    error = _calibration_error(held, labels, bins)
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0).tolist()
    figures = [float(squares.mean()), float(losses.mean()), error]
    brier, loss, calibration = (
        HeldOut(*figure) for figure in zip(figures, zip(low, high, strict=True), strict=True)
    )
    curve = tuple(
        (float(held[bins == b].mean()), float(labels[bins == b].mean()), int((bins == b).sum()))
        for b in np.unique(bins)
    )
    share = float(labels.mean())
    return Reliability(
        brier, share * (1 - share), loss, calibration, float(permutation_p_value(error, null)), curve
    )


def _bins(held: Floats) -> NDArray[np.intp]:
    """The bin of each probability: about equally many in each, equal ones together."""
    edges = np.unique(np.quantile(held, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.searchsorted(edges, held, side="right")


def _calibration_error(
    held: Floats, labels: NDArray[np.intp] | NDArray[np.bool_], bins: NDArray[np.intp]
) -> float:
    """Sum over bins of |sum of probabilities - number of matches|, a pair."""
    return float(np.abs(np.bincount(bins, held - labels)).sum() / len(held))
