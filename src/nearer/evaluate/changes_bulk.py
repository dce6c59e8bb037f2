"""The null without repeats: what the bulk of the keys says of how far an unchanged key may lie off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.chance import benjamini_hochberg
from nearer.evaluate.changes_residuals import ladder
from nearer.space.align_fit import Matrix, Vector
from nearer.space.queries import unit
from nearer.space.reduction import one_thread

LANDMARKS, NEAREST = 500, 5  # keys that density is measured by, and how many of them count
BLOCK = 4096  # keys whose density is measured at a time
ROUNDS = 20  # of reweighting, for a regression on the median
PER_PART = 250  # keys, at least, whose spread is measured together
LEVELS = (0.25, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)  # of a tail
IN_TAIL, APART = 10, 4  # keys that a level must hold to be looked at, and how many times those flagged


def bulk_p_values(
    residuals: Vector, traits: Matrix, least: float, dim: int, fdr: float
) -> tuple[Vector, Vector]:
    """p-value (n,) by key, and the residual (n,) that is expected of a key like it.

    The logarithm of a residual is compared with its conditional median given `traits` (n, t), such as the
    length of the vectors and how densely they lie: a quadratic surface by regression on the median (Koenker &
    Bassett, 1978). Deviations are divided by their spread among keys of like expectation; p is the upper tail
    of a normal, widened until no quantile looked at lies further out (`tail_width`).

    Assumes that (1) less than a quarter of the keys changed, and (2) of keys that did not, those of like
    traits have residuals of like distribution, whose logarithm has no heavier an upper tail than the normal
    that bounds its quantiles. Errors that are sums of many small ones have: the logarithm of a chi-square
    leans to the left. No spread is taken as smaller than that of `dim` independent errors, 1 / sqrt(2 dim),
    and no residual as smaller than `least`, which is rounding. Only repeats can do without these assumptions.
    """
    from scipy.special import ndtr  # noqa: PLC0415  (`import nearer` stays light)

    logs = np.log(np.hypot(residuals, least))
    with one_thread():
        expected = median_surface(traits, logs)
    deviations = logs - expected
    smallest = 1 / np.sqrt(2 * dim)
    spread = np.empty_like(deviations)
    for part in ladder(expected, max(1, min(20, len(logs) // PER_PART))):
        middle = float(np.median(deviations[part]))
        deviations[part] -= middle
        expected[part] += middle
        spread[part] = max(1.4826 * float(np.median(np.abs(deviations[part]))), smallest)
    scaled = deviations / spread
    tails = ndtr(-scaled / tail_width(scaled, fdr))
    return np.maximum(tails, np.finfo(float).tiny), np.exp(expected)  # no p-value is 0


def tail_width(scaled: Vector, fdr: float) -> float:
    """How much wider than a standard normal `scaled` (n,) is, by the widest of its quantiles; at least 1.

    Of the lower half all of `LEVELS` are looked at. Of the upper half the quartile, and those levels that
    hold four times as many keys as would be flagged: keys that changed lie there too, and must not hide
    themselves by widening their own null (the empirical null of Efron, 2004, looks at the centre alone).
    """
    from scipy.special import ndtr, ndtri  # noqa: PLC0415  (as above)

    levels = [level for level in LEVELS if level == LEVELS[0] or level * len(scaled) >= IN_TAIL]
    lower = max(float(np.quantile(scaled, level) / ndtri(level)) for level in levels)
    upper = {level: float(-np.quantile(scaled, 1 - level) / ndtri(level)) for level in levels}
    width = max(1.0, lower, upper[LEVELS[0]])
    for _ in LEVELS:
        flagged = float((benjamini_hochberg(ndtr(-scaled / width)) <= fdr).mean())
        wider = max([width, *(w for level, w in upper.items() if level >= APART * flagged)])
        if wider == width:
            break
        width = wider
    return width


def median_surface(traits: Matrix, values: Vector) -> Vector:
    """The conditional median (n,) of `values` (n,): quadratic in `traits` (n, t), constant for few rows."""
    spread = traits.std(axis=0)
    kept = traits[:, spread > 1e-9 * (1 + np.abs(traits).max(axis=0, initial=0))]
    kept = np.clip((kept - kept.mean(axis=0)) / kept.std(axis=0), -3, 3)
    pairs = [kept[:, i] * kept[:, j] for i in range(kept.shape[1]) for j in range(i, kept.shape[1])]
    columns = np.column_stack([np.ones(len(values)), kept, *pairs])
    if len(values) < 20 * columns.shape[1]:
        return np.full(len(values), float(np.median(values)))
    weights = np.ones(len(values))
    surface = np.full(len(values), float(np.median(values)))
    for _ in range(ROUNDS):
        weighted = columns * weights[:, None]
        fit = np.linalg.lstsq(weighted.T @ columns, weighted.T @ values, rcond=None)[0]
        surface = columns @ fit
        off = np.abs(values - surface)
        weights = 1 / np.maximum(off, max(1e-3 * float(np.median(off)), 1e-12))
        weights /= weights.max()
    return surface


def traits_of(x: Matrix, y: Matrix, lengths: Matrix, seed: int) -> Matrix:
    """What is known of each key whether it changed or not, (n, 3): log length, local density, log rank.

    `lengths` (n, 2) are those of the vectors as they were given. Density is the mean cosine with the 5
    nearest of 500 keys, other than itself, drawn at random; both are means over the two spaces. The rank is
    the place of the key: spaces of words stand in the order of frequency.
    """
    floor = np.finfo(np.float32).tiny
    logs = np.log(np.maximum(lengths, floor)).mean(axis=1)
    drawn = np.sort(np.random.default_rng(seed).permutation(len(x))[:LANDMARKS])
    density = (_density(unit(x), drawn) + _density(unit(y), drawn)) / 2
    return np.column_stack([logs, density, np.log(np.arange(1, len(x) + 1))])


def _density(rows: Matrix, drawn: NDArray[np.intp]) -> Vector:
    count = min(NEAREST, len(drawn) - 1)
    out = np.empty(len(rows))
    place = np.full(len(rows), -1)
    place[drawn] = np.arange(len(drawn))
    with one_thread():
        for start in range(0, len(rows), BLOCK):
            cosines = rows[start : start + BLOCK] @ rows[drawn].T
            own = place[start : start + BLOCK]
            cosines[own >= 0, own[own >= 0]] = -np.inf  # no key is a neighbour of its own
            out[start : start + BLOCK] = np.partition(cosines, -count, axis=1)[:, -count:].mean(axis=1)
    return out
