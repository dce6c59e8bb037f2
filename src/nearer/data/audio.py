"""Sound in: recordings become mono float32 waves at the sampling rate that is asked for.

A recording is a path (wav, flac, ogg, mp3, aiff), the bytes of such a file, or a pair of samples and their
rate: floats of (n,) or (n, channels), or whole numbers as wav files hold them (int16, int32, uint8), scaled
to -1 .. 1. Channels are averaged; other rates are resampled by soxr. Files are decoded in blocks, so that a
recording of hours can be read in the memory of one block. Silence is read as what it is: zeros.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.cells import unwrapped
from nearer.data.sound_files import is_recording, open_sound
from nearer.data.sound_lists import list_audio
from nearer.errors import InputError, ParameterError, shown
from nearer.extras import require

__all__ = ["checked_rate", "list_audio", "read_audio", "read_blocks"]

Wave = NDArray[np.float32]

LOWEST_RATE, HIGHEST_RATE = 1_000, 1_000_000  # Hz; what lies outside is no rate of sound, but a mistake
MOST_CHANNELS = 64
FORMS = "give a path, the bytes of a file, or (samples, rate)"


def read_audio(
    source: Any, rate: int, *, expected_rate: int | None = None, place: int | str | None = None
) -> Wave:
    """A whole recording as one mono wave at `rate` samples a second: float32 (n,), n >= 1.

    Parameters
    ----------
    source : a path, the bytes of a file, (samples, rate), or a row of Hugging Face's audio columns.
    rate : of the wave that is returned, in Hz.
    expected_rate : the rate the recording must have, in Hz; None: any.
    place : what the recording is called in messages, where it has no path ("item 3").

    Raises `InputError` that names the recording for a file that is missing, empty, cut short or corrupt, for
    samples that are not finite numbers, and for a rate that is not `expected_rate`; `ParameterError` for a
    `rate` outside 1,000 to 1,000,000; `MissingExtra` without soundfile or soxr.
    """
    return np.concatenate(list(_resampled(source, checked_rate(rate), expected_rate, place)))


def read_blocks(
    source: Any,
    rate: int,
    seconds: float,
    *,
    expected_rate: int | None = None,
    place: int | str | None = None,
) -> Iterator[Wave]:
    """The same wave in blocks of `seconds`, the last as long as what is left: float32 (<= seconds * rate,).

    The blocks laid end to end are what `read_audio` returns, bit for bit; no more than one block and what
    decoding needs is held at a time. Raises what `read_audio` raises, a fault late in a file when it is met.
    """
    if not seconds * checked_rate(rate) >= 1:
        raise ParameterError(f"seconds={shown(seconds)} is shorter than a sample at {rate:,} Hz")
    size = round(seconds * rate)
    held: list[Wave] = []
    count = 0
    for piece in _resampled(source, rate, expected_rate, place):
        held.append(piece)
        count += len(piece)
        if count >= size:
            wave = np.concatenate(held)
            for start in range(0, count - size + 1, size):
                yield wave[start : start + size].copy()
            held, count = [wave[count - count % size :]], count % size
    if count:
        yield np.concatenate(held)


def checked_rate(rate: object) -> int:
    """`rate` in Hz; raises `ParameterError` for all but a whole number from 1,000 to 1,000,000."""
    number = _whole(rate)
    if number is None or not LOWEST_RATE <= number <= HIGHEST_RATE:
        raise ParameterError(
            f"rate={shown(rate)} is not a sampling rate in Hz from {LOWEST_RATE:,} to {HIGHEST_RATE:,}"
        )
    return number


def _resampled(source: Any, rate: int, expected_rate: int | None, place: int | str | None) -> Iterator[Wave]:
    """Mono pieces at `rate`; raises `InputError` for a recording without a sample."""
    name, found, pieces = _opened(source, place)
    _require_rate(found, expected_rate, name)
    finite = _finite(pieces, name)
    yield from finite if found == rate else _soxr(finite, found, rate)


def _finite(pieces: Iterable[Wave], name: dict[str, Any]) -> Iterator[Wave]:
    """The same pieces; raises `InputError` for a sample that is not finite, and where there is none."""
    samples = 0
    for piece in pieces:
        finite = np.isfinite(piece)
        if not finite.all():
            first = int(finite.argmin())
            raise InputError(
                f"sample {samples + first:,} is {piece[first]}, no finite number",
                **name,
                remedy="mend it or leave it out",
            )
        samples += len(piece)
        yield piece
    if not samples:
        raise InputError("the recording holds no sample", **name, remedy="leave it out")


def _soxr(pieces: Iterable[Wave], found: int, rate: int) -> Iterator[Wave]:
    """Pieces at rate `found` as pieces at `rate`, each computed as soon as enough of them is there."""
    soxr = require("soxr", "audio", f"resampling from {found:,} Hz to {rate:,} Hz")
    stream = soxr.ResampleStream(found, rate, 1, dtype="float32")
    for piece in pieces:
        yield stream.resample_chunk(piece)
    yield stream.resample_chunk(np.empty(0, dtype=np.float32), last=True)


def _opened(source: Any, place: int | str | None) -> tuple[dict[str, Any], int, Iterator[Wave]]:
    """How messages name the recording (the arguments of an error), its rate, and its mono pieces."""
    source = unwrapped(source)
    if is_recording(source):
        sound = open_sound(source, place)
        return sound.name, _plausible(sound.rate, sound.name), sound.pieces()
    name = {"row": place}
    if not isinstance(source, tuple | list) or len(source) != 2:
        raise InputError(f"{shown(source)} is no recording", **name, remedy=FORMS)
    samples, rate = source
    if isinstance(samples, numbers.Number) and not isinstance(rate, numbers.Number):
        raise InputError("the rate comes before the samples", **name, remedy="give (samples, rate)")
    found = _whole(rate)
    if found is None:
        raise InputError(f"the rate {shown(rate)} is no whole number of Hz", **name, remedy=FORMS)
    return name, _plausible(found, name), iter([_mono(_as_floats(samples, name))])


def _as_floats(samples: Any, name: dict[str, Any]) -> Wave:
    """Samples in memory as float32 (n, channels), whole numbers scaled to -1 .. 1."""
    try:
        array = np.asarray(samples)
    except (TypeError, ValueError):
        raise InputError(f"{shown(samples)} holds no samples", **name, remedy=FORMS) from None
    if array.ndim not in (1, 2) or (array.ndim == 2 and not 1 <= array.shape[1] <= MOST_CHANNELS):
        raise InputError(
            f"samples of shape {array.shape} are neither (n,) nor (n, channels) of at most {MOST_CHANNELS}",
            **name,
            remedy="transpose them, if channels come first",
        )
    if array.dtype == np.uint8:  # as 8-bit wav files hold them, silence being 128
        array = (array.astype(np.float32) - 128.0) / 128.0
    elif array.dtype in (np.int16, np.int32):
        array = array / np.float64(-np.iinfo(array.dtype).min)
    elif array.dtype.kind != "f":
        raise InputError(
            f"samples of type {array.dtype} are no sound", **name, remedy="give floats, int16, int32 or uint8"
        )
    with np.errstate(over="ignore"):  # what overflows is refused as not finite
        return array.astype(np.float32).reshape(len(array), 1 if array.ndim == 1 else array.shape[1])


def _mono(frames: Wave) -> Wave:
    """The mean of the channels of (n, channels): (n,)."""
    mono: Wave = frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1, dtype=np.float32)
    return np.ascontiguousarray(mono)


def _whole(rate: object) -> int | None:
    """`rate` as a whole number, or None if it is none."""
    if isinstance(rate, bool) or not isinstance(rate, numbers.Real) or not math.isfinite(rate):
        return None
    return int(float(rate)) if float(rate).is_integer() else None


def _plausible(found: int, name: dict[str, Any]) -> int:
    if not LOWEST_RATE <= found <= HIGHEST_RATE:
        raise InputError(
            f"its sampling rate is {found:,} Hz, outside {LOWEST_RATE:,} to {HIGHEST_RATE:,}",
            **name,
            remedy="write the file anew with the rate it was recorded at",
        )
    return found


def _require_rate(found: int, expected: int | None, name: dict[str, Any]) -> None:
    if expected is not None and found != checked_rate(expected):
        raise InputError(
            f"its sampling rate is {found:,} Hz, expected {expected:,}",
            **name,
            remedy=f"record at {expected:,} Hz, or leave the expected rate out to have it resampled",
        )
