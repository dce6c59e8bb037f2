"""What encoders of sound share: recordings as items, read in blocks, named in errors; silence is refused."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nearer.data.audio import Wave, list_audio, read_blocks
from nearer.errors import InputError, shown

SILENCE = 1e-8  # root mean square below which no converter of 24 bits has heard anything
HELD_SECONDS = 60.0  # recordings up to this length are read once and held, longer ones read anew each time
FORMS = "paths, the bytes of sound files, or (samples, rate)"


def checked_recordings(items: Any) -> Sequence[Any]:
    """The items as a sequence; a column of Arrow becomes its values.

    Raises `InputError` for a single path, file or pair, which is no list of them.
    """
    pair = isinstance(items, tuple) and len(items) == 2 and isinstance(items[0], np.ndarray)
    if pair or isinstance(items, str | os.PathLike | bytes | bytearray | memoryview):
        raise InputError(
            f"encode takes a list of recordings ({FORMS}), not one, {shown(items)}", remedy="put it in [ ]"
        )
    if hasattr(items, "__arrow_c_stream__") or hasattr(items, "__arrow_c_array__"):
        return list_audio(items)
    return list(items)


@dataclass(frozen=True)
class Moments:
    """How many samples a recording has, their mean, and the mean of their squares."""

    samples: int
    mean: float
    square: float

    @property
    def loudness(self) -> float:
        """Root mean square."""
        return math.sqrt(self.square)

    @property
    def deviation(self) -> float:
        """Standard deviation."""
        return math.sqrt(max(0.0, self.square - self.mean**2))


class Recording:
    """One item as a mono wave at `rate`; it is read in blocks, in bounded memory however long it is.

    row : its place among the items, which messages name where it has no path.
    expected_rate : the rate it must have in Hz; None: any.

    Raises what `nearer.data.audio.read_audio` raises, a fault late in a long file when it is met.
    """

    def __init__(self, source: Any, row: int, rate: int, expected_rate: int | None = None) -> None:
        self.rate = rate
        self._source, self._row, self._expected_rate = source, row, expected_rate
        first = list(zip(range(2), self._read(HELD_SECONDS), strict=False))
        self._held = first[0][1] if len(first) == 1 else None

    def blocks(self, seconds: float) -> Iterator[Wave]:
        """Its wave in blocks of `seconds`, the last as long as what is left."""
        if self._held is None:
            return self._read(seconds)
        size = round(seconds * self.rate)
        return (self._held[start : start + size] for start in range(0, len(self._held), size))

    def moments(self) -> Moments:
        """How its samples are distributed; raises `InputError` for silence."""
        samples, total, squares = 0, 0.0, 0.0
        for block in self.blocks(HELD_SECONDS):
            wide = block.astype(np.float64)
            samples, total, squares = samples + len(wide), total + wide.sum(), squares + np.square(wide).sum()
        found = Moments(samples, float(total / samples), float(squares / samples))
        if found.loudness < SILENCE:
            has_path = isinstance(self._source, str | os.PathLike)
            raise InputError(
                f"all its {samples:,} samples are silence: there is nothing to encode",
                file=os.fspath(self._source) if has_path else None,
                row=None if has_path else f"item {self._row}",
                remedy="leave it out",
            )
        return found

    def _read(self, seconds: float) -> Iterator[Wave]:
        place, expected = f"item {self._row}", self._expected_rate
        return read_blocks(self._source, self.rate, seconds, expected_rate=expected, place=place)
