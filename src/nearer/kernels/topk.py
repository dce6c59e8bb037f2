"""Exact top-k: the k best rows of a matrix for each query, by a blocked product with a fused selection.

No score matrix is ever stored and nothing is fully sorted. Candidates are ranked by single-precision
products, a few more than k of them; those are scored again in double precision, which decides the order that
is returned. Where rounding might have kept a nearer row out, more candidates are taken, up to 4,096. Of equal
vectors the lower row comes first. The result does not depend on the number of threads or on how many queries
are asked at once.

Source of the blocking: Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.kernels import _native
from nearer.kernels.threads import thread_count
from nearer.kernels.variants import chosen_variant
from nearer.progress import Progress

Metric = Literal["cosine", "dot", "euclidean"]

_METRICS = {"dot": 0, "cosine": 1, "euclidean": 2}
_LARGEST = 0.99 * float(np.finfo(np.float32).max)  # leaves room for the rounding of what is compared with it
_SPARE, _WIDER, _WIDEST = (
    4,
    16,
    4096,
)  # candidates: more than k; times as many where those do not decide; at most
_CHUNK_PRODUCTS = 2e11  # multiply-adds between two chances to show progress or to stop: about a second
_CHUNK_CANDIDATES = 1.6e7  # candidates held at a time: about 256 MB


@dataclass(frozen=True)
class Rows:
    """A matrix prepared for searching: `vectors` (n, dim) and what its metric needs to know of each row.

    Make one with `prepare`. It refers to the matrix that was given, unless that is far from the origin and
    the metric Euclidean: then to a copy around `centre` (dim,), since single precision would lose near
    distances.
    """

    vectors: NDArray[np.float32]
    metric: Metric
    centre: NDArray[np.float32] | None
    squared_norms: NDArray[np.float64]
    scale: NDArray[np.float32]
    offset: NDArray[np.float32]
    longest: float  # the largest norm of a row

    def moved(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """`queries` (m, dim) in the coordinates of `vectors`: around `centre`, if there is one."""
        return queries if self.centre is None else _minus(queries, self.centre)


def prepare(vectors: NDArray[np.float32], metric: Metric, threads: int | None = None) -> Rows:
    """`vectors` (n, dim) ready to be searched many times by `metric`.

    Raises `ParameterError` for an unknown metric or more than 2^32 rows, and `InputError` for no dimensions,
    a row that holds NaN or infinity, and, unless the metric is the cosine, one whose squared norm single
    precision cannot hold.
    """
    if metric not in _METRICS:
        raise ParameterError(f"metric={shown(metric)} is unknown", remedy=f"use one of {', '.join(_METRICS)}")
    matrix = _matrix(vectors, "vectors")
    if len(matrix) >= 2**32:
        raise ParameterError(
            f"{len(matrix):,} rows are too many for one search", remedy="search them in parts"
        )
    squared = squared_norms(matrix, threads)
    if not np.isfinite(squared).all():
        row = int(np.flatnonzero(~np.isfinite(squared))[0])
        raise InputError("the vector holds NaN or infinity", file="vectors", row=row, remedy="remove the row")
    centre = _far_centre(matrix, squared) if metric == "euclidean" else None
    if centre is not None:
        matrix = _minus(matrix, centre)
        squared = squared_norms(matrix, threads)
    largest = float(squared.max(initial=0.0))
    if metric != "cosine" and largest > _LARGEST:
        raise _overflow("vectors", int(np.argmax(squared)))
    scale = np.ones(len(matrix), np.float32)
    offset = np.zeros(len(matrix), np.float32)
    if metric == "cosine":  # ranked by q.x / |x|
        norms = np.sqrt(squared)
        inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
        scale = np.minimum(inverse, 1e38).astype(np.float32)
    elif metric == "euclidean":  # ranked by q.x - |x|^2 / 2
        offset = (-0.5 * squared).astype(np.float32)
    return Rows(matrix, metric, centre, squared, scale, offset, float(np.sqrt(largest)))


@dataclass(frozen=True)
class Excluded:
    """Rows that a query may not be given.

    Attributes
    ----------
    starts : int64 (m + 1): the rows excluded for query q are [starts[q], starts[q + 1]) of `rows`.
    rows : uint32, rising within a query.
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.uint32]

    def of(self, queries: NDArray[np.intp]) -> Excluded:
        """What is excluded for some of the queries."""
        lengths = np.diff(self.starts)[queries]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        place = np.arange(starts[-1]) + np.repeat(self.starts[queries] - starts[:-1], lengths)
        return Excluded(starts, self.rows[place])


NOTHING = Excluded(np.empty(0, np.int64), np.empty(0, np.uint32))  # no query has excluded rows


