"""The middle of a recording, in memory that does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np

from nearer.data.audio import Wave, read_blocks

BLOCK_SECONDS = 60.0  # recordings up to this length are read once


@dataclass(frozen=True)
class Middle:
    """The middle of a recording, and what is told of all of it.

    Attributes
    ----------
    wave : its middle, mono; all of it where it is no longer: float32 (n,), n >= 1.
    samples : how many the whole has.
    peak : the largest magnitude in the whole.
    """

    wave: Wave
    samples: int
    peak: float


def read_middle(source: Any, rate: int, seconds: float, *, place: int | str | None = None) -> Middle:
    """The middle `seconds` of a recording, at `rate` samples a second.

    The wave is what the middle of `nearer.data.read_audio`'s would be, bit for bit. A recording of more than
    a minute is read twice: its length is known only at its end. Raises what `read_audio` raises.
    """
    blocks = read_blocks(source, rate, BLOCK_SECONDS, place=place)
    first = list(islice(blocks, 2))
    samples, peak = 0, 0.0
    for block in chain(first, blocks):
        samples, peak = samples + len(block), max(peak, float(np.abs(block).max()))
    size = min(samples, round(seconds * rate))
    start = (samples - size) // 2
    again = first if len(first) == 1 else read_blocks(source, rate, BLOCK_SECONDS, place=place)
    return Middle(np.concatenate(list(_between(again, start, start + size))), samples, peak)


def _between(blocks: Iterable[Wave], start: int, stop: int) -> Iterator[Wave]:
    """The samples from `start` to before `stop`, copied."""
    place = 0
    for block in blocks:
        if place >= stop:
            return
        yield block[max(0, start - place) : max(0, stop - place)].copy()
        place += len(block)
