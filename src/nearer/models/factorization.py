"""Truncated SVD of sparse matrices, the same on every run: for models that factorise instead of train."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Solver = Literal["randomized", "lanczos"]

POWER_ITERATIONS = 7  # of the randomized solver
OVERSAMPLES = 10


def truncated_svd(
    matrix: Any,
    dim: int,
    solver: Solver,
    seed: int,
    threads: int,
    power_iterations: int = POWER_ITERATIONS,
) -> tuple[NDArray[np.floating[Any]], NDArray[np.float64]]:
    """Left singular vectors (n, dim), and singular values (dim,), falling, of a sparse matrix.

    "randomized" (Halko, Martinsson and Tropp 2011) works in float32, "lanczos" (ARPACK) in float64; the
    vectors have that type. Each vector's entry of largest size is positive, so that signs do not depend on
    the solver.
    """
    from scipy.sparse.linalg import svds  # noqa: PLC0415  (`import nearer` must not load it)
    from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415  (likewise)
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    source = np.random.RandomState(np.random.MT19937(seed))  # its streams never change
    with threadpool_limits(limits=threads):
        if solver == "randomized":
            rows, values, _ = randomized_svd(
                matrix.astype(np.float32, copy=False),
                dim,
                n_oversamples=OVERSAMPLES,
                n_iter=power_iterations,
                random_state=source,
            )
        else:
            start = source.uniform(-1, 1, matrix.shape[0])
            rows, values, _ = svds(matrix.astype(np.float64), k=dim, v0=start, return_singular_vectors="u")
    falling = np.argsort(-values, kind="stable")
    rows, values = rows[:, falling], values[falling].astype(np.float64)
    return rows * signs(rows).astype(rows.dtype), np.maximum(values, 0.0)


def signs(rows: NDArray[Any]) -> NDArray[np.float64]:
    """1 or -1 a column, so that a column's entry of largest size becomes positive."""
    largest = rows[np.abs(rows).argmax(axis=0), np.arange(rows.shape[1])]
    return np.where(largest < 0, -1.0, 1.0)
