"""Sound files, decoded in blocks by soundfile; files that are cut short are found and named."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError
from nearer.extras import require

VALUES_A_BLOCK = 1 << 18
UNKNOWN_LENGTH = 1 << 62  # frames: what soundfile says of a stream whose length is not written
STREAMED = 0x7FFF0000  # bytes: what programs that write to a pipe leave as the size of the data
OGG_PAGE = 65_307  # bytes, at most
OGG_LAST = 4  # the flag of the last page of an Ogg stream
MPEG_ENDINGS = (".mp1", ".mp2", ".mp3")
MPEG_HEAD = 1 << 18  # bytes in which the first frame must begin
READABLE = "wav, flac, ogg, mp3 and aiff can be read"


def is_recording(source: object) -> bool:
    """Whether `source` is a file: its path or its bytes."""
    return isinstance(source, str | os.PathLike | bytes | bytearray | memoryview)


class Sound:
    """An open sound file: its rate, and its samples block by block.

    Attributes
    ----------
    name : how messages name it: the arguments of an error.
    rate : samples a second, as the file says.
    """

    def __init__(self, file: Any, name: dict[str, Any], failure: type[Exception]) -> None:
        self.name = name
        self.rate = int(file.samplerate)
        self._file, self._failure = file, failure

    def pieces(self) -> Iterator[NDArray[np.float32]]:
        """Mono blocks, float32 (n,): the mean of the channels.

        Raises `InputError` for what cannot be decoded, and where fewer samples come than the file announces.
        """
        frames, found = int(self._file.frames), 0
        with self._file as file:
            size = max(1, VALUES_A_BLOCK // int(file.channels))
            while True:
                try:
                    block: NDArray[np.float32] = file.read(size, dtype="float32", always_2d=True)
                except self._failure as error:
                    raise InputError(
                        f"corrupt or cut short after sample {found:,} of {frames:,} ({_reason(error)})",
                        **self.name,
                    ) from None
                found += len(block)
                if len(block):
                    yield block[:, 0].copy() if block.shape[1] == 1 else block.mean(axis=1)
                if len(block) < size:
                    break
        if found < frames < UNKNOWN_LENGTH:
            raise InputError(
                f"corrupt or cut short: {found:,} of {frames:,} samples can be read", **self.name
            )


def open_sound(source: Any, place: int | str | None) -> Sound:
    """The sound file `source`, a path or its bytes; `place` names bytes in messages.

    Raises `InputError` for a file that is missing, empty, no sound, or shorter than it says.
    """
    soundfile = require("soundfile", "audio", "reading sound files")
    path = Path(source) if isinstance(source, str | os.PathLike) else None
    name: dict[str, Any] = {"row": place} if path is None else {"file": path}
    if path is None:
        _require_whole(held := _Bytes(source), name)
    else:
        with _opened(path, name) as handle:
            _require_whole(handle, name)
            if path.suffix.lower() in MPEG_ENDINGS:
                _require_mpeg(handle, name)
    try:
        file = soundfile.SoundFile(held if path is None else str(path))
    except soundfile.LibsndfileError as error:
        raise InputError(
            f"not a sound file that can be read ({_reason(error)})", **name, remedy=READABLE
        ) from None
    except TypeError:  # what soundfile asks of a file that ends in .raw
        raise InputError("samples without a header", **name, remedy="give (samples, rate)") from None
    return Sound(file, name, soundfile.LibsndfileError)


class _Bytes(io.BytesIO):
    """Bytes as a file on which seeking to before the start goes to the start: decoders of bad files do so."""

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self.getbuffer().nbytes}[whence]
        return super().seek(max(0, base + offset))


def _opened(path: Path, name: dict[str, Any]) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise InputError("there is no such file", **name) from None
    except (OSError, ValueError) as error:  # ValueError: a zero character in the name
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"cannot be read ({reason})", **name) from None


def _require_whole(handle: IO[bytes], name: dict[str, Any]) -> None:
    """Raise `InputError` if the file is empty, or shorter than its header announces."""
    size = handle.seek(0, os.SEEK_END)
    handle.seek(0)
    if not size:
        raise InputError("the file is empty", **name, remedy="leave it out")
    start = handle.read(12)
    announced = size
    if start[:4] == b"RIFF" and start[8:] == b"WAVE":
        announced = _wav_size(handle, size)
    elif start[:4] == b"FORM" and start[8:11] == b"AIF":
        announced = 8 + struct.unpack(">I", start[4:8])[0]
    elif start[:4] == b"OggS" and not _ogg_ends(handle, size):
        raise InputError("cut short: its last page is not there", **name)
    handle.seek(0)
    if size < announced:
        raise InputError(f"cut short: it holds {size:,} of {announced:,} bytes", **name)


def _require_mpeg(handle: IO[bytes], name: dict[str, Any]) -> None:
    """Raise `InputError` for a file that no mark of an mp3 is in: the decoder would complain on its own."""
    head = handle.read(MPEG_HEAD)
    marked = head.startswith((b"ID3", b"RIFF", b"fLaC", b"OggS", b"FORM"))
    if not marked and not any(head[i + 1] >= 0xE0 for i in _places(head[:-1], 0xFF)):
        raise InputError("not a sound file that can be read (no frame of an mp3)", **name, remedy=READABLE)


def _places(data: bytes, byte: int) -> Iterator[int]:
    place = data.find(byte)
    while place >= 0:
        yield place
        place = data.find(byte, place + 1)


def _wav_size(handle: IO[bytes], size: int) -> int:
    """Bytes up to the end of the samples, as the header says; `size` where it does not say it."""
    place = 12
    while place + 8 <= size:
        handle.seek(place)
        kind, length = struct.unpack("<4sI", handle.read(8))
        if kind == b"data":
            return size if length >= STREAMED else place + 8 + length
        place += 8 + length + length % 2
    return size


def _ogg_ends(handle: IO[bytes], size: int) -> bool:
    """Whether the last page is whole and marked as the last."""
    handle.seek(max(0, size - OGG_PAGE))
    tail = handle.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return False
    return bool(page[5] & OGG_LAST) and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])


def _reason(error: Exception) -> str:
    """What the decoder says, without the name of what it was given."""
    said = str(getattr(error, "error_string", error)).removeprefix("Error : ").rstrip(". ")
    return "no sound in it" if said.startswith("File does not exist") else said  # what it says of a bad mp3
