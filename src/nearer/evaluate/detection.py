"""How well scores tell one kind of item from another: area under the ROC curve and average precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.evaluate.bootstrap import LEVELS, RESAMPLES
from nearer.evaluate.result import Estimate

Counts = NDArray[np.int64]  # (..., groups): items of a kind in each group of equal scores, highest first
MOST_GROUPS = 4096  # for the intervals, scores are grouped into no more


def detection(
    positives: NDArray[np.float64], negatives: NDArray[np.float64], seed: int
) -> tuple[Estimate, Estimate]:
    """AUC and average precision of `positives` (p,) among `negatives` (n,), higher being likelier.

    The intervals draw both kinds again, from at most 4,096 groups of like scores (Efron 1979).
    """
    scores = np.concatenate([positives, negatives])
    _, group = np.unique(-scores, return_inverse=True)
    values = _figures(*_counted(group, len(positives)))
    if group.max() >= MOST_GROUPS:
        group = _coarser(group)
    ups, downs = _counted(group, len(positives))
    grouped = _figures(ups, downs)
    generator = np.random.default_rng(seed)
    drawn = _figures(
        generator.multinomial(len(positives), ups / len(positives), RESAMPLES),
        generator.multinomial(len(negatives), downs / len(negatives), RESAMPLES),
    )
    made = []
    for value, centre, figures in zip(values, grouped, drawn, strict=True):
        moved = np.clip(figures + (value - centre), 0.0, 1.0)
        low, high = np.percentile(moved, LEVELS)
        made.append(Estimate(float(value), (float(low), float(high)), len(scores), moved))
    return made[0], made[1]


def _coarser(group: NDArray[np.intp]) -> NDArray[np.intp]:
    """Groups in the same order, `MOST_GROUPS` of about equal size; equal scores stay together."""
    ordered = np.sort(group)
    size = -(-len(group) // MOST_GROUPS)
    bounds = np.unique(ordered[::size])
    return np.searchsorted(bounds, group, side="right") - 1


def _counted(group: NDArray[np.intp], positives: int) -> tuple[Counts, Counts]:
    groups = int(group.max()) + 1
    return (
        np.bincount(group[:positives], minlength=groups).astype(np.int64),
        np.bincount(group[positives:], minlength=groups).astype(np.int64),
    )


def _figures(ups: Counts, downs: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """AUC and average precision (...,), of counts by group."""
    all_ups, all_downs = ups.sum(axis=-1), downs.sum(axis=-1)
    above = np.cumsum(downs, axis=-1)
    lost = (ups * (above - downs / 2)).sum(
        axis=-1
    )  # negatives above a positive; those level with it count half
    auc = 1.0 - lost / (all_ups * all_downs)
    found = np.cumsum(ups, axis=-1)
    seen = found + above
    precision = np.divide(found, seen, out=np.zeros(seen.shape), where=seen > 0)
    return auc, (ups * precision).sum(axis=-1) / all_ups
