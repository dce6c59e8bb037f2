"""Negatives: the noise distribution that negative samples are drawn from, as an alias table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NO_NOISE = np.empty((0, 2), dtype=np.uint32)  # hierarchical softmax draws no negatives


def noise_table(counts: NDArray[np.int64], exponent: float) -> NDArray[np.uint32]:
    """Alias table of the distribution proportional to counts ** exponent (Mikolov et al. 2013: 0.75).

    Returns uint32 (v, 2): slot i stands for itself if 32 random bits fall below column 0, else for column 1
    (Walker 1977, built as Vose 1991).
    """
    weights = np.asarray(counts, dtype=np.float64) ** exponent
    share = weights * (len(weights) / weights.sum())
    threshold = np.ones(len(share))
    alias = np.arange(len(share))
    small = np.flatnonzero(share < 1.0).tolist()
    large = np.flatnonzero(share >= 1.0).tolist()
    left = share.tolist()
    while small and large:
        poor, rich = small.pop(), large[-1]
        threshold[poor] = left[poor]
        alias[poor] = rich
        left[rich] -= 1.0 - left[poor]
        if left[rich] < 1.0:
            small.append(large.pop())
    table = np.empty((len(share), 2), dtype=np.uint32)
    table[:, 0] = np.minimum(threshold * 2.0**32, 2.0**32 - 1)
    table[:, 1] = alias
    return table
