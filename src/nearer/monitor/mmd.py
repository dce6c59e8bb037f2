"""The maximum mean discrepancy of kernels of several widths (Gretton et al., 2012)."""

from __future__ import annotations

import numpy as np

from nearer.monitor.exchange import Exchange, Floats
from nearer.monitor.quadratic import Pairs, between

SHARPNESS = (0.25, 1.0, 4.0)  # of the kernels, in units of 1 / median squared distance
LOOKED_AT = 500  # rows whose pairs give the median


def mmd(distances: Pairs, exchange: Exchange) -> Floats:
    """Of k(x, y) = sum over widths of exp(-s * |x - y|^2 / median) / sd; an arrangement each.

    The unbiased estimate of MMD^2, E k(x, x') + E k(y, y') - 2 E k(x, y) (Gretton et al., 2012, "A
    kernel two-sample test"), of each width in standard deviations of its own pairs, summed (as Schrab
    et al., 2023, and Biggs et al., 2023, aggregate widths). The median is of the pooled rows: it does
    not know who is who.
    """
    median = middle(distances)
    summed = np.zeros_like(distances)
    for sharpness in SHARPNESS:
        kernel = np.exp(distances * np.float32(-sharpness / median))
        np.fill_diagonal(kernel, 0)
        summed += kernel / np.float32(spread(kernel))
    return between(summed, exchange, unbiased=True)


def middle(distances: Pairs) -> float:
    """Median of the squared distances of rows drawn by lot; the mean where half of them are 0."""
    some = distances[:LOOKED_AT, :LOOKED_AT]
    median = float(np.median(some[np.triu_indices(len(some), 1)]))
    return median if median > 0 else float(distances.mean())


def spread(kernel: Pairs) -> float:
    """Standard deviation of the doubly centred pairs: the null's, but for a factor of the sizes."""
    count = len(kernel)
    sums = kernel.sum(axis=1, dtype=np.float64)
    level = sums.sum() / (count * (count - 1))
    squares = float(np.einsum("ij,ij->", kernel, kernel, dtype=np.float64))
    offsets = (sums - sums.mean()) / (count - 2) if count > 2 else np.zeros(count)
    variance = squares / (count * (count - 1)) - level**2 - 2 * float((offsets**2).mean())
    return float(np.sqrt(max(variance, 1e-12)))
