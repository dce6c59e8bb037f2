"""A fitted table autoencoder as an encoder of rows, those of the fit and others."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.table import Prepared, TableParts
from nearer.encoders.table_texts import TextVectors
from nearer.models.state import TrainingState
from nearer.models.table_layers import Layout, embedding_name, encode, read_inputs

BLOCK = 64  # rows in a matrix product: always as many, so that a row's bits do not depend on the others
TEXTS, CENTRE = "texts.", "mean"  # arrays of a model: of its text columns, and the mean of its row vectors
PARTS = "parts"  # and its name for what the columns were taken for
DECIDING = ("first", "first_bias", "second", "second_bias", "skip", CENTRE)


@dataclass(frozen=True, eq=False)
class TableEncoding:
    """What makes the vector of a row: `weights` are copies that further training leaves as they are."""

    parts: TableParts
    layout: Layout
    weights: Mapping[str, NDArray[Any]]

    @classmethod
    def of(cls, state: TrainingState, parts: TableParts, layout: Layout) -> Self:
        """What `state` holds. Where none was missing in the fit, missing counts as an unknown category."""
        weights = {name: state.arrays[name].copy() for name in DECIDING if name in state.arrays}
        for place, part in enumerate(parts.parts):
            if part.kind == "category":
                embedding = state.arrays[embedding_name(place)].copy()
                if not part.missing:
                    embedding[part.size + 1] = embedding[part.size]
                weights[embedding_name(place)] = embedding
        return cls(parts, layout, weights)

    def vectors(
        self, rows: Prepared, batch_size: int = 1024, advance: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """The vectors of rows, float32 (n, dim), from the centre of the fit's; `advance` is told of rows."""
        found = np.empty((len(rows), self.weights["second"].shape[1]), np.float32)
        for first in range(0, len(rows), batch_size):
            last = min(first + batch_size, len(rows))
            for start in range(first, last, BLOCK):
                places = np.minimum(np.arange(start, start + BLOCK), last - 1)
                x = read_inputs(rows.take(places), self.layout, self.weights)
                stop = min(start + BLOCK, last)
                found[start:stop] = encode(x, self.weights)[1][: stop - start]
            if advance is not None:
                advance(last - first)
        if CENTRE in self.weights:
            found -= self.weights[CENTRE]
        return found


def put_parts(parts: TableParts, arrays: dict[str, NDArray[Any]], names: dict[str, list[str]]) -> None:
    """Put what the columns were taken for among the arrays and names of a state."""
    names[PARTS] = [json.dumps(parts.to_json())]
    arrays |= {TEXTS + name: text.weights for name, text in parts.texts.items()}


def parts_of(state: TrainingState) -> TableParts:
    """What `put_parts` put there."""
    texts = {
        name.removeprefix(TEXTS): TextVectors(array)
        for name, array in state.arrays.items()
        if name.startswith(TEXTS)
    }
    return TableParts.from_json(json.loads(state.names[PARTS][0]), texts)
