"""Which part of the space moved: each axis and each cluster, erring together at the rate asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.monitor.combining import p_values
from nearer.monitor.exchange import Exchange, Floats


@dataclass(frozen=True, eq=False)
class Parts:
    """One statistic a part of the space, under every arrangement.

    Attributes
    ----------
    each : (parts, 1 + permutations), how far each part differs; larger is further from the null.
    before, after : (parts,) the mean on an axis, or the share of a cluster, in baseline and window.
    """

    each: Floats
    before: Floats
    after: Floats


def axes(rows: Floats, directions: Floats, exchange: Exchange) -> Parts:
    """Each of `directions` (a, dim): the larger of two differences, of the mean and of the spread.

    Both in standard errors by the pooled rows: of the mean of x, and of the mean of |x - median|, the
    spread of Brown & Forsythe (1974). An axis on which all rows are equal does not differ: 0.
    """
    values = rows @ directions.T
    spreads = np.abs(values - np.median(values, axis=0))
    of_mean = np.abs(standardised(values).T @ exchange.chosen)
    of_spread = np.abs(standardised(spreads).T @ exchange.chosen)
    window = exchange.chosen[:, 0] > 0
    each = np.maximum(of_mean, of_spread) * exchange.scale
    return Parts(each, values[~window].mean(axis=0), values[window].mean(axis=0))


def clusters(rows: Floats, centroids: Floats, exchange: Exchange) -> tuple[Floats, Parts]:
    """Pearson's chi-square of who falls nearest to which of `centroids` (c, dim), and each cluster by
    itself.

    Chi-square of the 2 x c table of counts, float64 (1 + permutations,) (Pearson, 1900); a cluster by
    itself is the distance of its count from the expected one, less 1/2 (Yates, 1934), in standard
    deviations of the hypergeometric distribution. Centroids are of other rows: none is nearer for
    having helped to place them.
    """
    distances = np.einsum("ij,ij->i", centroids, centroids) - 2 * rows @ centroids.T
    member = np.zeros((len(rows), len(centroids)), np.float32)
    member[np.arange(len(rows)), distances.argmin(axis=1)] = 1
    n, m = exchange.n, exchange.m
    totals = member.sum(axis=0, dtype=np.float64)[:, None]
    counts = np.asarray(member.T @ exchange.chosen, np.float64)
    off = np.abs(counts - totals * m / (n + m))
    filled = np.maximum(totals, 1)
    chi_square = (off**2 * (n + m) ** 2 / (filled * n * m)).sum(axis=0)
    variance = n * m * totals * (n + m - totals) / ((n + m) ** 2 * max(n + m - 1, 1))
    each = np.where(variance > 0, np.maximum(off - 0.5, 0) / np.sqrt(np.maximum(variance, 1e-12)), 0.0)
    of_window = counts[:, 0]
    return chi_square, Parts(each, (totals[:, 0] - of_window) / n, of_window / m)


def adjusted_for_all(each: Floats) -> Floats:
    """p-values (parts,) of `each` (parts, 1 + permutations), adjusted for all parts together.

    An arrangement is at least as extreme as a part if its largest part is (Westfall & Young, 1993,
    single step): P(any of these <= a) <= a where nothing changed. The smallest
    is the p-value of the largest part.
    """
    largest = each[:, 1:].max(axis=0)
    return np.asarray([p_values(np.append(value, largest)) for value in each[:, 0]], np.float64)


def standardised(columns: Floats) -> NDArray[np.float32]:
    """Columns of mean 0 and variance 1; a constant column becomes 0."""
    centred = columns - columns.mean(axis=0)
    spread = centred.std(axis=0)
    floor = 1e-9 * np.abs(columns).max(axis=0, initial=0)
    return np.asarray(centred / np.where(spread > floor, spread, np.inf), np.float32)
