"""Co-occurrence: how often which words stand in one window, weighted by their distance.

The text is counted in pieces that fit the memory allowed. A piece is grouped by word, and its rows are
counted by several threads and written in order; where there are several pieces, their rows are added up
afterwards. Weights are summed as whole numbers: neither memory nor threads change a bit of the result.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nearer.errors import ParameterError, shown
from nearer.kernels.cooccurrence import (
    MOST_POSITIONS,
    CountedRows,
    Windows,
    count_rows,
    group_positions,
    merge_rows,
)
from nearer.kernels.words import LINE_START
from nearer.progress import Progress
from nearer.signal.spool import Scalar, Spool

Weighting = Literal["harmonic", "flat"]

FRACTION_BITS = 32  # of a weight while it is summed; fewer where a sum might not fit 64 bits
CELL_BYTES = 12  # of a cell while it is counted: column and weight
ACCUMULATOR_BYTES = 13  # a word, of the row that a thread counts
MOST_BLOCK_CELLS = 1 << 20  # handed from thread to thread at a time
LEAST_PIECE = 64  # tokens
TOKENS_A_LOOK = 1 << 20


@dataclass(frozen=True)
class Cooccurrences:
    """Co-occurrence weights as sparse rows (CSR); the arrays may be memory-mapped and read-only.

    Attributes
    ----------
    starts : int64 (v + 1,); row w holds cells [starts[w], starts[w + 1]).
    columns : int32 (n,), context words, rising in each row.
    weights : float32 (n,), all above 0.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int32]
    weights: NDArray[np.float32]
    spools: tuple[Spool[Any], ...] = field(default=(), repr=False)

    def release(self) -> None:
        """Let go of the pages that were read from temporary files; they are read again when needed."""
        for spool in self.spools:
            spool.release()

    @property
    def vocabulary(self) -> int:
        """Number of words: rows, and columns."""
        return len(self.starts) - 1


def count_cooccurrences(
    tokens: NDArray[np.uint32],
    vocabulary: int,
    *,
    window: int = 15,
    weighting: Weighting = "harmonic",
    symmetric: bool = True,
    memory: int | None = None,
    threads: int = 1,
    show_progress: bool | None = None,
) -> Cooccurrences:
    """Count which words stand at most `window` tokens apart in a line: row = word, column = context.

    Parameters
    ----------
    tokens : uint32 (t,), as in `EncodedCorpus`: ids below `vocabulary`, bit 31 set on the first of a line.
    weighting : "harmonic": a context at distance d adds 1 / d (Pennington, Socher and Manning 2014); "flat":
        1.
    symmetric : contexts on both sides of a word; False: on its left only.
    memory : bytes that the whole work may take: counting takes at most half of them beside `tokens`, and
        keeps cells in temporary files. None: no limit, and no files. It does not change the result, nor do
        `threads`.

    Raises `ParameterError` for arguments outside their range and for too little `memory`, `StorageError`
    where the disk is full.
    """
    _check(tokens, vocabulary, window, weighting)
    plan = _Plan.of(vocabulary, len(tokens), memory, threads)
    unit, weights = fixed_point(window, weighting, len(tokens), 2 if symmetric else 1)
    windows = Windows(tokens, weights, symmetric)
    with Progress("counting co-occurrences", len(tokens), "words", show_progress) as progress:
        if len(tokens) <= plan.piece_tokens:
            return _as_floats(_count_piece(windows, vocabulary, 0, len(tokens), plan, progress), unit, plan)
        return _count_pieces(windows, vocabulary, unit, plan, progress)


