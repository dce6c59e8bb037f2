"""Abstaining: only hits that a query without any match would seldom find."""

from __future__ import annotations

from nearer.search.base import Hits, Queries, Searcher, require_metric_scores
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

    Parameters
    ----------
    searcher : ranks by the metric of its space, such as `Exact` and `HNSW`.
    calibration : of the very space that is searched: `searcher.space.calibrate()`.

    Raises
    ------
    SpaceMismatch : a calibration of another identity; `InputError` where it is of other rows.
    ParameterError : a rate that the calibration cannot keep, or a searcher that scores otherwise than by the
        metric, such as `CSLS`.
    """
    require_metric_scores(searcher, "was calibrated")
    calibration.require_content(searcher.space)
    threshold = calibration.threshold(false_match_rate)
    return searcher.search(queries, k).above(threshold)
