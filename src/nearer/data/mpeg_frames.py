"""The frames of an mp3, counted: what a file holds whose header does not say how long it is.

A frame begins with 11 set bits, the version, the layer, and places in tables of bit rates and sampling rates
(ISO/IEC 11172-3 and 13818-3); its length follows from them. A first frame that holds "Xing", "Info" or "VBRI"
says how many there are. Without it decoders guess from the first frame's bit rate, which is wrong where the
rate varies.
"""

from __future__ import annotations

import os
from typing import IO

MPEG_1, MPEG_2, MPEG_25 = 3, 2, 0  # versions, as the header has them
LAYER_3 = 1
RATES = {MPEG_1: (44_100, 48_000, 32_000), MPEG_2: (22_050, 24_000, 16_000), MPEG_25: (11_025, 12_000, 8_000)}
KILOBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
KILOBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
ANNOUNCED = (b"Xing", b"Info", b"VBRI")


def unannounced_samples(handle: IO[bytes]) -> int | None:
    """Samples in the frames of an mp3 whose first frame does not say how many there are.

    None where it does, and where the file does not begin with a frame of layer III (after an ID3 tag).
    """
    place, samples = _after_tag(handle), 0
    size = handle.seek(0, os.SEEK_END)
    while place + 4 <= size:
        handle.seek(place)
        frame = _frame(handle.read(4))
        if frame is None:
            break
        length, count = frame
        if not samples:
            first = handle.read(length)
            if any(mark in first for mark in ANNOUNCED):
                return None
        place, samples = place + length, samples + count
    return samples or None


def _after_tag(handle: IO[bytes]) -> int:
    """Where the first frame begins: after the ID3v2 tag, if there is one."""
    handle.seek(0)
    head = handle.read(10)
    if len(head) < 10 or head[:3] != b"ID3":
        return 0
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))


def _frame(head: bytes) -> tuple[int, int] | None:
    """Bytes and samples of the frame with this header; None for what is no header of layer III."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bits, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if head[0] != 0xFF or head[1] < 0xE0 or layer != LAYER_3 or version not in RATES or rate == 3:
        return None
    kilobits = KILOBITS_1 if version == MPEG_1 else KILOBITS_2
    if not 0 < bits < len(kilobits):
        return None
    samples = 1152 if version == MPEG_1 else 576
    return samples // 8 * 1000 * kilobits[bits] // RATES[version][rate] + padding, samples
