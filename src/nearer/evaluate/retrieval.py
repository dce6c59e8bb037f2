"""Retrieval: does a space rank the documents that were judged relevant to a query before the others?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.evaluate import rank_measures
from nearer.evaluate.bootstrap import mean
from nearer.evaluate.neighbours import Searcher
from nearer.evaluate.qrels import Judgement, read_qrels
from nearer.evaluate.rank_measures import Gain
from nearer.evaluate.result import Estimate, Result, table
from nearer.kernels.topk import prepare, topk
from nearer.space import Space
from nearer.space.identity import require_same

Unknown = Literal["error", "skip"]
DEPTH_OF_A_SEARCHER = 1000  # documents ranked by an index, as is usual in TREC
_BLOCK = 1 << 22  # documents ranked at a time: about 50 MB

Rankings = Iterator[tuple[int, NDArray[np.int64]]]  # row of a query, and rows of documents, nearest first


@dataclass(frozen=True)
class RetrievalResult(Result):
    """How well relevant documents are found, over the queries that have any.

    Attributes
    ----------
    metrics : one `Estimate` a measure, the mean over queries: nDCG@k, recall at each depth asked for, MRR and
        MAP.
    k : documents that nDCG looks at.
    depth : documents ranked a query; a relevant one that is further down counts as not found.
    gain : "linear" or "exponential".
    queries : queries given.
    unjudged, irrelevant : queries left out because nothing was judged, or nothing relevant, for them.
    judgements : judgements given.
    unknown : judgements left out because the documents or the queries lack their ids.
    """

    metrics: dict[str, Estimate]
    k: int
    depth: int
    gain: Gain
    queries: int
    unjudged: int
    irrelevant: int
    judgements: int
    unknown: int
    rule: ClassVar[str] = "queries without a relevant document are left out"

    @property
    def value(self) -> float:
        """The mean nDCG@k."""
        return self.metrics[f"nDCG@{self.k}"].value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `value`."""
        return self.metrics[f"nDCG@{self.k}"].interval

    @property
    def n(self) -> int:
        """Queries measured."""
        return self.metrics[f"nDCG@{self.k}"].n

    @property
    def coverage(self) -> float:
        """Part of the queries given that were measured."""
        return self.n / self.queries

    @property
    def oov_rate(self) -> float:
        """Part of the judgements that name unknown ids."""
        return self.unknown / self.judgements

    def __str__(self) -> str:
        return table(
            ("retrieval", "value", "95 %", "n"),
            [(name, *estimate.cells()) for name, estimate in self.metrics.items()],
            f"{self.queries:,} queries: left out {self.unjudged:,} without judgements, {self.irrelevant:,} "
            f"without a relevant document; {self.unknown:,} of {self.judgements:,} judgements name unknown "
            f"ids; {self.gain} gain, {self.depth:,} documents ranked",
        )


