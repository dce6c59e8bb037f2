"""Co-occurrence counting: the typed face of the native counter. Rows are counted one by one, in order.

Weights are whole numbers (fixed point): a sum is exact, and the same in whatever order it is added up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.errors import ParameterError
from nearer.kernels import _native

MOST_POSITIONS = 1 << 31  # tokens in a piece of text


@dataclass(frozen=True)
class Windows:
    """A text and the windows on it.

    Attributes
    ----------
    tokens : uint32 (t,), word ids in reading order; bit 31 marks the first token of a line. Ids are below
        the vocabulary, which is not checked.
    weights : uint64 (window,), what a context at distance 1, 2, ... adds; none is 0.
    both_sides : contexts on both sides of a word, or on its left only.
    """

    tokens: NDArray[np.uint32]
    weights: NDArray[np.uint64]
    both_sides: bool


@dataclass(frozen=True)
class Positions:
    """Where each word stands in one piece of text.

    Word w stands at tokens ``begin + places[starts[w]:starts[w + 1]]``; `starts` is int64 (v + 1,), `places`
    uint32.
    """

    begin: int
    starts: NDArray[np.int64]
    places: NDArray[np.uint32]


@dataclass(frozen=True)
class CountedRows:
    """Cells of consecutive rows: int64 `lengths`, int32 `columns` (rising in a row), uint64 `weights`."""

    lengths: NDArray[np.int64]
    columns: NDArray[np.int32]
    weights: NDArray[np.uint64]


def group_positions(tokens: NDArray[np.uint32], begin: int, end: int, vocabulary: int) -> Positions:
    """Where each word stands in tokens [begin, end); raises `ParameterError` for a range that is none."""
    if not 0 <= begin <= end <= len(tokens) or end - begin > MOST_POSITIONS:
        raise ParameterError(f"tokens {begin:,} to {end:,} are no piece of {len(tokens):,}")
    starts = np.empty(vocabulary + 1, dtype=np.int64)
    places = np.empty(end - begin, dtype=np.uint32)
    _native.group_positions(tokens, begin, end, starts, places)
    return Positions(begin, starts, places)


def count_rows(windows: Windows, positions: Positions, first: int, last: int) -> CountedRows:
    """Co-occurrences of words [first, last) at the given positions; windows may reach beyond the piece.

    Releases the GIL. Raises `ParameterError` for rows outside the vocabulary.
    """
    _require_rows(first, last, len(positions.starts) - 1)
    return CountedRows(
        *_native.count_rows(
            windows.tokens,
            windows.weights,
            windows.both_sides,
            positions.starts,
            positions.places,
            positions.begin,
            first,
            last,
        )
    )


def merge_rows(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    weights: NDArray[np.uint64],
    first: int,
    last: int,
) -> CountedRows:
    """The sum of rows [first, last) of several pieces, which `starts` (pieces, v + 1) finds in both arrays.

    Releases the GIL. Raises `ParameterError` for rows outside the vocabulary.
    """
    _require_rows(first, last, starts.shape[1] - 1)
    return CountedRows(*_native.merge_rows(starts, columns, weights, first, last))


def _require_rows(first: int, last: int, vocabulary: int) -> None:
    if not 0 <= first <= last <= vocabulary:
        raise ParameterError(f"rows {first:,} to {last:,} are none of {vocabulary:,}")
