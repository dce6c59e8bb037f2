"""Clustering: do clusters found without the labels agree with them?"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.evaluate.bootstrap import LEVELS, RESAMPLES
from nearer.evaluate.labels import Labels, labelled, require_two
from nearer.evaluate.probe import unit_rows
from nearer.evaluate.result import Estimate, Result, table
from nearer.space import Space

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class ClusteringResult(Result):
    """Agreement of k-means clusters with labels, from 0 (chance for ARI) to 1 (the same groups).

    Attributes
    ----------
    v_measure : harmonic mean of homogeneity and completeness, the mean over runs.
    ari : adjusted Rand index, the mean over runs.
    clusters : clusters asked for.
    runs : runs of k-means, each from a seed of its own.
    labels : how many different labels there are.
    coverage : part of the labelled items that the space holds.
    """

    v_measure: Estimate
    ari: Estimate
    clusters: int
    runs: int
    labels: int
    coverage: float
    rule: ClassVar[str] = "items that the space lacks are left out"

    @property
    def value(self) -> float:
        """The V-measure."""
        return self.v_measure.value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `value`."""
        return self.v_measure.interval

    @property
    def n(self) -> int:
        """Items clustered."""
        return self.v_measure.n

    @property
    def oov_rate(self) -> float:
        """Part of the labelled items that the space lacks."""
        return 1 - self.coverage

    def __str__(self) -> str:
        return table(
            ("clustering", "value", "95 %", "n"),
            [("v-measure", *self.v_measure.cells()), ("ARI", *self.ari.cells())],
            f"{self.clusters} clusters for {self.labels} labels, mean of {self.runs} runs; "
            f"coverage {self.coverage:.1%} of the labelled items",
        )


def clustering(
    space: Space,
    labels: Labels,
    *,
    clusters: int | None = None,
    runs: int = 5,
    n_init: int = 10,
    columns: Sequence[str] | None = None,
    seed: int = 0,
) -> ClusteringResult:
    """V-measure (Rosenberg & Hirschberg, 2007) and adjusted Rand index (Hubert & Arabie, 1985) of k-means.

    In a space of cosines vectors are scaled to length 1 first. The interval draws both the items and the runs
    again, and takes the clusters of each run as given.

    Parameters
    ----------
    labels : label of each row, {key: label}, the name of a payload column, or a file or table of keys and
        labels.
    clusters : None for as many as there are labels.
    runs : independent runs of k-means, whose seeds follow from `seed`.
    n_init : starts a run, of which the best is kept.
    columns : names of the columns of key and label in a file or table.

    Raises `ParameterError` for clusters, runs or n_init out of their range, and `InputError` for labels that
    are missing or of one kind only, or fewer distinct vectors than clusters.
    """
    found = labelled(space, labels, columns)
    require_two(found)
    count = len(found.names) if clusters is None else clusters
    for name, value, least in (("clusters", count, 2), ("runs", runs, 1), ("n_init", n_init, 1)):
        if value < least:
            raise ParameterError(f"{name}={shown(value)} is below {least}")
    if count > len(found.rows):
        raise ParameterError(f"clusters={count} is above the {len(found.rows):,} labelled items")
    vectors = unit_rows(space.vectors[found.rows], space.metric)
    generator = np.random.default_rng(seed)
    seeds = generator.integers(0, 2**31, runs).tolist()
    groups = np.stack([_k_means(vectors, count, n_init, each) for each in seeds])
    v_measure, ari = _agreement(found.codes, groups, generator)
    return ClusteringResult(v_measure, ari, count, runs, len(found.names), found.coverage)


