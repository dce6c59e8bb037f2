"""Abstaining: only hits that a query without any match would seldom find."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.search.base import Hits, Queries, Searcher, checked_k, own_rows, require_metric_scores
from nearer.space import Calibration


def matches(
    searcher: Searcher,
    queries: Queries,
    calibration: Calibration,
    *,
    false_match_rate: float = 0.01,
    k: int = 10,
) -> Hits:
    """The hits of `searcher` that score above `calibration.threshold(false_match_rate)`.

    Of queries without any match at most that part gets a hit, whatever k is, in finite samples and under the
    assumptions of `Calibration.threshold`. An index that misses the nearest gives hits more seldom, so that
    the rate holds for it too.

    A query that is a row of the space does not find itself, just as the calibrating queries do not: a key,
    and of a space of queries what has the key and the vector of a row. A plain vector finds its copies.

    Parameters
    ----------
    searcher : ranks by the metric of its space, such as `Exact` and `HNSW`.
    calibration : of the very space that is searched: `searcher.space.calibrate()`.
    k : hits a query, at most.

    Raises
    ------
    SpaceMismatch : a calibration of another identity; `InputError` where it is of other rows.
    ParameterError : a rate that the calibration cannot keep, or a searcher that scores otherwise than by the
        metric, such as `CSLS`.
    """
    require_metric_scores(searcher, "was calibrated")
    calibration.require_content(searcher.space)
    threshold, k = calibration.threshold(false_match_rate), checked_k(k)
    own = own_rows(searcher.space, queries)
    if own is None:
        return searcher.search(queries, k).above(threshold)
    return _without(searcher.search(queries, k + 1), own, k).above(threshold)


def _without(hits: Hits, own: NDArray[np.int64], k: int) -> Hits:
    """The `k` best hits of each query that are not its own row; a line with too few ends in NaN and -1."""
    other = hits.rows != own[:, None]
    order = np.argsort(~other, axis=1, kind="stable")[:, :k]
    other, rows, scores = (
        np.take_along_axis(each, order, axis=1) for each in (other, hits.rows, hits.scores)
    )
    keys = [
        [line[place] for place, good in zip(places, whole, strict=True) if good]
        for line, places, whole in zip(hits.keys, order.tolist(), other.tolist(), strict=True)
    ]
    return Hits(keys, np.where(other, scores, np.float32(np.nan)), np.where(other, rows, -1))
