"""Sounds made on the spot, whose right answer is provable: tones, noise and sweeps of random pitch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 8_000
KINDS = ("tone", "noise", "sweep")

Sound = tuple[NDArray[np.float32], int]


def made_sounds(count: int, seed: int = 0, seconds: float = 0.3) -> tuple[list[Sound], NDArray[np.int64]]:
    """`count` sounds with their rate, and of which of `KINDS` each is; loudness and length vary."""
    source = np.random.default_rng(seed)
    sounds, kinds = [], np.arange(count) % len(KINDS)
    for kind in kinds:
        length = int(RATE * seconds * source.uniform(0.7, 1.0))
        time = np.arange(length) / RATE
        pitch, loud = source.uniform(300, 1500), 10 ** source.uniform(-2, -0.3)
        if KINDS[kind] == "noise":
            wave = source.standard_normal(length) / 3
        elif KINDS[kind] == "tone":
            wave = np.sin(2 * np.pi * pitch * time)
        else:
            wave = np.sin(2 * np.pi * (pitch * time + 2_500 * time**2 / (2 * seconds)))
        wave = loud * wave + 1e-4 * source.standard_normal(length)
        sounds.append((wave.astype(np.float32), RATE))
    return sounds, kinds


def nearest_share(vectors: NDArray[np.float32], kinds: NDArray[Any]) -> float:
    """How many have the same kind as their nearest neighbour by cosine."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    return float((kinds[cosines.argmax(1)] == kinds).mean())
