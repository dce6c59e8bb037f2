"""Several encoders judged on the same items: one table."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import nearer
from nearer.cli.evaluate.judged import Judged
from nearer.cli.output import print_table
from nearer.encoders import space_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nearer.encoders import Encoder


class Timed:
    """An encoder that counts what it encodes, and how long that takes once it is loaded."""

    def __init__(self, name: str, encoder: Encoder) -> None:
        self.name, self.encoder = name, encoder
        self.modality = getattr(encoder, "modality", None)
        self.as_written = getattr(encoder, "as_written", ())
        self.inputs = {column.name for column in getattr(getattr(encoder, "plan_", None), "columns", ())}
        self.column: str | None = None  # of the table that it encoded, unless whole rows
        self.items, self.seconds = 0, 0.0

    @property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return self.encoder.dim

    @property
    def identity(self) -> str:
        """That of the encoder."""
        return self.encoder.identity

    @property
    def space(self) -> nearer.Space | None:
        """That of the encoder; None: it has none."""
        return space_of(self.encoder)

    def encode(
        self, items: Sequence[Any], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """The encoder's vectors."""
        return self._timed(self.encoder.encode, items)

    def encode_query(
        self, items: Sequence[Any], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Likewise."""
        return self._timed(self.encoder.encode_query, items)

    def encode_document(
        self, items: Sequence[Any], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Likewise."""
        return self._timed(self.encoder.encode_document, items)

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.items / max(self.seconds, 1e-9)

    def told(self) -> dict[str, Any]:
        """What it is and how quick it was, for JSON."""
        return {
            "encoder": self.name,
            "identity": self.identity,
            "dim": self.dim,
            **({} if self.column is None else {"column": self.column}),
            "items": self.items,
            "items_per_second": self.rate,
        }

    def _timed(
        self, encode: Callable[[Sequence[Any]], NDArray[np.float32]], items: Sequence[Any]
    ) -> NDArray[np.float32]:
        if not self.items:  # an encoder may load its weights with the first item
            encode(items[:1])
        begin = time.perf_counter()
        vectors = encode(items)
        self.seconds += time.perf_counter() - begin
        self.items += len(items)
        return vectors


def opened(names: Sequence[str]) -> list[Timed]:
    """The encoders of these names; all are there before the first is asked."""
    return [Timed(name, nearer.encoder(name)) for name in names]


def print_compared(found: Sequence[tuple[Timed, Judged]]) -> None:
    """A line an encoder: every measure with its 95 % interval, items, dimension and speed."""
    measures = [name for name, _ in found[0][1].measures]
    heads = ["encoder"]
    for name in measures:
        heads += [name, "95 %"]
    rows: list[list[object]] = []
    for encoder, judged in found:
        row: list[object] = [encoder.name]
        for _, estimate in judged.measures:
            row += estimate.cells()[:2]
        count = max(estimate.n for _, estimate in judged.measures)
        rows.append([*row, count, encoder.dim, round(encoder.rate)])
    numbers = ("n", "dim", "items/s")
    print_table([*heads, *numbers], rows, numbers=(*measures, *numbers))
