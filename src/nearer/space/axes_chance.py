"""Whether an axis says more than chance: labels exchanged among the examples, and axes of random keys."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nearer.chance import permutation_p_value
from nearer.space.axes_separation import Floats, unit_rows

ENUMERATED = 10_000  # arrangements of labels up to which all are looked at
BLOCK = 2_000_000  # numbers of drawn examples held at a time
MOST_NEEDED = 100  # examples a side beyond which nobody is told how many would do


@dataclass(frozen=True)
class Chance:
    """A p-value and what it rests on.

    Attributes
    ----------
    p_value : valid in finite samples.
    arrangements : how many were compared, the observed one included.
    exact : whether those are all there are, rather than drawn at random.
    smallest : the least p-value that this many examples and arrangements can give.
    """

    p_value: float
    arrangements: int
    exact: bool
    smallest: float


def labels_chance(positive: Floats, negative: Floats, draws: int, seed: int) -> Chance:
    """Labels exchanged among all examples; the statistic is the distance of the two means.

    Null: every split of the examples (a + b, dim) into a and b is as likely as the one given. With all
    C(a + b, a) splits, p is the share whose means lie at least as far apart; the mirrored split of equal
    sides ties, so p is at least 2 / C(2a, a). Beyond 10,000 splits, `draws` of them at random (Fisher, 1935;
    Phipson & Smyth, 2010).
    """
    a, b = len(positive), len(negative)
    total = math.comb(a + b, a)
    exact = total <= ENUMERATED
    if exact:
        chosen = np.array(list(combinations(range(a + b), a)), np.intp)  # the first is the one given
    else:
        generator = np.random.default_rng(seed)
        lots = generator.permuted(np.tile(np.arange(a + b), (draws, 1)), axis=1)[:, :a]
        chosen = np.concatenate([np.arange(a)[None], lots])
    weights = np.full((len(chosen), a + b), -1 / b)
    np.put_along_axis(weights, chosen, 1 / a, axis=1)
    return _chance(weights, np.concatenate([positive, negative]), smallest_p(a, b), exact)


def offsets_chance(positive: Floats, negative: Floats, draws: int, seed: int) -> Chance:
    """Labels exchanged within n pairs, both (n, dim); the statistic is the length of the mean unit offset.

    Null: either of a pair is as likely to be the positive one. With all 2^n exchanges p is at least 2 / 2^n;
    beyond 10,000 exchanges, `draws` of them at random.
    """
    n = len(positive)
    exact = 2**n <= ENUMERATED
    if exact:
        signs = 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    else:
        drawn = np.random.default_rng(seed).integers(0, 2, (draws, n))
        signs = np.concatenate([np.ones((1, n)), 2.0 * drawn - 1.0])
    return _chance(np.asarray(signs, np.float64), unit_rows(positive - negative), smallest_pairs_p(n), exact)


def random_chance(
    observed: float,
    statistic: Callable[[Floats], Floats],
    rows: Callable[[NDArray[np.intp]], Floats],
    space_size: int,
    examples: int,
    draws: int,
    seed: int,
) -> Chance:
    """Axes of as many keys drawn at random from the space; `statistic` of drawn examples (s, examples, dim).

    Null: the examples are a random choice of distinct keys of the space, so that the observed statistic is
    exchangeable with those of the draws.
    """
    generator = np.random.default_rng([seed, 1])
    chosen = np.stack([generator.choice(space_size, examples, replace=False) for _ in range(draws)])
    width = rows(chosen[0]).shape[-1]
    step = max(1, BLOCK // (examples * width))
    parts = [
        statistic(rows(chosen[start : start + step].ravel()).reshape(-1, examples, width))
        for start in range(0, draws, step)
    ]
    p_value = float(permutation_p_value(observed, np.concatenate(parts)))
    return Chance(p_value, draws + 1, False, 1 / (draws + 1))


def smallest_p(positive: int, negative: int) -> float:
    """The least p-value that exchanging labels of so many examples can give."""
    return min(1.0, (1 + (positive == negative)) / math.comb(positive + negative, positive))


def smallest_pairs_p(pairs: int) -> float:
    """The least p-value that exchanging labels within so many pairs can give."""
    return math.ldexp(2.0, -pairs)


def needed(alpha: float, method: str) -> int:
    """Examples a side (or pairs) with which a p-value can be as small as `alpha`."""
    least = smallest_pairs_p if method == "pairs" else lambda n: smallest_p(n, n)
    return next((n for n in range(2, MOST_NEEDED) if least(n) <= alpha), MOST_NEEDED)


def _chance(weights: Floats, rows: Floats, smallest: float, exact: bool) -> Chance:
    """The share of `weights` (s, m), the first of which are the observed ones, that move `rows` as far."""
    lengths = np.linalg.norm(weights @ rows, axis=1)
    slack = 1e-9 * lengths.max()  # arrangements that mirror each other differ by rounding
    p_value = float(permutation_p_value(lengths[0] - slack, lengths[1:]))
    drawn = 1 / len(weights)
    return Chance(p_value, len(weights), exact, smallest if exact else max(smallest, drawn))
