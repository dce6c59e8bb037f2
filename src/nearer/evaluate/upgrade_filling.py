"""A store between two models: part of its items re-embedded, the others aligned or still the old ones.

Hits of both parts are ranked together by score. Scores of two identities have different spreads, and a part
whose scores run higher would fill the list: those of the other are first brought to the same by a line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.evaluate.upgrade_levels import Store
from nearer.kernels.topk import NOTHING, Excluded, prepare, topk

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the items re-embedded
HIGHEST = 0.1  # of the scores of a query: those that the line is fitted to


@dataclass(frozen=True)
class ScoreLine:
    """score of the new model ~ offset + slope * score."""

    offset: float
    slope: float


RAW = ScoreLine(0.0, 1.0)


def score_line(store: Store, true: Store, k: int, seed: int, threads: int | None) -> ScoreLine:
    """The line that gives the highest scores of `store` the mean and spread of those of `true`.

    Both stores hold the same few items, which measure nothing else. Where the scores as they are rank a
    half-filled store nearer to the true one, the line is that of no change.
    """
    count = min(len(true.vectors) - 1, max(k + 1, round(HIGHEST * len(true.vectors))))
    found, wanted = (np.asarray(_best(one, count, threads)[0], np.float64) for one in (store, true))
    spread = float(found.std())
    if not spread:
        return RAW
    slope = float(wanted.std()) / spread
    line = ScoreLine(float(wanted.mean()) - slope * float(found.mean()), slope)
    half = np.random.default_rng(seed).permutation(len(true.vectors)) % 2 == 0
    raw, moved = (filled_overlap(true, store, half, one, k, threads) for one in (RAW, line))
    return line if moved > raw else RAW


def filled_overlap(
    true: Store, rest: Store, filled: NDArray[np.bool_], line: ScoreLine, k: int, threads: int | None
) -> float:
    """Overlap at `k` with `true` where rows `filled` are searched in it, the others in `rest` by `line`."""
    wanted = true.nearest(k, threads)
    new, new_rows = _among(true, np.flatnonzero(filled), k, threads)
    old, old_rows = _among(rest, np.flatnonzero(~filled), k, threads)
    scores = np.concatenate([new, line.offset + line.slope * old], axis=1)
    rows = np.concatenate([new_rows, old_rows], axis=1)
    best = np.argsort(-np.where(np.isnan(scores), -np.inf, scores), axis=1, kind="stable")[:, :k]
    found = np.take_along_axis(rows, best, axis=1)
    return float((found[:, :, None] == wanted[:, None, :]).any(axis=2).mean())


def phases(true: Store, rest: Store, line: ScoreLine, k: int, seed: int, threads: int | None) -> list[float]:
    """The overlap at each of SHARES, items re-embedded in an order drawn by `seed`."""
    n = len(true.vectors)
    place = np.random.default_rng(seed).permutation(n)
    return [filled_overlap(true, rest, place < round(share * n), line, k, threads) for share in SHARES]


def _best(store: Store, k: int, threads: int | None) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    return _among(store, np.arange(len(store.vectors)), k, threads)


def _among(
    store: Store, rows: NDArray[np.intp], k: int, threads: int | None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Scores and rows of the `k` best among `rows`; NaN and -1 where there are fewer."""
    asked = len(store.queries)
    if not len(rows):
        return np.full((asked, 0), np.nan, np.float32), np.full((asked, 0), -1, np.int64)
    excluded = NOTHING
    if store.own:
        inside = np.full(asked, -1, np.int64)
        inside[rows] = np.arange(len(rows))
        starts = np.concatenate([[0], np.cumsum(inside >= 0)]).astype(np.int64)
        excluded = Excluded(starts, inside[inside >= 0].astype(np.uint32))
    ready = prepare(store.vectors[rows], store.metric, threads)
    scores, found = topk(ready, store.queries, k, excluded=excluded, threads=threads)
    return scores, np.where(found >= 0, rows[found], -1)
