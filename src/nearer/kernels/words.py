"""Word training: skip-gram and CBOW, the native engine's typed face.

Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their Compositionality". With
negative sampling the negatives of a few consecutive centres are drawn once and shared (Ji et al. 2016;
Rengasamy et al. 2017); with hierarchical softmax a centre is predicted by the turns on its path down a tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nearer.errors import ParameterError
from nearer.kernels import _native
from nearer.kernels.paths import NO_PATHS, WordPaths

Architecture = Literal["skipgram", "cbow"]
Objective = Literal["negative", "hierarchical"]

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
    noise : uint32 (v, 2), alias table of the negatives: threshold, alias; (0, 2) with `paths`.
    window : largest distance of a context in tokens; drawn from 1..window for every centre.
    negative : negative samples of a centre; 0 with `paths`.
    shared : consecutive centres that share one draw of negatives, at most 32; 1 with `paths`.
    learning_rate, least_learning_rate : start and end of the linear decay over `planned_units` units.
    paths : of every word down a tree, for hierarchical softmax; None: negative sampling.
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
    paths: WordPaths | None = None

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

    Both matrices are float32 (v, stride) from `padded_rows`; with paths, `output_rows` holds the inner nodes,
    (v - 1, stride). That ids in `tokens` are below v, and nodes of paths below v - 1, is not checked. With
    one thread the result is the same bits in every process, however the units are split into calls; with
    more, threads write without locks and only the distribution of results is the same.

    Raises `ParameterError` for arguments the kernel cannot work with.
    """
    _check(run, word_rows, output_rows)
    _check_range(run, first, last, threads)
    paths = run.paths or NO_PATHS
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
        paths.offsets,
        paths.nodes,
        paths.bits,
        paths.longest if run.paths else 0,
        first,
        last,
        threads,
    )
    return TrainReport(loss, pairs, tokens)


def _check(run: WordTraining, word_rows: NDArray[np.float32], output_rows: NDArray[np.float32]) -> None:
    """Raise `ParameterError` for what would make the kernel read or write outside its arrays."""
    rows = len(word_rows)
    outputs = rows if run.paths is None else rows - 1
    rules = {
        "rows of both matrices are aligned, of one length, as many as there are words and outputs": (
            output_rows.shape == (outputs, word_rows.shape[1])
            and word_rows.shape[1] % ROW_FLOATS == 0
            and all(matrix.ctypes.data % 64 == 0 for matrix in (word_rows, output_rows))
        ),
        "keep has an entry a row": run.keep.shape == (rows,),
        "window and unit_tokens are at least 1": min(run.window, run.unit_tokens) >= 1,
        f"shared is from 1 to {MOST_SHARED}": 1 <= run.shared <= MOST_SHARED,
    }
    if run.paths is None:
        rules["noise has an entry a row"] = run.noise.shape == (rows, 2)
        rules["negative is at least 1"] = run.negative >= 1
    else:
        rules["paths lead to every row"] = run.paths.fits(rows)
        rules["paths leave no room for noise, negative and shared"] = (
            run.noise.shape == (0, 2) and run.negative == 0 and run.shared == 1
        )
    _require(rules)


def _check_range(run: WordTraining, first: int, last: int, threads: int) -> None:
    """Raise `ParameterError` for work that cannot be cut into units or shared among threads."""
    _require(
        {
            "there is a token": len(run.tokens) > 0,
            "planned_units is at least 1": run.planned_units >= 1,
            "units run from first to last, neither below 0": 0 <= first <= last,
            "threads is at least 1": threads >= 1,
        }
    )


def _require(rules: dict[str, bool]) -> None:
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
