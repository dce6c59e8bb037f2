"""What moved, by the evidence of a stream: the scores whose capital alone reaches what alpha asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nearer.monitor.sequential import Evidence
from nearer.monitor.verdict import Moved

EXAMPLES, NAMES = 5, 3  # keys that show a change, and those that name a part

Floats = NDArray[np.float64]


def evidence_moved(evidence: Evidence, rows: Floats, keys: Sequence[str], alpha: float) -> tuple[Moved, ...]:
    """The axes, distances and clusters that the stream has moved in, the surest first.

    Their p-values are adjusted for all scores and valid at every time; naming those <= alpha errs anywhere,
    ever, with chance at most alpha. `before` is the baseline's mean, `after` that of the latest window;
    where its spread differs more than its mean, both are standard deviations, and the name says so.
    """
    p_values = evidence.p_values
    order = np.lexsort((np.arange(len(p_values)), -evidence.peak, p_values))
    chosen = [int(score) for score in order if p_values[score] <= alpha]
    if not chosen:
        return ()
    scores = evidence.scores
    old = scores.values_of_rows(scores.baseline.rows)
    new = scores.values_of_rows(rows)
    return tuple(
        _cluster(evidence, score, old[score], new[score], keys)
        if scores.kinds[score] == "cluster"
        else _number(evidence, score, old[score], new[score], keys)
        for score in chosen
    )


def _number(evidence: Evidence, score: int, old: Floats, new: Floats, keys: Sequence[str]) -> Moved:
    """An axis or a distance: its mean, or its standard deviation, before and after."""
    name, spread = evidence.scores.names[score], float(old.std()) or 1.0
    before, after = float(old.mean()), float(new.mean())
    towards = new if after < before else -new
    if len(new) > 1 and abs(float(new.std()) - spread) > abs(after - before):
        wider = float(new.std()) > spread
        towards = -np.abs(new - before) if wider else np.abs(new - before)
        name, before, after = f"spread of {name}", spread, float(new.std())
    shown = [keys[int(row)] for row in np.argsort(towards, kind="stable")[:EXAMPLES]]
    effect = (after - before) / spread
    return Moved("axis", name, float(evidence.p_values[score]), before, after, effect, tuple(shown))


def _cluster(evidence: Evidence, score: int, old: Floats, new: Floats, keys: Sequence[str]) -> Moved:
    """A cluster: its share before and after, named by the baseline's keys nearest its centre."""
    scores = evidence.scores
    baseline = scores.baseline
    number = score - scores.kinds.index("cluster")
    away = np.linalg.norm(baseline.rows - baseline.centroids[number], axis=1)
    inside = np.flatnonzero(old)
    central = [baseline.keys[row] for row in inside[np.argsort(away[inside], kind="stable")]]
    before, after = float(old.mean()), float(new.mean())
    spread = np.sqrt(before * (1 - before)) or np.sqrt(after * (1 - after)) or 1.0
    shown = [keys[int(row)] for row in np.flatnonzero(new)] if after >= before else central
    name = f"{number}: {', '.join(central[:NAMES]) or 'empty before'}"
    p_value, effect = float(evidence.p_values[score]), float((after - before) / spread)
    return Moved("cluster", name, p_value, before, after, effect, tuple(shown[:EXAMPLES]))
