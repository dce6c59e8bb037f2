"""Recall: what part of the true neighbours a searcher finds."""

from __future__ import annotations

import numpy as np

from nearer.errors import InputError
from nearer.search.base import Queries, Searcher, checked_k, query_vectors, require_metric_scores
from nearer.search.exact import Exact


def recall(
    searcher: Searcher, k: int = 10, *, queries: Queries | None = None, sample: int = 1000, seed: int = 0
) -> float:
    """Recall@k: the mean part of a query's exact `k` nearest that `searcher` finds, between 0 and 1.

    A hit that scores as high as the worst of the exact ones counts, so that ties cannot lower it.

    Parameters
    ----------
    queries : what to ask; None takes `sample` keys of the space at random (by `seed`), or all if there are
        fewer.

    Raises `InputError` where there is nothing to ask, `ParameterError` for a searcher that does not score by
    the metric, such as `CSLS`, and what `Searcher.search` raises.
    """
    require_metric_scores(searcher, "recall compares")
    space = searcher.space
    k = checked_k(k)
    if queries is None:
        generator = np.random.default_rng(seed)
        queries = space.vectors[np.sort(generator.permutation(len(space))[:sample])]
    vectors = query_vectors(space, queries)
    if len(vectors) == 0 or len(space) == 0:
        raise InputError(
            "no queries to measure recall with", remedy="pass queries, or a space that holds keys"
        )
    true = Exact(space).search(vectors, k)
    found = searcher.search(vectors, k)
    return float(np.mean(found.scores >= true.scores[:, -1:]))
