"""Named arrays in one safetensors file: written in order, memory-mapped on reading.

The format is safetensors 0.4's: the length of a JSON header, the header, the arrays one after another.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import IntegrityError
from nearer.space.manifest import REMEDY

ALIGNMENT = 64  # bytes: the first array starts at a multiple, as SIMD loads like it
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I8": "i1", "U8": "u1"}  # safetensors' name -> NumPy's
NAMES = {np.dtype(kind): name for name, kind in TYPES.items()}


def packed(arrays: Mapping[str, NDArray[Any]]) -> Iterable[bytes | memoryview]:
    """The bytes of a safetensors file that holds `arrays`, in their order."""
    kinds = {name: NAMES[array.dtype.newbyteorder("<")] for name, array in arrays.items()}
    yield _header({name: (kind, arrays[name].shape) for name, kind in kinds.items()})
    for name, kind in kinds.items():
        if arrays[name].size:
            yield np.ascontiguousarray(arrays[name], dtype=TYPES[kind]).data.cast("B")


def packed_rows(
    name: str, shape: tuple[int, int], parts: Iterable[NDArray[np.float32]]
) -> Iterable[bytes | memoryview]:
    """The bytes of a safetensors file of one float32 array of `shape`, given as blocks of its rows."""
    yield _header({name: ("F32", shape)})
    for part in parts:
        if part.size:
            yield np.ascontiguousarray(part, dtype=TYPES["F32"]).data.cast("B")


def _header(arrays: Mapping[str, tuple[str, tuple[int, ...]]]) -> bytes:
    """Length and text of the header of arrays of these dtypes and shapes, one after another."""
    fields, end = {}, 0
    for name, (kind, shape) in arrays.items():
        begin, end = end, end + np.dtype(TYPES[kind]).itemsize * math.prod(shape)
        fields[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(fields, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % ALIGNMENT)
    return len(text).to_bytes(8, "little") + text


def mapped(
    path: Path, handle: IO[bytes], expected: Mapping[str, tuple[str, tuple[int, ...]]]
) -> list[NDArray[Any]]:
    """The arrays of the names, dtypes and shapes that are `expected`, memory-mapped where the header says.

    Raises `IntegrityError` where the file holds none such.
    """
    size = os.fstat(handle.fileno()).st_size
    length = int.from_bytes(handle.read(8), "little")
    room = size - 8 - length
    try:
        header: Any = json.loads(handle.read(length if room >= 0 else 0))
    except (ValueError, RecursionError):
        header = {}
    return [
        _mapped_one(path, handle, header, name, kind, shape, 8 + length, room)
        for name, (kind, shape) in expected.items()
    ]


def _mapped_one(
    path: Path,
    handle: IO[bytes],
    header: Any,
    name: str,
    kind: str,
    shape: tuple[int, ...],
    start: int,
    room: int,
) -> NDArray[Any]:
    dtype = np.dtype(TYPES[kind])
    needed = dtype.itemsize * int(np.prod(shape, dtype=object))
    try:
        entry = header[name]
        begin, end = entry["data_offsets"]
        right = entry["dtype"] == kind and entry["shape"] == list(shape) and end - begin == needed
    except (ValueError, KeyError, TypeError):
        right = False
    if not right or not 0 <= begin <= end <= room:
        sized = str(shape) if len(shape) > 1 else f"({shape[0]},)"
        raise IntegrityError(f"holds no {dtype.name} `{name}` of shape {sized}", file=path, remedy=REMEDY)
    if needed == 0:
        return np.empty(shape, dtype=dtype)
    return np.asarray(np.memmap(handle, dtype=dtype, mode="r", offset=start + begin, shape=shape))
