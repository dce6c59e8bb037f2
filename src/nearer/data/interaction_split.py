"""Interactions held out for judging: which entries of every user are kept back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def last_of_each(indptr: NDArray[np.int64], n: int) -> Mask:
    """The `n` latest entries of every user who has more than `n`; of others none."""
    lengths = np.diff(indptr)
    ends = np.repeat(indptr[1:], lengths)
    enough = np.repeat(lengths > n, lengths)
    return np.asarray(enough & (np.arange(indptr[-1]) >= ends - n))


def random_share(indptr: NDArray[np.int64], fraction: float, seed: int) -> Mask:
    """Of every user, `fraction` of the entries, rounded down, and never all of them."""
    lengths = np.diff(indptr)
    generator = np.random.default_rng(seed)
    user = np.repeat(np.arange(len(lengths)), lengths)
    order = np.lexsort((generator.random(int(indptr[-1])), user))
    taken = np.minimum((lengths * fraction).astype(np.int64), np.maximum(lengths - 1, 0))
    rank = np.arange(indptr[-1]) - np.repeat(indptr[:-1], lengths)
    mask = np.zeros(int(indptr[-1]), np.bool_)
    mask[order] = rank < np.repeat(taken, lengths)
    return mask


def kept_rows(indptr: NDArray[np.int64], mask: Mask) -> NDArray[np.int64]:
    """The row pointers of the entries that `mask` keeps."""
    return np.concatenate([[0], np.cumsum(mask)])[indptr]
