"""Scores: numbers that say something of an item, each a function that only the guide decides.

Where an item lies on each axis, how far from the guide's centre and from its nearest rows, and in which
cluster. No row that is compared had a say in them, so compared rows and stream stay exchangeable.

The last bits of a score depend on how many rows are scored at once. Rows that repeat would show it, were a
border of cells one of their values: borders lie in gaps that are far wider than rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nearer.monitor.baseline import AXES, Baseline
from nearer.monitor.bets import Family, family
from nearer.space.reduction import one_thread

Kind = Literal["axis", "further axis", "distance", "cluster"]

FURTHER = 64  # principal axes that are watched, at most
NEAREST = 10  # rows of the guide whose distance tells how far out an item lies
BLOCK = 1024  # rows whose distances are held at once
WIDTH = 200  # cells that a score's values are told apart by, at most
FINEST = 1e-6  # of the guide's middle half: values that differ by less are not told apart
ROUNDED = 1e-12  # of a row's length: more than rounding changes a score by
INSIDE = 0.618  # where in its gap a border lies: in the middle lie values of counts and of whole numbers

Floats = NDArray[np.float64]
Cells = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of a baseline, and the cells that their values are counted in.

    Attributes
    ----------
    baseline : whose guide decides them.
    kinds, names : of each score.
    borders : (j, width - 1), ascending: in the gaps of the guide's values that are next to their quantiles;
        around the only value where there is none.
    shares : (j,), the guide's share of a cluster; NaN for a score that is a number, or a mean over a block.
    weights : (j,), how the chance of a false alarm is shared out: equally among kinds, and within them.
    """

    baseline: Baseline
    kinds: tuple[Kind, ...]
    names: tuple[str, ...]
    borders: Floats
    shares: Floats
    weights: Floats

    @classmethod
    def of(cls, baseline: Baseline) -> Scores:
        """Learn the scores from the guide of `baseline`."""
        further = len(_axes(baseline)) - len(baseline.axes)
        kinds = _kinds(len(baseline.axes), further, len(baseline.centroids))
        names = (
            *baseline.axis_names,
            *(f"principal {number + 1}" for number in range(AXES, AXES + further)),
            "distance to the centre",
            f"distance to the {NEAREST} nearest",
            *(f"cluster {number}" for number in range(len(baseline.centroids))),
        )
        with one_thread():
            single = _values(baseline, baseline.guide, own=True)
        values = in_blocks(single, baseline.block)
        width = max(2, min(WIDTH, values.shape[1] // 2))
        is_share = np.array([kind == "cluster" for kind in kinds])
        borders = _borders(values, width, np.where(is_share, 1.0, _length(baseline.guide)))
        share = np.clip(single.mean(axis=1), 0.5 / len(baseline.guide), 1 - 0.5 / len(baseline.guide))
        counted = is_share & (baseline.block == 1)
        borders[counted] = 0.5  # a row is of the cluster or is not
        many = np.array([kinds.count(kind) for kind in kinds])
        weights = 1 / (len(set(kinds)) * many)
        return cls(baseline, kinds, names, borders, np.where(counted, share, np.nan), weights)

    @cached_property
    def family(self) -> Family:
        """The bets on every score."""
        return family(self.shares)

    @property
    def width(self) -> int:
        """Cells of a score."""
        return int(self.borders.shape[1]) + 1

    def values(self, rows: Floats) -> Floats:
        """What every score says of prepared rows (m, dim), mean of each whole block: (j, m // block).

        Rows after the last whole block are left out.
        """
        return in_blocks(self.values_of_rows(rows), self.baseline.block)

    def values_of_rows(self, rows: Floats) -> Floats:
        """What every score says of each of prepared rows (m, dim): (j, m)."""
        return _values(self.baseline, rows)

    def cells(self, values: Floats) -> Cells:
        """The cell (j, m) of every value (j, m)."""
        return np.stack(
            [
                np.searchsorted(borders, row, side="right")
                for borders, row in zip(self.borders, values, strict=True)
            ]
        ).astype(np.int64)


def _kinds(axes: int, further: int, clusters: int) -> tuple[Kind, ...]:
    """The kind of every score, in their order."""
    counts: tuple[tuple[Kind, int], ...] = (
        ("axis", axes),
        ("further axis", further),
        ("distance", 2),
        ("cluster", clusters),
    )
    return tuple(kind for kind, count in counts for _ in range(count))


def in_blocks(values: Floats, block: int) -> Floats:
    """Means (j, m // block) of every `block` consecutive columns of `values` (j, m)."""
    if block == 1:
        return values
    whole = values.shape[1] // block
    return np.asarray(values[:, : whole * block].reshape(len(values), whole, block).mean(axis=2))


def nearest_distances(rows: Floats, guide: Floats, own: bool = False) -> tuple[Floats, NDArray[np.intp]]:
    """Mean distance (m,) of every row to its nearest rows of the guide, and the nearest one (m,).

    `own`: the rows are the guide's, and none is its own neighbour. Which rows are near is told by products,
    how near by differences: a row that the guide holds is at 0, and all bits of a distance but the last few
    are the same however many rows are asked for.
    """
    count = min(NEAREST, len(guide) - own)
    away, nearest = np.zeros(len(rows)), np.zeros(len(rows), np.intp)
    middle = guide.mean(axis=0)
    centred = guide - middle
    lengths = np.einsum("ij,ij->i", centred, centred)
    for start in range(0, len(rows) if count else 0, BLOCK):
        part = rows[start : start + BLOCK] - middle
        squares = lengths - 2 * part @ centred.T  # their order is that of distances
        if own:
            squares[np.arange(len(part)), start + np.arange(len(part))] = np.inf
        near = np.argpartition(squares, count - 1, axis=1)[:, :count]
        apart = np.stack([np.linalg.norm(part - centred[one], axis=1) for one in near.T], axis=1)
        away[start : start + BLOCK] = np.sort(apart, axis=1).mean(axis=1)
        is_first = apart == apart.min(axis=1)[:, None]
        nearest[start : start + BLOCK] = np.where(is_first, near, len(guide)).min(axis=1)
    return away, nearest


def _borders(values: Floats, width: int, lengths: Floats) -> Floats:
    """Borders (j, width - 1) of `values` (j, g), next to quantiles, each in a gap that rounding cannot fill.

    `lengths` (j,): of what the values are sums or distances of.
    """
    borders = np.full((len(values), width - 1), np.inf)
    wanted = np.arange(1, width) * values.shape[1] // width - 1  # the last value before each
    low, high = np.quantile(values, (0.25, 0.75), axis=1)
    least = np.maximum(FINEST * (high - low), ROUNDED * lengths)
    for score, ascending in enumerate(np.sort(values, axis=1)):
        wide = np.flatnonzero(np.diff(ascending) > least[score])
        if wide.size:
            place = wide[np.minimum(np.searchsorted(wide, wanted), wide.size - 1)]
            low_side, high_side = ascending[place], ascending[place + 1]
            borders[score] = low_side + INSIDE * (high_side - low_side)
        else:  # the guide knows one value: below it, it, and above it
            margin = max(least[score], FINEST * lengths[score])
            outside = (ascending[0] - margin, ascending[-1] + margin)
            borders[score, : width - 1] = [*outside, *borders[score, 2:]][: width - 1]
    return borders


def _length(rows: Floats) -> float:
    """Of a usual one of `rows`."""
    lengths = np.linalg.norm(rows, axis=1)
    return float(np.median(lengths)) or float(lengths.max())


def _clusters(rows: Floats, centres: Floats) -> NDArray[np.intp]:
    """The nearest centre of every row (m,), the first of those that are as near but for rounding."""
    lengths = (centres**2).sum(axis=1)
    squares = lengths - 2 * rows @ centres.T
    slack = ROUNDED * (lengths.max() + np.einsum("ij,ij->i", rows, rows))
    return np.asarray((squares <= (squares.min(axis=1) + slack)[:, None]).argmax(axis=1), np.intp)


def _axes(baseline: Baseline) -> Floats:
    """Those of the baseline, and further principal ones."""
    return np.concatenate([baseline.axes, baseline.principal[AXES:FURTHER]])


def _values(baseline: Baseline, rows: Floats, own: bool = False) -> Floats:
    """Every score of every row (j, m)."""
    guide, centres = baseline.guide, baseline.centroids
    away = np.linalg.norm(rows - guide.mean(axis=0), axis=1)
    near, _ = nearest_distances(rows, guide, own)
    member = _clusters(rows, centres) == np.arange(len(centres))[:, None]
    return np.concatenate([_axes(baseline) @ rows.T, away[None], near[None], member.astype(np.float64)])
