"""The maximum mean discrepancy of kernels of several widths (Gretton et al., 2012)."""

from __future__ import annotations

import numpy as np

from nearer.monitor.combining import unlikeliness
from nearer.monitor.exchange import Exchange, Floats
from nearer.monitor.quadratic import Pairs, between

SHARPNESS = (0.125, 1.0, 4.0)  # of the kernels, in units of 1 / median squared distance
LOOKED_AT = 500  # rows whose pairs give the median


def mmd(distances: Pairs, exchange: Exchange) -> Floats:
    """The largest over kernels k(x, y) = exp(-s |x - y|^2 / median), float64 (1 + permutations,).

    Of each kernel the unbiased estimate of MMD^2, E k(x, x') + E k(y, y') - 2 E k(x, y) (Gretton et al.,
    2012, "A kernel two-sample test"), brought to a common scale, -log of its chance among all
    arrangements; the largest over widths is calibrated like any statistic (as Schrab et al., 2023, and Biggs
    et al., 2023, aggregate kernels). Wide kernels see a shift, sharp ones a change of spread. The
    median is of the pooled rows: it does not know who is who.
    """
    median = middle(distances)
    each = [unlikeliness(mmd_of(distances, sharpness / median, exchange)) for sharpness in SHARPNESS]
    return np.asarray(np.max(each, axis=0), np.float64)


def mmd_of(distances: Pairs, sharpness: float, exchange: Exchange) -> Floats:
    """Unbiased MMD^2 of the kernel exp(-sharpness * distance) in every arrangement."""
    kernel = np.exp(distances * np.float32(-sharpness))
    np.fill_diagonal(kernel, 0)
    return between(kernel, exchange, unbiased=True)


def middle(distances: Pairs) -> float:
    """Median of the squared distances of rows drawn by lot; the mean where half of them are 0."""
    some = distances[:LOOKED_AT, :LOOKED_AT]
    median = float(np.median(some[np.triu_indices(len(some), 1)]))
    return median if median > 0 else float(distances.mean())
