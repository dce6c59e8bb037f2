"""What every training kernel shares: aligned rows of parameters, the report of a call, checked arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import ParameterError

ROW_FLOATS = 16  # rows are padded to this many floats
ROW_BYTES = 4 * ROW_FLOATS  # and aligned to this many bytes


@dataclass(frozen=True)
class TrainReport:
    """What a range of units saw: `loss` summed over `pairs` measured examples, `tokens` (items) read."""

    loss: float
    pairs: int
    tokens: int


def padded_rows(rows: int, dim: int) -> NDArray[np.float32]:
    """Zeros of shape (rows, dim rounded up to 16), each row aligned to 64 bytes."""
    stride = -(-dim // ROW_FLOATS) * ROW_FLOATS
    room = np.zeros(rows * stride + ROW_FLOATS, dtype=np.float32)
    shift = -(room.ctypes.data // room.itemsize) % ROW_FLOATS
    matrix: NDArray[np.float32] = room[shift : shift + rows * stride].reshape(rows, stride)
    return matrix


def aligned_copy(array: NDArray[Any]) -> NDArray[Any]:
    """A copy of `array` in C order that begins at a multiple of 64 bytes."""
    room = np.empty(array.nbytes + ROW_BYTES, dtype=np.uint8)
    shift = -room.ctypes.data % ROW_BYTES
    copy: NDArray[Any] = room[shift : shift + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def aligned_alike(*matrices: NDArray[np.float32]) -> bool:
    """Whether all matrices have one width, a multiple of 16, and rows aligned to 64 bytes."""
    return all(
        matrix.shape[1:] == matrices[0].shape[1:]
        and matrix.shape[1] % ROW_FLOATS == 0
        and matrix.ctypes.data % ROW_BYTES == 0
        for matrix in matrices
    )


def require(rules: dict[str, bool], work: str = "training") -> None:
    """Raise `ParameterError` for the first rule of `work`, named by its words, that is not kept."""
    for rule, kept in rules.items():
        if not kept:
            raise ParameterError(f"{work} needs that {rule}")


def require_range(items: int, planned_units: int, first: int, last: int, threads: int) -> None:
    """Raise `ParameterError` for work that cannot be cut into units or shared among threads."""
    require(
        {
            "there is something to train on": items > 0,
            "planned_units is at least 1": planned_units >= 1,
            "units run from first to last, neither below 0": 0 <= first <= last,
            "threads is at least 1": threads >= 1,
        }
    )
