"""A calibration as one HTML page: the background, what is seldom exceeded, bands, reliability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nearer.pages import Page, histogram, lines
from nearer.space.calibrate_show import band_rows, meaning, thresholds

if TYPE_CHECKING:
    from nearer.space.calibrate_probability import MatchProbability
    from nearer.space.calibration import Calibration

BINS = 60
ROOM = 0.15  # of the width, for the name of the rightmost mark


def page(calibration: Calibration, scores: list[float]) -> Page:
    """The page; each of `scores` is marked and explained."""
    background, best = calibration.background, calibration.best
    made = Page(f"What the {calibration.metric} scores of {calibration.n:,} keys mean").facts(
        (
            ("identity", calibration.identity[:12]),
            ("pairs", f"every pair, {background.draws:,}" if background.exact else background.draws),
            ("searches", f"{best.queries:,} " + ("of its own keys" if best.own else "queries given")),
            ("seed", calibration.seed),
        )
    )
    for score in scores:
        made.paragraph(f"A score of {meaning(calibration, score)}.")
    rows = thresholds(calibration)
    marks = {f"pairs {rate:g}": pair for rate, pair, _ in rows if rate in (0.01, 0.001) and pair is not None}
    marks |= {f"search {rate:g}": found for rate, _, found in rows if rate == 0.01 and found is not None}
    marks |= {f"{score:g}": score for score in scores}
    edges = _edges(background.scores, list(marks.values()))
    counts, _ = np.histogram(background.scores, edges)
    made.figure(
        histogram(counts, edges, marks=marks, x_label=f"{calibration.metric} of two random keys"),
        "Scores of random pairs. Marks: the score that random pairs, or the best hits of searches without a "
        "match, exceed at the rate.",
    )
    rare = ("rate", "a random pair scores above", "the best hit without a match scores above")
    made.heading("Seldom exceeded").table(rare, rows, numbers=rare)
    if calibration.bands is not None:
        heads = ("ranks", "and ranks", "pairs", "half score above", "1 % score above")
        made.heading("By frequency").table(heads, band_rows(calibration), numbers=heads[2:])
    if calibration.match is not None:
        _add_reliability(made, calibration.match)
    return made


def _edges(scores: np.ndarray, marks: list[float]) -> np.ndarray:
    """Equal bins over the scores and the finite marks."""
    every = np.array([scores[0], scores[-1], *marks])
    finite = every[np.isfinite(every)]
    low, high = float(finite.min()), float(finite.max())
    return np.linspace(low, high + ROOM * (high - low), BINS + 1)


def _add_reliability(made: Page, match: MatchProbability) -> None:
    found = match.reliability
    figures = (
        ("Brier score", found.brier),
        ("log loss", found.log_loss),
        ("expected calibration error", found.calibration_error),
    )
    made.heading("Probability of a match").paragraph(
        f"Learned by {match.method} from {match.pairs:,} labelled pairs, {match.share:.1%} of them matches; "
        "it holds where matches are as common. Judged on folds that were left out of learning."
    )
    heads = ("on held-out folds", "value", "95 % from", "to")
    made.table(heads, [(name, each.value, *each.interval) for name, each in figures], numbers=heads[1:])
    predicted, observed, _ = zip(*found.curve, strict=True)
    chart = lines(
        predicted,
        {"share of matches": observed, "as predicted": predicted},
        x_label="probability",
    )
    made.figure(chart, f"Reliability; p = {found.calibration_p_value:.3f} that chance alone makes the error.")
