"""Bayesian personalised ranking by stochastic gradient descent: the native engine's typed face.

Rendle, Freudenthaler, Gantner and Schmidt-Thieme 2009, "BPR: Bayesian personalized ranking from implicit
feedback". A unit of work is some users with all their interactions; every epoch takes each interaction once,
with one negative, and the units in an order of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.kernels import _native
from nearer.kernels.training import TrainReport, aligned_alike, require, require_range

UNIT_ENTRIES = (
    1 << 13
)  # interactions of a unit, or one user's if they are more; part of what decides the result


@dataclass(frozen=True)
class BprTraining:
    """Everything that decides a training run but the rows it starts from.

    Attributes
    ----------
    indptr, indices : int64 (users + 1) and uint32 (n): the items of each user (CSR), distinct within a user.
    units : int64 (units + 1), the users at which units begin: see `cut_units`.
    popular : draw negatives as often as they occur in `indices`; False: all as often.
    learning_rate, least_learning_rate : where its linear decay over `planned_units` begins and ends.
    regularization : decay of every parameter, times the learning rate, at each step.
    seed : of the order of units and of the negatives.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    units: NDArray[np.int64]
    popular: bool
    learning_rate: float
    least_learning_rate: float
    regularization: float
    planned_units: int
    seed: int

    @property
    def units_an_epoch(self) -> int:
        """Groups of users."""
        return len(self.units) - 1

    @property
    def items_an_epoch(self) -> int:
        """Interactions."""
        return len(self.indices)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """The units in the order of an epoch."""
        source = np.random.Philox(key=np.array([self.seed, epoch], dtype=np.uint64))
        return np.argsort(source.random_raw(self.units_an_epoch), kind="stable").astype(np.int64)

    def train(
        self, arrays: Mapping[str, NDArray[Any]], first: int, last: int, threads: int, variant: str
    ) -> TrainReport:
        """Train units [first, last) of "users", "items" and "biases": see `train_units`."""
        return train_units(
            self, arrays["users"], arrays["items"], arrays["biases"], first, last, threads, variant
        )


def cut_units(indptr: NDArray[np.int64]) -> NDArray[np.int64]:
    """Users at which units of about `UNIT_ENTRIES` interactions begin, and the number of users: int64."""
    users = len(indptr) - 1
    marks = np.arange(0, max(int(indptr[-1]), 1), UNIT_ENTRIES)
    begins = np.unique(np.searchsorted(indptr, marks, side="right") - 1)
    begins[0] = 0
    return np.append(begins[begins < users], users).astype(np.int64)


def train_units(
    run: BprTraining,
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    biases: NDArray[np.float32],
    first: int,
    last: int,
    threads: int,
    variant: str,
) -> TrainReport:
    """Train units [first, last), counted over all epochs, in place.

    The report's loss is the sum of -log s(x) over one group of samples in 16, `pairs` their number. `users`
    and `items` are rows from `padded_rows` in one width, `biases` has one value an item; items in
    `run.indices` are below their number, which is not checked. With one thread the result is the same bits in
    every process, however the units are split into calls; with more, threads write without locks and only the
    distribution of results is the same.

    Raises `ParameterError` for arguments the kernel cannot work with.
    """
    rates = (run.learning_rate, run.least_learning_rate, run.regularization)
    require(
        {
            "rows of both matrices are aligned, in one width": users.ndim == items.ndim == 2
            and users.shape[1] == items.shape[1]
            and aligned_alike(users)
            and aligned_alike(items),
            "there is a row for each user, and a bias for each item": len(users) == len(run.indptr) - 1
            and len(items) == len(biases),
            "learning rates and regularization are finite": all(map(math.isfinite, rates)),
        }
    )
    require_range(len(run.indices), run.planned_units, first, last, threads)
    loss, pairs, tokens = 0.0, 0, 0
    while first < last:
        epoch, begin = divmod(first, run.units_an_epoch)
        end = min(begin + last - first, run.units_an_epoch)
        part = _native.train_bpr(
            variant,
            run.indptr,
            run.indices,
            run.units,
            run.popular,
            users,
            items,
            biases,
            *rates,
            run.planned_units,
            run.seed,
            np.ascontiguousarray(run.order(epoch)[begin:end]),
            first,
            threads,
        )
        loss, pairs, tokens = loss + part[0], pairs + part[1], tokens + part[2]
        first += end - begin
    return TrainReport(loss, pairs, tokens)
