"""`health`: what is measured of a space, in order."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from nearer.chance import checked_seed
from nearer.errors import InputError, ParameterError, SpaceMismatch, shown
from nearer.evaluate.correlation import pair_scores
from nearer.evaluate.health.collapse import collapse
from nearer.evaluate.health.dimensions import dimensions
from nearer.evaluate.health.duplicates import duplicates
from nearer.evaluate.health.frequency import counted, frequency
from nearer.evaluate.health.hubness import hubness
from nearer.evaluate.health.isotropy import isotropy
from nearer.evaluate.health.leakage import Test, leakage
from nearer.evaluate.health.measure import Measure, Skipped
from nearer.evaluate.health.outliers import outliers
from nearer.evaluate.health.points import Points
from nearer.evaluate.health.report import Charts, HealthReport, Histogram
from nearer.evaluate.health.spectrum import Spectrum, gaussian_values
from nearer.evaluate.health.stability import common_rows, stability
from nearer.space import Space
from nearer.space.checks import checked_matrix

SAMPLE = 20_000  # items that neighbours and axes are taken of, at most
K = 10  # neighbours of an item
PAIRS, BINS = 100_000, 60  # of the charts
TRAIN = "train"  # the value of a split column that names training items
LEFT_OUT = "isotropy, effective dimension, hubness, outliers"


def health(
    space: Space,
    *,
    test: Space | ArrayLike | None = None,
    split: str | None = None,
    others: Sequence[Space] = (),
    counts: ArrayLike | str | None = None,
    k: int = K,
    sample: int = SAMPLE,
    examples: int = 20,
    seed: int = 0,
    threads: int | None = None,
) -> HealthReport:
    """What is well with a space, and what is not: every figure with its meaning and what to do.

    Isotropy, effective dimension, hubness, collapse, duplicates, leakage, outliers, frequency and stability.

    Each figure has its interval where it is an estimate, a reference where nothing is wrong, and a verdict by
    a stated rule. Vectors are looked at as the metric sees them, of length 1 for "cosine", where zero vectors
    have no part in anything but their own count. Copies count once in all that looks at neighbours and axes.

    Parameters
    ----------
    test : items held out from those of `space`: a space of the same identity, or vectors (t, dim). Are they
        among the training items?
    split : a payload column instead: items with the value "train" are training items, the others test items.
    others : spaces of the same keys, from other seeds or of other dimensions. Does an item keep its
        neighbours there?
    counts : how often each item occurs: a payload column, numbers (n,), or "rank" where keys stand by falling
        frequency. None: the column "count", if there is one.
    k : neighbours of an item.
    sample : at most so many distinct items, drawn at random by `seed`, are asked for their neighbours among
        all, and give the axes; never more than 20 million numbers. Time grows with sample * n * dim. Exact
        copies, zero vectors, spread and frequency are those of all rows.
    examples : groups of keys that a measure names, at most.
    threads : None for one a core; the neighbours do not depend on it.

    Raises
    ------
    InputError : fewer than two items, a column that is missing, a split without training or test items, a
        space to compare with that shares fewer than two keys.
    SpaceMismatch : a test space of another identity.
    ParameterError : k, sample or examples that are no whole numbers from 1, 2 and 0; a seed that is none from
        0; test and split together.
    """
    if len(space) < 2:
        count = f"{len(space)} item{'s' * (len(space) != 1)}"
        raise InputError(f"the space holds {count}", remedy="health needs at least two")
    k, sample, examples = _whole("k", k, 1), _whole("sample", sample, 2), _whole("examples", examples, 0)
    if test is not None and split is not None:
        raise ParameterError("test and split are both given", remedy="pass one of them")
    seed = checked_seed(seed)
    parts, often = _parts(space, test, split), counted(space, counts)
    pairs = [common_rows(space, other, number) for number, other in enumerate(others, start=1)]
    points = Points.of(space.vectors, space.metric, k, sample, seed, threads)
    apart = len(points.vectors) > 1
    spectrum = Spectrum.of(points.seen) if apart else None
    found: list[Measure | Skipped] = collapse(space, points, spectrum, examples)
    if spectrum is None:
        found.append(Skipped(LEFT_OUT, "all vectors are equal or zero"))
        found.append(duplicates(space, points, examples)[0])
    else:
        drawn = gaussian_values(len(points.seen), space.dim, seed)
        found += isotropy(points, spectrum, drawn)
        found += dimensions(points, spectrum, drawn)
        found += hubness(points, spectrum, space.keys, examples, seed)
        found += duplicates(space, points, examples)
        found += outliers(points, space.keys, examples)
    if parts is not None:
        train, held_out = parts
        known = points
        if train is not space:
            known = Points.of(train.vectors, train.metric, k, sample, seed, threads)
        found += leakage(known, train.keys, held_out, sample, examples, seed)
    found += frequency(space, spectrum, often)
    found += stability(space, others, pairs, k, examples, seed, threads)
    return HealthReport(
        len(space),
        space.dim,
        space.metric,
        space.identity,
        len(points.vectors),
        len(points.drawn),
        points.k,
        seed,
        [one for one in found if isinstance(one, Measure)],
        [one for one in found if isinstance(one, Skipped)],
        _charts(points, spectrum, seed),
    )


def _parts(space: Space, test: Space | ArrayLike | None, split: str | None) -> tuple[Space, Test] | None:
    """Training items and test items, if there are any."""
    if split is not None:
        return _by_column(space, split)
    if test is None:
        return None
    if isinstance(test, Space):
        if test.identity != space.identity:
            raise SpaceMismatch(
                f"the test items have identity {test.identity[:12]}, expected {space.identity[:12]}: "
                "vectors of different spaces cannot be compared",
                remedy="encode both by one encoder, or pass one space and a split column",
            )
        vectors, keys, named = test.vectors, list(test.keys), True
    else:
        vectors = checked_matrix(test)
        keys, named = [f"row {row}" for row in range(len(vectors))], False
        if not np.isfinite(vectors).all():
            row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
            raise InputError(
                "the vector holds NaN or infinity", file="test", row=row, remedy="remove the row"
            )
    if vectors.shape[1] != space.dim:
        raise InputError(
            f"test vectors have {vectors.shape[1]} columns, those of the space {space.dim}",
            remedy="encode both by one encoder",
        )
    if not len(vectors):
        raise InputError("there are no test items", remedy="pass at least one")
    return space, Test(vectors, keys, named)


def _by_column(space: Space, split: str) -> tuple[Space, Test]:
    names = [] if space.items is None else space.items.column_names
    if space.items is None or split not in names:
        raise InputError(
            f"split={shown(split)} is none of the payload columns {shown(names, 120)}", remedy="name a column"
        )
    values = [str(value) for value in space.items.column(split).to_pylist()]
    training = np.array([value == TRAIN for value in values])
    if training.all() or not training.any():
        raise InputError(
            f"the column {shown(split)} holds {shown(sorted(set(values)), 120)}",
            remedy=f"training items have the value {TRAIN!r}, test items another one",
        )
    held_out = space.take(~training)
    return space.take(training), Test(held_out.vectors, list(held_out.keys), False)


def _charts(points: Points, spectrum: Spectrum | None, seed: int) -> Charts:
    if spectrum is None:
        return Charts([], None, None)
    total = float(spectrum.values.sum())
    shares = [float(value) / total for value in spectrum.values] if total > 0 else []
    m = len(points.drawn)
    generator = np.random.default_rng(seed)
    first = generator.integers(0, m, PAIRS)
    second = (first + generator.integers(1, m, PAIRS)) % m
    scores = pair_scores(points.vectors, points.metric, points.drawn[first], points.drawn[second])
    occurrences = points.among.occurrences(m)
    edges = np.linspace(-0.5, occurrences.max() + 0.5, min(BINS, int(occurrences.max()) + 1) + 1)
    return Charts(shares, _histogram(scores, _edges(scores)), _histogram(occurrences, edges))


def _edges(values: np.ndarray) -> np.ndarray:
    """Even bins over the values, of a width that is there where these are all but equal."""
    low, high = float(values.min()), float(values.max())
    least = 1e-6 * max(abs(low), abs(high), 1e-6)
    if high - low < least:
        low, high = low - least, high + least
    return np.linspace(low, high, BINS + 1)


def _histogram(values: np.ndarray, bins: np.ndarray) -> Histogram:
    counts, edges = np.histogram(values, bins)
    return Histogram([int(count) for count in counts], [float(edge) for edge in edges])


def _whole(name: str, value: int, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise ParameterError(f"{name} is {shown(value)}", remedy=f"pass a whole number of at least {least}")
    return number
