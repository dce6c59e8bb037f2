"""Cross-domain similarity local scaling: scores corrected for how near everything is to a hub.

Source: Conneau, Lample, Ranzato, Denoyer & Jégou, "Word Translation Without Parallel Data" (2018).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.topk import Rows, prepare, topk
from nearer.search.base import Hits, Queries, checked_k, hits_of, query_vectors
from nearer.search.similarities import Similarities, best_of, left_out
from nearer.space import Space

SPARE = 8  # candidates more than k, which single precision may have put in another order


class CSLS:
    """Finds the keys with the highest 2 s(q, x) - r(q) - r(x), a score that hubs do not win.

    s is the similarity and r(x) the mean similarity of x with its `neighbours` nearest: a hub, near to
    everything, has a high r and loses as much. Conneau et al. (2018) give it for cosines; here s is also the
    dot product, or the negative squared Euclidean distance, by the metric of the space. No row is its own
    neighbour, nor is a row that equals the query a neighbour of the query.

    Every row is compared. The scores of hits are those of the formula: a `Calibration` of the space, which is
    of its metric, says nothing of them.

    Parameters
    ----------
    space : the space to search. Its neighbourhoods are found once, by an exact search of all its rows.
    neighbours : that r is the mean of; the k of the paper.
    threads : None for one a core. The hits do not depend on it.
    show_progress : None shows progress on a terminal, for work of more than two seconds.
    """

    corrected = True

    def __init__(
        self,
        space: Space,
        *,
        neighbours: int = 10,
        threads: int | None = None,
        show_progress: bool | None = None,
    ) -> None:
        self._space, self._threads, self._show_progress = space, threads, show_progress
        self._neighbours = min(checked_k(neighbours), max(len(space) - 1, 0))
        self._similarities = Similarities(space.vectors, space.metric, threads)
        self._nearness = self._mean_nearest(space.vectors, np.arange(len(space)))
        self._rows: Rows = prepare(self._similarities.scaled(2.0, -self._nearness), "dot", threads)

    @property
    def space(self) -> Space:
        """The space that is searched."""
        return self._space

    def search(self, queries: Queries, k: int = 10) -> Hits:
        """The `k` best keys to each query; see `Searcher.search` for queries and errors."""
        k = checked_k(k)
        vectors, similar = query_vectors(self._space, queries), self._similarities
        asked = similar.scaled_query(vectors)
        _, rows = topk(self._rows, asked, k + SPARE, threads=self._threads, show_progress=self._show_progress)
        own = self._mean_nearest(vectors, similar.equal_rows(vectors))
        scores = 2 * similar.exact(vectors, rows) - self._nearness[rows] - own[:, None]
        return hits_of(self._space, *best_of(scores, rows, k))

    def _mean_nearest(self, vectors: NDArray[np.float32], without: NDArray[np.int64]) -> NDArray[np.float64]:
        """r of each of `vectors`: the mean similarity with its nearest rows but the one of `without`."""
        if not self._neighbours or not len(vectors):
            return np.zeros(len(vectors))
        scores, _ = topk(
            self._similarities.plain,
            vectors,
            self._neighbours,
            excluded=left_out(without),
            threads=self._threads,
            show_progress=self._show_progress,
        )
        return np.asarray(self._similarities.of_scores(scores).mean(axis=1), np.float64)
