"""Approximate search: a navigable small-world graph by usearch, its candidates re-ranked with exact vectors.

Source: Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical
Navigable Small World graphs" (2018).
"""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.errors import IntegrityError, ParameterError, SpaceMismatch, StorageError, shown
from nearer.kernels.threads import thread_count
from nearer.kernels.topk import Rows, prepare, rank, topk
from nearer.progress import Progress
from nearer.search import hnsw_files
from nearer.search.base import Hits, Queries, checked_k, hits_of, query_vectors
from nearer.search.hnsw_files import Header
from nearer.space import Space

logger = logging.getLogger("nearer")

_METRICS = {"cosine": "cos", "dot": "ip", "euclidean": "l2sq"}
_DTYPES = ("bf16", "f32")
_ADDED_TOGETHER = 4096  # vectors between two looks at the clock, and at Ctrl-C


class HNSW:
    """Finds most of the nearest vectors of `space` by walking a graph; `recall` says how many.

    The graph gives `oversampling * k` candidates, whose exact scores decide order and hits, so that a score
    is the same as `Exact` gives. Where as many candidates as vectors would be asked for, or a walk ends with
    fewer than k, the exact search answers instead.

    Parameters
    ----------
    space : the space to index; its metric ranks.
    connectivity : edges a node of the graph (M of the paper).
    expansion_add : candidates kept while building (efConstruction).
    expansion_search : candidates kept while searching (ef).
    oversampling : candidates re-ranked, as a multiple of k; at least 1.
    dtype : precision of the vectors in the graph, "bf16" or "f32"; the exact ones come from the space.
    threads : threads that build; None for one a core. 1 gives the same graph every time; more are faster,
        and the graph then depends on their timing.
    show_progress : None shows progress on a terminal.

    Raises `ParameterError` for an argument outside its range and `InputError` for vectors that cannot be
    compared.
    """

    def __init__(
        self,
        space: Space,
        *,
        connectivity: int = 16,
        expansion_add: int = 128,
        expansion_search: int = 64,
        oversampling: float = 2.0,
        dtype: Literal["bf16", "f32"] = "bf16",
        threads: int | None = 1,
        show_progress: bool | None = None,
    ) -> None:
        header = Header(
            space,
            connectivity=connectivity,
            expansion_add=expansion_add,
            expansion_search=expansion_search,
            oversampling=oversampling,
            dtype=dtype,
        )
        _check(header)
        rows = prepare(space.vectors, space.metric, threads)
        self._assemble(space, header, rows, _built(rows, header, thread_count(threads), show_progress))

    def _assemble(self, space: Space, header: Header, rows: Rows, index: Any) -> None:
        self._space, self._header, self._rows, self._index = space, header, rows, index
        index.expansion_search = header.expansion_search

    @property
    def space(self) -> Space:
        """The space that is searched."""
        return self._space

    def search(self, queries: Queries, k: int = 10) -> Hits:
        """The `k` nearest keys to each query, nearly always; see `Searcher.search` for queries and errors."""
        k = min(checked_k(k), max(len(self._space), 1))
        vectors = query_vectors(self._space, queries)
        wanted = math.ceil(k * self._header.oversampling)
        if wanted >= len(self._space) or len(vectors) == 0:
            return hits_of(self._space, *topk(self._rows, vectors, k))
        scores, rows = rank(self._rows, vectors, self._candidates(vectors, wanted), k)
        short = np.flatnonzero((rows < 0).any(axis=1))
        if len(short):
            scores[short], rows[short] = topk(self._rows, vectors[short], k)
        return hits_of(self._space, scores, rows)

    def _candidates(self, vectors: NDArray[np.float32], wanted: int) -> NDArray[np.int64]:
        """Rows (m, wanted) that the graph finds, -1 where it finds fewer."""
        matches = self._index.search(self._rows.moved(vectors), wanted, threads=0)
        rows = np.full((len(vectors), wanted), -1, np.int64)
        if len(vectors) == 1:  # usearch answers one query with one line
            rows[0, : len(matches.keys)] = matches.keys
            return rows
        have = np.arange(wanted) < np.asarray(matches.counts)[:, None]
        rows[have] = matches.keys[:, :wanted][have]
        return rows

    def save(self, path: str | Path) -> Path:
        """Write the index into `path`/hnsw, beside the space saved at `path`; returns that folder.

        An index that is there is replaced. Raises `StorageError` where it cannot be written.
        """
        return hnsw_files.write(Path(path), self._header, self._index)

    @classmethod
    def load(cls, space: Space, path: str | Path) -> HNSW:
        """The index saved beside the space at `path`, memory-mapped.

        Raises
        ------
        IntegrityError : no index is there, or it is cut short, edited or not ours.
        SpaceMismatch : it was made for a space of another identity.
        """
        header, index = hnsw_files.read(Path(path), space)
        try:
            _check(header)
        except ParameterError as error:
            raise IntegrityError(
                error.problem,
                file=Path(path) / hnsw_files.FOLDER / hnsw_files.HEADER,
                remedy="build it again with HNSW.open(space, path)",
            ) from None
        searcher = cls.__new__(cls)
        searcher._assemble(space, header, prepare(space.vectors, space.metric), index)
        return searcher

    @classmethod
    def open(cls, space: Space, path: str | Path, **parameters: Any) -> HNSW:
        """The index saved beside the space at `path`; built and saved there where it is missing or stale.

        Stale is an index that is damaged, was made for what the space at `path` held before it was saved
        again, or has other `parameters` than those given here. Building is announced by a log message,
        and so is a place where the index cannot be saved: it answers all the same.

        Raises `SpaceMismatch` where `path` is of a space of another identity than `space`, and what `HNSW`
        raises.
        """
        path = Path(path)
        thread_count(parameters.get("threads"))
        hnsw_files.require_belongs(path, space)
        try:
            found = cls.load(space, path)
            stale = found._header.differences(parameters)
        except (IntegrityError, SpaceMismatch) as error:
            stale = f"{error.file}: {error.problem}" if error.file else error.problem
        if not stale:
            return found
        if (path / hnsw_files.FOLDER / hnsw_files.HEADER).exists():
            logger.warning("building the index of %s again: %s", path, stale)
        else:
            logger.warning("building the index of %s, for the first time", path)
        built = cls(space, **parameters)
        try:
            built.save(path)
        except StorageError as error:
            logger.warning("%s; it answers now and is built again next time", error)
        return built


