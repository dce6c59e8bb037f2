"""Collapse: whether the vectors still differ, in how many dimensions, and which are zero."""

from __future__ import annotations

import numpy as np

from nearer.evaluate.health.measure import Kind, Measure, Scale, Skipped
from nearer.evaluate.health.nearest import Matrix
from nearer.evaluate.health.points import Points
from nearer.evaluate.health.spectrum import Spectrum
from nearer.space import Space
from nearer.space.queries import as_compared

BLOCK = 1 << 14  # rows looked at together
RETRAIN = (
    "The encoder says the same of everything: train again with a lower rate, more negatives or other data."
)

SPREAD = Kind(
    "collapse",
    "spread",
    "share of the mean squared length, 0 (all equal) to 1",
    Scale(0.1, 0.01),
    "How much of the vectors is their own and not common to all of them: 1 - |mean|^2 / mean |x|^2.",
    RETRAIN,
)
FAR_SPREAD = Kind(
    "collapse",
    "spread",
    "share of the mean squared length, 0 (all equal) to 1",
    Scale(1e-4, 1e-8, "single precision keeps 7 digits"),
    "How much of the vectors is their own and not common to all of them: 1 - |mean|^2 / mean |x|^2.",
    "If training collapsed, train again; if the origin is only far away, subtract the mean vector.",
)
CONSTANT = Kind(
    "collapse",
    "constant dimensions",
    "share of the columns, 0 to 1",
    Scale(0, 0.1),
    "The share of columns that hold one value in every row: they cost memory and say nothing.",
    "Remove them, by `space.reduce`, and find out why the encoder does not use them.",
)
RANK = Kind(
    "collapse",
    "rank",
    "dimensions, 0 to the number of columns",
    Scale(0.99, 0.1),
    "In how many directions the vectors differ at all, beyond the rounding of single precision.",
    "The other dimensions are copies or mixtures of these: `space.reduce` keeps it all in fewer columns.",
    "full rank: the columns, or one less than the items",
    "rank / its reference",
)
ZERO = Kind(
    "collapse",
    "zero vectors",
    "share of items, 0 to 1",
    Scale(0, 0.01),
    "The share of items whose vector is zero: it has no direction, and its cosine with everything is 0.",
    "These items were most likely empty or unknown to the encoder: mend them or leave them out.",
)


def collapse(
    space: Space, points: Points, spectrum: Spectrum | None, examples: int
) -> list[Measure | Skipped]:
    """Spread, constant dimensions, rank and zero vectors; all rows are looked at, for the rank the sample."""
    n, dim = space.vectors.shape
    zero = ZERO.measured(
        len(points.zero) / n, n, examples=[(space.keys[row],) for row in points.zero[:examples]]
    )
    constant = _constant(space)
    found: list[Measure | Skipped] = [
        zero,
        CONSTANT.measured(len(constant) / dim, n, told=_named(constant)),
    ]
    if len(points.vectors):
        value = spread(space)
        kind = FAR_SPREAD if space.metric == "euclidean" else SPREAD
        found.append(kind.measured(value, n))
    if spectrum is None:
        return found
    full = min(dim, len(points.drawn) - 1)
    return [
        *found,
        RANK.measured(spectrum.rank, len(points.drawn), judged=spectrum.rank / full, reference=full),
    ]


def spread(space: Space) -> float:
    """1 - |mean|^2 / mean |x|^2 of all rows as the metric sees them: zero vectors have no part in cosines."""
    total: Matrix = np.zeros(space.dim)
    squares, count = 0.0, 0
    for start in range(0, len(space), BLOCK):
        rows = as_compared(space.vectors[start : start + BLOCK], space.metric)
        total += rows.sum(axis=0)
        squares += float(np.einsum("ij,ij->", rows, rows))
        count += int(rows.any(axis=1).sum()) if space.metric == "cosine" else len(rows)
    if squares == 0:
        return 0.0
    return max(0.0, 1 - float(total @ total) / (count * squares))


def _constant(space: Space) -> list[int]:
    """The columns that hold one value."""
    first = space.vectors[0]
    same = np.ones(space.dim, bool)
    for start in range(0, len(space), BLOCK):
        same &= (space.vectors[start : start + BLOCK] == first).all(axis=0)
    return [int(column) for column in np.flatnonzero(same)]


def _named(columns: list[int], most: int = 10) -> str:
    if not columns:
        return ""
    shown = ", ".join(map(str, columns[:most]))
    return f"Columns {shown}{', ...' if len(columns) > most else ''}."