@dataclass(frozen=True)
class _Plan:
    """How the work is cut: tokens a piece, cells a block, and whether cells are kept in files."""

    piece_tokens: int
    block_cells: int
    in_file: bool
    threads: int

    @staticmethod
    def of(vocabulary: int, tokens: int, memory: int | None, threads: int) -> _Plan:
        """Half of `memory` is for counting: half of that for positions, the rest for rows and tables."""
        if memory is None:
            return _Plan(min(max(tokens, 1), MOST_POSITIONS), MOST_BLOCK_CELLS, False, threads)
        blocks = 2 * threads + 2  # counted, waiting, and being written
        least = vocabulary * (24 + ACCUMULATOR_BYTES * threads + CELL_BYTES * blocks)
        if memory < 4 * least:
            raise ParameterError(
                f"memory={memory:,} bytes cannot hold rows of {vocabulary:,} words for {threads} "
                f"thread{'s' * (threads > 1)}: that takes {4 * least:,}",
                remedy="raise memory, or lower threads or max_vocabulary",
            )
        spare = memory // 4 - least
        return _Plan(
            piece_tokens=min(max(memory // 16, LEAST_PIECE), MOST_POSITIONS),
            block_cells=min(vocabulary + spare // (CELL_BYTES * blocks), MOST_BLOCK_CELLS),
            in_file=True,
            threads=threads,
        )


def _check(tokens: NDArray[np.uint32], vocabulary: int, window: int, weighting: str) -> None:
    if window < 1:
        raise ParameterError(f"window={shown(window)} is below 1")
    if weighting not in get_args(Weighting):
        raise ParameterError(
            f"weighting={shown(weighting)} is none", remedy='use "harmonic" (1 / distance) or "flat" (1)'
        )
    for start in range(0, len(tokens), TOKENS_A_LOOK):
        highest = int((tokens[start : start + TOKENS_A_LOOK] & ~LINE_START).max())
        if highest >= vocabulary:
            raise ParameterError(f"tokens hold id {highest:,}, and the vocabulary has {vocabulary:,} words")


def fixed_point(
    window: int, weighting: Weighting, tokens: int, sides: int
) -> tuple[float, NDArray[np.uint64]]:
    """What a unit of the whole-number weights is worth, and the weights at distances 1, 2, ... `window`."""
    distances = np.arange(1, window + 1) if weighting == "harmonic" else np.ones(window)
    highest = int(tokens * sides * float((1.0 / distances).sum())) + 1  # no cell can be heavier
    bits = min(FRACTION_BITS, 63 - highest.bit_length())
    return 2.0**-bits, np.rint(2.0**bits / distances).astype(np.uint64)


def _count_piece(
    windows: Windows, vocabulary: int, begin: int, end: int, plan: _Plan, progress: Progress
) -> Iterator[CountedRows]:
    """All rows of tokens [begin, end), in order."""
    positions = group_positions(windows.tokens, begin, end, vocabulary)
    sides = 2 if windows.both_sides else 1
    most = np.minimum(np.diff(positions.starts) * (len(windows.weights) * sides), vocabulary)
    blocks = _row_blocks(most, plan.block_cells)
    tasks = (partial(count_rows, windows, positions, first, last) for first, last in blocks)
    for (first, last), rows in zip(blocks, _in_order(tasks, plan.threads), strict=True):
        yield rows
        progress.advance(int(positions.starts[last] - positions.starts[first]))


def _count_pieces(
    windows: Windows, vocabulary: int, unit: float, plan: _Plan, progress: Progress
) -> Cooccurrences:
    """Count piece by piece into temporary files, and add the pieces up row by row."""
    with (
        _spool(np.int64, plan) as starts,
        _spool(np.int32, plan) as columns,
        _spool(np.uint64, plan) as weights,
    ):
        for begin in range(0, len(windows.tokens), plan.piece_tokens):
            end = min(begin + plan.piece_tokens, len(windows.tokens))
            starts.append(np.array([len(columns)]))
            for rows in _count_piece(windows, vocabulary, begin, end, plan, progress):
                starts.append(len(columns) + np.cumsum(rows.lengths))
                columns.append(rows.columns)
                weights.append(rows.weights)
        pieces = starts.array().reshape(-1, vocabulary + 1), columns.array(), weights.array()
        return _as_floats(_merge(*pieces, plan, (starts, columns, weights)), unit, plan)


def _merge(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    weights: NDArray[np.uint64],
    plan: _Plan,
    spools: tuple[Spool[np.int64], Spool[np.int32], Spool[np.uint64]],
) -> Iterator[CountedRows]:
    vocabulary = starts.shape[1] - 1
    most = np.zeros(vocabulary, dtype=np.int64)
    for piece in starts:
        most += np.diff(piece)
    blocks = _row_blocks(np.minimum(most, vocabulary), plan.block_cells)
    tasks = (partial(merge_rows, starts, columns, weights, first, last) for first, last in blocks)
    for rows in _in_order(tasks, plan.threads):
        yield rows
        for spool in spools:
            spool.release()


def _as_floats(counted: Iterator[CountedRows], unit: float, plan: _Plan) -> Cooccurrences:
    """The rows as they are handed out, from `counted` in whole numbers of `unit`."""
    with (
        _spool(np.int64, plan) as starts,
        _spool(np.int32, plan) as columns,
        _spool(np.float32, plan) as weights,
    ):
        starts.append(np.zeros(1, dtype=np.int64))
        for rows in counted:
            starts.append(len(columns) + np.cumsum(rows.lengths))
            columns.append(rows.columns)
            weights.append((rows.weights * unit).astype(np.float32))
        return Cooccurrences(starts.array(), columns.array(), weights.array(), (starts, columns, weights))


def _spool(dtype: type[Scalar], plan: _Plan) -> Spool[Scalar]:
    return Spool(dtype, plan.in_file, "co-occurrences")


def _row_blocks(most: NDArray[np.int64], cells: int) -> list[tuple[int, int]]:
    """Ranges of rows with at most `cells` cells each, or of one row; `most` has the cells of each row."""
    ends = np.cumsum(most)
    blocks: list[tuple[int, int]] = []
    first, before = 0, 0
    while first < len(ends):
        last = max(int(np.searchsorted(ends, before + cells, side="right")), first + 1)
        blocks.append((first, last))
        first, before = last, int(ends[last - 1])
    return blocks


def _in_order(tasks: Iterator[Callable[[], CountedRows]], threads: int) -> Iterator[CountedRows]:
    """What the tasks return, in their order; `threads` run at a time."""
    pending: deque[Future[CountedRows]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for task in tasks:
                pending.append(pool.submit(task))
                if len(pending) > threads + 1:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
