"""Bands of frequency: similar scores mean other things for frequent keys than for rare ones.

In spaces of words vectors of frequent keys share a direction (Mu & Viswanath, 2018), so that what two of them
score by chance is not what two rare ones do. A band is a range of ranks by frequency: up to a thousandth of
the keys, up to a hundredth, up to a tenth, the rest; small bands are joined with the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.space.calibrate_background import Background, background_of

if TYPE_CHECKING:
    from nearer.space.space import Space

PARTS = (1000, 100, 10, 1)  # a band ends at this part of the keys
LEAST = 50  # keys of a band: 1,225 pairs among them


@dataclass(frozen=True, eq=False)
class Bands:
    """Keys by frequency, with the background of each two bands.

    Attributes
    ----------
    names : of the bands, ranks by frequency: "1 to 400". The most frequent come first.
    of_row : uint8 (n,), the band of each row.
    backgrounds : of the pairs between the bands (a, b), a <= b.
    """

    names: tuple[str, ...]
    of_row: NDArray[np.uint8]
    backgrounds: dict[tuple[int, int], Background]

    def between(self, a: int, b: int) -> Background:
        """The background of pairs of a key of band `a` and one of band `b`.

        Raises `ParameterError` for a band that is none.
        """
        for band in (a, b):
            if not (isinstance(band, int | np.integer) and 0 <= band < len(self.names)):
                raise ParameterError(f"band {shown(band)} is none", remedy=f"use 0 to {len(self.names) - 1}")
        return self.backgrounds[min(a, b), max(a, b)]


def bands_of(
    space: Space, by_frequency: str | ArrayLike, generator: np.random.Generator, sample: int
) -> Bands:
    """The bands of a space, with `sample` pairs drawn in all, the same number between each two.

    Raises `InputError` and `ParameterError` for what is no frequency, and where there is one band alone.
    """
    ranks = _ranks(space, by_frequency)
    ends: list[int] = []
    for part in PARTS:
        end = len(space) // part
        if end - (ends[-1] if ends else 0) >= LEAST or part == 1:
            ends.append(end)
    of_row = np.searchsorted(ends, ranks, side="left").astype(np.uint8)
    used = np.unique(of_row)
    of_row = np.searchsorted(used, of_row).astype(np.uint8)
    if len(used) < 2 or np.bincount(of_row).min() < 2:
        raise InputError(
            f"{len(space):,} keys whose frequencies make {len(used)} band(s) with two keys or more",
            remedy=f"pass a space of at least {10 * LEAST} keys of different frequencies, or no by_frequency",
        )
    starts = [1 + (ends[band - 1] if band else 0) for band in used]
    names = tuple(f"{start:,} to {ends[band]:,}" for start, band in zip(starts, used, strict=True))
    groups = [np.flatnonzero(of_row == band) for band in range(len(used))]
    cells = [(a, b) for a in range(len(used)) for b in range(a, len(used))]
    draws = max(sample // len(cells), 1)
    backgrounds = {
        (a, b): background_of(space.vectors, space.metric, generator, draws, (groups[a], groups[b]))
        for a, b in cells
    }
    return Bands(names, of_row, backgrounds)


def _ranks(space: Space, by_frequency: str | ArrayLike) -> NDArray[np.intp]:
    """Rank of each row from 1, the most frequent first; equal counts share the best of their ranks."""
    if isinstance(by_frequency, str) and by_frequency == "rank":
        return np.arange(1, len(space) + 1)
    counts = _counts(space, by_frequency)
    rising = np.sort(counts)
    return 1 + len(counts) - np.searchsorted(rising, counts, side="right")


def _counts(space: Space, by_frequency: Any) -> NDArray[np.float64]:
    given, name = by_frequency, "by_frequency"
    if isinstance(by_frequency, str):
        name = f"column {by_frequency!r}"
        columns = [] if space.items is None else space.items.column_names
        if space.items is None or by_frequency not in columns:
            raise ParameterError(
                f"by_frequency is {shown(by_frequency)}, and the space has no such column",
                remedy=f"use 'rank' where rows are in order of frequency, an array of counts, or one of "
                f"{shown(columns, 120)}",
            )
        given = space.items.column(by_frequency).to_pylist()
    try:
        counts = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} holds {shown(given)}", remedy="pass one number a key") from None
    if counts.shape != (len(space),):
        raise InputError(f"{name} has shape {counts.shape} for {len(space):,} keys", remedy="pass one a key")
    wrong = np.flatnonzero(~(np.isfinite(counts) & (counts >= 0)))
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"{name} says {counts[row]} of {shown(space.keys[row])}", row=row, remedy="counts are at least 0"
        )
    return counts
