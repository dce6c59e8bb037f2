"""Ranks that are independent and uniform while nothing changes, in constant memory.

The i-th value of a stream is ranked among itself and all values before it, those of the baseline included,
ties broken at random: if all of them are exchangeable, its rank is uniform on [0, 1] and independent of the
ranks before it (Vovk, Nouretdinov & Gammerman, 2003, "Testing exchangeability on-line", theorem 1).
Values are kept as counts of cells, so equal cells tie: a function of a value is as exchangeable as the value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK = 32  # values compared with each other at once; larger ones are ranked chunk by chunk

Floats = NDArray[np.float64]
Cells = NDArray[np.int64]


def counted(cells: Cells, width: int) -> Cells:
    """How often each of `width` cells occurs in each row of `cells` (j, n): (j, width)."""
    scores = len(cells)
    flat = cells + width * np.arange(scores)[:, None]
    return np.bincount(flat.ravel(), minlength=scores * width).reshape(scores, width).astype(np.int64)


def ranked(counts: Cells, cells: Cells, noise: Floats) -> Floats:
    """Ranks (j, m) of the values in `cells` (j, m), one after another; `counts` (j, width) takes them in.

    With a value's cell c, the rank is (#{before, cell < c} + U (#{before, cell = c} + 1)) / (#{before} + 1),
    where U is its number in `noise` (j, m), uniform on [0, 1).
    """
    ranks = np.empty(cells.shape)
    for start in range(0, cells.shape[1], CHUNK):
        part = slice(start, start + CHUNK)
        ranks[:, part] = _chunk(counts, cells[:, part], noise[:, part])
        counts += counted(cells[:, part], counts.shape[1])
    return ranks


def _chunk(counts: Cells, cells: Cells, noise: Floats) -> Floats:
    """Ranks within one chunk: what was counted before it, and the earlier values of the chunk."""
    width, size = counts.shape[1], cells.shape[1]
    upto = np.cumsum(counts, axis=1)
    equal = np.take_along_axis(counts, cells, axis=1)
    less = np.take_along_axis(upto, cells, axis=1) - equal
    small: NDArray[Any] = (cells.astype(np.int16) if width < 1 << 15 else cells).T.copy()  # compare fast
    lower, same = np.zeros((2, size, len(cells)), np.int8)
    for place in range(size - 1):
        lower[place + 1 :] += small[place] < small[place + 1 :]
        same[place + 1 :] += small[place] == small[place + 1 :]
    less += lower.T
    equal += same.T
    before = upto[:, -1:] + np.arange(size)
    return np.asarray((less + noise * (equal + 1)) / (before + 1), np.float64)
