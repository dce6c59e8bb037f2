"""What moved: the clusters and axes that a window fills otherwise than the baseline, with items that show it.

Clusters and axes come from the guide, so that nothing here was fitted to the rows that are compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nearer.chance import permutation_p_value
from nearer.monitor.baseline import Baseline
from nearer.monitor.two_sample import PERMUTATIONS, Comparison
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
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> tuple[Moved, ...]:
    """The parts of the space that changed, the largest effect first.

    Parameters
    ----------
    baseline, window : what was compared; `window` (m, dim) is prepared as the baseline's rows are.
    comparison : what `compare` said of them; nothing is looked for where its p-value is above `alpha`.
    keys : of the window; None: its row numbers.
    alpha : the chance of naming any part of a kind (clusters, axes) although none changed.

    A part is named if its largest standardised difference of means would be as large in a random exchange
    of rows, for any part of the kind, with chance at most `alpha`: single-step max-T (Westfall & Young,
    1993), which controls the family-wise error whatever the dependence, given exchangeable rows.
    """
    if comparison.p_value > alpha:
        return ()
    names = [str(row) for row in range(len(window))] if keys is None else list(keys)
    found = [
        *_clusters(baseline, window, names, permutations, seed),
        *_axes(baseline, window, names, permutations, seed),
    ]
    told = [part for part in found if part.p_value <= alpha]
    return tuple(sorted(told, key=lambda part: (-abs(part.effect), part.kind, part.name)))


def _clusters(
    baseline: Baseline, window: Matrix, keys: list[str], permutations: int, seed: int
) -> list[Moved]:
    """Every cluster: its share before and after."""
    centres = baseline.centroids
    before, reach = nearest(baseline.rows, centres)
    after, near = nearest(window, centres)
    columns = np.arange(len(centres))
    ones = np.concatenate([before, after])[:, None] == columns
    p_values = exchanged(ones.astype(np.float64), len(before), permutations, seed)
    shares = [(float((before == c).mean()), float((after == c).mean())) for c in columns]
    found = []
    for cluster, (old, new) in enumerate(shares):
        told = first(baseline.keys, before == cluster, reach)
        grown = first(keys, after == cluster, near) if new >= old else told
        spread = np.sqrt(old * (1 - old)) or np.sqrt(new * (1 - new)) or 1.0
        name = f"{cluster}: {', '.join(told[:NAMES]) or 'empty before'}"
        effect = float((new - old) / spread)
        found.append(Moved("cluster", name, float(p_values[cluster]), old, new, effect, grown))
    return found


def _axes(baseline: Baseline, window: Matrix, keys: list[str], permutations: int, seed: int) -> list[Moved]:
    """Every axis: its mean before and after."""
    before, after = baseline.rows @ baseline.axes.T, window @ baseline.axes.T
    p_values = exchanged(np.concatenate([before, after]), len(before), permutations, seed)
    found = []
    for axis in range(len(baseline.axes)):
        old, new = float(before[:, axis].mean()), float(after[:, axis].mean())
        spread = float(before[:, axis].std()) or 1.0
        ends = [baseline.keys[row] for row in (before[:, axis].argmin(), before[:, axis].argmax())]
        towards = after[:, axis] if new < old else -after[:, axis]
        shown = first(keys, np.ones(len(keys), bool), towards)
        name, effect = f"{axis + 1}: {ends[0]} - {ends[1]}", (new - old) / spread
        found.append(Moved("axis", name, float(p_values[axis]), old, new, effect, shown))
    return found


def exchanged(values: Matrix, n: int, permutations: int, seed: int) -> NDArray[np.float64]:
    """Adjusted p-values (k,) of the difference of means of columns (n + m, k) before and after row `n`."""
    rows = len(values)
    spread = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    weights = np.concatenate([np.full(n, -1 / n), np.full(rows - n, 1 / (rows - n))])
    generator = np.random.default_rng(seed)
    drawn = np.stack([generator.permutation(weights) for _ in range(permutations)])
    return permutation_p_value(np.abs(weights @ scaled), np.abs(drawn @ scaled).max(axis=1)[:, None])


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
