"""Sizes of memory as people write them."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from nearer.errors import ParameterError, shown

UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}


def parse_bytes(size: str | int, name: str = "memory") -> int:
    """Bytes in `size`: a number, or a text such as "2GB", "512 MB" or "1.5GiB"; raises `ParameterError`."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?\s*", str(size), re.IGNORECASE)
    count = int(float(match[1]) * UNITS[(match[2] or "").lower()]) if match else 0
    if count <= 0:
        raise ParameterError(f"{name}={shown(size)} is no size", remedy=f'write it as {name}="2GB"')
    return count


def free_memory() -> int:
    """Bytes that the machine can still give, as far as the system says; else all it has."""
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
