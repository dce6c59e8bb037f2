"""The state of a training run: what training changes, how far it has come, and the loss along the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.training import padded_rows

SEED_ROWS = 4096  # rows seeded at a time


@dataclass
class TrainingState:
    """What training changes, and all that a later `fit` or a checkpoint needs to go on from there.

    Attributes
    ----------
    dim : dimension of the vectors.
    arrays : by name, what the kernel trains (float32 rows, padded and aligned) and what goes with it.
    names : by name, what the rows stand for: "words" is the vocabulary.
    next_unit : units trained so far in this round of epochs.
    rounds, epochs_before : rounds of epochs that were completed before this one, and their epochs.
    loss_curve : mean loss of an example, a value for each twentieth of an epoch.
    point_loss, point_pairs : what the value under way has gathered.
    seconds : time spent training.
    """

    dim: int
    arrays: dict[str, NDArray[Any]]
    names: dict[str, list[str]]
    next_unit: int = 0
    rounds: int = 0
    epochs_before: float = 0.0
    loss_curve: list[float] = field(default_factory=list)
    point_loss: float = 0.0
    point_pairs: int = 0
    seconds: float = 0.0

    def start_round(self, epochs_done: float) -> None:
        """Begin another round of epochs from the vectors there are."""
        self.rounds += 1
        self.epochs_before += epochs_done
        self.next_unit = 0
        self.point_loss, self.point_pairs = 0.0, 0


def seeded_rows(rows: int, dim: int, seed: int) -> NDArray[np.float32]:
    """Rows uniform in (-1/2, 1/2) / dim from `seed`, padded and aligned (as word2vec starts)."""
    matrix = padded_rows(rows, dim)
    source = np.random.Philox(key=seed)  # its raw bits are a stream that NumPy never changes
    for start in range(0, rows, SEED_ROWS):
        part = matrix[start : start + SEED_ROWS, :dim]
        bits = source.random_raw(part.size).reshape(part.shape) >> np.uint64(40)
        part[:] = (bits * 2.0**-24 - 0.5) / dim
    return matrix
