"""Spectral propagation: vectors are filtered by the spectrum of the graph, without ever computing it.

Zhang, Dong, Wang, Tang and Ding 2019, "ProNE: Fast and Scalable Network Representation Learning",
section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def filter_coefficients(order: int, theta: float) -> NDArray[np.float64]:
    """Chebyshev coefficients of exp(-theta x) on [-1, 1]: float64 (order,), made of Bessel functions."""
    from scipy.special import iv  # noqa: PLC0415  (`import nearer` must not load it)

    degrees = np.arange(order)
    coefficients = (2.0 * (-1.0) ** degrees * iv(degrees, theta)).astype(np.float64)
    coefficients[0] /= 2.0
    return coefficients


def propagate(
    walk: Any,
    vectors: NDArray[np.float32],
    *,
    order: int,
    mu: float,
    theta: float,
    advance: Callable[[], None] = lambda: None,
) -> NDArray[np.float32]:
    """D^-1 A (I - g(L)) R, with g(x) = exp(-theta ((x - mu)^2 - 1) / 2) as `order` Chebyshev terms.

    `walk` is D^-1 A, sparse (n, n), whose rows sum to 1; L = I - D^-1 A; `vectors` are R, float32 (n, dim).
    Besides `vectors` five matrices of their size are held. `advance` is called after each term.
    """
    coefficients = filter_coefficients(order, theta)

    def shifted(rows: NDArray[np.float32]) -> NDArray[np.float32]:  # (L - mu I)^2 R
        for _ in range(2):
            step = walk @ rows
            rows = np.multiply(rows, np.float32(1.0 - mu))
            rows -= step
        return rows

    before, now = vectors, shifted(vectors)
    now -= vectors
    now *= np.float32(0.5)
    kept = np.multiply(vectors, np.float32(1.0 - coefficients[0]))  # what the filter leaves: R - g(L) R
    for degree in range(1, order):
        if degree > 1:  # T_i = 2 x T_(i-1) - T_(i-2), where 2 x = (L - mu I)^2 - I
            following = shifted(now)
            following -= now
            following -= before
            before, now = now, following
        kept -= now * np.float32(coefficients[degree])
        advance()
    result: NDArray[np.float32] = walk @ kept
    return result