def retrieval(
    documents: Space,
    queries: Space | Mapping[str, ArrayLike],
    qrels: Any,
    k: int = 10,
    *,
    recall_at: Sequence[int] = (10, 100),
    gain: Gain = "linear",
    depth: int | None = None,
    searcher: Searcher | None = None,
    unknown: Unknown = "error",
    columns: Sequence[str] | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> RetrievalResult:
    """nDCG@k, recall, MRR and MAP of `documents` ranked for `queries`, as trec_eval defines them.

    Documents are ranked by the metric of their space, equal scores in row order. A relevance of zero or
    below is not relevant; a document that was not judged is not relevant. Queries without a relevant document
    are left out of the means and counted.

    Parameters
    ----------
    queries : a space of the identity of `documents`, or a vector (dim,) by key from the same encoder.
    qrels : a text file of query, iteration, document, relevance (TREC), or without the iteration; .csv,
        Parquet or Arrow; any table; {query: {document: relevance}}; or (query, document, relevance) tuples.
    recall_at : depths at which recall is measured.
    gain : of nDCG: "linear", the relevance itself, or "exponential", 2^relevance - 1.
    depth : documents ranked a query; None ranks all, or 1,000 with a `searcher`.
    searcher : what ranks instead of the exact search, such as an index of `documents`.
    unknown : "error" refuses judgements that name ids which `documents` or `queries` lack; "skip" leaves them
        out, as if never judged, and counts them.
    columns : names of the columns of query, document and relevance in `qrels`.
    seed : of the bootstrap over queries.
    threads : None for one a core; the result does not depend on it.

    Raises
    ------
    FormatError, InputError : judgements that cannot be read, or name unknown ids: file, row and id are named.
    SpaceMismatch : queries or a searcher of another identity.
    ParameterError : k or a depth out of its range.
    """
    depth = _checked_depth(k, recall_at, gain, unknown, depth, len(documents), searcher is not None)
    asked = _query_space(documents, queries)
    name, judged = read_qrels(qrels, columns)
    known = list(_known(judged, asked, documents, name, unknown))
    relevant = _relevant(known, documents)
    if not relevant:
        raise InputError(f"none of {len(judged):,} judgements is of a relevant document", file=name)
    if gain == "exponential":
        _require_small(known, name)
    rows = [asked.row(query) for query in relevant]
    chosen = asked.vectors[rows]
    found = (
        _exactly(documents, chosen, depth, threads)
        if searcher is None
        else _by(searcher, documents, chosen, depth)
    )
    measured = _measured(found, list(relevant.values()), k, recall_at, gain, len(documents))
    return RetrievalResult(
        metrics={metric: mean(values, seed) for metric, values in measured.items()},
        k=k,
        depth=depth,
        gain=gain,
        queries=len(asked),
        unjudged=len(asked) - len({judgement.query for judgement in known}),
        irrelevant=len({judgement.query for judgement in known}) - len(relevant),
        judgements=len(judged),
        unknown=len(judged) - len(known),
    )


def _checked_depth(
    k: int,
    recall_at: Sequence[int],
    gain: str,
    unknown: str,
    depth: int | None,
    documents: int,
    searched: bool,
) -> int:
    """Documents to rank a query; raises `ParameterError` for what no ranking can be measured by."""
    for name, value, allowed in (("gain", gain, get_args(Gain)), ("unknown", unknown, get_args(Unknown))):
        if value not in allowed:
            raise ParameterError(
                f"{name}={shown(value)} is unknown", remedy=f"use {' or '.join(map(repr, allowed))}"
            )
    for name, number in (
        ("k", k),
        *(("recall_at", at) for at in recall_at),
        ("depth", 1 if depth is None else depth),
    ):
        if number < 1:
            raise ParameterError(f"{name}={shown(number)} is below 1")
    deepest = max(k, *recall_at, 1)
    if depth is not None and depth < min(deepest, documents):
        raise ParameterError(
            f"depth={depth} is less deep than the {deepest} documents of k and recall_at",
            remedy="rank more, or ask for less",
        )
    if depth is None:
        depth = max(DEPTH_OF_A_SEARCHER, deepest) if searched else documents
    return min(depth, documents)


def _query_space(documents: Space, queries: Space | Mapping[str, ArrayLike]) -> Space:
    remedy = "make both with one encoder or model"
    if not isinstance(queries, Space):
        if not isinstance(queries, Mapping):
            raise InputError(
                f"{type(queries).__name__} is neither a space nor a mapping",
                file="queries",
                remedy="give {id: vector}",
            )
        vectors: Any = list(queries.values()) or np.empty((0, documents.dim))
        space = Space(list(queries), vectors, documents.metric)
    else:
        require_same(queries.identity, documents.identity, "the space of queries", remedy)
        space = queries
    if not len(space) or not len(documents):
        raise InputError(f"{len(space):,} queries and {len(documents):,} documents: retrieval needs both")
    if space.dim != documents.dim:
        raise InputError(f"queries have {space.dim} dimensions, the documents {documents.dim}", remedy=remedy)
    return space


def _known(
    judged: Sequence[Judgement], queries: Space, documents: Space, name: str, unknown: Unknown
) -> Iterator[Judgement]:
    """The judgements whose ids are there; the first other one is an error unless those are skipped."""
    for judgement in judged:
        sides = (("query", judgement.query, queries), ("document", judgement.document, documents))
        missing = next(((kind, key, space) for kind, key, space in sides if key not in space), None)
        if missing is None:
            yield judgement
        elif unknown == "error":
            kind, key, space = missing
            others = "queries" if kind == "query" else "documents"
            raise InputError(
                f"{kind} {shown(key)} is not among the {len(space):,} {others}",
                file=name,
                row=judgement.row,
                remedy='add its vector, or leave such judgements out: unknown="skip" (--unknown-ids skip)',
            )


def _relevant(judged: Sequence[Judgement], documents: Space) -> dict[str, list[tuple[int, float]]]:
    """Query -> row and relevance of each relevant document."""
    relevant: dict[str, list[tuple[int, float]]] = {}
    for judgement in judged:
        if judgement.relevance > 0:
            place = (documents.row(judgement.document), judgement.relevance)
            relevant.setdefault(judgement.query, []).append(place)
    return relevant


def _require_small(judged: Sequence[Judgement], name: str) -> None:
    for judgement in judged:
        if judgement.relevance > rank_measures.LARGEST_EXPONENT:
            raise InputError(
                f"relevance {judgement.relevance:g} is too large for an exponential gain",
                file=name,
                row=judgement.row,
                remedy='use gain="linear"',
            )


def _exactly(documents: Space, queries: NDArray[np.float32], depth: int, threads: int | None) -> Rankings:
    """Rankings by the exact search, some queries at a time."""
    rows = prepare(documents.vectors, documents.metric, threads)
    step = max(1, _BLOCK // depth)
    for start in range(0, len(queries), step):
        _, best = topk(rows, queries[start : start + step], depth, threads=threads)
        yield from enumerate(best, start)


def _by(searcher: Searcher, documents: Space, queries: NDArray[np.float32], depth: int) -> Rankings:
    """Rankings by a searcher, some queries at a time."""
    require_same(
        searcher.space.identity,
        documents.identity,
        "the space of the searcher",
        "make the searcher of the documents",
    )
    step = max(1, _BLOCK // depth)
    for start in range(0, len(queries), step):
        found = searcher.search(queries[start : start + step], depth).keys
        yield from enumerate((documents.rows(keys).astype(np.int64) for keys in found), start)


def _measured(
    rankings: Rankings,
    relevant: Sequence[Sequence[tuple[int, float]]],
    k: int,
    recall_at: Sequence[int],
    gain: Gain,
    documents: int,
) -> dict[str, NDArray[np.float64]]:
    """Each measure of each query, shape (queries,)."""
    names = [f"nDCG@{k}", *(f"recall@{at}" for at in recall_at), "MRR", "MAP"]
    values = np.empty((len(relevant), len(names)))
    rank_of = np.zeros(documents, np.int64)  # 0: not ranked
    for query, ranked in rankings:
        rank_of[ranked] = np.arange(1, len(ranked) + 1)
        rows, relevance = map(np.array, zip(*relevant[query], strict=True))
        ranks, gains = rank_of[rows], rank_measures.gains_of(relevance, gain)
        rank_of[ranked] = 0
        found, total = ranks[ranks > 0], len(ranks)
        values[query] = [
            rank_measures.ndcg(found, gains[ranks > 0], gains, k),
            *(rank_measures.recall(found, total, at) for at in recall_at),
            rank_measures.reciprocal_rank(found),
            rank_measures.average_precision(found, total),
        ]
    return dict(zip(names, values.T, strict=True))
