"""Windows: which tokens of a line take part in training; the windows themselves are drawn in the kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def keep_probability(counts: NDArray[np.int64], subsample: float) -> NDArray[np.float64]:
    """Probability that a token of each word survives subsampling, (v,).

    With f the word's share of all tokens and t = `subsample`: (sqrt(f / t) + 1) * t / f, at most 1, as the
    word2vec program computes it (the paper, Mikolov et al. 2013, states sqrt(t / f)). 0 keeps every token.
    """
    if subsample == 0:
        return np.ones(len(counts))
    share = counts / counts.sum()
    probability: NDArray[np.float64] = np.minimum((np.sqrt(share / subsample) + 1.0) * subsample / share, 1.0)
    return probability


def keep_thresholds(counts: NDArray[np.int64], subsample: float) -> NDArray[np.uint32]:
    """`keep_probability` as the kernel takes it: a token is kept if 32 random bits are at most this."""
    scaled = np.ceil(keep_probability(counts, subsample) * 2.0**32) - 1.0
    return np.clip(scaled, 0, 2.0**32 - 1).astype(np.uint32)
