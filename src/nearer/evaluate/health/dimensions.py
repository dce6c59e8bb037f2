"""Effective dimension: how many directions the vectors really use, all together and close by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.evaluate.health.isotropy import participation
from nearer.evaluate.health.measure import Kind, Measure, Scale, Skipped
from nearer.evaluate.health.nearest import Matrix, Near
from nearer.evaluate.health.points import Points
from nearer.evaluate.health.spectrum import Spectrum, gaussian_values

KEPT = 0.9  # part of the ratios that the intrinsic dimension is fitted to (Facco et al., 2017)
FEWEST = 20  # ratios without which there is no fit

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
)


def dimensions(points: Points, spectrum: Spectrum, seed: int) -> list[Measure | Skipped]:
    """Participation ratio, RankMe and the intrinsic dimension."""
    m, dim = points.seen.shape
    found: list[Measure | Skipped] = []
    if m < 4:
        found.append(Skipped("participation ratio", f"{m} items are too few: needs 4"))
    else:
        ratio, interval = participation(spectrum)
        found.append(RATIO.measured(ratio, m, interval=interval, judged=ratio / dim, reference=float(dim)))
    raw = Spectrum.of(points.seen, centred=False)
    value, reference = rankme(raw.values), rankme(gaussian_values(m, dim, seed))
    found.append(RANKME.measured(value, m, judged=value / reference, reference=reference))
    ratios = log_ratios(points.near)
    if len(ratios) < FEWEST:
        return [
            *found,
            Skipped("intrinsic dimension", f"{len(ratios)} items with two neighbours: needs {FEWEST}"),
        ]
    local, interval = two_nn(ratios, KEPT)
    if not np.isfinite(local):
        return [*found, Skipped("intrinsic dimension", "neighbours lie on a grid: their distances are equal")]
    return [*found, INTRINSIC.measured(local, len(ratios), interval=interval)]


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


def two_nn(ratios: NDArray[np.float64], kept: float) -> tuple[float, tuple[float, float]]:
    """Intrinsic dimension from log ratios (m,) of the two nearest distances, and its 95 % interval.

    Where density is even as far as the second neighbour, the ratios are exponential with rate the dimension
    (Facco et al., 2017). Only the smallest part `kept` is fitted, the rest is known to be larger: the
    estimate is (r - 1) / (sum of the r smallest + (m - r) times the largest of them), without bias, and the
    interval that of the gamma distribution (Epstein & Sobel, 1953). That takes ratios as independent, though
    neighbours share theirs, and holds of the scale of the distances between neighbours.
    """
    from scipy.special import gammaincinv  # noqa: PLC0415  (`import nearer` stays light)

    rising = np.sort(ratios)
    r = max(2, int(kept * len(rising)))
    total = float(rising[:r].sum() + (len(rising) - r) * rising[r - 1])
    if total == 0:
        return float("inf"), (float("inf"), float("inf"))
    low, high = float(gammaincinv(r, 0.025)) / total, float(gammaincinv(r, 0.975)) / total
    return (r - 1) / total, (low, high)
