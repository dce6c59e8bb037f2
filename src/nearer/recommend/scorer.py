"""`Scorer`: what a recommender is to this room. It scores all items for some users and gives the best."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.topk import Excluded

Best = tuple[NDArray[np.float32], NDArray[np.int64]]  # scores and item numbers (n, k); NaN and -1 at the end


class Scorer(Protocol):
    """Scores `items` items for users that it knows by number."""

    @property
    def items(self) -> int:
        """Items there are."""
        ...

    def top(
        self,
        users: NDArray[np.intp],
        k: int,
        excluded: Excluded,
        allowed: NDArray[np.bool_] | None,
        threads: int | None,
    ) -> Best:
        """The `k` best items for each of `users`, best first, ties to the lower item number.

        `excluded` are items that a user may not be given, `allowed` (items,) those that any may; where fewer
        are left, the rest of a line is NaN and -1.
        """
        ...

    def alike(self, items: NDArray[np.int64]) -> NDArray[np.float32]:
        """How alike some items (c,) are: cosines (c, c)."""
        ...
