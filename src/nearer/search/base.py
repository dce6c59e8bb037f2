"""What every searcher shares: the protocol, the queries it takes and the hits it gives."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.space import Space
from nearer.space.identity import require_same

Queries = ArrayLike | str | Sequence[str] | Space
SHOWN = 10  # queries and hits a query that a printed table shows


@runtime_checkable
class Searcher(Protocol):
    """Finds the nearest vectors of one space.

    One whose scores are not those of the metric of the space has an attribute `corrected` that is true.
    """

    @property
    def space(self) -> Space:
        """The space that is searched."""
        ...

    def search(self, queries: Queries, k: int = 10) -> Hits:
        """The `k` nearest keys to each query; all of them where k is larger than the space.

        Parameters
        ----------
        queries : vectors (m, dim) or one vector (dim,); one key or a sequence of keys of this space; or a
            space of the same identity, every vector of which is a query.
        k : hits a query, at least 1.

        Raises
        ------
        ParameterError : k below 1.
        UnknownKey : a key that this space does not hold.
        SpaceMismatch : a space of another identity.
        InputError : vectors of another dimension, or one that holds NaN or infinity.
        """
        ...


@dataclass(frozen=True, eq=False)
class Hits:
    """The nearest keys to m queries, nearest first.

    Attributes
    ----------
    keys : m lists of keys.
    scores : float32 (m, k); a higher score is nearer, whatever the metric: the cosine, the inner product, or
        the Euclidean distance negated. Equal scores are in row order.
    rows : int64 (m, k), rows of the space. Where hits were left out, a line of `keys` is shorter, and the
        rest of its scores and rows are NaN and -1.
    """

    keys: list[list[str]]
    scores: NDArray[np.float32]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, query: int) -> list[tuple[str, float]]:
        found = self.keys[query]
        return list(zip(found, self.scores[query, : len(found)].tolist(), strict=True))

    def __iter__(self) -> Iterator[list[tuple[str, float]]]:
        return (self[query] for query in range(len(self)))

    def __str__(self) -> str:
        lines = ["query  score    key"]
        for query, hits in enumerate(self):
            if query == SHOWN:
                lines.append(f"... {len(self) - SHOWN:,} more queries")
                break
            lines += [f"{query:>5}  {score:7.4f}  {shown(key)[1:-1]}" for key, score in hits[:SHOWN]] or [
                f"{query:>5}  no match"
            ]
        return "\n".join(lines)

    def above(self, threshold: float) -> Hits:
        """The hits that score above `threshold`; a query may be left with none: it has no match.

        `nearer.search.matches` takes the threshold from a calibration. Raises `ParameterError` for NaN.
        """
        try:
            limit = float(threshold)
        except (TypeError, ValueError):
            limit = math.nan
        if math.isnan(limit):
            raise ParameterError(f"the threshold is {shown(threshold)}", remedy="pass a score")
        kept = self.scores > np.float32(limit)
        keys = [line[:count] for line, count in zip(self.keys, kept.sum(axis=1).tolist(), strict=True)]
        return Hits(keys, np.where(kept, self.scores, np.float32(np.nan)), np.where(kept, self.rows, -1))

    def to_dict(self) -> dict[str, Any]:
        """Keys, scores and rows as plain lists, for JSON; None and -1 where hits were left out."""
        scores = [[None if math.isnan(score) else score for score in line] for line in self.scores.tolist()]
        return {"keys": self.keys, "scores": scores, "rows": self.rows.tolist()}


def hits_of(space: Space, scores: NDArray[np.float32], rows: NDArray[np.int64]) -> Hits:
    """`Hits` with the keys of `rows` (m, k)."""
    keys = space.keys
    return Hits([[keys[row] for row in line] for line in rows.tolist()], scores, rows)


def require_metric_scores(searcher: Searcher, what: str) -> None:
    """Raise `ParameterError` for a searcher with scores of its own: `what` compares those of the metric."""
    if getattr(searcher, "corrected", False):
        raise ParameterError(
            f"{type(searcher).__name__} does not score by the metric of the space, which {what}",
            remedy="search with Exact or HNSW",
        )


def query_vectors(space: Space, queries: Queries) -> NDArray[np.float32]:
    """`queries` in any of the forms that `Searcher.search` takes, as checked vectors (m, dim)."""
    if isinstance(queries, Space):
        require_same(
            queries.identity,
            space.identity,
            "the space of queries",
            "make both with one encoder or model, or search the space that the queries come from",
        )
        return queries.vectors
    keys = _keys_among(queries)
    if keys is not None:
        rows = [space.row(key) for key in keys]
        found: NDArray[np.float32] = space.vectors[rows]
        return found
    return _checked_vectors(queries, space.dim)


def own_rows(space: Space, queries: Queries) -> NDArray[np.int64] | None:
    """The row of `space` that each query is (m,), -1 where it is none; None for plain vectors.

    A key is its row, a query of a space the row of the same key and vector.
    """
    if queries is space:
        return np.arange(len(space))
    if isinstance(queries, Space):
        rows = np.array([space.row(key) if key in space else -1 for key in queries.keys], np.int64)
        known = np.flatnonzero(rows >= 0)
        same = (queries.vectors[known] == space.vectors[rows[known]]).all(axis=1)
        rows[known[~same]] = -1
        return rows
    keys = _keys_among(queries)
    return None if keys is None else space.rows(keys).astype(np.int64)


def checked_k(k: int) -> int:
    """`k` as an int of at least 1; raises `ParameterError`."""
    try:
        count = operator.index(k)
    except TypeError:
        count = 0
    if count < 1 or isinstance(k, bool):
        raise ParameterError(f"k={shown(k)} is not a whole number of at least 1")
    return count


def _keys_among(queries: Any) -> list[str] | None:
    """The keys, where `queries` is a key or holds keys; None where it holds numbers."""
    if isinstance(queries, str):
        return [queries]
    if isinstance(queries, np.ndarray) and queries.dtype.kind in "fiu":
        return None
    values = list(queries) if hasattr(queries, "__iter__") else []
    strings = [isinstance(value, str) for value in values]
    if not any(strings):
        return None
    if not all(strings):
        row = strings.index(False)
        raise InputError(
            f"{shown(values[row])} among keys is not a string",
            file="queries",
            row=row,
            remedy="pass keys only, or vectors only",
        )
    return [str(value) for value in values]


def _checked_vectors(queries: Any, dim: int) -> NDArray[np.float32]:
    try:
        vectors = np.asarray(queries, dtype=np.float32)
    except (TypeError, ValueError):
        raise InputError(
            f"{shown(queries)} is neither vectors nor keys",
            file="queries",
            remedy=f"pass an array (m, {dim}), a key, or keys",
        ) from None
    if vectors.size == 0 and vectors.ndim < 2:
        return np.empty((0, dim), np.float32)
    if vectors.ndim == 1:
        vectors = vectors[None]
    if vectors.ndim != 2 or vectors.shape[1] != dim:
        raise InputError(
            f"an array of shape {vectors.shape} where the space has {dim} dimensions",
            file="queries",
            remedy=f"pass vectors (m, {dim}) from the encoder or model that made the space",
        )
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        raise InputError(
            "the vector holds NaN or infinity", file="queries", row=row, remedy="remove the query"
        )
    return vectors
