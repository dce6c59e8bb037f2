"""GloVe training: weighted least squares on co-occurrences by AdaGrad, the native engine's typed face.

Pennington, Socher and Manning 2014, "GloVe: Global Vectors for Word Representation". Co-occurrences are cut
into tiles of neighbouring rows and of so few columns that their vectors stay in cache; a tile is a unit of
work, and every epoch takes the tiles in an order of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.kernels import _native
from nearer.kernels.training import TrainReport, aligned_alike, require, require_range

TILE_CELLS = 1 << 14  # in a tile, at most; part of what decides the result, as is
TILE_BYTES = 1 << 19  # of the columns' vectors and AdaGrad sums
MOST_COLUMNS = 1 << 16
CELL = np.dtype(np.uint64)  # row and column in the tile (16 bits each), log of the weight (float32)
EXTRA = (
    2  # parameters beside the vector: the bias, and the constant that the other side's bias is multiplied by
)
CONSTANT_SUM = 1e30  # AdaGrad sum of a parameter that is not to move


@dataclass(frozen=True)
class Tiles:
    """Co-occurrences as the kernel reads them.

    Attributes
    ----------
    table : int64 (tiles, 4): where the cells of a tile begin and end, its first row, its first column.
    cells : uint64 (n,), tile by tile and row by row in each.
    """

    table: NDArray[np.int64]
    cells: NDArray[np.uint64]


@dataclass(frozen=True)
class GloveTraining:
    """Everything that decides a training run but its seed matrices.

    Attributes
    ----------
    tiles : the co-occurrences.
    x_max, alpha : a weight X counts for min(1, (X / x_max) ** alpha).
    learning_rate : of AdaGrad, whose sums start where `glove_rows` puts them.
    seed : of the order of the tiles.
    """

    tiles: Tiles
    x_max: float
    alpha: float
    learning_rate: float
    planned_units: int
    seed: int

    @property
    def units_an_epoch(self) -> int:
        """Tiles."""
        return len(self.tiles.table)

    @property
    def items_an_epoch(self) -> int:
        """Pairs of words that occur together."""
        return len(self.tiles.cells)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """The tiles in the order of an epoch."""
        source = np.random.Philox(key=np.array([self.seed, epoch], dtype=np.uint64))
        return np.argsort(source.random_raw(self.units_an_epoch), kind="stable").astype(np.int64)

    def train(
        self, arrays: Mapping[str, NDArray[Any]], first: int, last: int, threads: int, variant: str
    ) -> TrainReport:
        """Train units [first, last) of the matrices "words" and "contexts": see `train_tiles`."""
        return train_tiles(self, arrays["words"], arrays["contexts"], first, last, threads, variant)


def glove_rows(values: NDArray[np.float32], context: bool, bias_sum: float) -> NDArray[np.float32]:
    """Rows to be trained from `values`, (v, dim + 1) start values of vector and bias: float32 (v, 2, stride).

    In [:, 0] stand the vector, the bias and a constant 1 (the constant first where `context` is true), so
    that w.c + b + b' is one dot product; in [:, 1] their AdaGrad sums: 1, for biases `bias_sum`. Rows are
    aligned to 64 bytes.
    """
    rows, dim = len(values), values.shape[1] - 1
    stride = -(-(dim + EXTRA) // 16) * 16
    room = np.zeros(rows * 2 * stride + 16, dtype=np.float32)
    shift = -(room.ctypes.data // 4) % 16
    matrix: NDArray[np.float32] = room[shift : shift + rows * 2 * stride].reshape(rows, 2, stride)
    bias, constant = (dim + 1, dim) if context else (dim, dim + 1)
    matrix[:, 0, :dim] = values[:, :dim]
    matrix[:, 0, bias] = values[:, dim]
    matrix[:, 0, constant] = 1.0
    matrix[:, 1] = 1.0
    matrix[:, 1, bias] = bias_sum
    matrix[:, 1, constant] = CONSTANT_SUM
    return matrix


def tile_columns(dim: int) -> int:
    """Columns of a tile for vectors of `dim` dimensions."""
    row_bytes = 2 * 4 * (dim + EXTRA)
    return min(max(TILE_BYTES // row_bytes, 1), MOST_COLUMNS)


def cut_tiles(starts: NDArray[np.int64], columns: NDArray[np.int32], width: int) -> NDArray[np.int64]:
    """The table of `Tiles` for co-occurrences in sparse rows (CSR), `width` columns a tile."""
    require({f"a tile has from 1 to {MOST_COLUMNS} columns": 1 <= width <= MOST_COLUMNS})
    return _native.cut_tiles(starts, columns, width, TILE_CELLS).reshape(-1, 4)


class TileFiller:
    """Fills the cells of `Tiles` with co-occurrences in sparse rows, some rows at a time, in order."""

    def __init__(self, table: NDArray[np.int64], width: int, cells: NDArray[np.uint64]) -> None:
        self.table, self.width, self.cells = table, width, cells
        columns = int(table[:, 3].max(initial=0)) // width + 1
        self._cursors = np.zeros((columns, 2), dtype=np.int64)
        for tile in reversed(range(len(table))):  # the first tile of each block of columns comes last
            self._cursors[table[tile, 3] // width] = tile, table[tile, 0]

    def fill(
        self,
        starts: NDArray[np.int64],
        columns: NDArray[np.int32],
        weights: NDArray[np.float32],
        first: int,
        last: int,
    ) -> None:
        """Put rows [first, last) where the tiles have them; releases the GIL."""
        _native.fill_tiles(
            starts, columns, weights, self.width, first, last, self.table, self._cursors, self.cells
        )


def train_tiles(
    run: GloveTraining,
    words: NDArray[np.float32],
    contexts: NDArray[np.float32],
    first: int,
    last: int,
    threads: int,
    variant: str,
) -> TrainReport:
    """Train units [first, last), counted over all epochs, in place; the report's pairs are co-occurrences.

    The loss is the sum of f(X) (w.c + b + b' - log X)^2, each before its step; steps follow the gradient of
    half of it. Both matrices are from `glove_rows`; rows and columns of the tiles are below v, which is not
    checked. With one thread the result is the same bits in every process, however the units are split into
    calls; with more, threads write without locks and only the distribution of results is the same.

    Raises `ParameterError` for arguments the kernel cannot work with.
    """
    require(
        {
            "rows of both matrices are aligned, in one shape": words.shape == contexts.shape
            and words.ndim == 3
            and words.shape[1] == 2
            and aligned_alike(words.reshape(len(words), -1), contexts.reshape(len(words), -1)),
            "x_max, alpha and learning_rate are finite, x_max above 0": run.x_max > 0
            and all(map(math.isfinite, (run.x_max, run.alpha, run.learning_rate))),
        }
    )
    require_range(len(run.tiles.cells), run.planned_units, first, last, threads)
    loss, pairs = 0.0, 0
    while first < last:
        epoch, begin = divmod(first, run.units_an_epoch)
        end = min(begin + last - first, run.units_an_epoch)
        part = _native.train_glove(
            variant,
            run.tiles.cells,
            run.tiles.table,
            words,
            contexts,
            run.learning_rate,
            math.log(run.x_max),
            run.alpha,
            np.ascontiguousarray(run.order(epoch)[begin:end]),
            threads,
        )
        loss, pairs, first = loss + part[0], pairs + part[1], first + end - begin
    return TrainReport(loss, pairs, pairs)
