"""Spectrograms in NumPy: short-time Fourier transform, mel filters, logarithm.

    frames    a Hann window of `window` samples every `hop`, centred in `n_fft`; zeros beyond both ends
    power     |FFT|^2 of each frame: n_fft / 2 + 1 bins from 0 Hz to half the rate
    mel       triangles over the bins, equally wide in mels, one a band
    log       natural logarithm of what is at least `floor`

A mel is a step of pitch as heard. The "slaney" scale is linear below 1,000 Hz and logarithmic above (Slaney
1998, "Auditory Toolbox", version 2); the "htk" scale is 2595 log10(1 + f / 700) (O'Shaughnessy 1987, "Speech
Communication"; Young and others, "The HTK Book").
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nearer.errors import ParameterError, shown

Scale = Literal["slaney", "htk"]
Floats = NDArray[np.float32]

LINEAR_STEP = 200 / 3  # Hz a mel, below the corner of the Slaney scale
CORNER = 1000.0  # Hz
LOG_STEP = np.log(6.4) / 27  # of the frequency's logarithm, a mel above it
FRAMES_A_BLOCK = 4096


def log_mel(
    waves: Floats,
    rate: int,
    *,
    bands: int = 64,
    n_fft: int = 400,
    hop: int = 160,
    window: int | None = None,
    low: float = 0.0,
    high: float | None = None,
    scale: Scale = "slaney",
    area: bool = True,
    floor: float = 1e-6,
) -> Floats:
    """Natural logarithms of `mel_spectrogram`, cut off at `floor`: float32 (..., 1 + n // hop, bands).

    Silence is ln(floor) throughout. Parameters and errors are those of `mel_spectrogram`.
    """
    if not floor > 0:
        raise ParameterError(f"floor={shown(floor)} is not above 0")
    mel = mel_spectrogram(
        waves,
        rate,
        bands=bands,
        n_fft=n_fft,
        hop=hop,
        window=window,
        low=low,
        high=high,
        scale=scale,
        area=area,
    )
    return np.log(np.maximum(mel, np.float32(floor), out=mel), out=mel)


def mel_spectrogram(
    waves: Floats,
    rate: int,
    *,
    bands: int = 64,
    n_fft: int = 400,
    hop: int = 160,
    window: int | None = None,
    low: float = 0.0,
    high: float | None = None,
    scale: Scale = "slaney",
    area: bool = True,
) -> Floats:
    """Power in each mel band of each frame: float32 (..., 1 + n // hop, bands).

    Parameters
    ----------
    waves : (..., n), one or more waves of one length.
    rate : samples a second.
    bands : how many.
    n_fft, hop, window : samples of the transform, between frames, and of the Hann window (None: n_fft).
    low, high : ends of the bands in Hz; None: half the rate.
    scale : "slaney" or "htk".
    area : whether a triangle has area 1 over Hz (else its peak is 1).

    Raises `ParameterError` for sizes that are no such numbers.
    """
    _require_sizes(n_fft, hop, n_fft if window is None else window)
    filters = mel_filters(rate, n_fft, bands, low, high, scale, area).T
    waves = np.asarray(waves, dtype=np.float32)
    shape, waves = waves.shape[:-1], waves.reshape(-1, waves.shape[-1])
    frames = 1 + waves.shape[1] // hop
    mel = np.empty((len(waves), frames, bands), dtype=np.float32)
    for row, wave in enumerate(waves):
        padded = np.pad(wave, (n_fft // 2, n_fft - n_fft // 2))
        for start in range(0, frames, FRAMES_A_BLOCK):
            stop = min(start + FRAMES_A_BLOCK, frames)
            piece = padded[start * hop : (stop - 1) * hop + n_fft]
            mel[row, start:stop] = power_spectrum(piece, n_fft, hop, window) @ filters
    return mel.reshape(*shape, frames, bands)


def power_spectrum(wave: Floats, n_fft: int, hop: int, window: int | None = None) -> Floats:
    """|FFT|^2 of every whole frame of `wave` (n,): float32 (1 + (n - n_fft) // hop, n_fft // 2 + 1)."""
    frames = np.lib.stride_tricks.sliding_window_view(wave, n_fft)[::hop]
    spectrum = np.fft.rfft(frames * _hann(n_fft, n_fft if window is None else window))
    power: Floats = np.square(spectrum.real)
    power += np.square(spectrum.imag)
    return power


@lru_cache(maxsize=16)
def mel_filters(
    rate: int, n_fft: int, bands: int, low: float, high: float | None, scale: Scale, area: bool
) -> Floats:
    """Triangular filters: float32 (bands, n_fft // 2 + 1), read-only. A narrow one may lie between two bins.

    Raises `ParameterError` for an unknown scale, and for ends that are not 0 <= low < high <= rate / 2.
    """
    high = rate / 2 if high is None else high
    if bands < 1:
        raise ParameterError(f"bands={shown(bands)} is below 1")
    if not 0 <= low < high <= rate / 2:
        raise ParameterError(
            f"low={low:g}, high={high:g} are not ends with 0 <= low < high <= {rate / 2:g} Hz"
        )
    if scale not in ("slaney", "htk"):
        raise ParameterError(f"scale={shown(scale)} is neither 'slaney' nor 'htk'")
    bins = np.arange(n_fft // 2 + 1) * (rate / n_fft)
    first, last = hertz_to_mel(np.array([low, high]), scale)
    edges = mel_to_hertz(np.linspace(first, last, bands + 2), scale)
    left, peak, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    filters = np.maximum(0, np.minimum((bins - left) / (peak - left), (right - bins) / (right - peak)))
    if area:
        filters *= 2 / (right - left)
    found = filters.astype(np.float32)
    found.flags.writeable = False
    return found


def hertz_to_mel(hertz: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    """Frequencies in Hz as mels of the scale."""
    if scale == "htk":
        return np.asarray(2595 * np.log10(1 + hertz / 700), dtype=np.float64)
    above = CORNER / LINEAR_STEP + np.log(np.maximum(hertz, CORNER) / CORNER) / LOG_STEP
    return np.where(hertz < CORNER, hertz / LINEAR_STEP, above)


def mel_to_hertz(mel: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    """Mels of the scale as frequencies in Hz: the inverse of `hertz_to_mel`."""
    if scale == "htk":
        return np.asarray(700 * (10 ** (mel / 2595) - 1), dtype=np.float64)
    corner = CORNER / LINEAR_STEP
    above = CORNER * np.exp((np.maximum(mel, corner) - corner) * LOG_STEP)
    return np.where(mel < corner, mel * LINEAR_STEP, above)


@lru_cache(maxsize=16)
def _hann(n_fft: int, window: int) -> Floats:
    """A periodic Hann window of `window` samples in the middle of `n_fft`."""
    places = np.arange(window)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * places / window)
    before = (n_fft - window) // 2
    return np.pad(hann, (before, n_fft - window - before)).astype(np.float32)


def _require_sizes(n_fft: int, hop: int, window: int) -> None:
    if n_fft < 2:
        raise ParameterError(f"n_fft={shown(n_fft)} is below 2 samples")
    if hop < 1:
        raise ParameterError(f"hop={shown(hop)} is below 1 sample")
    if not 1 <= window <= n_fft:
        raise ParameterError(f"window={shown(window)} is not from 1 to n_fft={n_fft} samples")
