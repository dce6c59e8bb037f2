"""Similarities as inner products, so that scores that correct for hubs are found by the exact kernel."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.topk import Excluded, prepare
from nearer.space.queries import unit

GATHERED = 1 << 22  # numbers of rows that are gathered at a time

Matrix = NDArray[np.float32]
Floats = NDArray[np.float64]


class Similarities:
    """The similarity s of any vector with each row: the cosine, the dot product, or the negative squared
    Euclidean distance, by `metric`.

    Each is an inner product of two forms, s(q, x) = asking(q) . answering(x): of vectors of length 1, of the
    vectors, or of (2q, -|q|^2, -1) and (x, 1, |x|^2) around the mean of the rows.
    """

    def __init__(self, vectors: Matrix, metric: str, threads: int | None) -> None:
        self.vectors, self.metric = vectors, metric
        self.plain = prepare(vectors, metric, threads)  # type: ignore[arg-type]  # a space has checked it
        far = metric == "euclidean" and len(vectors)
        self._centre = vectors.mean(axis=0, dtype=np.float64) if far else np.zeros(vectors.shape[1])

    def asking(self, vectors: Matrix) -> Floats:
        """Form of queries, (m, f)."""
        if self.metric == "cosine":
            return unit(vectors)
        if self.metric == "dot":
            return vectors.astype(np.float64)
        moved = vectors - self._centre
        squares = np.einsum("ij,ij->i", moved, moved)[:, None]
        return np.concatenate([2 * moved, -squares, -np.ones_like(squares)], axis=1)

    def answering(self, vectors: Matrix) -> Floats:
        """Form of rows, (n, f)."""
        if self.metric != "euclidean":
            return self.asking(vectors)
        moved = vectors - self._centre
        squares = np.einsum("ij,ij->i", moved, moved)[:, None]
        return np.concatenate([moved, np.ones_like(squares), squares], axis=1)

    def scaled(self, scale: Floats | float, offset: Floats) -> Matrix:
        """Rows whose dot product with `scaled_query` is `scale` * s + `offset`, a number a row."""
        form = self.answering(self.vectors) * np.broadcast_to(scale, len(self.vectors))[:, None]
        return np.concatenate([form, offset[:, None]], axis=1).astype(np.float32)

    def scaled_query(self, vectors: Matrix) -> Matrix:
        """What rows of `scaled` are multiplied with."""
        form = self.asking(vectors)
        return np.concatenate([form, np.ones((len(form), 1))], axis=1).astype(np.float32)

    def of_scores(self, scores: Matrix) -> Floats:
        """Similarities of the scores of the metric: a Euclidean score is the distance negated."""
        exact = scores.astype(np.float64)
        return -(exact**2) if self.metric == "euclidean" else exact

    def exact(self, vectors: Matrix, rows: NDArray[np.int64]) -> Floats:
        """Similarity of each query (m, dim) with its own `rows` (m, c), in double precision, (m, c)."""
        found = np.empty(rows.shape)
        step = max(1, GATHERED // max(1, rows.shape[1] * self.vectors.shape[1]))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            asked, met = vectors[part].astype(np.float64), self.vectors[rows[part]].astype(np.float64)
            if self.metric == "euclidean":
                met -= asked[:, None]
                found[part] = -np.einsum("qcd,qcd->qc", met, met)
                continue
            found[part] = np.einsum("qd,qcd->qc", asked, met)
            if self.metric == "cosine":
                lengths = np.linalg.norm(asked, axis=1)[:, None] * np.linalg.norm(met, axis=2)
                found[part] /= np.where(lengths == 0, 1.0, lengths)
        return found

    def equal_rows(self, vectors: Matrix) -> NDArray[np.int64]:
        """The first row that holds the very numbers of each query, -1 where none does, (m,)."""
        found = np.full(len(vectors), -1, np.int64)
        for place, vector in enumerate(vectors):
            for row in self._by_hash.get(hash(vector.tobytes()), ()):
                if np.array_equal(self.vectors[row], vector):
                    found[place] = row
                    break
        return found

    @cached_property
    def _by_hash(self) -> dict[int, list[int]]:
        places: dict[int, list[int]] = {}
        for row, vector in enumerate(self.vectors):
            places.setdefault(hash(vector.tobytes()), []).append(row)
        return places


def left_out(rows: NDArray[np.int64]) -> Excluded:
    """What keeps each query from the one row that `rows` (m,) names; -1 names none."""
    named = rows >= 0
    starts = np.concatenate([[0], np.cumsum(named)]).astype(np.int64)
    return Excluded(starts, rows[named].astype(np.uint32))


def best_of(scores: Floats, rows: NDArray[np.int64], k: int) -> tuple[Matrix, NDArray[np.int64]]:
    """The `k` highest of each line, equal ones by row: scores float32 and rows (m, k)."""
    order = np.lexsort((rows, -scores), axis=1)[:, :k]
    picked = np.take_along_axis(rows, order, axis=1)
    return np.take_along_axis(scores, order, axis=1).astype(np.float32), np.ascontiguousarray(picked)
