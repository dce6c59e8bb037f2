"""Which labels are drawn and where: greedy placement by priority, no two boxes overlapping.

Candidate places lie around the mark, then farther away with a leader line. A place must be free of labels
and inside the frame; among free places the one that hides fewest marks and lies nearest wins. Where marks are
few, a place that hides one is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]  # left, bottom, right, top, in pixels

CELL = 32.0  # pixels
NEAR, FAR = 0.0, 14.0  # pixels added to the gap between mark and label
SPARSE = 300  # marks up to which no label may hide one, and leader lines may be longer
FARTHER = (NEAR, FAR, 28.0, 42.0)
DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))


@dataclass(frozen=True)
class Placement:
    """One label: its row, its box, and whether a leader line ties it to its mark."""

    row: int
    box: Box
    displaced: bool


def place(
    order: Iterable[int],
    anchors: NDArray[np.float64],
    size: Callable[[int], tuple[float, float]],
    frame: Box,
    *,
    gap: float,
    most: int,
    crowding: int,
) -> list[Placement]:
    """Place labels in `order` of priority until `most` stand or `crowding` times as many were tried.

    Parameters
    ----------
    anchors : (n, 2) pixels, where the marks are.
    size : width and height in pixels of a row's label.
    frame : the box that labels must stay in.
    gap : pixels between the centre of a mark and its label.
    """
    marks = MarkGrid(anchors)
    sparse = len(anchors) <= SPARSE
    taken = BoxGrid()
    placements: list[Placement] = []
    for tries, row in enumerate(order):
        if len(placements) == most or tries == most * crowding:
            break
        placement = best_place(
            row, anchors[row], size(row), frame=frame, gap=gap, marks=marks, taken=taken, sparse=sparse
        )
        if placement is not None:
            taken.add(placement.box)
            placements.append(placement)
    return placements


def best_place(
    row: int,
    anchor: NDArray[np.float64],
    size: tuple[float, float],
    *,
    frame: Box,
    gap: float,
    marks: MarkGrid,
    taken: BoxGrid,
    sparse: bool,
) -> Placement | None:
    """The free candidate that hides fewest marks, or None where there is no free one."""
    best: tuple[float, Placement] | None = None
    for extra in FARTHER if sparse else (NEAR, FAR):
        for rank, direction in enumerate(DIRECTIONS):
            box = candidate(anchor, size, direction, gap + extra)
            if not inside(box, frame) or taken.overlaps(box):
                continue
            hidden = marks.count(box, gap / 2)
            if hidden and sparse:
                continue
            displaced = extra > NEAR
            cost = hidden + 0.05 * rank + 1.5 * displaced
            if best is None or cost < best[0]:
                best = cost, Placement(row, box, displaced)
        if best is not None and (sparse or best[0] < 1):
            break
    return best[1] if best else None


def candidate(
    anchor: NDArray[np.float64], size: tuple[float, float], direction: tuple[int, int], gap: float
) -> Box:
    """The box of a label that lies in `direction` of its anchor."""
    (x, y), (width, height), (right, up) = anchor, size, direction
    slant = gap if 0 in direction else gap * 0.7
    left = x + right * slant + (right - 1) * width / 2
    bottom = y + up * slant + (up - 1) * height / 2
    return float(left), float(bottom), float(left + width), float(bottom + height)


def inside(box: Box, frame: Box) -> bool:
    """Whether `box` lies wholly in `frame`."""
    return box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share area."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


class BoxGrid:
    """Boxes by the cells they touch: an overlap is looked for among neighbours only."""

    def __init__(self) -> None:
        """Start with every place free."""
        self._cells: dict[tuple[int, int], list[Box]] = {}

    def add(self, box: Box) -> None:
        """Take the place of `box`."""
        for cell in cells(box):
            self._cells.setdefault(cell, []).append(box)

    def overlaps(self, box: Box) -> bool:
        """Whether `box` overlaps a place that is taken."""
        return any(overlap(box, other) for cell in cells(box) for other in self._cells.get(cell, ()))


class MarkGrid:
    """Marks by cell: how many a box would hide."""

    def __init__(self, anchors: NDArray[np.float64]) -> None:
        """Sort the marks at `anchors` (n, 2) into cells."""
        self._cells: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for x, y in anchors.tolist():
            self._cells.setdefault((int(x // CELL), int(y // CELL)), []).append((x, y))

    def count(self, box: Box, radius: float) -> int:
        """Marks whose centre lies in `box` or within `radius` pixels of it."""
        box = box[0] - radius, box[1] - radius, box[2] + radius, box[3] + radius
        return sum(
            box[0] < x < box[2] and box[1] < y < box[3]
            for cell in cells(box)
            for x, y in self._cells.get(cell, ())
        )


def cells(box: Box) -> list[tuple[int, int]]:
    """The cells that `box` touches."""
    columns = range(int(box[0] // CELL), int(box[2] // CELL) + 1)
    lines = range(int(box[1] // CELL), int(box[3] // CELL) + 1)
    return [(column, line) for column in columns for line in lines]
