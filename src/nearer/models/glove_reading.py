"""Reading for GloVe: a corpus as word ids, its co-occurrences, and these in tiles for training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nearer.data.text import Corpus
from nearer.kernels.glove import CELL, TileFiller, Tiles, cut_tiles, tile_columns
from nearer.models.sizes import parse_bytes
from nearer.models.state import TrainingState
from nearer.models.word_reading import ReadsText, WordMaterial, read_words
from nearer.signal.cooccurrence import Cooccurrences, Weighting, count_cooccurrences
from nearer.signal.corpus import EncodedCorpus
from nearer.signal.spool import room

IDS_SHARE = 4  # one part in so many of `memory` is for word ids, half for counting
CELLS_AT_ONCE = 1 << 22  # co-occurrences put into tiles at a time


@dataclass(frozen=True)
class GloveMaterial:
    """A corpus, and its co-occurrences in tiles."""

    corpus: EncodedCorpus
    tiles: Tiles

    @property
    def units_an_epoch(self) -> int:
        """Units of work that make one pass: tiles."""
        return len(self.tiles.table)

    @property
    def facts(self) -> dict[str, int]:
        """What `FitReport` says of the corpus."""
        return WordMaterial(self.corpus).facts

    def fingerprint(self, settings: dict[str, object]) -> str:
        """SHA-256 of the encoded corpus, its vocabulary and the settings that decide a run."""
        return WordMaterial(self.corpus).fingerprint(settings)


class CountsWords(ReadsText, Protocol):
    """The parameters of a model that say how its text is read and co-occurrences are counted."""

    dim: int
    window: int
    weighting: Weighting
    symmetric: bool


def read_cooccurrences(
    model: CountsWords, corpus: Corpus, threads: int, before: TrainingState | None
) -> GloveMaterial:
    """`corpus` read and counted as `model` says; with `before`, in the words of that state."""
    vocabulary = None if before is None else before.names["words"]
    encoded = read_words(model, corpus, threads, vocabulary, memory_share=IDS_SHARE)
    memory = None if model.memory is None else parse_bytes(model.memory)
    counts = count_cooccurrences(
        encoded.tokens,
        len(encoded.words),
        window=int(model.window),
        weighting=model.weighting,
        symmetric=bool(model.symmetric),
        memory=memory,
        threads=threads,
        show_progress=model.show_progress,
    )
    return GloveMaterial(encoded, as_tiles(counts, int(model.dim), memory))


def as_tiles(counts: Cooccurrences, dim: int, memory: int | None) -> Tiles:
    """The co-occurrences in tiles for vectors of `dim`; in a temporary file if they take much of `memory`."""
    width = tile_columns(dim)
    table = cut_tiles(counts.starts, counts.columns, width)
    size = len(counts.columns) * CELL.itemsize
    in_file = memory is not None and size > memory // IDS_SHARE
    cells = room(size, in_file, "co-occurrences").view(CELL)
    filler = TileFiller(table, width, cells)
    row = 0
    while row < counts.vocabulary:
        most = counts.starts[row] + CELLS_AT_ONCE
        last = max(int(np.searchsorted(counts.starts, most, side="right")) - 1, row + 1)
        filler.fill(counts.starts, counts.columns, counts.weights, row, last)
        counts.release()
        row = last
    return Tiles(table, cells)