def _check(header: Header) -> None:
    for name, least in (("connectivity", 2), ("expansion_add", 1), ("expansion_search", 1)):
        value = getattr(header, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ParameterError(f"{name}={shown(value)} is not a whole number of at least {least}")
    if not isinstance(header.oversampling, int | float) or not 1 <= header.oversampling < math.inf:
        raise ParameterError(f"oversampling={shown(header.oversampling)} is no finite number of at least 1")
    if header.dtype not in _DTYPES:
        raise ParameterError(
            f"dtype={shown(header.dtype)} is unknown", remedy=f"use one of {', '.join(_DTYPES)}"
        )


def _built(rows: Rows, header: Header, threads: int, show_progress: bool | None) -> Any:
    from usearch.index import Index  # noqa: PLC0415  (`import nearer` must not load it)

    index = Index(
        ndim=header.dim,
        metric=_METRICS[rows.metric],
        dtype=header.dtype,
        connectivity=header.connectivity,
        expansion_add=header.expansion_add,
        expansion_search=header.expansion_search,
    )
    with Progress("indexing", header.count, "vectors", show_progress) as progress:
        for start in range(0, header.count, _ADDED_TOGETHER):
            part = rows.vectors[start : start + _ADDED_TOGETHER]
            index.add(np.arange(start, start + len(part), dtype=np.uint64), part, threads=threads)
            progress.advance(len(part))
    return index
