"""Planted changes: what a window would look like, had so much of it changed; for measuring power.

A change is planted into rows of the baseline itself, so that power is that on these data. Its size rises
from nothing; a window keeps its rows and its draws as it rises, so that larger changes contain smaller ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.monitor.baseline import Baseline
from nearer.monitor.explaining import nearest

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows (m, dim) without change for one window, `spare` ones, and the seed of what plants a change."""

    baseline: Baseline
    rows: Matrix
    spare: Matrix
    seed: int

    @property
    def generator(self) -> np.random.Generator:
        """A fresh generator, the same one for every size of change."""
        return np.random.default_rng(self.seed)


def random_axis(sample: Sample, effect: float) -> Matrix:
    """All rows shifted by `effect` standard deviations along a direction drawn from all directions alike."""
    direction = np.asarray(sample.generator.standard_normal(sample.rows.shape[1]))
    return _shifted(sample, direction / np.linalg.norm(direction), effect)


def principal_axis(sample: Sample, effect: float) -> Matrix:
    """All rows shifted by `effect` standard deviations along one of the baseline's principal axes."""
    axes = sample.baseline.axes
    return _shifted(sample, axes[int(sample.generator.integers(len(axes)))], effect)


def new_cluster(sample: Sample, effect: float) -> Matrix:
    """A share `effect` of rows moved from their cluster to a new place, as far from the centre as others."""
    generator, rows, centres = sample.generator, sample.baseline.rows, sample.baseline.centroids
    centre = rows.mean(axis=0)
    direction = generator.standard_normal(rows.shape[1])
    reach = float(np.median(np.linalg.norm(rows - centre, axis=1)))
    place = centre + reach * direction / np.linalg.norm(direction)
    count = round(effect * len(sample.rows))
    placed = sample.rows.copy()
    placed[:count] += place - centres[nearest(placed[:count], centres)[0]]
    return _as_compared(placed, sample.baseline)


def lost_cluster(sample: Sample, effect: float) -> Matrix:
    """A share `effect` of the items of the cluster of middle size replaced by items of other clusters."""
    centres, middle = sample.baseline.centroids, middle_cluster(sample.baseline)[0]
    inside = np.flatnonzero(nearest(sample.rows, centres)[0] == middle)
    others = sample.spare[nearest(sample.spare, centres)[0] != middle]
    count = min(round(effect * len(inside)), len(others))
    placed = sample.rows.copy()
    placed[inside[:count]] = others[:count]
    return placed


PLANTS: Mapping[str, tuple[Callable[[Sample, float], Matrix], str, float]] = {  # what, its unit, largest
    "mean along a random axis": (random_axis, "standard deviations", 4.0),
    "mean along a principal axis": (principal_axis, "standard deviations", 4.0),
    "new cluster": (new_cluster, "share of items", 1.0),
    "lost cluster": (lost_cluster, "share of its items", 1.0),
}


def middle_cluster(baseline: Baseline) -> tuple[int, float]:
    """The cluster of middle size, and its share of the baseline's rows."""
    counts = np.bincount(nearest(baseline.rows, baseline.centroids)[0], minlength=len(baseline.centroids))
    middle = int(np.argsort(counts, kind="stable")[len(counts) // 2])
    return middle, float(counts[middle] / len(baseline.rows))


def _shifted(sample: Sample, direction: Matrix, effect: float) -> Matrix:
    spread = float((sample.baseline.rows @ direction).std())
    return _as_compared(sample.rows + effect * spread * direction, sample.baseline)


def _as_compared(rows: Matrix, baseline: Baseline) -> Matrix:
    """Rows of length 1 where the metric is "cosine"."""
    if baseline.metric != "cosine":
        return rows
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300), np.float64)
