"""Scores that are not inner products of short vectors: blocks of users against all items at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.topk import Excluded
from nearer.recommend.scorer import Best

BLOCK_SCORES = 1 << 24  # scores held at a time: 64 MB


class DenseScorer:
    """Scores by a function of user numbers: `score(users)` gives float32 (n, items), an array of its own.

    `alike` gives cosines (c, c) of some items.
    """

    def __init__(
        self,
        items: int,
        score: Callable[[NDArray[np.intp]], NDArray[np.float32]],
        alike: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    ) -> None:
        self._items = items
        self._score = score
        self.alike = alike

    @property
    def items(self) -> int:
        """Items there are."""
        return self._items

    def top(
        self,
        users: NDArray[np.intp],
        k: int,
        excluded: Excluded,
        allowed: NDArray[np.bool_] | None,
        threads: int | None,
    ) -> Best:
        """The `k` best items for each of `users`: see `Scorer`."""
        k = min(k, self._items)
        scores = np.full((len(users), k), np.nan, np.float32)
        items = np.full((len(users), k), -1, np.int64)
        step = max(1, BLOCK_SCORES // max(self._items, 1))
        for start in range(0, len(users), step):
            part = np.arange(start, min(start + step, len(users)))
            block = self._score(users[part])
            if allowed is not None:
                block[:, ~allowed] = -np.inf
            if len(excluded.starts):
                barred = excluded.of(part)
                block[np.repeat(np.arange(len(part)), np.diff(barred.starts)), barred.rows] = -np.inf
            scores[part], items[part] = best_of(block, k)
        return scores, items


def best_of(scores: NDArray[np.float32], k: int) -> Best:
    """The `k` largest of each line of `scores` (n, items), ties to the lower item; never -inf."""
    n, items = scores.shape
    if k < items:  # everything above the k-th largest, and of its equals those with the lowest numbers
        kth = -np.partition(-scores, k - 1, axis=1)[:, k - 1 : k]
        above, equal = scores > kth, scores == kth
        room = k - above.sum(axis=1, keepdims=True)
        chosen = above | (equal & (np.cumsum(equal, axis=1) <= room))
        found = np.nonzero(chosen)[1].reshape(n, k)
    else:
        found = np.broadcast_to(np.arange(items), (n, items))
    values = np.take_along_axis(scores, found, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    values, found = np.take_along_axis(values, order, axis=1), np.take_along_axis(found, order, axis=1)
    gone = np.isneginf(values)
    return np.where(gone, np.float32(np.nan), values), np.where(gone, -1, found)
