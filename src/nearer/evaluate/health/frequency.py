"""Frequency in the vectors: whether lengths, or the first component, tell how often an item occurs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, shown
from nearer.evaluate.correlation import correlation, ranks
from nearer.evaluate.health.measure import Kind, Measure, Scale, Skipped
from nearer.evaluate.health.spectrum import NORMAL, Spectrum
from nearer.space import Space
from nearer.space.queries import as_compared

BLOCK = 1 << 14  # rows looked at together
COLUMN = "count"  # the column that the house's word models write
RANK = "rank"
FEWEST = 10  # items from which a correlation is told
EVEN = 1e-5  # lengths that differ by less, relative to the longest, are equal but for rounding
COHEN = Scale(0.1, 0.5, "small and large by Cohen (1988)")

NORM = Kind(
    "frequency",
    "norm and frequency",
    "Spearman's correlation, -1 to 1",
    COHEN,
    "Whether the length of a vector tells how often its item occurs.",
    "Compare by cosine, or `space.normalized()`: dot products and distances favour items by frequency.",
    "lengths that know nothing of frequency",
    "its size",
)
COMPONENT = Kind(
    "frequency",
    "first component and frequency",
    "size of Spearman's correlation, 0 to 1",
    COHEN,
    "Whether the direction of largest variance is frequency rather than meaning (Mu & Viswanath, 2018).",
    "Remove the first component, and see by a judgement of meaning whether that helps.",
    "a direction that knows nothing of frequency",
)


def frequency(
    space: Space, spectrum: Spectrum | None, often: NDArray[np.float64] | None
) -> list[Measure | Skipped]:
    """Spearman's correlation of counts (n,) with lengths and the first component, over all rows."""
    if often is None:
        why = "no counts: name a column of them, or counts='rank' where keys stand by falling frequency"
        return [Skipped("norm and frequency", why)]
    n = len(space)
    lengths, places = _lengths(space, None if spectrum is None else spectrum.axes[:, 0])
    if n < FEWEST or np.ptp(often) == 0:
        return [Skipped("norm and frequency", f"needs {FEWEST} items whose counts differ")]
    by_rank = ranks(often)
    found: list[Measure | Skipped] = []
    if np.ptp(lengths) <= EVEN * lengths.max():
        found.append(Skipped("norm and frequency", "all vectors have the same length"))
    else:
        value = float(correlation(ranks(lengths), by_rank))
        interval = spearman_interval(value, n)
        found.append(NORM.measured(value, n, interval=interval, judged=abs(value), reference=0.0))
    if places is None or np.ptp(places) == 0:
        return [*found, Skipped("first component and frequency", "the vectors do not differ")]
    value = float(correlation(ranks(places), by_rank))
    low, high = spearman_interval(abs(value), n)
    return [*found, COMPONENT.measured(abs(value), n, interval=(max(low, 0.0), high), reference=0.0)]


def counted(space: Space, counts: ArrayLike | str | None) -> NDArray[np.float64] | None:
    """How often each item occurs (n,), larger is more often; None where nothing tells.

    Raises `InputError` for a column that is not there, and unless there is one number from 0 for each item.
    """
    names = [] if space.items is None else space.items.column_names
    if counts is None and COLUMN not in names:
        return None
    if isinstance(counts, str) and counts == RANK and RANK not in names:
        return -np.arange(len(space), dtype=np.float64)
    values: Any = counts
    what = "counts"
    if counts is None or isinstance(counts, str):
        what = COLUMN if counts is None else counts
        if space.items is None or what not in names:
            raise InputError(
                f"counts={shown(what)} is none of the payload columns {shown(names, 120)}",
                remedy="name a column of counts, or 'rank' where keys stand by falling frequency",
            )
        values = space.items.column(what).to_pylist()
    try:
        often = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        often = np.empty(0)
    if often.shape != (len(space),):
        raise InputError(
            f"{what} holds no number for each of {len(space):,} items", remedy="pass one an item"
        )
    if not (often >= 0).all() or not np.isfinite(often).all():
        row = int(np.flatnonzero(~((often >= 0) & np.isfinite(often)))[0])
        raise InputError(
            f"the count of {shown(space.keys[row])} is {often[row]:g}",
            file=what,
            row=row,
            remedy="counts are numbers from 0",
        )
    return often


def spearman_interval(value: float, n: int) -> tuple[float, float]:
    """95 % interval of Spearman's correlation of n independent pairs (Bonett & Wright, 2000).

    tanh(atanh(value) +- 1.96 sqrt((1 + value^2 / 2) / (n - 3))).
    """
    limited = float(np.clip(value, -1 + 1e-12, 1 - 1e-12))
    wide = NORMAL * np.sqrt((1 + limited**2 / 2) / (n - 3))
    return float(np.tanh(np.arctanh(limited) - wide)), float(np.tanh(np.arctanh(limited) + wide))


def _lengths(
    space: Space, axis: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Lengths of all vectors (n,), and their coordinates on `axis` (dim,) as the metric sees them."""
    lengths, places = np.empty(len(space)), np.empty(len(space))
    for start in range(0, len(space), BLOCK):
        part = slice(start, start + BLOCK)
        rows = space.vectors[part].astype(np.float64)
        lengths[part] = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        if axis is not None:
            places[part] = as_compared(space.vectors[part], space.metric) @ axis
    return lengths, None if axis is None else places