def _k_means(vectors: NDArray[np.float64], clusters: int, n_init: int, seed: int) -> NDArray[np.int64]:
    """Cluster of each row (n,)."""
    from sklearn.cluster import KMeans  # noqa: PLC0415  (`import nearer` must not load it)
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  (likewise)
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    with warnings.catch_warnings(), threadpool_limits(1):  # sums of several threads differ in their last bits
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            found = KMeans(clusters, n_init=n_init, random_state=seed).fit_predict(vectors)
        except ConvergenceWarning:
            distinct = len(np.unique(vectors, axis=0))
            raise InputError(
                f"{distinct:,} distinct vectors cannot make {clusters} clusters",
                remedy="ask for fewer clusters",
            ) from None
    return np.asarray(found, np.int64)


def _agreement(codes: Counts, groups: Counts, generator: np.random.Generator) -> tuple[Estimate, Estimate]:
    """V-measure and ARI of `groups` (runs, n) with `codes` (n,), each the mean over runs.

    Items with equal label and equal clusters in all runs are counted together: a resample of the items is a
    draw from the multinomial distribution of their counts.
    """
    kinds, counts = np.unique(np.vstack([codes, groups]), axis=1, return_counts=True)
    n, runs = len(codes), len(groups)
    drawn = generator.multinomial(n, counts / n, RESAMPLES)
    sampled = np.vstack([counts, drawn])
    scores = np.stack([_scores(sampled, kinds[0], kinds[1 + run]) for run in range(runs)])
    which = generator.integers(0, runs, (RESAMPLES, runs))
    resampled = scores[which.T, np.arange(1, RESAMPLES + 1)].mean(axis=0)
    low, high = np.percentile(resampled, LEVELS, axis=0)
    v_measure, ari = (
        Estimate(float(value), (float(low[i]), float(high[i])), n)
        for i, value in enumerate(scores[:, 0].mean(axis=0))
    )
    return v_measure, ari


def _scores(samples: Counts, labels: Counts, clusters: Counts) -> NDArray[np.float64]:
    """V-measure and ARI of each of m samples (m, 2), from counts (m, kinds) of items by label and cluster."""
    cells = labels * (clusters.max() + 1) + clusters
    joint, by_label, by_cluster = (_grouped(samples, keys) for keys in (cells, labels, clusters))
    return np.stack([v_measure(joint, by_label, by_cluster), ari(joint, by_label, by_cluster)], axis=1)


def _grouped(samples: Counts, keys: Counts) -> Counts:
    """Sums of the columns of `samples` that have equal `keys`."""
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    return np.asarray(np.add.reduceat(samples[:, order], starts, axis=1))


def v_measure(joint: Counts, by_label: Counts, by_cluster: Counts) -> NDArray[np.float64]:
    """Harmonic mean of homogeneity and completeness of m samples (m,); 1 where there is but one group.

    It equals mutual information over the mean of both entropies. Arguments are counts of items, (m, groups).
    """
    both = entropy(by_label) + entropy(by_cluster)
    shared = both - entropy(joint)
    return np.clip(np.divide(2 * shared, both, out=np.ones_like(both), where=both > 0), 0, 1)


def entropy(counts: Counts) -> NDArray[np.float64]:
    """Shannon entropy in nats of each row of counts (m, groups)."""
    parts = counts / counts.sum(axis=1, keepdims=True)
    logs = np.log(parts, out=np.zeros_like(parts), where=parts > 0)
    return np.asarray(-(parts * logs).sum(axis=1))


def ari(joint: Counts, by_label: Counts, by_cluster: Counts) -> NDArray[np.float64]:
    """Adjusted Rand index of m samples (m,): pairs of items grouped alike, above what chance gives."""
    together, labelled_alike, clustered_alike = (_pairs(counts) for counts in (joint, by_label, by_cluster))
    expected = labelled_alike * clustered_alike / _pairs(joint.sum(axis=1, keepdims=True))
    highest = (labelled_alike + clustered_alike) / 2
    spread = highest - expected
    return np.divide(together - expected, spread, out=np.ones_like(spread), where=spread != 0)


def _pairs(counts: Counts) -> NDArray[np.float64]:
    """Pairs of items within each group, summed: (m,)."""
    exact = counts.astype(np.float64)
    return np.asarray((exact * (exact - 1) / 2).sum(axis=1))
