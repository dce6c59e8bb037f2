"""Exact search: every query against every vector, by the native top-k kernel."""

from __future__ import annotations

from nearer.kernels.topk import Rows, prepare, topk
from nearer.search.base import Hits, Queries, checked_k, hits_of, query_vectors
from nearer.space import Space


class Exact:
    """Finds the true nearest vectors of `space`; nothing is built beyond one norm a row.

    Candidates are ranked in single precision, and more are taken where its rounding might keep a neighbour
    out. Where over 4,096 vectors are that near to the k-th best, as among nearly parallel ones, one can be
    missed.

    Parameters
    ----------
    space : the space to search; its metric ranks.
    threads : None for one a core. The hits do not depend on it.
    show_progress : None shows progress on a terminal, for a search of more than two seconds.
    """

    def __init__(
        self, space: Space, *, threads: int | None = None, show_progress: bool | None = None
    ) -> None:
        self._space = space
        self._threads = threads
        self._show_progress = show_progress
        self._rows: Rows = prepare(space.vectors, space.metric, threads)

    @property
    def space(self) -> Space:
        """The space that is searched."""
        return self._space

    def search(self, queries: Queries, k: int = 10) -> Hits:
        """The `k` nearest keys to each query; see `Searcher.search` for queries and errors."""
        k = checked_k(k)
        vectors = query_vectors(self._space, queries)
        scores, rows = topk(self._rows, vectors, k, threads=self._threads, show_progress=self._show_progress)
        return hits_of(self._space, scores, rows)


def nearest(space: Space, queries: Queries, k: int = 10, *, threads: int | None = None) -> Hits:
    """The `k` nearest keys of `space` to each query, exactly.

    For one search; many are faster through one `Exact`, which keeps the norms. Queries and errors are those
    of `Searcher.search`.
    """
    return Exact(space, threads=threads).search(queries, k)
