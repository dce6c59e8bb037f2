"""`nearer search`: the nearest vectors to many queries, exactly or by an index."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import nearer
from nearer.cli.identified import carries_identity, matrix_of
from nearer.cli.options import AsJson, HowMany, SpaceName, Threads, saved_space
from nearer.cli.output import print_json, print_table, write
from nearer.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nearer.search import Searcher

logger = logging.getLogger("nearer")

EXAMPLES = (
    "nearer search words.space import string -k 5",
    "nearer search words.space queries.npy --index hnsw --recall --json",
    "nearer search words.space queries.npy --false-match-rate 0.01",
    "nearer search words.space import --index csls",
)

CORRECTED = ("csls", "mutual-proximity")
SAMPLE = 1_000  # random pairs: only the best hits are asked for
Index = Literal["exact", "hnsw", "csls", "mutual-proximity"]


def search(
    space: SpaceName,
    queries: Annotated[
        list[str],
        typer.Argument(metavar="QUERY", help="Keys of the space, or one file of vectors or space."),
    ],
    k: HowMany = 10,
    index: Annotated[
        Index,
        typer.Option(
            help="Compare with every vector; walk a graph, which is kept beside a .space folder; or compare "
            "with every vector and correct for hubs, by scores of their own."
        ),
    ] = "exact",
    with_recall: Annotated[
        bool, typer.Option("--recall", help="Measure what part of the true hits the index finds.")
    ] = False,
    rate: Annotated[
        float | None,
        typer.Option(
            "--false-match-rate",
            metavar="RATE",
            help='Say "no match" so often that at most this part of queries without one gets a hit.',
            show_default="always answer",
        ),
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What `nearer calibrate -o FILE.json` wrote.", show_default="made anew"
        ),
    ] = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """The nearest keys to each query, nearest first.

    A query is a key, which finds itself first (`nearer neighbors` leaves it out), or every row of a file: a
    space of the same identity, or plain vectors (.npy, text, binary) of the same dimension. With
    --false-match-rate no key of SPACE finds itself: it would never be without a match.
    """
    from nearer.search import matches, recall  # noqa: PLC0415  (verbs start fast)

    opened = nearer.load(space)
    names, asked = _queries(opened, queries)
    corrected = index in CORRECTED
    if corrected and (with_recall or rate is not None):
        raise typer.BadParameter(
            f"--index {index} has scores of its own: neither --recall nor --false-match-rate"
        )
    judge = _calibration(opened, rate, calibration)
    threshold = None if judge is None or rate is None else judge.threshold(rate)
    searcher = _searcher(opened, space, index, threads)
    begin = time.perf_counter()
    if judge is None or rate is None:
        hits = searcher.search(asked, k)
    else:
        hits = matches(searcher, asked, judge, false_match_rate=rate, k=k)
    seconds = time.perf_counter() - begin
    share = recall(searcher, k) if with_recall else None
    if as_json:
        answers = [
            {"query": name, "hits": [{"key": key, "score": score} for key, score in found]}
            for name, found in zip(names, hits, strict=True)
        ]
        timing = {"seconds": seconds, "queries": len(names), "recall": share, "threshold": threshold}
        print_json(
            {"space": space, "identity": opened.identity, "index": index, **timing, "answers": answers}
        )
        return
    score = index if corrected else opened.metric
    print_table(
        ("query", "hit", score),
        [
            (name if place == 0 else "", *hit)
            for name, found in zip(names, hits, strict=True)
            for place, hit in enumerate(found or [("no match", "")])
        ],
        numbers=(score,),
    )
    write(f"\n{seconds * 1000:.1f} ms, {index} search, queries: {len(names):,}")
    if threshold is not None:
        write(f"no match: no key scores above {threshold:.4f}; `nearer calibrate` tells what that assumes")
    if share is not None:
        write(f"recall@{k} {share:.4f}, on up to 1,000 keys of the space")


def _searcher(space: nearer.Space, name: str, index: Index, threads: int | None) -> Searcher:
    """The searcher; an HNSW index stands beside a saved space, and is made anew for anything else."""
    from nearer.search import CSLS, HNSW, Exact, MutualProximity  # noqa: PLC0415  (verbs start fast)

    if index == "exact":
        return Exact(space, threads=threads)
    if index == "csls":
        return CSLS(space, threads=threads)
    if index == "mutual-proximity":
        return MutualProximity(space, threads=threads)
    folder = saved_space(name)
    if folder is None:
        logger.warning("%s: building an index for this once; a .space folder keeps its own", name)
        return HNSW(space, threads=threads)
    return HNSW.open(space, folder, threads=threads)


def _calibration(
    space: nearer.Space, rate: float | None, calibration: Path | None
) -> nearer.space.Calibration | None:
    """What tells a match from the best of others, where a rate of false matches is to be kept."""
    if rate is None:
        if calibration is not None:
            raise typer.BadParameter("--calibration goes with --false-match-rate")
        return None
    if calibration is None:
        return space.calibrate(sample=SAMPLE)
    found = nearer.space.Calibration.load(calibration)
    found.require_content(space)
    return found


def _queries(
    space: nearer.Space, queries: list[str]
) -> tuple[list[str], list[str] | nearer.Space | NDArray[np.float32]]:
    """Names of the queries, and what to search for."""
    file = Path(queries[0])
    if len(queries) > 1 or queries[0] in space or not file.exists():
        return queries, queries
    if file.suffix == ".npy":
        vectors = matrix_of(file)
        return [f"row {row}" for row in range(len(vectors))], vectors
    given = nearer.load(file)
    if not len(given):
        raise InputError("holds no vectors to search for", file=file)
    return given.keys, given if carries_identity(file) else given.vectors
