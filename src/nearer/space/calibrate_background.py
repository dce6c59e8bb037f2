"""The background of a calibration: what pairs score by chance, and the best of all candidates for a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError
from nearer.progress import Progress
from nearer.space.checks import Metric
from nearer.space.queries import inverted, norms, unit

BLOCK = 2048  # rows that are scored against all queries at a time
AT_A_TIME = 2048  # queries
PAIRS_A_STEP = 1 << 15
DEPTH = 10  # best scores kept of each query
SAME = 1e-14  # a squared distance below this part of the squared lengths is the rounding of 0
TIE = 1e-12  # two scores that differ by less, relatively, are one

Matrix = NDArray[np.float32]
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Background:
    """Scores of random pairs of two distinct rows.

    Attributes
    ----------
    scores : float64 (draws,), rising: independent draws, or every pair once.
    exact : whether that is every pair.
    """

    scores: NDArray[np.float64]
    exact: bool

    @property
    def draws(self) -> int:
        """Pairs that were scored."""
        return len(self.scores)

    def at_least(self, scores: NDArray[np.float64]) -> NDArray[np.intp]:
        """How many of the background score at least as high as each of `scores`, ties among them."""
        return self.draws - np.searchsorted(self.scores, scores - TIE * np.abs(scores), side="left")

    def below(self, scores: NDArray[np.float64]) -> NDArray[np.intp]:
        """How many of the background score lower than each of `scores`."""
        return np.searchsorted(self.scores, scores - TIE * np.abs(scores), side="left")


@dataclass(frozen=True, eq=False)
class BestScores:
    """What the nearest of all rows score for queries without a true match.

    Attributes
    ----------
    scores : float32 (queries, depth), the highest first in a line.
    own : whether the queries are rows of the space, each searching all the others.
    """

    scores: NDArray[np.float32]
    own: bool

    @property
    def queries(self) -> int:
        """Queries that were asked."""
        return len(self.scores)

    @property
    def depth(self) -> int:
        """Hits a query whose scores are known."""
        return int(self.scores.shape[1])


def background_of(
    vectors: Matrix,
    metric: Metric,
    generator: np.random.Generator,
    sample: int,
    groups: tuple[Rows, Rows] | None = None,
) -> Background:
    """Scores of every pair where `sample` suffices for them, else of `sample` pairs drawn independently.

    Parameters
    ----------
    groups : rows that the two sides of a pair come from: the same group twice, or two without a common row;
        None: all rows.
    """
    if groups is None:
        groups = (np.arange(len(vectors)),) * 2
    left, right = groups
    same = left is right
    total = len(left) * (len(left) - 1) // 2 if same else len(left) * len(right)
    if total <= sample:
        first, second = np.triu_indices(len(left), 1) if same else np.divmod(np.arange(total), len(right))
    else:
        first = generator.integers(len(left), size=sample)
        second = generator.integers(len(right) - same, size=sample)
        if same:
            second = second + (second >= first)
    scores = pair_scores(vectors, metric, left[first], right[second])
    return Background(np.sort(scores), total <= sample)


def pair_scores(vectors: Matrix, metric: Metric, first: Rows, second: Rows) -> NDArray[np.float64]:
    """Score of each pair of rows, in double precision, shape (m,)."""
    scores = np.empty(len(first), np.float64)
    for start in range(0, len(first), PAIRS_A_STEP):
        part = slice(start, start + PAIRS_A_STEP)
        scores[part] = scores_of(vectors[first[part]], vectors[second[part]], metric)
    return scores


def scores_of(a: Matrix, b: Matrix, metric: Metric) -> NDArray[np.float64]:
    """Score of each line of `a` (m, dim) with the same line of `b`, in double precision, shape (m,)."""
    if metric == "cosine":
        return np.asarray(np.einsum("ij,ij->i", unit(a), unit(b)).clip(-1, 1), np.float64)
    left, right = a.astype(np.float64), b.astype(np.float64)
    if metric == "dot":
        return np.asarray(np.einsum("ij,ij->i", left, right), np.float64)
    return -np.asarray(np.linalg.norm(left - right, axis=1), np.float64)


def best_scores(
    vectors: Matrix,
    metric: Metric,
    queries: Matrix,
    left_out: Sequence[Rows],
    show_progress: bool | None = None,
) -> NDArray[np.float32]:
    """Scores of the nearest rows to each query (m, dim), the highest first: float32 (m, depth).

    Parameters
    ----------
    left_out : for each query the rows that it may not find.

    A row that is left out scores minus infinity, so that the depth is the same for all.
    """
    depth = min(DEPTH, len(vectors) - max((len(rows) for rows in left_out), default=0))
    best = np.empty((len(queries), depth), np.float32)
    rows = len(vectors) * -(-len(queries) // AT_A_TIME)
    with Progress("calibrating", rows, "rows", show_progress) as progress:
        for start in range(0, len(queries), AT_A_TIME):
            part = slice(start, start + AT_A_TIME)
            best[part] = _best(_Asked(vectors, metric, queries[part]), left_out[part], depth, progress)
    return best


def _best(asked: _Asked, left_out: Sequence[Rows], depth: int, progress: Progress) -> NDArray[np.float64]:
    """The `depth` best scores of each of some queries, block by block of the rows."""
    best = np.full((len(left_out), depth), -np.inf)
    places = np.repeat(np.arange(len(left_out)), [len(rows) for rows in left_out])
    barred = np.concatenate([*left_out, np.empty(0, np.intp)]).astype(np.intp)
    order = np.argsort(barred, kind="stable")
    places, barred = places[order], barred[order]
    for start in range(0, asked.rows, BLOCK):
        scores = asked.scores(start)
        here = slice(*np.searchsorted(barred, (start, start + BLOCK)))
        scores[places[here], barred[here] - start] = -np.inf
        better = np.flatnonzero(scores.max(axis=1, initial=-np.inf) > best[:, -1])
        if len(better):
            both = np.concatenate([best[better], scores[better]], axis=1)
            kept = np.partition(both, both.shape[1] - depth, axis=1)[:, -depth:]
            best[better] = np.sort(kept, axis=1)[:, ::-1]
        progress.advance(scores.shape[1])
    return best


class _Asked:
    """Queries against blocks of rows, in double precision."""

    def __init__(self, vectors: Matrix, metric: Metric, queries: Matrix) -> None:
        self._vectors, self._metric, self.rows = vectors, metric, len(vectors)
        self._centre = vectors.mean(axis=0, dtype=np.float64) if metric == "euclidean" else 0.0
        exact = queries.astype(np.float64) - self._centre
        self._queries = unit(exact) if metric == "cosine" else exact
        self._squares = np.einsum("ij,ij->i", self._queries, self._queries)

    def scores(self, start: int) -> NDArray[np.float64]:
        """Scores (m, b) of the block of rows that begins at `start`."""
        block = self._vectors[start : start + BLOCK]
        rows = block.astype(np.float64) - self._centre
        products = self._queries @ rows.T
        if self._metric == "cosine":
            products *= inverted(norms(block))
            return np.clip(products, -1, 1, out=products)
        if self._metric == "dot":
            return products
        sizes = self._squares[:, None] + np.einsum("ij,ij->i", rows, rows)
        squared = sizes - 2 * products
        squared[squared < SAME * sizes] = 0
        distances: NDArray[np.float64] = -np.sqrt(squared)
        return distances


def require_spread(background: Background) -> None:
    """Raise `InputError` where all pairs score the same: nothing can be told from such scores."""
    low, high = float(background.scores[0]), float(background.scores[-1])
    if background.draws > 1 and high - low <= TIE * max(abs(low), abs(high)):
        raise InputError(
            f"all {background.draws:,} pairs score {high:.6g}: constant vectors have nothing to calibrate",
            remedy="check that the vectors differ from each other",
        )
