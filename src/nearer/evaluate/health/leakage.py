"""Leakage: test items that are, or are nearly, among the training items; and those unlike any of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.chance import benjamini_hochberg, binomial_interval, conformal_p_values
from nearer.evaluate.health.copies import canonical
from nearer.evaluate.health.duplicates import FEWEST, LEAST_NEAR, dimension_around, threshold
from nearer.evaluate.health.measure import Kind, Measure, Scale, Skipped
from nearer.evaluate.health.nearest import Near, Vectors, nearest
from nearer.evaluate.health.points import Points

RATE = 0.05  # of the test items called unusual, at most this share is expected to be chance

LEAKED = Kind(
    "leakage",
    "leakage",
    "share of test items, 0 to 1",
    Scale(0, 0.01),
    "The share of test items whose nearest training item is the same vector or a near-duplicate, at a false "
    "discovery rate of 5 %: a score on them tests memory.",
    "Remove these test items, or split by groups of near-duplicates, and judge again.",
    "the same share among the training items themselves: what a random split of them would leak",
)
SHARED = Kind(
    "leakage",
    "shared keys",
    "share of test items, 0 to 1",
    Scale(0, 0.01),
    "The share of test items whose key is also that of a training item.",
    "Remove these items from one of both, unless equal keys mean different items.",
)
UNUSUAL = Kind(
    "leakage",
    "unusual test items",
    "share of test items, 0 to 1",
    Scale(0, 0.05),
    "The share of test items further from the training items than these are from each other, at a false "
    "discovery rate of 5 %.",
    "Look at them: the training items do not cover them, and scores on them say little of the rest.",
)


@dataclass(frozen=True, eq=False)
class Test:
    """Test items: `vectors` (t, dim) and their `keys`; `named` says whether keys can be compared."""

    __test__ = False  # no case of pytest

    vectors: Vectors
    keys: list[str]
    named: bool


def leakage(
    train: Points, train_keys: list[str], test: Test, sample: int, examples: int, seed: int
) -> list[Measure | Skipped]:
    """Leaked items, shared keys, and unusual items, of a sample of the test items."""
    found: list[Measure | Skipped] = []
    if test.named:
        known = set(train_keys)
        both = [(key,) for key in test.keys if key in known]
        found.append(SHARED.measured(len(both) / len(test.keys), len(test.keys), examples=both[:examples]))
    there = (
        np.flatnonzero(test.vectors.any(axis=1)) if train.metric == "cosine" else np.arange(len(test.keys))
    )
    rows = np.sort(np.random.default_rng(seed).permutation(there)[:sample])
    if not len(rows) or len(train.vectors) < 2:
        return [
            *found,
            Skipped("leakage", "needs two distinct training items and a test item that is not zero"),
        ]
    part = Test(test.vectors[rows], [test.keys[row] for row in rows], test.named)
    metric = "euclidean" if train.metric == "dot" else train.metric
    near = nearest(train.vectors, part.vectors, metric, train.k, train.threads)
    found.append(_leaked(train, train_keys, part, near, examples))
    return [*found, _unusual(train, part, near, examples)]


def _leaked(train: Points, train_keys: list[str], test: Test, near: Near, examples: int) -> Measure:
    bits = [canonical(rows, train.metric) for rows in (test.vectors, train.vectors[near.rows[:, 0]])]
    exact = (bits[0] == bits[1]).all(axis=1)
    limit, told = 0.0, f"Near ones are told from {FEWEST} distinct training items, and k from {LEAST_NEAR}."
    if len(train.drawn) >= FEWEST and train.k >= LEAST_NEAR:
        others = Near(near.rows[~exact], near.distances[~exact])
        limit, told = threshold(others, dimension_around(train.near)), ""
    leaked = exact | (near.distances[:, 0] <= limit if limit > 0 else False)
    order = np.argsort(near.distances[leaked, 0], kind="stable")[:examples]
    places = np.flatnonzero(leaked)[order]
    pairs = zip(places, train.keys_of(train_keys, near.rows[places, 0]), strict=True)
    count, n = int(leaked.sum()), len(leaked)
    reference = _own_share(train, limit)
    expected = f"a random split would leak about {reference * n:.1f} of these {n:,}"
    return LEAKED.measured(
        count / n,
        n,
        interval=binomial_interval(count, n),
        reference=reference,
        examples=[(test.keys[place], key) for place, key in pairs],
        told=f"{int(exact.sum()):,} are exact; {expected}. {told}".rstrip(),
    )


def _own_share(train: Points, limit: float) -> float:
    """The share of training items that have a copy, or another one within `limit`, among themselves."""
    sizes = np.bincount(train.first)
    copied = sizes[train.first] > 1
    if train.metric == "cosine":
        copied = np.delete(copied, train.zero)
    alone = sizes[train.rows[train.drawn]] == 1
    close = train.near.distances[alone, 0] <= limit if limit > 0 else np.zeros(1)
    share = float(copied.mean())
    return share + (1 - share) * (float(close.mean()) if len(close) else 0.0)


def _unusual(train: Points, test: Test, near: Near, examples: int) -> Measure | Skipped:
    """Test items that conformal p-values tell from training items."""
    m = len(train.drawn)
    if m < 1 / RATE:
        why = f"{m} distinct training items say too little of what is usual: needs {1 / RATE:g}"
        return Skipped("unusual test items", why)
    named = np.flatnonzero(benjamini_hochberg(unusual_p_values(train.near, near)) <= RATE)
    named = named[np.argsort(-near.distances[named, -1], kind="stable")]
    n = len(test.keys)
    least = int(np.ceil(n / (RATE * (m + 1))))
    told = f"{m:,} training items say what is usual; fewer than {least:,} such items are not found."
    shown = [(test.keys[place],) for place in named[:examples]]
    return UNUSUAL.measured(len(named) / n, n, examples=shown, told=told if least > 1 else "")


def unusual_p_values(known: Near, asked: Near) -> NDArray[np.float64]:
    """Conformal p-value (t,) of each test item to be one like the m training items.

    The score is the distance to the k-th nearest training item: `known` for training items, which do not
    count themselves, `asked` for test items. Full conformal prediction (Vovk et al., 2005) would let a test
    item be a neighbour of training items too; that only makes their distances smaller, so these p-values are
    no smaller than its own: P(p <= a) <= a for every a, whatever the distribution, if the items are
    exchangeable.
    """
    return conformal_p_values(asked.distances[:, -1], known.distances[:, -1])
