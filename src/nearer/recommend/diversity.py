"""Maximal marginal relevance: suggestions that are not all alike (Carbonell and Goldstein 1998)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def diversified(
    scores: NDArray[np.float32], alike: NDArray[np.float32], k: int, diversity: float
) -> NDArray[np.intp]:
    """Places of the `k` candidates to suggest, in order.

    The next one has the largest (1 - diversity) * relevance - diversity * likeness, where the relevance is
    its score scaled to [0, 1] among the candidates, and the likeness its largest cosine with one that was
    taken before; the first is the best. `scores` (c,) fall, `alike` (c, c) are cosines.
    """
    count = len(scores)
    spread = float(scores[0] - scores[-1]) if count else 0.0
    relevance = (scores - scores[-1]) / spread if spread > 0 else np.ones(count)
    gain = (1.0 - diversity) * np.asarray(relevance, np.float64)
    nearest = np.full(count, -np.inf)
    taken: list[int] = []
    left = np.ones(count, np.bool_)
    for _ in range(min(k, count)):
        worth = gain - diversity * nearest if taken else gain
        place = int(np.argmax(np.where(left, worth, -np.inf)))
        taken.append(place)
        left[place] = False
        nearest = np.maximum(nearest, alike[place])
    return np.array(taken, np.intp)
