"""Word training: skip-gram and CBOW, the native engine's typed face.

Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their Compositionality". With
negative sampling the negatives of a few consecutive centres are drawn once and shared (Ji et al. 2016;
Rengasamy et al. 2017); with hierarchical softmax a centre is predicted by the turns on its path down a tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.kernels import _native
from nearer.kernels.paths import NO_PATHS, WordPaths
from nearer.kernels.training import TrainReport, aligned_alike, require, require_range
from nearer.kernels.walks import Walks

Architecture = Literal["skipgram", "cbow"]
Objective = Literal["negative", "hierarchical"]

LINE_START = np.uint32(1 << 31)  # set on the id of the first token of a line
UNIT_TOKENS = 16_384  # tokens a unit of work; part of what decides the result
MOST_SHARED = 32  # centres in a block, at most
DIVERGED = (
    100.0  # loss of a decision (it starts at log 2) above which a run has diverged, and its loss is infinite
)


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
    source : walks that are the tokens, made as they are needed; `tokens` is then empty.
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
    source: Walks | None = None

    @property
    def units_an_epoch(self) -> int:
        """Units of work that make one pass over the corpus."""
        return -(-len(self.tokens) // self.unit_tokens) if self.source is None else self.source.units

    @property
    def items_an_epoch(self) -> int:
        """Tokens of the corpus; of walks, as many as there are at most."""
        return len(self.tokens) if self.source is None else self.source.most_nodes

    def train(
        self, arrays: Mapping[str, NDArray[Any]], first: int, last: int, threads: int, variant: str
    ) -> TrainReport:
        """Train units [first, last) of the matrices "words" and "outputs", in place: see `train_units`.

        A loss far above that of knowing nothing is reported as infinite: the run has diverged.
        """
        report = train_units(self, arrays["words"], arrays["outputs"], first, last, threads, variant)
        decisions = self.negative + 1 if self.paths is None else self.paths.longest
        exploded = report.loss > DIVERGED * report.pairs * decisions
        return replace(report, loss=float("inf")) if exploded else report


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
    require_range(run.items_an_epoch, run.planned_units, first, last, threads)
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
        None if run.source is None else run.source.native,
    )
    return TrainReport(loss, pairs, tokens)


def _check(run: WordTraining, word_rows: NDArray[np.float32], output_rows: NDArray[np.float32]) -> None:
    """Raise `ParameterError` for what would make the kernel read or write outside its arrays."""
    rows = len(word_rows)
    require(
        {
            "rows of both matrices are aligned, a row a word and a row an output": (
                len(output_rows) == (rows if run.paths is None else rows - 1)
                and aligned_alike(word_rows, output_rows)
            ),
            **word_rules(run, rows),
            "walks fit the units and the rows, and there are no other tokens": (
                run.source is None or (len(run.tokens) == 0 and run.source.fits(rows, run.unit_tokens))
            ),
        }
    )
    if run.paths is None:
        require(negative_rules(run, rows))
    else:
        require(
            {
                "paths lead to every row": run.paths.fits(rows),
                "with paths, negative is 0, shared 1 and noise empty": (
                    run.negative == 0 and run.shared == 1 and run.noise.shape == (0, 2)
                ),
            }
        )


def word_rules(run: WordTraining, words: int) -> dict[str, bool]:
    """What every run over `words` words must hold to, and whether this one does."""
    return {
        "keep has an entry a row": run.keep.shape == (words,),
        "window and unit_tokens are at least 1": min(run.window, run.unit_tokens) >= 1,
    }


def negative_rules(run: WordTraining, words: int) -> dict[str, bool]:
    """What a run with negative samples must hold to, and whether this one does."""
    return {
        "noise has an entry a row": run.noise.shape == (words, 2),
        f"shared is from 1 to {MOST_SHARED}": 1 <= run.shared <= MOST_SHARED,
        "negative is at least 1": run.negative >= 1,
    }
