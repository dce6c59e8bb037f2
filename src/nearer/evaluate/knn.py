"""k nearest neighbours: do the neighbours of an item have its label?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.evaluate.classification import ClassificationResult, judged
from nearer.evaluate.labels import Labels, labelled, require_two
from nearer.kernels.topk import prepare, topk
from nearer.space import Space

_BLOCK = 1 << 22  # comparisons of neighbours' labels at a time


def knn(
    space: Space,
    labels: Labels,
    *,
    k: int = 10,
    columns: Sequence[str] | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> ClassificationResult:
    """Accuracy and macro-F1 of the label that most of the `k` nearest other labelled items have.

    Each item is foretold from all others (leave one out; Cover & Hart, 1967), nearest by the metric of the
    space. Of labels with equally many neighbours the one whose first neighbour is nearest wins; equal scores
    are in row order.

    Parameters
    ----------
    labels : label of each row, {key: label}, the name of a payload column, or a file or table of keys and
        labels.
    columns : names of the columns of key and label in a file or table.
    seed : of the bootstrap over items, which takes what was foretold as given.
    threads : None for one a core; the result does not depend on it.

    Raises `ParameterError` for k below 1, and `InputError` for labels that are missing, of one kind only, or
    of no more than `k` items.
    """
    if k < 1:
        raise ParameterError(f"k={shown(k)} is below 1")
    found = labelled(space, labels, columns)
    require_two(found)
    if len(found.rows) <= k:
        raise InputError(f"{len(found.rows)} labelled items have no {k} neighbours each", remedy="lower k")
    near = neighbours(space.vectors[found.rows], space.metric, k, threads)
    return judged(f"{k} nearest neighbours", found, voted(found.codes[near]), seed)


def neighbours(
    vectors: NDArray[np.float32], metric: str, k: int, threads: int | None = None
) -> NDArray[np.int64]:
    """Rows of the `k` nearest other rows of each row, nearest first; k below n. Shape (n, k)."""
    rows = prepare(vectors, metric, threads)  # type: ignore[arg-type]  # the metric of a space
    _, best = topk(rows, vectors, k + 1, threads=threads)
    itself = best == np.arange(len(best))[:, None]
    itself[~itself.any(axis=1), -1] = True  # more than k equal vectors: the last one goes instead
    others: NDArray[np.int64] = best[~itself].reshape(len(best), k)
    return others


def voted(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The most frequent code in each row of `codes` (n, k), nearest first; of several the nearest."""
    winners = np.empty(len(codes), np.int64)
    step = max(1, _BLOCK // codes.shape[1] ** 2)
    for start in range(0, len(codes), step):
        part = codes[start : start + step]
        votes = (part[:, :, None] == part[:, None, :]).sum(axis=2)
        winners[start : start + step] = part[np.arange(len(part)), votes.argmax(axis=1)]
    return winners
