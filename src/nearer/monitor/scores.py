"""Scores: numbers that say something of an item, each a function that only the guide decides.

Where an item lies on each axis, how far from the guide's centre and from its nearest rows, and in which
cluster. No row that is compared had a say in them, so compared rows and stream stay exchangeable.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nearer.monitor.baseline import AXES, Baseline
from nearer.monitor.bets import Family, family

Kind = Literal["axis", "further axis", "distance", "cluster"]

FURTHER = 64  # principal axes that are watched, at most
NEAREST = 10  # rows of the guide whose distance tells how far out an item lies
BLOCK = 1024  # rows whose distances are held at once
WIDTH = 200  # cells that a score's values are told apart by, at most

Floats = NDArray[np.float64]
Cells = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of a baseline, and the cells that their values are counted in.

    Attributes
    ----------
    baseline : whose guide decides them.
    kinds, names : of each score.
    borders : (j, width - 1), ascending: quantiles of the guide's values.
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
            *(f"axis {number + 1}" for number in range(AXES, AXES + further)),
            "distance to the centre",
            f"distance to the {NEAREST} nearest",
            *(f"cluster {number}" for number in range(len(baseline.centroids))),
        )
        single = _values(baseline, baseline.guide, own=True)
        values = in_blocks(single, baseline.block)
        width = max(2, min(WIDTH, values.shape[1] // 2))
        borders = np.quantile(values, np.arange(1, width) / width, axis=1).T
        share = np.clip(single.mean(axis=1), 0.5 / len(baseline.guide), 1 - 0.5 / len(baseline.guide))
        counted = np.array([kind == "cluster" for kind in kinds]) & (baseline.block == 1)
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

    `own`: the rows are the guide's, and none is its own neighbour.
    """
    count = min(NEAREST, len(guide) - own)
    away, nearest = np.zeros(len(rows)), np.zeros(len(rows), np.intp)
    lengths = np.einsum("ij,ij->i", guide, guide)
    for start in range(0, len(rows) if count else 0, BLOCK):
        part = rows[start : start + BLOCK]
        squares = np.einsum("ij,ij->i", part, part)[:, None] + lengths - 2 * part @ guide.T
        if own:
            squares[np.arange(len(part)), start + np.arange(len(part))] = np.inf
        near = np.partition(squares, count - 1, axis=1)[:, :count]
        away[start : start + BLOCK] = np.sqrt(np.maximum(near, 0)).mean(axis=1)
        nearest[start : start + BLOCK] = squares.argmin(axis=1)
    return away, nearest


def _axes(baseline: Baseline) -> Floats:
    """Those of the baseline, and further principal ones."""
    return np.concatenate([baseline.axes, baseline.principal[AXES:FURTHER]])


def _values(baseline: Baseline, rows: Floats, own: bool = False) -> Floats:
    """Every score of every row (j, m)."""
    guide, centres = baseline.guide, baseline.centroids
    away = np.linalg.norm(rows - guide.mean(axis=0), axis=1)
    near, _ = nearest_distances(rows, guide, own)
    squares = (centres**2).sum(axis=1) - 2 * rows @ centres.T
    member = squares.argmin(axis=1) == np.arange(len(centres))[:, None]
    return np.concatenate([_axes(baseline) @ rows.T, away[None], near[None], member.astype(np.float64)])
