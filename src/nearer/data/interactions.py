"""`Interactions`: who chose what, how much and when; the entries of each user in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Interactions:
    """One entry for each pair of a user and an item that met, by user; within a user in the order of time.

    Attributes
    ----------
    users, items : distinct strings; whole-number ids as they are written in decimal.
    indptr : int64 (users + 1): the entries of user u are [indptr[u], indptr[u + 1]).
    indices : uint32 (n), the item of each entry; distinct within a user.
    weights : float32 (n), above 0; None: every entry weighs 1.
    times : int64 (n), rising within a user; None where no times were given: the order of the rows stands.
    """

    users: Sequence[str]
    items: Sequence[str]
    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    weights: NDArray[np.float32] | None = None
    times: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.indices)

    def matrix(self) -> csr_array[np.float32, tuple[int, int]]:
        """Users by items, float32, the weights; item numbers rise within a user."""
        from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

        weights = np.ones(len(self), np.float32) if self.weights is None else self.weights
        shape = (len(self.users), len(self.items))
        made = csr_array((weights, self.indices.astype(np.int64), self.indptr), shape=shape)
        made.sort_indices()
        return made
