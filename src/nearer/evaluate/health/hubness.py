"""Hubness: whether some items are among the neighbours of far too many others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.evaluate.bootstrap import LEVELS, RESAMPLES
from nearer.evaluate.health.measure import Kind, Measure, Scale, Skipped
from nearer.evaluate.health.points import Points, neighbours_within
from nearer.evaluate.health.spectrum import Spectrum

REFERENCE = "a Gaussian of the same size, mean and covariance"
CORRECT = (
    "Correct scores for hubs, by `search.CSLS` or `search.MutualProximity`, or subtract the mean vector."
)

SKEWNESS = Kind(
    "hubness",
    "k-occurrence skewness",
    "third standardised moment, about 0 without hubs",
    Scale(1.5, 5),
    "How far the number of neighbour lists that an item is in leans to a few items in very many "
    "(Radovanović et al., 2010).",
    CORRECT,
    REFERENCE,
)
ROBIN_HOOD = Kind(
    "hubness",
    "Robin Hood index",
    "share of neighbour slots, 0 to 1",
    Scale(0.5, 0.7),
    "What share of all places in neighbour lists would have to change hands for every item to have as many "
    "(Feldbauer et al., 2018).",
    CORRECT,
    REFERENCE,
)
ANTI_HUBS = Kind(
    "hubness",
    "anti-hubs",
    "share of items, 0 to 1",
    Scale(0.2, 0.5),
    "The share of items in nobody's neighbour list: no search by another item finds them.",
    CORRECT,
    REFERENCE,
)
KINDS = (SKEWNESS, ROBIN_HOOD, ANTI_HUBS)


def hubness(
    points: Points, spectrum: Spectrum, keys: list[str], examples: int, seed: int
) -> list[Measure | Skipped]:
    """Skewness of k-occurrence, Robin Hood index and share of anti-hubs, among the sample."""
    m = len(points.drawn)
    if points.k >= m - 1:
        return [
            Skipped("hubness", f"{m} distinct items, and each has all others among its {points.k} nearest")
        ]
    counts = points.among.occurrences(m)
    values, low, high = estimated(counts, seed)
    drawn = gaussian_like(points, spectrum, seed)
    null = figures(neighbours_within(drawn, points.metric, points.k, points.threads).occurrences(m)[None])[0]
    hubs, shares = _top(points, examples)
    named = [(key,) for key in points.keys_of(keys, hubs)]
    told = f"The largest hub is in {shares[0]:.1%} of all lists of {points.k}." if len(shares) else ""
    return [
        kind.measured(
            values[place],
            m,
            interval=(low[place], high[place]),
            reference=null[place],
            examples=named if kind is SKEWNESS else (),
            told=told if kind is SKEWNESS else "",
        )
        for place, kind in enumerate(KINDS)
    ]


def figures(counts: NDArray[np.int64], weights: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
    """Skewness, Robin Hood index, share of zeros (b, 3): k-occurrences (b or 1, n), `weights` times each."""
    times = np.ones_like(counts) if weights is None else weights
    n = times.sum(axis=1, keepdims=True)
    mean = (counts * times).sum(axis=1, keepdims=True) / n
    away = counts - mean
    variance = (away**2 * times).sum(axis=1) / n[:, 0]
    third = (away**3 * times).sum(axis=1) / n[:, 0]
    skewness = np.divide(third, variance**1.5, out=np.zeros_like(third), where=variance > 0)
    moved = (np.abs(away) * times).sum(axis=1) / (2 * np.maximum((counts * times).sum(axis=1), 1))
    return np.stack([skewness, moved, ((counts == 0) * times).sum(axis=1) / n[:, 0]], axis=1)


def estimated(counts: NDArray[np.int64], seed: int) -> tuple[NDArray[np.float64], ...]:
    """The figures of k-occurrences (n,), and the ends of their 95 % bootstrap intervals; each (3,).

    Items are drawn again and their k-occurrences taken as given; equal ones are drawn together.
    """
    different, sizes = np.unique(counts, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(counts), sizes / len(counts), size=RESAMPLES)
    low, high = np.percentile(figures(different[None], drawn), LEVELS, axis=0)
    return figures(counts[None])[0], low, high


def gaussian_like(points: Points, spectrum: Spectrum, seed: int) -> NDArray[np.float32]:
    """Rows (m, dim) of the Gaussian that has the mean and covariance of the sample, but for a common scale.

    No order of neighbours depends on that, and the largest number is 1, so that no product overflows.
    """
    m, dim = points.seen.shape
    drawn = np.random.default_rng(seed).standard_normal((m, dim)) * np.sqrt(spectrum.values)
    rows = drawn @ spectrum.axes.T + points.seen.mean(axis=0)
    return np.asarray(rows / max(float(np.abs(rows).max()), np.finfo(np.float64).tiny), np.float32)


def _top(points: Points, examples: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The points in most neighbour lists of the sample among all points, and in which share of them."""
    counts = points.found.occurrences(len(points.vectors))
    best = np.argsort(-counts, kind="stable")[:examples]
    best = best[counts[best] > points.k]
    return best, counts[best] / len(points.drawn)
