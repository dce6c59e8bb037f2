"""`Baseline`: what windows are compared with; of constant size, bound to an identity.

Rows are split by lot: the guide decides where clusters and axes lie, the others are compared with windows.
What was learned from rows fits them better than new ones, and a test that compared them would ring by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError
from nearer.space import Metric, Space
from nearer.space.checks import checked_matrix
from nearer.space.queries import unit

ROWS, GUIDE = 2000, 1000  # rows kept, at most, to compare with, and to learn from
CLUSTERS, AXES = 16, 16  # of the guide, at most
LEAST = 8  # rows without which there is nothing to compare with

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Baseline:
    """Rows of a time when all was well.

    Attributes
    ----------
    rows : float64 (n, dim), unit rows where the metric is "cosine".
    keys : n keys of them.
    guide : float64 (g, dim), other rows, from which clusters and axes are learned.
    metric : of the space.
    identity : of the vectors, or None where plain arrays were given.
    """

    rows: Matrix
    keys: tuple[str, ...]
    guide: Matrix
    metric: Metric
    identity: str | None
    seed: int = 0

    @classmethod
    def of(
        cls, source: Space | ArrayLike, *, rows: int = ROWS, guide: int = GUIDE, seed: int = 0
    ) -> Baseline:
        """The baseline of a space, or of vectors (n, dim) compared by cosine; parts drawn by `seed`.

        A quarter of a small source is the guide. Raises `InputError` for too few rows and for NaN.
        """
        space = source if isinstance(source, Space) else None
        matrix = source.vectors if isinstance(source, Space) else checked_matrix(source)
        if not np.isfinite(matrix).all():
            row = int(np.flatnonzero(~np.isfinite(matrix).all(axis=1))[0])
            raise InputError("the vector holds NaN or infinity", file="baseline", row=row, remedy="remove it")
        if len(matrix) < LEAST:
            raise InputError(
                f"{len(matrix)} rows are no baseline", remedy=f"pass at least {LEAST}, better 1,000 or more"
            )
        order = np.random.default_rng(seed).permutation(len(matrix))
        learned = min(guide, len(matrix) // 4)
        first, second = np.sort(order[:learned]), np.sort(order[learned : learned + rows])
        metric: Metric = "cosine" if space is None else space.metric
        keys = (
            tuple(str(row) for row in second) if space is None else tuple(space.keys[row] for row in second)
        )
        return cls(
            prepared(matrix[second], metric),
            keys,
            prepared(matrix[first], metric),
            metric,
            None if space is None else space.identity,
            seed,
        )

    @cached_property
    def centroids(self) -> Matrix:
        """Centres (c, dim) of the guide's clusters, by k-means."""
        from sklearn.cluster import KMeans  # noqa: PLC0415  (`import nearer` stays light)

        count = max(1, min(CLUSTERS, len(self.guide) // 10))
        model = KMeans(count, n_init=1, random_state=self.seed).fit(self.guide)
        return np.asarray(model.cluster_centers_, np.float64)

    @cached_property
    def axes(self) -> Matrix:
        """Unit principal axes (a, dim) of the guide, the strongest first."""
        centred = self.guide - self.guide.mean(axis=0)
        axes = np.linalg.svd(centred, full_matrices=False)[2]
        return np.asarray(axes[:AXES], np.float64)


def prepared(matrix: NDArray[np.float32], metric: Metric) -> Matrix:
    """Rows as tests compare them: of length 1 where the metric is "cosine"."""
    return unit(matrix) if metric == "cosine" else matrix.astype(np.float64)
