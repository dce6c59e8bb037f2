"""Small recordings for tests, made on the spot."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray

from nearer.encoders import SpeakerEncoder
from nearer.encoders.speaker import SHAPES

FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "float": ("WAV", "FLOAT"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", None),
    "aiff": ("AIFF", "PCM_16"),
}


def tone(seconds: float = 1.0, rate: int = 16_000, hertz: float = 440.0) -> NDArray[np.float32]:
    """A note with two overtones, fading in and out: (seconds * rate,)."""
    time = np.arange(round(seconds * rate)) / rate
    wave = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in (1, 2, 3))
    return (0.3 * wave * np.hanning(len(time))).astype(np.float32)


def written(samples: NDArray[np.float32], rate: int = 16_000, kind: str = "wav") -> bytes:
    """The bytes of a sound file that holds `samples`, (n,) or (n, channels)."""
    soundfile = pytest.importorskip("soundfile")
    file = io.BytesIO()
    form, subtype = FORMATS[kind]
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return file.getvalue()


def random_speaker(seed: int = 0, expected_rate: int | None = None) -> SpeakerEncoder:
    """A speaker encoder of random weights."""
    rng = np.random.default_rng(seed)
    weights = {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in SHAPES.items()}
    return SpeakerEncoder(weights, expected_rate=expected_rate)
