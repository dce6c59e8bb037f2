"""A store between two models: what is re-embedded is searched there, the rest where it still is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.kernels.topk import prepare, topk
from nearer.search.base import Hits, Queries, checked_k, hits_of, query_vectors
from nearer.space import Space, load
from nearer.space.alignment import custody_of
from nearer.space.identity import require_same
from nearer.space.shards import finished


class Halfway:
    """Searches a store of which some items are re-embedded by a new model, and gives one list of hits.

    An item that is re-embedded is searched by its new vector alone. The rest are aligned vectors, which lie
    in the coordinates of the new model and take the same queries; or still the old ones, which take queries
    of the old model. Scores of the rest become offset + slope * score before the lists are merged, since
    scores of two identities have different spreads; `evaluate.upgrade` fits that line and `nearer align`
    keeps it in the provenance of what it writes.

    Parameters
    ----------
    rest : all items of the store, aligned or old.
    filled : spaces of one identity, that of the new model, without a key in common: items re-embedded.
    scores : "offset" and "slope"; None: what the provenance of `rest` says, or scores as they are.
    threads : None for one a core. The hits do not depend on it.

    Raises `SpaceMismatch` where `filled` is not what `rest` was aligned to, and where `rest` was changed
    after it was aligned (reduced, without an axis); `InputError` for a key that `rest` does not hold or that
    is filled twice.
    """

    def __init__(
        self,
        rest: Space,
        filled: Space | Sequence[Space],
        *,
        scores: Mapping[str, float] | None = None,
        threads: int | None = None,
    ) -> None:
        parts = [filled] if isinstance(filled, Space) else list(filled)
        self._rest, self._parts, self._threads = rest, parts, threads
        self._aligned_to: str | None = custody_of(rest).get("target_identity")
        expected = self._aligned_to or (parts[0].identity if parts else None)
        for part in parts:
            require_same(part.identity, str(expected), "a re-embedded part", _REMEDY)
        self._identity = expected
        self._rows = [_rows_of(part, rest) for part in parts]
        self._left = np.ones(len(rest), np.bool_)
        for part, rows in zip(parts, self._rows, strict=True):
            self._take(part, rows)
        told = rest.provenance.get("upgrade", {}).get("scores", {}) if scores is None else scores
        self._offset, self._slope = float(told.get("offset", 0.0)), float(told.get("slope", 1.0))
        self._ready = [prepare(space.vectors, space.metric, threads) for space in (*parts, rest)]

    @classmethod
    def open(
        cls,
        rest: Space,
        out: str | PathLike[str],
        *,
        scores: Mapping[str, float] | None = None,
        threads: int | None = None,
    ) -> Halfway:
        """The store whose items `nearer.backfill` writes to `out`, as far as it has got.

        The parts in `OUT.parts` are read, or `out` where it is whole. Later parts are seen by opening again.
        """
        target = Path(out)
        whole = target.exists()
        paths = [target] if whole else finished(target)
        return cls(rest, [load(path) for path in paths], scores=scores, threads=threads)

    @property
    def share(self) -> float:
        """Part of the items that are re-embedded."""
        return 1 - float(self._left.mean()) if len(self._left) else 0.0

    def nearest(self, queries: Queries, k: int = 10, *, rest_queries: Queries | None = None) -> Hits:
        """The `k` nearest keys of the whole store to each query.

        Parameters
        ----------
        queries : vectors (m, dim) of the new model, or a space of its identity.
        rest_queries : the same by the old model, where the rest is not aligned.

        Returns
        -------
        Hits, whose rows are those of `rest`; scores are those of the new model, or brought to them.

        Raises what `Searcher.search` raises, and `ParameterError` for `rest_queries` that are missing, of
        another number, or given to an aligned rest.
        """
        k = checked_k(k)
        asked = query_vectors(self._like(), queries)
        rest_asked = asked if self._aligned_to else self._of_rest(rest_queries, len(asked))
        if self._aligned_to and rest_queries is not None:
            raise ParameterError(
                "rest_queries for a rest that is aligned", remedy="leave them out: it takes the same queries"
            )
        scores, rows = [], []
        for ready, places in zip(self._ready, self._rows, strict=False):
            found, best = topk(ready, asked, k, threads=self._threads)
            scores.append(found)
            rows.append(places[best])
        found, best = topk(self._ready[-1], rest_asked, k, allowed=self._left, threads=self._threads)
        scores.append(np.float32(self._offset) + np.float32(self._slope) * found)
        rows.append(best)
        return self._merged(np.concatenate(scores, axis=1), np.concatenate(rows, axis=1), k)

    def _merged(self, scores: NDArray[np.float32], rows: NDArray[np.int64], k: int) -> Hits:
        """The `k` best of all lists; of equal scores those re-embedded first."""
        ranked = np.where(np.isnan(scores), -np.inf, scores)
        best = np.argsort(-ranked, axis=1, kind="stable")[:, : min(k, len(self._rest))]
        return hits_of(
            self._rest, np.take_along_axis(scores, best, axis=1), np.take_along_axis(rows, best, axis=1)
        )

    def _like(self) -> Space:
        """A space of the new model, which says what queries must be."""
        if self._parts:
            return self._parts[0]
        if self._aligned_to is None:
            raise InputError(
                "nothing is re-embedded, and the rest is not aligned to a model",
                remedy="search the old store, or align it: nearer align OLD NEW -o ALIGNED.space",
            )
        rest = self._rest
        return Space([], np.empty((0, rest.dim)), rest.metric, identity=self._aligned_to)

    def _of_rest(self, queries: Queries | None, count: int) -> NDArray[np.float32]:
        if queries is None:
            raise ParameterError(
                "the rest is not aligned and takes queries of its own model", remedy="pass rest_queries"
            )
        vectors = query_vectors(self._rest, queries)
        if len(vectors) != count:
            raise ParameterError(
                f"{len(vectors):,} rest_queries for {count:,} queries", remedy="pass one each"
            )
        return vectors

    def _take(self, part: Space, rows: NDArray[np.int64]) -> None:
        twice = np.flatnonzero(~self._left[rows])
        if twice.size:
            raise InputError(
                f"key {shown(part.keys[int(twice[0])])} is re-embedded twice", remedy="keep one vector a key"
            )
        self._left[rows] = False


_REMEDY = "re-embed by the model that the rest was aligned to, or align the old store to this one"


def _rows_of(part: Space, rest: Space) -> NDArray[np.int64]:
    missing = next((key for key in part.keys if key not in rest), None)
    if missing is not None:
        raise InputError(
            f"key {shown(missing)} is re-embedded and not among the {len(rest):,} of the store",
            remedy="re-embed the items of this store",
        )
    return rest.rows(part.keys).astype(np.int64)
