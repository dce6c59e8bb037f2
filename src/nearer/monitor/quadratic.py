"""Statistics that sum over pairs of rows, of all arrangements by one matrix product.

Products are in float32: their rounding is far below what tells two arrangements apart. Sums are in
float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.monitor.exchange import Exchange, Floats

Pairs = NDArray[np.float32]


def squared_distances(rows: Floats) -> Pairs:
    """Squared Euclidean distances (n, n) of rows (n, dim), in units of their mean square from the
    mean."""
    centred = rows - rows.mean(axis=0)
    size = np.sqrt(np.einsum("ij,ij->", centred, centred) / len(rows))
    narrow = np.asarray(centred / (size if size > 0 else 1.0), np.float32)
    products = narrow @ narrow.T
    lengths = products.diagonal().copy()
    products *= -2
    products += lengths[:, None]
    products += lengths
    np.maximum(products, 0, out=products)
    np.fill_diagonal(products, 0)
    return products


def between(pairs: Pairs, exchange: Exchange, *, unbiased: bool) -> Floats:
    """Mean over pairs within the baseline, plus within the window, minus twice between; an arrangement
    each.

    Parameters
    ----------
    pairs : (n + m, n + m) symmetric, rows in the exchange's order, 0 on the diagonal; is overwritten.
    unbiased : means over pairs of different rows (a U-statistic); else a row's pair with itself counts,
        as 0.

    Returns
    -------
    float64 (1 + permutations,).
    """
    n, m = exchange.n, exchange.m
    total = n + m
    level = float(pairs.sum(dtype=np.float64)) / (total * (total - 1))
    pairs -= np.float32(level)  # what all pairs share cancels, and would cost digits
    np.fill_diagonal(pairs, 0)
    sums = pairs.sum(axis=1, dtype=np.float64)
    window = (exchange.chosen * (pairs @ exchange.chosen)).sum(axis=0, dtype=np.float64)
    touching = sums @ exchange.chosen
    baseline = sums.sum() - 2 * touching + window
    of_baseline, of_window = (n * max(n - 1, 1), m * max(m - 1, 1)) if unbiased else (n * n, m * m)
    found = baseline / of_baseline + window / of_window - 2 * (touching - window) / (n * m)
    return np.asarray(found if unbiased else found - level * (1 / n + 1 / m), np.float64)
