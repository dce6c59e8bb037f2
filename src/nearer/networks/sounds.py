"""Sounds as waves for networks: read at one rate, and cut or padded to one length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.middles import Middle, read_middle

Wave = NDArray[np.float32]

MOST_PLANNED = 2_000  # sounds that a plan is learned from, spread evenly over all
SHARE = 95  # per cent of the training sounds that are seen whole
LONGEST = 10.0  # seconds that are seen where nothing else is asked for


def planned(items: Sequence[Any]) -> list[Any]:
    """The items that a plan is learned from: all, or `MOST_PLANNED` of them evenly spread."""
    rows = np.unique(np.linspace(0, len(items) - 1, min(len(items), MOST_PLANNED)).astype(np.int64))
    return [items[row] for row in rows.tolist()]


def read_middles(items: Sequence[Any], rate: int, seconds: float | None, first: int = 0) -> list[Middle]:
    """The middle `seconds` of sounds at `rate`; None: as much as is seen at most where nothing is asked for.

    Raises `InputError` naming the file, or the item by its number from `first` up.
    """
    longest = seconds or LONGEST
    return [read_middle(item, rate, longest, place=f"item {first + row}") for row, item in enumerate(items)]


def chosen_seconds(middles: Sequence[Middle], rate: int) -> float:
    """The length, in seconds, that most sounds do not exceed."""
    lengths = np.array([middle.samples for middle in middles]) / rate
    return float(min(LONGEST, np.ceil(100 * np.percentile(lengths, SHARE)) / 100))


def centred(wave: Wave, samples: int) -> Wave:
    """The middle `samples` of a wave; of a shorter one, all of it with silence on both sides."""
    if len(wave) >= samples:
        start = (len(wave) - samples) // 2
        return wave[start : start + samples]
    before = (samples - len(wave)) // 2
    return np.pad(wave, (before, samples - len(wave) - before))
