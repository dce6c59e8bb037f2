"""Measures of one ranking against judgements, as trec_eval defines them.

`ranks` (r,) are the ranks, from 1, of the relevant documents that were found, and `gains` (r,) their gains.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Gain = Literal["linear", "exponential"]
LARGEST_EXPONENT = 512.0  # 2^512 - 1, and sums of such gains, are finite

Ranks = NDArray[np.int64]
Gains = NDArray[np.float64]


def gains_of(relevance: Gains, gain: Gain) -> Gains:
    """Gain of each relevance: itself (Järvelin & Kekäläinen, 2002), or 2^relevance - 1 (Burges, 2005)."""
    return np.asarray(np.exp2(relevance) - 1) if gain == "exponential" else relevance


def ndcg(ranks: Ranks, gains: Gains, ideal: Gains, k: int) -> float:
    """Discounted cumulated gain of the first `k` over the highest one possible.

    `ideal` (R,) are the gains of all relevant documents, found or not; the discount is log2(rank + 1).
    """
    near = ranks <= k
    best = np.sort(ideal)[::-1][:k]
    highest = best @ _discounts(np.arange(1, len(best) + 1))
    return float(gains[near] @ _discounts(ranks[near]) / highest)


def recall(ranks: Ranks, relevant: int, k: int) -> float:
    """Part of the `relevant` documents that are among the first `k`."""
    return float((ranks <= k).sum() / relevant)


def reciprocal_rank(ranks: Ranks) -> float:
    """1 / rank of the first relevant document, 0 where none was found."""
    return 1.0 / int(ranks.min()) if len(ranks) else 0.0


def average_precision(ranks: Ranks, relevant: int) -> float:
    """Mean precision at the rank of each of the `relevant` documents, 0 for one that was not found."""
    found = np.sort(ranks)
    return float((np.arange(1, len(found) + 1) / found).sum() / relevant)


def _discounts(ranks: Ranks) -> Gains:
    return np.asarray(1 / np.log2(ranks + 1))
