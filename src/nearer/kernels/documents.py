"""Document training and inference: PV-DBOW and PV-DM with negative sampling, the native engine's typed face.

Le & Mikolov 2014, "Distributed Representations of Sentences and Documents". The negatives of a few
consecutive words are drawn once and shared (Ji et al. 2016; Rengasamy et al. 2017).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.kernels import _native
from nearer.kernels.paths import NO_PATHS, WordPaths
from nearer.kernels.training import ROW_FLOATS, TrainReport, aligned_alike, require, require_range
from nearer.kernels.words import MOST_SHARED, UNIT_TOKENS

Method = Literal["dbow", "dbow_words", "dm_mean", "dm_concat"]
METHODS: tuple[Method, ...] = ("dbow", "dbow_words", "dm_mean", "dm_concat")  # in the order of the kernels


def output_width(method: Method, dim: int, window: int) -> int:
    """Floats of an output row of vectors of `dim`: a concatenation has a place for each of its rows."""
    stride = -(-dim // ROW_FLOATS) * ROW_FLOATS
    return stride * (1 + 2 * window) if method == "dm_concat" else stride


@dataclass(frozen=True)
class Settings:
    """What training and inference share.

    Attributes
    ----------
    keep : uint32 (v,), a token survives subsampling if 32 random bits are at most this.
    noise : uint32 (v, 2), alias table of the negatives: threshold, alias.
    window : largest distance of a context in tokens; drawn from 1..window for every centre, fixed for
        "dm_concat", without effect for "dbow".
    negative : negative samples of a word.
    shared : consecutive words that share one draw of negatives, at most 32.
    learning_rate, least_learning_rate : start and end of the linear decay.
    paths : for hierarchical softmax, the ways to the v words; outputs are then the v - 1 inner nodes, and
        `noise`, `negative` and `shared` are without effect. None: negative sampling.
    """

    method: Method
    keep: NDArray[np.uint32]
    noise: NDArray[np.uint32]
    window: int
    negative: int
    shared: int
    learning_rate: float
    least_learning_rate: float
    seed: int
    paths: WordPaths | None = None

    @property
    def native_paths(self) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint8], int]:
        """The paths as the kernels take them; without any, their longest is 0."""
        paths = self.paths or NO_PATHS
        return paths.offsets, paths.nodes, paths.bits, 0 if self.paths is None else paths.longest

    def require_matrices(
        self, rows: NDArray[np.float32], words: NDArray[np.float32], outputs: NDArray[np.float32]
    ) -> None:
        """Raise `ParameterError` for what would make the kernels read or write outside their arrays."""
        v, width = len(self.keep), rows.shape[1] * (1 + 2 * self.window * (self.method == "dm_concat"))
        needs_words = self.method != "dbow"
        require(
            {
                "rows are aligned and of one width": aligned_alike(
                    *([rows, words] if needs_words else [rows])
                )
                and aligned_alike(outputs),
                "output rows have the width of the method": outputs.shape[1] == width,
                "there is a row a word": len(words) == (v if needs_words else 0),
                "there are an output and noise a word, or inner nodes and paths": len(outputs) == v
                and self.noise.shape == (v, 2)
                if self.paths is None
                else len(outputs) == v - 1 and self.paths.fits(v),
                f"shared is from 1 to {MOST_SHARED}": 1 <= self.shared <= MOST_SHARED,
                "window and negative are at least 1": min(self.window, self.negative) >= 1,
            }
        )


@dataclass(frozen=True)
class DocumentTraining:
    """Everything that decides a training run but the matrices it trains.

    Attributes
    ----------
    settings : `Settings`; the rate falls over `planned_units` units.
    tokens : uint32 (t,), word ids of all documents in reading order; bit 31 marks a document's first.
    starts : int64 (d,), index of each document's first token; documents without words are not among them.
    tag_starts : int64 (d + 1,), index of each document's first tag; every document has one at least.
    tags : uint32, rows of the tags' matrix.
    """

    settings: Settings
    tokens: NDArray[np.uint32]
    starts: NDArray[np.int64]
    tag_starts: NDArray[np.int64]
    tags: NDArray[np.uint32]
    planned_units: int
    unit_tokens: int = UNIT_TOKENS

    @property
    def units_an_epoch(self) -> int:
        """Units of work that make one pass over the documents."""
        return -(-len(self.tokens) // self.unit_tokens)

    @property
    def items_an_epoch(self) -> int:
        """Words of all documents."""
        return len(self.tokens)

    @property
    def learning_rate(self) -> float:
        """The rate that training starts with."""
        return self.settings.learning_rate

    @cached_property
    def most_tags(self) -> int:
        """Tags of the document that has most."""
        return int(np.diff(self.tag_starts).max(initial=1))

    def train(
        self, arrays: Mapping[str, NDArray[Any]], first: int, last: int, threads: int, variant: str
    ) -> TrainReport:
        """Train units [first, last), counted over all epochs, in place: "documents", "words" and "outputs".

        The matrices are float32 from `padded_rows`: tags (n, stride), words (v, stride; no rows for "dbow")
        and outputs (v, `output_width`); ids are below n and v, which is not checked. With one thread the
        result is the same bits in every process, however the units are split into calls; with more, threads
        write without locks (Recht et al. 2011) and only the distribution of results is the same.

        Raises `ParameterError` for arguments the kernel cannot work with.
        """
        rows, words, outputs = arrays["documents"], arrays["words"], arrays["outputs"]
        given = self.settings
        given.require_matrices(rows, words, outputs)
        require_range(len(self.tokens), self.planned_units, first, last, threads)
        require(
            {
                "every document has a start and a tag": len(self.tag_starts) == len(self.starts) + 1
                and len(self.starts) > 0
                and bool((np.diff(self.tag_starts) > 0).all()),
                "unit_tokens is at least 1": self.unit_tokens >= 1,
            }
        )
        loss, pairs, tokens = _native.train_documents(
            variant,
            METHODS.index(given.method),
            self.tokens,
            self.starts,
            self.tag_starts,
            self.tags,
            self.most_tags,
            self.unit_tokens,
            given.keep,
            given.noise,
            rows,
            words,
            outputs,
            given.window,
            given.negative,
            given.shared,
            given.learning_rate,
            given.least_learning_rate,
            self.planned_units,
            given.seed,
            *given.native_paths,
            first,
            last,
            threads,
        )
        return TrainReport(loss, pairs, tokens)


def infer(
    settings: Settings,
    tokens: NDArray[np.uint32],
    starts: NDArray[np.int64],
    seeds: NDArray[np.uint64],
    rows: NDArray[np.float32],
    words: NDArray[np.float32],
    outputs: NDArray[np.float32],
    *,
    epochs: int,
    threads: int,
    variant: str,
) -> None:
    """Train `rows`, float32 (d, stride), of new documents in place; `words` and `outputs` stay as they are.

    `starts`, int64 (d + 1,), are the indices of each document's first token and the end of the last; a
    document without tokens keeps its row, and in a pass whose subsampling would keep no token all are trained
    on. `seeds`, uint64 (d,), are the documents' own random streams: a row
    depends on nothing but its document, its seed and `settings`, whatever threads and other documents.

    Raises `ParameterError` for arguments the kernel cannot work with.
    """
    settings.require_matrices(rows, words, outputs)
    require(
        {
            "every document has a start, a seed and a row": len(starts) - 1 == len(seeds) == len(rows),
            "epochs and threads are at least 1": min(epochs, threads) >= 1,
        }
    )
    longest = int(np.diff(starts).max(initial=1))
    _native.infer_documents(
        variant,
        METHODS.index(settings.method),
        tokens,
        starts,
        seeds,
        longest,
        settings.keep,
        settings.noise,
        rows,
        words,
        outputs,
        settings.window,
        settings.negative,
        settings.shared,
        settings.learning_rate,
        settings.least_learning_rate,
        epochs,
        settings.seed,
        *settings.native_paths,
        threads,
    )
