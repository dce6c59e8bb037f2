"""Isotropy: whether the vectors use all directions alike."""

from __future__ import annotations

import numpy as np

from nearer.evaluate.health.measure import Kind, Measure, Scale, Skipped
from nearer.evaluate.health.nearest import Matrix
from nearer.evaluate.health.points import Points
from nearer.evaluate.health.spectrum import NORMAL, Spectrum
from nearer.space.queries import unit

FEWEST = 20  # items without which no interval of the mean cosine is given

COSINE = Kind(
    "isotropy",
    "mean cosine",
    "cosine of two random items, -1 to 1",
    Scale(0.2, 0.5),
    "How alike two items are that have nothing to do with each other; near 1 all lie in a narrow cone "
    "(Ethayarajh, 2019).",
    "Subtract the mean vector, then compare; or read similarities by `space.calibrate()`.",
    "directions without preference",
)
ISOSCORE = Kind(
    "isotropy",
    "IsoScore",
    "0 (all variance on one axis) to 1 (equal on all)",
    Scale(0.3, 0.05),
    "How evenly variance is spread over the dimensions (Rudman et al., 2022), corrected for sample size.",
    "Remove the mean and the first components (Mu & Viswanath, 2018), or keep fewer dimensions.",
    "the isotropic Gaussian",
)
FIRST = Kind(
    "isotropy",
    "first component",
    "share of variance, 0 to 1",
    Scale(0.2, 0.5),
    "How much of all variance lies along one direction.",
    "See what the direction holds (length, frequency, language, source); remove it if that is not meaning.",
    "a sample of the isotropic Gaussian of this size",
)


def isotropy(points: Points, spectrum: Spectrum, drawn: Matrix) -> list[Measure | Skipped]:
    """Mean cosine, IsoScore and share of the first component; `drawn`: variances of a Gaussian sample."""
    m, dim = points.seen.shape
    value, interval = mean_cosine(unit(points.seen))
    found: list[Measure | Skipped] = [COSINE.measured(value, m, interval=interval, reference=0.0)]
    total = float(spectrum.values.sum())
    if dim == 1 or total == 0:
        return [*found, Skipped("IsoScore, first component", "needs two dimensions and vectors that differ")]
    share = float(spectrum.values[0]) / total
    reference = float(drawn[0] / drawn.sum())
    found.append(FIRST.measured(share, m, interval=_first_interval(spectrum, share), reference=reference))
    if m < 4:
        return [*found, Skipped("IsoScore", f"{m} items are too few to correct it for their number: needs 4")]
    ratio, interval = participation(spectrum)
    scaled = None if interval is None else (isoscore(interval[0], dim), isoscore(interval[1], dim))
    return [*found, ISOSCORE.measured(isoscore(ratio, dim), m, interval=scaled, reference=1.0)]


def mean_cosine(units: Matrix) -> tuple[float, tuple[float, float] | None]:
    """Mean of u_i . u_j over all pairs i < j of unit vectors (m, dim), and its 95 % interval.

    The mean is (|sum u|^2 - sum |u|^2) / (m (m - 1)), a U-statistic; its deviation is to first order
    2 s / sqrt(m), s that of the items' mean cosines with the others (Hoeffding, 1948). Around no preferred
    direction, where the first order vanishes, the interval is wider than it need be. None below 20 items.
    """
    m, total = len(units), units.sum(axis=0)
    own = np.einsum("ij,ij->i", units, units)
    each = (units @ total - own) / (m - 1)
    value = float(each.mean())
    if m < FEWEST:
        return value, None
    wide = 2 * NORMAL * float(each.std(ddof=1)) / np.sqrt(m)
    return value, (max(-1.0, value - wide), min(1.0, value + wide))


def participation(spectrum: Spectrum) -> tuple[float, tuple[float, float] | None]:
    """Participation ratio (tr C)^2 / tr C^2 of the covariance C of what was sampled, and its 95 % interval.

    Both traces are estimated without bias, whatever the distribution (Himeno & Yamada, 2014): the ratio of
    the sample's own variances is too low wherever rows do not outnumber dimensions by far. At least 4 rows.
    """
    m, dim = spectrum.rows.shape
    s = spectrum.values * m / (m - 1)
    trace, trace_of_square = float(s.sum()), float((s * s).sum())
    lengths = np.einsum("ij,ij->i", spectrum.rows, spectrum.rows)
    fourth = float((lengths * lengths).sum()) / (m - 1)
    scale = (m - 1) / (m * (m - 2) * (m - 3))
    squared = scale * (2 * trace_of_square + (m * m - 3 * m + 1) * trace**2 - m * fourth)
    square = scale * ((m - 1) * (m - 2) * trace_of_square + trace**2 - m * fourth)
    ratio = float(np.clip(squared / square, 1, dim)) if square > 0 and squared > 0 else float(dim)
    first, second = float(spectrum.values.sum()), float((spectrum.values**2).sum())
    gradient = 2 * first / second - 2 * spectrum.values * first**2 / second**2
    interval = spectrum.interval(ratio, gradient * ratio * second / first**2)
    if interval is None:
        return ratio, None
    return ratio, (max(1.0, interval[0]), min(float(dim), interval[1]))


def isoscore(ratio: float, dim: int) -> float:
    """IsoScore of a participation ratio in `dim` dimensions: (ratio - 1) / (dim - 1).

    Rudman et al. (2022) define it by the distance of the normalised variances to those of the identity; their
    steps put one into another are this line.
    """
    return (ratio - 1) / (dim - 1)


def _first_interval(spectrum: Spectrum, share: float) -> tuple[float, float] | None:
    """The interval of the first share; None where the first two axes cannot be told apart.

    There the largest of the sample is not the largest of what was sampled, and no normal interval holds.
    """
    m, values = len(spectrum.rows), spectrum.values
    apart = spectrum.squares[:, 0] - spectrum.squares[:, 1]
    if values[0] - values[1] < 4 * float(apart.std()) / np.sqrt(m) or m < 10 * len(values):
        return None
    total = float(values.sum())
    gradient = np.full(len(values), -values[0] / total**2)
    gradient[0] += 1 / total
    interval = spectrum.interval(share, gradient)
    return None if interval is None else (max(0.0, interval[0]), min(1.0, interval[1]))
