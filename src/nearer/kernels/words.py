"""Word training: skip-gram and CBOW with negative sampling, the native engine's typed face.

Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their Compositionality". The
negatives of a few consecutive centres are drawn once and shared (Ji et al. 2016; Rengasamy et al. 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nearer.errors import ParameterError
from nearer.kernels import _native

Architecture = Literal["skipgram", "cbow"]

LINE_START = np.uint32(1 << 31)  # set on the id of the first token of a line
ROW_FLOATS = 16  # rows are padded to this many floats
UNIT_TOKENS = 16_384  # tokens a unit of work; part of what decides the result
MOST_SHARED = 32  # centres in a block, at most


@dataclass(frozen=True)
class WordTraining:
    """Everything that decides a training run but its seed matrices: what `train_units` is given.

    Attributes
    ----------
    tokens : uint32 (t,), word ids in reading order; bit 31 marks the first token of a line.
    keep : uint32 (v,), a token survives subsampling if 32 random bits are at most this.
    noise : uint32 (v, 2), alias table of the negatives: threshold, alias.
    window : largest distance of a context in tokens; drawn from 1..window for every centre.
    negative : negative samples of a centre.
    shared : consecutive centres that share one draw of negatives, at most 32.
    learning_rate, least_learning_rate : start and end of the linear decay over `planned_units` units.
    """

    architecture: Architecture
    tokens: NDArray[np.uint32]
    keep: NDArray[np.uint32]
    noise: NDArray[np.uint32]
    window: int
    negative: int
    shared: int
    learning_rate: float
    least_learning_rate: float
    planned_units: int
    seed: int
    unit_tokens: int = UNIT_TOKENS

    @property
    def units_an_epoch(self) -> int:
        """Units of work that make one pass over the corpus."""
        return -(-len(self.tokens) // self.unit_tokens)


@dataclass(frozen=True)
class TrainReport:
    """What a range of units saw: `loss` summed over `pairs` measured centre-context pairs, `tokens` read."""

    loss: float
    pairs: int
    tokens: int


def train_units(
    run: WordTraining,
    word_rows: NDArray[np.float32],
    output_rows: NDArray[np.float32],
    first: int,
    last: int,
    threads: int,
    variant: str,
) -> TrainReport:
    """Train units [first, last), counted over all epochs, in place.

    Both matrices are float32 (v, stride) from `padded_rows`; ids in `tokens` are below v, which is not
    checked. With one thread the result is the same bits in every process, however the units are split into
    calls; with more, threads write without locks and only the distribution of results is the same.

    Raises `ParameterError` for arguments the kernel cannot work with.
    """
    check_tables(run, len(word_rows))
    check_range(run, first, last, threads)
    require(
        {
            "rows of both matrices are aligned, in one shape": all(
                matrix.shape == word_rows.shape
                and matrix.shape[1] % ROW_FLOATS == 0
                and matrix.ctypes.data % 64 == 0
                for matrix in (word_rows, output_rows)
            )
        }
    )
    loss, pairs, tokens = _native.train_words(
        variant,
        run.architecture == "cbow",
        run.tokens,
        run.unit_tokens,
        run.keep,
        run.noise,
        word_rows,
        output_rows,
        run.window,
        run.negative,
        run.shared,
        run.learning_rate,
        run.least_learning_rate,
        run.planned_units,
        run.seed,
        first,
        last,
        threads,
    )
    return TrainReport(loss, pairs, tokens)


def check_tables(run: WordTraining, rows: int) -> None:
    """Raise `ParameterError` for settings or tables over `rows` words that lead the kernel outside its arrays."""
    require(
        {
            "keep and noise have an entry a row": run.keep.shape == (rows,) and run.noise.shape == (rows, 2),
            f"shared is from 1 to {MOST_SHARED}": 1 <= run.shared <= MOST_SHARED,
            "window, negative and unit_tokens are at least 1": min(run.window, run.negative, run.unit_tokens)
            >= 1,
        }
    )


def check_range(run: WordTraining, first: int, last: int, threads: int) -> None:
    """Raise `ParameterError` for work that cannot be cut into units or shared among threads."""
    require(
        {
            "there is a token": len(run.tokens) > 0,
            "planned_units is at least 1": run.planned_units >= 1,
            "units run from first to last, neither below 0": 0 <= first <= last,
            "threads is at least 1": threads >= 1,
        }
    )


def require(rules: dict[str, bool]) -> None:
    """Raise `ParameterError` with the first rule that is not kept."""
    for rule, kept in rules.items():
        if not kept:
            raise ParameterError(f"word training needs that {rule}")


def padded_rows(rows: int, dim: int) -> NDArray[np.float32]:
    """Zeros of shape (rows, dim rounded up to 16), each row aligned to 64 bytes."""
    stride = -(-dim // ROW_FLOATS) * ROW_FLOATS
    room = np.zeros(rows * stride + ROW_FLOATS, dtype=np.float32)
    shift = -(room.ctypes.data // room.itemsize) % ROW_FLOATS
    matrix: NDArray[np.float32] = room[shift : shift + rows * stride].reshape(rows, stride)
    return matrix
