"""What most users chose: for a user of whom nothing is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.recommend.items import best_of
from nearer.recommend.scorer import Best


def most_popular(counts: NDArray[np.int64], k: int, allowed: NDArray[np.bool_] | None) -> Best:
    """The `k` items that most users have, scored by how many: one line (1, k), ties to the lower item."""
    scores = counts.astype(np.float32)[None, :].copy()
    if allowed is not None:
        scores[:, ~allowed] = -np.inf
    return best_of(scores, min(k, len(counts)))
