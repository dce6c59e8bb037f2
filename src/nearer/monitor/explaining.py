"""What moved: the clusters and axes that a window fills otherwise than the baseline, with items that show it.

Clusters and axes come from the guide, so that nothing here was fitted to the rows that are compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nearer.monitor.baseline import Baseline
from nearer.monitor.two_sample import Comparison
from nearer.monitor.verdict import Moved

EXAMPLES, NAMES = 5, 3  # keys that show a change, and those that name a part

Matrix = NDArray[np.float64]
Rows = NDArray[np.intp]


def moved(
    baseline: Baseline,
    window: Matrix,
    comparison: Comparison,
    keys: Sequence[str] | None = None,
    *,
    alpha: float = 0.05,
) -> tuple[Moved, ...]:
    """The parts of the space that changed, the largest effect first.

    Parameters
    ----------
    baseline, window : what was compared; `window` (m, dim) is prepared as the baseline's rows are.
    comparison : what `compare` said of them; nothing is looked for where its p-value is above `alpha`,
        and no kind of part whose test was left out.
    keys : of the window; None: its row numbers.
    alpha : the chance of naming any part of a kind (clusters, axes) although none changed.

    A part is named by the adjusted p-values of `compare`: single-step max-T over all parts of its kind
    (Westfall & Young, 1993), which controls the family-wise error whatever their dependence, given
    exchangeable rows.
    """
    if comparison.p_value > alpha:
        return ()
    names = [str(row) for row in range(len(window))] if keys is None else list(keys)
    found = []
    if comparison.clusters_p is not None:
        told = np.flatnonzero(comparison.clusters_p <= alpha)
        found += [_cluster(baseline, window, comparison.clusters_p, names, int(part)) for part in told]
    if comparison.axes_p is not None:
        told = np.flatnonzero(comparison.axes_p <= alpha)
        found += [_axis(baseline, window, comparison.axes_p, names, int(part)) for part in told]
    return tuple(sorted(found, key=lambda part: (-abs(part.effect), part.kind, part.name)))


def _cluster(
    baseline: Baseline, window: Matrix, p_values: NDArray[np.float64], keys: list[str], cluster: int
) -> Moved:
    """Its share before and after; what came to it, or what was there and is missing."""
    (before, reach), (after, near) = (nearest(rows, baseline.centroids) for rows in (baseline.rows, window))
    old, new = float((before == cluster).mean()), float((after == cluster).mean())
    missed = first(baseline.keys, before == cluster, reach)
    shown = first(keys, after == cluster, near) if new >= old else missed
    spread = np.sqrt(old * (1 - old)) or np.sqrt(new * (1 - new)) or 1.0
    name = f"{cluster}: {', '.join(missed[:NAMES]) or 'empty before'}"
    return Moved("cluster", name, float(p_values[cluster]), old, new, float((new - old) / spread), shown)


def _axis(
    baseline: Baseline, window: Matrix, p_values: NDArray[np.float64], keys: list[str], axis: int
) -> Moved:
    """Its mean before and after, or its spread where that moved further."""
    direction = baseline.axes[axis]
    before, after = baseline.rows @ direction, window @ direction
    low, high = (baseline.keys[int(row)] for row in (before.argmin(), before.argmax()))
    name, p_value = f"{baseline.axis_names[axis]}: {low} - {high}", float(p_values[axis])
    scale = float(before.std()) or float(after.std()) or 1.0
    if _distance(*_from_middle(before, after)) > _distance(before, after):
        old, new = float(before.std()), float(after.std())
        away = np.abs(after - np.median(after))
        shown = first(keys, np.ones(len(keys), bool), away if new < old else -away)
        return Moved("spread", name, p_value, old, new, (new - old) / scale, shown)
    old, new = float(before.mean()), float(after.mean())
    shown = first(keys, np.ones(len(keys), bool), after if new < old else -after)
    return Moved("axis", name, p_value, old, new, (new - old) / scale, shown)


def _from_middle(before: Matrix, after: Matrix) -> tuple[Matrix, Matrix]:
    """Distances from the median of both, whose means are spreads (Brown & Forsythe, 1974)."""
    middle = np.median(np.concatenate([before, after]))
    return np.abs(before - middle), np.abs(after - middle)


def _distance(before: Matrix, after: Matrix) -> float:
    """Difference of the means in standard deviations of all values."""
    spread = float(np.concatenate([before, after]).std())
    return abs(float(after.mean() - before.mean())) / spread if spread > 0 else 0.0


def nearest(rows: Matrix, centres: Matrix) -> tuple[Rows, Matrix]:
    """Cluster of every row (n,), and its squared distance to that cluster's centre."""
    squares = (centres**2).sum(axis=1) - 2 * rows @ centres.T
    cluster = squares.argmin(axis=1)
    reach = squares[np.arange(len(rows)), cluster] + np.einsum("ij,ij->i", rows, rows)
    return cluster, np.maximum(reach, 0)


def first(keys: Sequence[str], among: NDArray[np.bool_], order: Matrix) -> tuple[str, ...]:
    """Keys `among` all, those of the smallest `order` first."""
    rows = np.flatnonzero(among)
    best = rows[np.argsort(order[rows], kind="stable")[:EXAMPLES]]
    return tuple(keys[row] for row in best)
