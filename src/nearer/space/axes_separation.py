"""How well a direction tells examples that it was not made from: none is judged by an axis it is part of.

An axis through three and three examples in 50 dimensions separates any six vectors, so what it does to its
own examples says nothing. Here every score comes from an axis of the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TINY = 1e-12  # below which a length is rounding


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Scores of examples on axes of the others, for one set of examples or for many at once (...).

    Attributes
    ----------
    positive, negative : (..., a) and (..., b), units of the space, from the middle of the sides.
    gap : (...,) mean difference of a positive and a negative example on an axis of neither.
    spread : (...,) the standard deviation that the gap is told in.
    auc : (...,) chance that the positive one of two left out scores higher; equal scores count half.
    """

    positive: Floats
    negative: Floats
    gap: Floats
    spread: Floats
    auc: Floats

    @property
    def separation(self) -> Floats:
        """The sensitivity index d' = gap / spread (Green & Swets, 1966)."""
        return np.asarray(self.gap / np.maximum(self.spread, TINY))


def leave_pair_out(positive: Floats, negative: Floats) -> HeldOut:
    """Every positive with every negative example left out, (..., a, dim), (..., b, dim), a, b >= 2.

    The axis for the pair (i, j) is u_i - v_j, the difference of the means of the others. Where labels say
    nothing, i and j can be exchanged: the expected gap is 0 and the expected AUC 1/2, whereas leaving out
    one example at a time errs downwards (Airola et al., 2011). Spread: the pooled deviation of the scores
    of each side. All comes from products of examples: a * b * dim operations.
    """
    a, b = positive.shape[-2], negative.shape[-2]
    u = (positive.sum(axis=-2, keepdims=True) - positive) / (a - 1)
    v = (negative.sum(axis=-2, keepdims=True) - negative) / (b - 1)
    own_u, own_v = _squares(u)[..., :, None], _squares(v)[..., None, :]
    length = np.sqrt(np.maximum(own_u + own_v - 2 * u @ _turned(v), 0))
    middle = (own_u - own_v) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        high = (_dots(positive, u)[..., :, None] - positive @ _turned(v) - middle) / length
        low = (u @ _turned(negative) - _dots(negative, v)[..., None, :] - middle) / length
    none = length <= TINY  # the others do not differ: no axis, nothing told
    high, low = np.where(none, 0.0, high), np.where(none, 0.0, low)
    difference = high - low
    ups, downs = high.mean(axis=-1), low.mean(axis=-2)
    squares = ups.var(axis=-1) * a + downs.var(axis=-1) * b
    spread = np.sqrt(squares / (a + b - 2))
    auc = (_order(difference)).mean(axis=(-2, -1))
    return HeldOut(ups, downs, difference.mean(axis=(-2, -1)), spread, auc)


def leave_offset_out(positive: Floats, negative: Floats) -> HeldOut:
    """Each pair left out in turn, (..., n, dim) both: judged by the mean unit offset of the others, n >= 2.

    Gap and AUC compare the two of a pair; the spread is the deviation of their differences (Cohen's d_z).
    """
    offsets, others = positive - negative, unit_rows(positive - negative)
    axes = unit_rows(others.sum(axis=-2, keepdims=True) - others)
    difference = _dots(offsets, axes)
    spread = difference.std(axis=-1, ddof=1)
    return HeldOut(
        difference / 2, -difference / 2, difference.mean(axis=-1), spread, _order(difference).mean(axis=-1)
    )


def leave_one_out(positive: Floats, mean: Floats, others: Floats) -> HeldOut:
    """Each positive example (..., a, dim) left out, against the space: its `mean` (dim,), `others` (m, dim).

    The axis for i is the mean of the other examples less that of the space; the spread is that of `others`
    on the axis of all; the AUC says how often i scores above one of `others`.
    """
    count = positive.shape[-2]
    moved = positive - mean
    axes = unit_rows((moved.sum(axis=-2, keepdims=True) - moved) / (count - 1))
    scores = _dots(moved, axes)
    whole = unit_rows(moved.mean(axis=-2, keepdims=True))
    rivals = ((others - mean) @ _turned(whole))[..., 0]
    ordered = np.sort(rivals, axis=-1)
    if ordered.ndim == 1:
        below = np.searchsorted(ordered, scores, "left") + np.searchsorted(ordered, scores, "right")
        auc = np.asarray(below.mean() / 2 / len(ordered))
    else:
        auc = np.full(scores.shape[:-1], np.nan)  # of random sets only the gap is asked for
    return HeldOut(scores, rivals, scores.mean(axis=-1), rivals.std(axis=-1), auc)


def unit_rows(rows: Floats) -> Floats:
    """Rows (..., dim) scaled to length 1; those without a length stay zero."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > TINY))


def _order(difference: Floats) -> Floats:
    return np.where(np.abs(difference) <= TINY, 0.5, (difference > 0).astype(np.float64))


def _dots(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.einsum("...d,...d->...", left, right))


def _squares(rows: Floats) -> Floats:
    return _dots(rows, rows)


def _turned(rows: Floats) -> Floats:
    return np.swapaxes(rows, -1, -2)
