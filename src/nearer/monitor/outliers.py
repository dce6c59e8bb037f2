"""Single items that lie far from everything in the baseline, with a share of false ones that is kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nearer.chance import benjamini_hochberg, conformal_p_values
from nearer.monitor.baseline import Baseline
from nearer.monitor.scores import nearest_distances
from nearer.monitor.verdict import Unusual
from nearer.space.reduction import one_thread

FDR = 0.1  # of the items called unusual, the share that may be as usual as any

Floats = NDArray[np.float64]


def outlier_scores(baseline: Baseline, rows: Floats) -> tuple[Floats, Floats]:
    """Outlier scores and conformal p-values (m,) of prepared rows (m, dim).

    The score is the mean distance to the 10 nearest rows of the guide (Ramaswamy, Rastogi & Shim, 2000),
    divided by the median of what the baseline's compared rows have: 1 is usual. The p-value is
    (1 + #{compared rows with a score at least as large}) / (1 + n): P(p <= a) <= a for an item that is
    exchangeable with the compared rows, whatever the score (Vovk, Gammerman & Shafer, 2005).
    """
    with one_thread():
        found, _ = nearest_distances(rows, baseline.guide)
    middle = float(np.median(baseline.usual)) or 1.0
    return found / middle, conformal_p_values(found, baseline.usual)


def unusual(baseline: Baseline, rows: Floats, keys: Sequence[str], fdr: float = FDR) -> tuple[Unusual, ...]:
    """The items of a window that are called unusual, the most unusual first.

    Of all that are called so, the expected share that is exchangeable with the baseline is at most `fdr`:
    Benjamini & Hochberg's step-up on conformal p-values that share one sample holds it, since they depend
    positively (Bates, Candès, Lei, Romano & Sesia, 2023, "Testing for outliers with conformal p-values").
    No p-value is below 1 / (n + 1): a single item can be told in a window of up to fdr * (n + 1) rows,
    k items together in one k times as large.
    """
    scores, p_values = outlier_scores(baseline, rows)
    called = np.flatnonzero(benjamini_hochberg(p_values) <= fdr)
    called = called[np.lexsort((called, -scores[called]))]
    _, near = nearest_distances(rows[called], baseline.rows)
    return tuple(
        Unusual(keys[int(row)], float(scores[row]), float(p_values[row]), baseline.keys[other])
        for row, other in zip(called, near, strict=True)
    )
