"""Effective dimension: how many directions the vectors really use, all together and close by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.evaluate.health.isotropy import participation
from nearer.evaluate.health.measure import Kind, Measure, Scale, Skipped
from nearer.evaluate.health.nearest import Matrix, Near
from nearer.evaluate.health.points import Points
from nearer.evaluate.health.spectrum import NORMAL, Spectrum

KEPT = 0.9  # part of the ratios that the intrinsic dimension is fitted to (Facco et al., 2017)
FEWEST = 20  # ratios without which there is no fit
FEW_COLUMNS = 3  # columns, at most, in which a low dimension says nothing

RATIO = Kind(
    "effective dimension",
    "participation ratio",
    "dimensions, 1 to the number of columns",
    Scale(0.3, 0.05),
    "How many axes of equal variance would spread as much as these: (sum of variances)^2 / sum of squares.",
    "Most columns add little: `nearer dims` tells how few of them will do; or remove the first components.",
    "the isotropic Gaussian",
    "participation ratio / columns",
)
RANKME = Kind(
    "effective dimension",
    "RankMe",
    "dimensions, 1 to the number of columns",
    Scale(0.5, 0.1),
    "The exponential of the entropy of the singular values (Garrido et al., 2023); a low one goes with "
    "collapsed training.",
    "If the vectors were trained, train with more negatives or a term against collapse; else reduce them.",
    "a sample of the isotropic Gaussian of this size",
    "RankMe / its reference",
)
INTRINSIC = Kind(
    "effective dimension",
    "intrinsic dimension",
    "dimensions, above 0",
    Scale(2, 1),
    "In how many directions neighbours lie around an item (TwoNN; Facco et al., 2017).",
    "Items lie along curves: look for a time, a counter or a template in them that outweighs the rest.",
    applies="with more than 3 columns",
)


def dimensions(points: Points, spectrum: Spectrum, drawn: Matrix) -> list[Measure | Skipped]:
    """Participation ratio, RankMe and intrinsic dimension; `drawn`: variances of a Gaussian sample."""
    m, dim = points.seen.shape
    found: list[Measure | Skipped] = []
    if m < 4:
        found.append(Skipped("participation ratio", f"{m} items are too few: needs 4"))
    else:
        ratio, interval = participation(spectrum)
        found.append(RATIO.measured(ratio, m, interval=interval, judged=ratio / dim, reference=float(dim)))
    raw = Spectrum.of(points.seen, centred=False)
    value, reference = rankme(raw.values), rankme(drawn)
    found.append(RANKME.measured(value, m, judged=value / reference, reference=reference))
    ratios = log_ratios(points.near)
    if len(ratios) < FEWEST:
        return [
            *found,
            Skipped("intrinsic dimension", f"{len(ratios)} items with two neighbours: needs {FEWEST}"),
        ]
    local = two_nn(ratios, KEPT)
    if not np.isfinite(local):
        return [*found, Skipped("intrinsic dimension", "neighbours lie on a grid: their distances are equal")]
    groups = nearest_groups(points)[points.near.distances[:, 0] > 0]
    interval = two_nn_interval(local, ratios, KEPT, groups)
    judged = local if dim > FEW_COLUMNS else INTRINSIC.scale.good
    return [*found, INTRINSIC.measured(local, len(ratios), interval=interval, judged=judged)]


def rankme(values: Matrix) -> float:
    """exp(-sum p log p), p the singular values over their sum; `values` (dim,) are their squares.

    It is a figure of the sample, lower for few rows; that is why it is read beside a Gaussian sample's.
    """
    sizes = np.sqrt(values)
    shares = sizes / sizes.sum()
    seen = shares[shares > 0]
    return float(np.exp(-(seen * np.log(seen)).sum()))


def log_ratios(near: Near) -> NDArray[np.float64]:
    """Logarithm of the second nearest distance over the nearest, of each item that has two (m,)."""
    if near.distances.shape[1] < 2:
        return np.empty(0)
    first, second = near.distances[:, 0], near.distances[:, 1]
    kept = first > 0
    return np.asarray(np.log(second[kept] / first[kept]))


def two_nn(ratios: NDArray[np.float64], kept: float) -> float:
    """Intrinsic dimension from log ratios (m,) of the two nearest distances; infinite where all are 0.

    Where density is even as far as the second neighbour, the ratios are exponential with rate the dimension
    (Facco et al., 2017). Only the smallest part `kept` is fitted, the rest is known to be larger: the
    estimate is (r - 1) / (sum of the r smallest + (m - r) times the largest of them) (Epstein & Sobel, 1953).
    It is the dimension at the scale of the distances between neighbours.
    """
    rising = np.sort(ratios)
    r = _fitted(len(rising), kept)
    total = float(rising[:r].sum() + (len(rising) - r) * rising[r - 1])
    return (r - 1) / total if total > 0 else float("inf")


def two_nn_interval(
    dimension: float, ratios: NDArray[np.float64], kept: float, groups: NDArray[np.intp]
) -> tuple[float, float]:
    """95 % interval of `dimension`, what `two_nn` says of `ratios` (m,); `groups` (m,) numbers those that
    depend on each other.

    An item moves the logarithm of the dimension by (whether it is fitted - dimension * its ratio, cut at the
    largest that is) / r to first order; these are summed within groups, and the groups taken as independent
    (Liang & Zeger, 1986). It holds the dimension at the scale of the distances between neighbours; that of a
    curved surface, seen from so far, may be another.
    """
    r = _fitted(len(ratios), kept)
    largest = np.sort(ratios)[r - 1]
    moves = (ratios <= largest) - dimension * np.minimum(ratios, largest)
    wide = NORMAL * float(np.sqrt((np.bincount(groups, moves) ** 2).sum())) / r
    return dimension * float(np.exp(-wide)), dimension * float(np.exp(wide))


def nearest_groups(points: Points) -> NDArray[np.intp]:
    """Number (m,) of each of the sample's group: items joined by being the nearest of one of them.

    Two that are each other's nearest have that distance in common, and so their ratios depend on each other.
    """
    from scipy.sparse import coo_array  # noqa: PLC0415  (`import nearer` stays light)
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415  (likewise)

    n = len(points.vectors)
    first = points.near.rows[:, 0]
    edges = coo_array((np.ones(len(first)), (points.drawn, first)), shape=(n, n))
    groups = connected_components(edges, directed=False)[1]
    return np.asarray(groups[points.drawn], np.intp)


def _fitted(count: int, kept: float) -> int:
    return max(2, int(kept * count))
