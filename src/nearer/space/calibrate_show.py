"""A calibration in words: what a score means, the table, the plain document."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nearer.space.calibrate_rates import smallest_rate

if TYPE_CHECKING:
    from nearer.space.calibrate_probability import HeldOut, MatchProbability
    from nearer.space.calibration import Calibration

RATES = (0.5, 0.1, 0.05, 0.01, 0.001, 0.0001)  # that tables show, where they can be kept


def meaning(calibration: Calibration, score: float) -> str:
    """What `score` means for a pair, for the first hit of a search, and as a probability."""
    background = calibration.background
    percentile = calibration.percentile(score)
    if background.at_least(np.asarray(score, np.float64)) == 0:
        part = f"higher than all {background.draws:,} random pairs"
    elif percentile == 0:
        part = f"not higher than any of {background.draws:,} random pairs"
    else:
        low, high = calibration.percentile_interval(score)
        sure = "" if background.exact else f" (95 %: {_percent(low)} to {_percent(high)})"
        part = f"higher than {_percent(percentile)} % of random pairs{sure}"
    searched = calibration.search_p_value(score)
    seldom = calibration.best.own and searched <= smallest_rate(calibration.best)
    parts = [
        f"{score:.4g} is {part}, p = {calibration.p_value(score):.2g}",
        f"the best of all {calibration.n:,} keys scores that high for {'at most ' * bool(seldom)}"
        f"{_percent(100 * searched)} % of queries without a match",
    ]
    if calibration.match is not None:
        parts.append(
            f"a pair of this score is a match with probability {calibration.probability(score):.2g}, "
            f"where {_percent(100 * calibration.match.share)} % of pairs are"
        )
    return "; ".join(parts)


def text(calibration: Calibration) -> str:
    """The calibration as a terminal shows it."""
    best, background = calibration.best, calibration.background
    pairs = "every pair" if background.exact else f"{background.draws:,} random pairs"
    asked = "its own keys" if best.own else "queries given"
    lines = [
        f"{calibration.metric} of {calibration.n:,} keys: {pairs}; searches of {best.queries:,} of {asked}",
        "rate     a random pair scores above  the best hit without a match scores above",
    ]
    for rate, pair, search in thresholds(calibration):
        lines.append(f"{rate:<7g}  {_score(pair):>26}  {_score(search):>42}")
    lines += [f"pairs of ranks {row[0]} and {row[1]}: half above {row[3]:.4f}, 1 % above {row[4]:.4f}"
              for row in band_rows(calibration)]  # fmt: skip
    if calibration.match is not None:
        lines += _reliability(calibration.match)
    return "\n".join(lines)


def document(calibration: Calibration) -> dict[str, Any]:
    """The calibration as JSON can hold it, without the scores that were drawn."""
    match = calibration.match
    return {
        "identity": calibration.identity,
        "metric": calibration.metric,
        "n": calibration.n,
        "seed": calibration.seed,
        "pairs": calibration.background.draws,
        "every_pair": calibration.background.exact,
        "queries": calibration.best.queries,
        "queries_are_keys": calibration.best.own,
        "thresholds": [
            {
                "rate": rate,
                "pair": pair,
                "search": search,
                "search_interval": None if search is None else list(calibration.false_match_interval(rate)),
            }
            for rate, pair, search in thresholds(calibration)
        ],
        "bands": [
            {"bands": [first, second], "pairs": pairs, "median": median, "highest_percent": high}
            for first, second, pairs, median, high in band_rows(calibration)
        ],
        "probability": None if match is None else _match_document(match),
    }


def thresholds(calibration: Calibration) -> list[tuple[float, float | None, float | None]]:
    """Rates, with the thresholds of pairs and of searches; None where the draws do not suffice."""
    rows: list[tuple[float, float | None, float | None]] = []
    for rate in RATES:
        pair = rate >= 1 / (1 + calibration.background.draws)
        search = rate >= smallest_rate(calibration.best)
        if pair or search:
            rows.append(
                (
                    rate,
                    calibration.pair_threshold(rate) if pair else None,
                    calibration.threshold(rate) if search else None,
                )
            )
    return rows


def band_rows(calibration: Calibration) -> list[tuple[str, str, int, float, float]]:
    """Names of two bands, pairs, their median score, and the score that 1 % exceed."""
    if calibration.bands is None:
        return []
    names = calibration.bands.names
    rows = []
    for (a, b), background in calibration.bands.backgrounds.items():
        scores, n = background.scores, background.draws
        rows.append((names[a], names[b], n, float(scores[n // 2]), float(scores[n - 1 - n // 100])))
    return rows


def _reliability(match: MatchProbability) -> list[str]:
    found = match.reliability
    share = 100 * match.share
    verdict = (
        "no error seen beyond chance" if found.calibration_p_value > 0.05 else "more than chance explains"
    )
    return [
        f"probability by {match.method} from {match.pairs:,} pairs, {_percent(share)} % matches; on held-out "
        "folds:",
        f"  Brier score        {_figure(found.brier)}; {found.brier_of_share:.4f} by the share alone",
        f"  log loss           {_figure(found.log_loss)}",
        f"  calibration error  {_figure(found.calibration_error)}; {verdict}, "
        f"p = {found.calibration_p_value:.3f}",
    ]


def _match_document(match: MatchProbability) -> dict[str, Any]:
    found = match.reliability
    figures = {
        name: {"value": figure.value, "interval": list(figure.interval)}
        for name, figure in (
            ("brier", found.brier),
            ("log_loss", found.log_loss),
            ("calibration_error", found.calibration_error),
        )
    }
    return {
        "method": match.method,
        "pairs": match.pairs,
        "share": match.share,
        **figures,
        "brier_of_share": found.brier_of_share,
        "calibration_p_value": found.calibration_p_value,
        "curve": [list(point) for point in found.curve],
    }


def _figure(figure: HeldOut) -> str:
    low, high = figure.interval
    return f"{figure.value:.4f} (95 %: {low:.4f} to {high:.4f})"


def _score(value: float | None) -> str:
    return "too few drawn" if value is None else f"{value:.4f}"


def _percent(value: float) -> str:
    """A percentage with as many digits as tell it from 0 and 100."""
    rest = min(value, 100 - value)
    if rest <= 0:
        return f"{value:g}"
    return f"{value:.{max(1, 1 - math.floor(math.log10(rest)))}f}"
