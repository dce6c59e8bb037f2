"""Groups of rows: found by k-means with k chosen by silhouette, or given as labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.maps.tsne import matrix_of
from nearer.space import Space

SAMPLE = 2_000  # rows that choose k
WEAK = 0.1  # silhouette below which no k stands out
REGIONS = 7  # groups that a space without clear ones is cut into: one a colour
MOST_GROUPS = 12  # groups a reader can still tell apart
HEAD = 50  # first rows of a cluster among which its name is sought
RANGES = 6  # groups that numbers are cut into
OTHER = "other"


@dataclass(frozen=True, eq=False)
class Groups:
    """A group for every row.

    Attributes
    ----------
    labels : int array (n,), the group of each row, an index into `names`.
    names : what each group is called, in the legend's order.
    silhouette : mean silhouette of the rows that chose k, in [-1, 1]; None for given groups.
    """

    labels: NDArray[np.int32]
    names: list[str]
    silhouette: float | None = None


def clusters(
    points: Space | ArrayLike, k: int | None = None, *, keys: Sequence[str] | None = None, seed: int = 0
) -> Groups:
    """Groups of `points` (a layout (n, 2), vectors (n, dim) or a space) by k-means.

    Without `k`, the k of 2 to 12 with the highest mean silhouette on up to 2,000 rows is taken; where even
    that lies under 0.1 there are no clear groups, and the rows are cut into seven regions. With `keys` (a
    space brings its own) a group is named by its three most central keys; without, by its number. The largest
    group comes first. Cosine spaces are grouped by their unit rows, others as they are.

    Raises `ParameterError` for a k outside [1, n], and `InputError` for rows that are not finite.
    Source: Rousseeuw, 1987 (silhouettes).
    """
    matrix, metric = matrix_of(points)
    n = len(matrix)
    if isinstance(points, Space):
        keys = points.keys if keys is None else keys
        if metric == "cosine":
            matrix = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-30)
    if k is not None and not 1 <= k <= n:
        raise ParameterError(f"k={shown(k)} must lie between 1 and the {n:,} rows")
    if keys is not None and len(keys) != n:
        raise InputError(f"{len(keys):,} keys for {n:,} rows")
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    rows = np.sort(np.random.default_rng(seed).permutation(n)[:SAMPLE])
    with threadpool_limits(limits=1):  # small work, and the same bits on every machine load
        centres, silhouette = centres_of(matrix, matrix[rows], k, seed)
    labels = largest_first(closest(matrix, centres))
    names = [str(label + 1) for label in range(int(labels.max()) + 1)]
    if keys is not None:
        names = [central_keys(matrix, np.flatnonzero(labels == label), keys) for label in range(len(names))]
    return Groups(labels, names, silhouette)


def given_groups(values: Sequence[object]) -> Groups:
    """Groups of given values, in the order of their size; those past the twelfth place become "other".

    Numbers of more than twelve different values are cut into six ranges that hold about as many rows each.
    """
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) == len(values) and len(set(numbers)) > MOST_GROUPS:
        return number_ranges(np.asarray(numbers, dtype=np.float64))
    texts = ["" if value is None else str(value) for value in values]
    ranked = [value for value, _ in Counter(texts).most_common()]
    names = ranked if len(ranked) <= MOST_GROUPS else [*ranked[: MOST_GROUPS - 1], OTHER]
    place = {value: min(index, len(names) - 1) for index, value in enumerate(ranked)}
    labels = np.fromiter((place[text] for text in texts), dtype=np.int32, count=len(texts))
    return Groups(labels, [name or "(none)" for name in names])


def number_ranges(values: NDArray[np.float64]) -> Groups:
    """Ranges between the quantiles of `values`, lowest first, named by their ends."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, RANGES + 1)[1:-1]))
    labels = np.searchsorted(edges, values, side="left")
    kept, labels = np.unique(labels, return_inverse=True)
    parts = [values[labels == label] for label in range(len(kept))]
    return Groups(labels.astype(np.int32), [f"{part.min():.6g} to {part.max():.6g}" for part in parts])


def centres_of(
    matrix: NDArray[np.float32], sample: NDArray[np.float32], k: int | None, seed: int
) -> tuple[NDArray[np.float32], float | None]:
    """Centres of the wanted number of clusters, or of the number with the best silhouette on `sample`."""
    from sklearn.cluster import KMeans  # noqa: PLC0415  (heavy)
    from sklearn.metrics import silhouette_score  # noqa: PLC0415

    def fit(rows: NDArray[np.float32], count: int) -> KMeans:
        return KMeans(count, n_init=2, random_state=seed).fit(rows)

    if k is not None:
        return fit(matrix, min(k, len(np.unique(matrix, axis=0)))).cluster_centers_, None
    most = min(MOST_GROUPS, len(np.unique(sample, axis=0)) - 1)
    if most < 2:  # too few distinct rows to compare partitions: one group
        return matrix[:1], None
    fitted = {count: fit(sample, count) for count in range(2, most + 1)}
    scores = {count: float(silhouette_score(sample, model.labels_)) for count, model in fitted.items()}
    best = max(scores, key=scores.__getitem__)
    if scores[best] < WEAK:
        best = min(REGIONS, most)
    return fitted[best].cluster_centers_, scores[best]


def closest(matrix: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """Index of the centre nearest to each row."""
    offsets = 0.5 * np.einsum("ij,ij->i", centres, centres)
    return np.asarray(np.argmax(matrix @ centres.T - offsets, axis=1))


def largest_first(labels: NDArray[np.int64]) -> NDArray[np.int32]:
    """`labels` renumbered 0, 1, ... by falling size; labels that no row carries are left out."""
    found, inverse, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    rank = np.empty(len(found), np.int32)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(found), dtype=np.int32)
    return rank[inverse]


def central_keys(matrix: NDArray[np.float32], rows: NDArray[np.intp], keys: Sequence[str]) -> str:
    """The three keys nearest to the mean of `rows`, sought among the first rows: the most frequent keys."""
    centre = matrix[rows].mean(axis=0)
    head = rows[: max(HEAD, len(rows) // 20)]
    order = np.argsort(np.linalg.norm(matrix[head] - centre, axis=1), kind="stable")[:3]
    return ", ".join(keys[int(row)] for row in head[order])
