"""`Baseline`: what windows are compared with; of constant size, bound to an identity.

Rows are split by lot: the guide decides where clusters and axes lie, the others are compared with windows.
What was learned from rows fits them better than new ones, and a test that compared them would ring by itself.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.chance import checked_seed
from nearer.errors import InputError, ParameterError, shown
from nearer.monitor.directions import named_directions
from nearer.space import Metric, Space, load
from nearer.space.checks import checked_matrix, first_not_finite
from nearer.space.queries import as_compared
from nearer.space.reduction import one_thread

ROWS, GUIDE = 2000, 1000  # rows kept, at most, to compare with, and to learn from
CLUSTERS, AXES = 16, 16  # of the guide, at most
LEAST = 8  # rows, or blocks of rows, without which there is nothing to compare with
BLOCK = 1024  # rows that are looked at at once

Matrix = NDArray[np.float64]
Source = Space | ArrayLike | str | os.PathLike[str]


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
    seed : by which the parts were drawn.
    block : consecutive rows that stay together; 1 where rows do not depend on their neighbours.
    names : names of the axes that were given.
    named : float64 (len(names), dim), those axes, of length 1.
    """

    rows: Matrix
    keys: tuple[str, ...]
    guide: Matrix
    metric: Metric
    identity: str | None
    seed: int = 0
    block: int = 1
    names: tuple[str, ...] = ()
    named: Matrix | None = None

    @classmethod
    def of(
        cls,
        source: Source,
        *,
        rows: int = ROWS,
        guide: int = GUIDE,
        seed: int = 0,
        block: int = 1,
        axes: Mapping[str, Any] | None = None,
    ) -> Baseline:
        """The baseline of a space, of a path to one, or of vectors (n, dim) compared by cosine.

        Parameters
        ----------
        rows, guide : how many rows are kept, at most; a quarter of a small source is the guide.
        seed : draws the parts.
        block : rows that depend on their neighbours, as those of a time series do, are drawn as whole runs
            of `block` consecutive rows; what is left at the end is not used.
        axes : name -> direction (dim,), or a value with `direction` and `identity`, to be watched by name.

        Raises `InputError` for too few rows, NaN and rows that are all the same, `ParameterError` for
        settings and axes that are none, `SpaceMismatch` for an axis of another space.
        """
        space = _space(source)
        matrix = space.vectors if space is not None else checked_matrix(source)  # type: ignore[arg-type]
        keys = None if space is None else space.keys
        metric: Metric = "cosine" if space is None else space.metric
        identity = None if space is None else space.identity
        block, seed = checked_count("block", block), checked_seed(seed)
        _require_usable(matrix, keys, block)
        first, second = _parts(
            len(matrix), checked_count("rows", rows), checked_count("guide", guide), block, seed
        )
        names, named = named_directions(axes or {}, matrix.shape[1], identity)
        return cls(
            as_compared(matrix[second], metric),
            tuple(str(row) if keys is None else keys[row] for row in second),
            as_compared(matrix[first], metric),
            metric,
            identity,
            seed,
            block,
            names,
            named,
        )

    @property
    def dim(self) -> int:
        """Columns of the vectors."""
        return int(self.rows.shape[1])

    @cached_property
    def centroids(self) -> Matrix:
        """Centres (c, dim) of the guide's clusters, by k-means."""
        from sklearn.cluster import KMeans  # noqa: PLC0415  (`import nearer` stays light)
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

        count = max(1, min(CLUSTERS, len(self.guide) // 10, len(np.unique(self.guide, axis=0))))
        with threadpool_limits(1):  # sums of several threads differ in their last bits
            model = KMeans(count, n_init=1, random_state=self.seed).fit(self.guide)
        return np.asarray(model.cluster_centers_, np.float64)

    @cached_property
    def principal(self) -> Matrix:
        """All unit principal axes (k, dim) of the guide, the strongest first."""
        centred = self.guide - self.guide.mean(axis=0)
        with one_thread():
            _, strength, axes = np.linalg.svd(centred, full_matrices=False)
        return np.asarray(axes[strength > 1e-9 * max(float(strength[0]), 1e-300)])

    @cached_property
    def axes(self) -> Matrix:
        """Unit axes (a, dim): those that were named, then the strongest principal axes."""
        strongest = self.principal[:AXES]
        return strongest if self.named is None else np.concatenate([self.named, strongest])

    @cached_property
    def mean_distance(self) -> float:
        """Mean Euclidean distance of all pairs of compared rows."""
        from nearer.monitor.inhomogeneity import mean_distance  # noqa: PLC0415  (it measures baselines)

        with one_thread():
            return mean_distance(self.rows, self.rows)

    @cached_property
    def usual(self) -> Matrix:
        """Mean distances (n,) of the compared rows to the guide's nearest, ascending."""
        from nearer.monitor.scores import nearest_distances  # noqa: PLC0415  (it scores baselines)

        with one_thread():
            return np.sort(nearest_distances(self.rows, self.guide)[0])

    @property
    def axis_names(self) -> tuple[str, ...]:
        """A name for each of `axes`: the one given, or "principal 1", "principal 2" for others."""
        others = len(self.axes) - len(self.names)
        return (*self.names, *(f"principal {number + 1}" for number in range(others)))

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write a folder `path` (docs/format.md), whole or not at all; nothing is pickled.

        Raises `StorageError` where `path` exists and `overwrite` is false, or cannot be written.
        """
        from nearer.monitor.baseline_file import write  # noqa: PLC0415  (it makes baselines)

        write(self, Path(path), overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Baseline:
        """The baseline saved at `path`, every bit as it was.

        Raises `IntegrityError` for what is cut short, edited, of another version or no baseline.
        """
        from nearer.monitor.baseline_file import read  # noqa: PLC0415  (it makes baselines)

        return read(Path(path))


def opened(source: Baseline | Source, **settings: Any) -> Baseline:
    """`source` itself where it is a baseline, the one saved there, or the baseline of what it is."""
    from nearer.monitor.baseline_file import NAME  # noqa: PLC0415  (it makes baselines)

    if isinstance(source, Baseline):
        return source
    if isinstance(source, str | os.PathLike) and (Path(source) / NAME).is_file():
        return Baseline.load(source)
    return Baseline.of(source, **settings)


def require_numbers(matrix: NDArray[np.float32], keys: Sequence[str] | None, what: str) -> None:
    """Raise `InputError` naming row, key and column of the first NaN or infinity."""
    if (place := first_not_finite(matrix)) is not None:
        row, column = place
        whose = "the vector" if keys is None else f"the vector of {shown(keys[row])}"
        raise InputError(
            f"{whose} holds {matrix[row, column]} in column {column}",
            file=what,
            row=row,
            remedy="remove the row, or repair what made it",
        )


def require_varied(matrix: NDArray[np.float32], what: str) -> None:
    """Raise `InputError` where many rows are all the same: no distribution, but a fault of what made them."""
    starts = range(0, len(matrix), BLOCK)
    if len(matrix) >= LEAST and all((matrix[start : start + BLOCK] == matrix[0]).all() for start in starts):
        raise InputError(
            f"all {len(matrix):,} rows are the same vector",
            file=what,
            remedy="look at what made them: an encoder that answers everything alike is broken",
        )


def checked_count(name: str, value: int) -> int:
    """`value` as a whole number of at least 1, else `ParameterError`."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if isinstance(value, bool) or number < 1:
        raise ParameterError(f"{name} is {shown(value)}", remedy="use a whole number of at least 1")
    return number


def _space(source: Source) -> Space | None:
    if isinstance(source, str | os.PathLike):
        return load(source)
    return source if isinstance(source, Space) else None


def _require_usable(matrix: NDArray[np.float32], keys: Sequence[str] | None, block: int) -> None:
    require_numbers(matrix, keys, "baseline")
    units = len(matrix) // block
    if units < LEAST:
        many = len(matrix)
        what = f"{many} row{'' if many == 1 else 's'}" + (f" in blocks of {block}" if block > 1 else "")
        raise InputError(
            f"{what} are no baseline" if many != 1 else f"{what} is no baseline",
            remedy=f"pass at least {LEAST * block:,} rows, better 1,000 or more",
        )
    require_varied(matrix, "baseline")


def _parts(n: int, rows: int, guide: int, block: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row numbers of the guide and of the compared rows: whole blocks, in their order."""
    units = n // block
    order = np.random.default_rng(seed).permutation(units)
    learned = min(max(1, guide // block), units // 4)
    kept = max(1, rows // block)
    first, second = np.sort(order[:learned]), np.sort(order[learned : learned + kept])
    spread = np.arange(block)
    return (first[:, None] * block + spread).ravel(), (second[:, None] * block + spread).ravel()
