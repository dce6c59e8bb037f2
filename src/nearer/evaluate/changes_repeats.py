"""The null from repeated seeds: which keys differ between two groups of spaces by more than within them."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from nearer.chance import conformal_p_values
from nearer.space.align_fit import Vector

MOST_SPLITS = 200  # ways of sharing out the spaces that are tried, at most


def splits_of(before: int, after: int, seed: int) -> list[tuple[int, ...]]:
    """Ways to share out all spaces into groups of `before` and `after`, the real one first, none twice.

    Each names the members of its first group. Of two groups of one size it does not matter which is which.
    """
    total = before + after
    real = tuple(range(before))
    count = comb(total, before) // (2 if before == after else 1)
    if count <= 20 * MOST_SPLITS:
        every = list(combinations(range(total), before))
        if before == after:
            every = [split for split in every if 0 in split]
    else:
        draws = np.random.default_rng(seed)
        found = {tuple(sorted(draws.permutation(total)[:before].tolist())) for _ in range(2 * MOST_SPLITS)}
        every = sorted({split for split in found if before != after or 0 in split})
    others = [split for split in every if split != real]
    if len(others) > MOST_SPLITS:
        chosen = np.random.default_rng(seed).permutation(len(others))[:MOST_SPLITS]
        others = [others[place] for place in sorted(chosen)]
    return [real, *others]


def contrasts(squares: dict[tuple[int, int], Vector], split: tuple[int, ...]) -> Vector:
    """Mean squared distance between the groups of `split` over that within them, by key (n,).

    `squares` holds, for each pair (i, j) of spaces, i < j, the squared residual of each key.
    """
    first = set(split)
    within = [pair for pair in squares if (pair[0] in first) == (pair[1] in first)]
    across = [pair for pair in squares if (pair[0] in first) != (pair[1] in first)]
    inside = np.mean([squares[pair] for pair in within], axis=0)
    ratio: Vector = np.mean([squares[pair] for pair in across], axis=0) / inside
    return ratio


def repeat_p_values(
    squares: dict[tuple[int, int], Vector], before: int, after: int, seed: int
) -> tuple[Vector, int]:
    """p-value (n,) by key that its vectors differ between the groups no more than within; splits drawn.

    Statistic: for each key the pseudo-F of a permutational analysis of variance (Anderson, 2001, "A new
    method for non-parametric multivariate analysis of variance"), in the form of `contrasts`. Null: the other
    ways to share out the spaces, pooled over keys,
    p = (1 + #{F of any key in another split >= F}) / (1 + keys * splits).

    Assumes that the spaces of a key that did not change are exchangeable between the groups. Then F has in
    every split the distribution that it has in the real one, and P(p <= a) <= a for a key drawn at random
    from those that did not change; F is scaled by the key's own noise, so that noisy keys come no nearer to
    a small p than others.
    """
    real, *others = splits_of(before, after, seed)
    observed = contrasts(squares, real)
    null = np.concatenate([contrasts(squares, split) for split in others])
    return conformal_p_values(observed, null), len(others)


def least_together(keys: int, splits: int, fdr: float) -> int:
    """Keys that must stand out together before the smallest p-value there can be is small enough.

    Of m keys the smallest p-value is 1 / (1 + m splits); Benjamini and Hochberg flag r keys where it is at
    most fdr * r / m.
    """
    return max(1, int(np.ceil(keys / (fdr * (1 + keys * splits)) - 1e-9)))


def within(squares: dict[tuple[int, int], NDArray[np.float64]], before: int) -> Vector:
    """The distance (n,) that repeats alone would show: the root of the mean square within the two groups."""
    inside = [values for (i, j), values in squares.items() if (i < before) == (j < before)]
    noise: Vector = np.sqrt(np.mean(inside, axis=0))
    return noise