def topk(
    rows: Rows,
    queries: NDArray[np.float32],
    k: int,
    *,
    excluded: Excluded = NOTHING,
    allowed: NDArray[np.bool_] | None = None,
    threads: int | None = None,
    variant: str | None = None,
    show_progress: bool | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The `k` nearest rows to each query (m, dim), all n where k is larger.

    Returns scores float32 (m, min(k, n)) and row numbers int64 of the same shape, nearest first. A higher
    score is nearer: the cosine, the inner product, or the Euclidean distance negated. The cosine with a
    vector of zeros is 0. Where fewer than k rows may be given, the rest of a line is NaN and -1.

    Parameters
    ----------
    excluded : rows that a query may not be given.
    allowed : bool (n,), the rows that any query may be given; None: all.
    threads : None for one a core.
    variant : CPU variant of the kernel; None for the best.

    Raises
    ------
    ParameterError : k below 1, threads below 1, a variant that cannot run here, or rows excluded or allowed
        that do not fit the queries and rows.
    InputError : queries of another dimension, or one that holds NaN, infinity, or whose products overflow.
    """
    asked = _checked_queries(rows, queries, k)
    _require_fitting(rows, len(asked), excluded, allowed)
    if allowed is not None:  # the others rank below everything
        rows = replace(rows, offset=np.where(allowed, rows.offset, np.float32(-np.inf)))
    chosen, count = chosen_variant(variant), thread_count(threads)
    n = len(rows.vectors)
    k, wide = min(k, n), min(k + _SPARE + k // 8, n)
    scores, best = _scanned(rows, asked, wide, excluded, count, chosen, show_progress)
    unsure = _unsure(rows, asked, scores, k)
    while len(unsure) and wide < min(n, _WIDEST):
        wide = min(_WIDER * wide, _WIDEST, n)
        barred = excluded.of(unsure) if excluded is not NOTHING else NOTHING
        again, found = _scanned(rows, asked[unsure], wide, barred, count, chosen, show_progress)
        scores[unsure, :k], best[unsure, :k] = again[:, :k], found[:, :k]
        unsure = unsure[_unsure(rows, asked[unsure], again, k)]
    return np.ascontiguousarray(scores[:, :k]), np.ascontiguousarray(best[:, :k])


def _scanned(
    rows: Rows,
    asked: NDArray[np.float32],
    k: int,
    excluded: Excluded,
    threads: int,
    variant: str,
    show_progress: bool | None,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The `k` best of the candidates that single precision ranks first, with their exact scores."""
    scores = np.empty((len(asked), k), np.float32)
    best = np.empty((len(asked), k), np.int64)
    if scores.size:
        step = _chunk(rows, k)
        with Progress("searching", len(asked), "queries", show_progress) as progress:
            for start in range(0, len(asked), step):
                part = slice(start, start + step)
                starts = excluded.starts[start : start + step + 1]
                _native.topk(
                    asked[part],
                    rows.vectors,
                    rows.scale,
                    rows.offset,
                    rows.squared_norms,
                    _METRICS[rows.metric],
                    starts,
                    excluded.rows,
                    threads,
                    variant,
                    scores[part],
                    best[part],
                )
                progress.advance(len(asked[part]))
    return scores, best


def _require_fitting(rows: Rows, queries: int, excluded: Excluded, allowed: NDArray[np.bool_] | None) -> None:
    """Raise `ParameterError` for what would make the kernel read outside its arrays."""
    if allowed is not None and (allowed.shape != (len(rows.vectors),) or allowed.dtype != np.bool_):
        raise ParameterError(f"allowed has the shape {allowed.shape}, not one truth value a row")
    starts = excluded.starts
    if excluded is NOTHING:
        return
    fits = starts.shape == (queries + 1,) and starts.dtype == np.int64 and excluded.rows.dtype == np.uint32
    if not fits or starts[0] < 0 or starts[-1] > len(excluded.rows) or (np.diff(starts) < 0).any():
        raise ParameterError("excluded rows do not have a rising range for every query")


def _unsure(rows: Rows, asked: NDArray[np.float32], scores: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """The queries for which a row that was left out may belong among the first `k` of their `scores`.

    A row left out was ranked below every candidate, and both ranks are off by no more than a chain of
    multiply-adds can be (Higham, 2002). So it is no nearer than the last score by more than twice that.
    """
    if not scores.size or scores.shape[1] == len(rows.vectors):
        return np.empty(0, np.intp)
    kth, last = scores[:, k - 1].astype(np.float64), scores[:, -1].astype(np.float64)
    unit = np.finfo(np.float32).epsneg
    if rows.metric == "cosine":
        size: float | NDArray[np.float64] = 1.0
    else:
        size = np.sqrt(squared_norms(asked, 1)) * rows.longest
    if rows.metric == "euclidean":  # ranked by q.x - |x|^2 / 2, which is (|q|^2 - distance^2) / 2
        kth, last, size = -0.5 * kth**2, -0.5 * last**2, size + rows.longest**2
    rounding = 2 * (rows.vectors.shape[1] + 4) * unit * size + 4 * unit * np.maximum(abs(kth), abs(last))
    return np.flatnonzero(kth - last <= rounding)


def rank(
    rows: Rows,
    queries: NDArray[np.float32],
    candidates: NDArray[np.int64],
    k: int,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The `k` nearest of each query's own `candidates` (m, c): distinct rows, -1 where there is none.

    Returns what `topk` returns, with the same scores; where a query has fewer than k candidates the rest of
    its line is NaN and -1. Raises what `topk` raises.
    """
    asked = _checked_queries(rows, queries, k)
    if candidates.ndim != 2 or len(candidates) != len(asked):
        raise InputError(f"candidates of shape {candidates.shape}: expected ({len(asked)}, c)")
    if candidates.size and not -1 <= candidates.min() <= candidates.max() < len(rows.vectors):
        raise InputError(f"candidates hold rows outside 0 to {len(rows.vectors) - 1}")
    k = min(k, len(rows.vectors))
    scores = np.empty((len(asked), k), np.float32)
    best = np.empty((len(asked), k), np.int64)
    _native.rank(
        asked,
        rows.vectors,
        rows.squared_norms,
        _METRICS[rows.metric],
        np.ascontiguousarray(candidates, dtype=np.int64),
        thread_count(threads),
        chosen_variant(variant),
        scores,
        best,
    )
    return scores, best


def squared_norms(
    vectors: NDArray[np.float32], threads: int | None = None, variant: str | None = None
) -> NDArray[np.float64]:
    """Squared Euclidean norm of each row of `vectors` (n, dim), float64 (n,), the same on every variant."""
    matrix = _matrix(vectors, "vectors")
    out = np.empty(len(matrix), np.float64)
    _native.squared_norms(matrix, thread_count(threads), chosen_variant(variant), out)
    return out


def _matrix(values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    matrix = np.ascontiguousarray(values, dtype=np.float32)
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise InputError(f"{name} of shape {np.shape(values)}: expected (n, dim) with dim at least 1")
    return matrix


def _checked_queries(rows: Rows, queries: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    if k < 1:
        raise ParameterError(f"k={shown(k)} is below 1")
    asked = _matrix(queries, "queries")
    if asked.shape[1] != rows.vectors.shape[1]:
        raise InputError(f"queries have {asked.shape[1]} dimensions, the vectors {rows.vectors.shape[1]}")
    finite = np.isfinite(asked).all(axis=1)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        raise InputError(
            "the vector holds NaN or infinity", file="queries", row=row, remedy="remove the query"
        )
    asked = _tamed(asked) if rows.metric == "cosine" else rows.moved(asked)
    _require_products(rows, asked)
    return asked


def _require_products(rows: Rows, queries: NDArray[np.float32]) -> None:
    """Raise `InputError` for a query whose products with the rows single precision may not hold.

    No partial sum of q.x is larger than |q| |x| (Cauchy and Schwarz).
    """
    norms = np.sqrt(squared_norms(queries, 1))
    half_squared = 0.5 * rows.longest**2 if rows.metric == "euclidean" else 0.0
    fits = norms <= (_LARGEST - half_squared) / max(rows.longest, 1.0)
    if not fits.all():
        raise _overflow("queries", int(np.argmin(fits)))


def _overflow(file: str, row: int) -> InputError:
    return InputError(
        "products overflow single precision", file=file, row=row, remedy="rescale the vectors and queries"
    )


def _far_centre(vectors: NDArray[np.float32], squared: NDArray[np.float64]) -> NDArray[np.float32] | None:
    """The mean of `vectors` where most of their length is common to all; None where it is not."""
    if len(vectors) == 0:
        return None
    centre = vectors.mean(axis=0, dtype=np.float64)
    return centre.astype(np.float32) if centre @ centre > 0.5 * squared.mean() else None


def _minus(vectors: NDArray[np.float32], centre: NDArray[np.float32]) -> NDArray[np.float32]:
    """`vectors` around `centre`; what overflows is infinite, which the check of norms refuses by name."""
    with np.errstate(over="ignore"):
        return vectors - centre


def _tamed(queries: NDArray[np.float32]) -> NDArray[np.float32]:
    """Queries whose products might overflow or vanish, times a power of two: no cosine changes by it."""
    _, exponents = np.frexp(np.abs(queries).max(axis=1, initial=0))
    wild = (exponents > 8) | (exponents < -40)
    return queries if not wild.any() else np.ldexp(queries, np.where(wild, -exponents, 0)[:, None])


def _chunk(rows: Rows, k: int) -> int:
    """Queries searched at a time."""
    return max(32, int(min(_CHUNK_PRODUCTS / max(rows.vectors.size, 1), _CHUNK_CANDIDATES / (k + 16))))
