"""Which rows a monitor has checked: how many of each table or stream, and the SHA-256 of them.

Who starts again with the same table goes on after the rows that were checked, however windows divided them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

START = "0" * 64


@dataclass(frozen=True)
class Seen:
    """The rows of one table or stream that were checked.

    Attributes
    ----------
    rows : how many, from its beginning, in the order of time.
    sha256 : of the digest before a row, then the row's float32 values; from row to row, from 64 zeros on.
    """

    rows: int = 0
    sha256: str = START

    def after(self, rows: Iterable[NDArray[Any]]) -> Seen:
        """These rows and further ones."""
        count, found = self.rows, self.sha256
        for row in rows:
            values = np.asarray(row, "<f4").tobytes()
            count, found = count + 1, hashlib.sha256(found.encode() + values).hexdigest()
        return Seen(count, found)


def begun(seen: tuple[Seen, ...], rows: Iterable[NDArray[Any]]) -> tuple[Seen, ...]:
    """`seen` with the table of these rows last: the longest of `seen` that it begins with, or a new one."""
    known = {one for one in seen if one.rows}
    longest = max((one.rows for one in known), default=0)
    best = here = Seen()
    for row in islice(rows, longest):
        here = here.after([row])
        best = here if here in known else best
    return (*(one for one in seen if one in known and one != best), best)


def extended(seen: tuple[Seen, ...], rows: NDArray[Any]) -> tuple[Seen, ...]:
    """`seen` once the last of them has gone on by `rows`, float32 (m, dim)."""
    *others, last = seen or (Seen(),)
    return (*others, last.after(rows))
