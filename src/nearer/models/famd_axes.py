"""The axes of FAMD, and rows and categories on them.

Pagès 2004: numbers are standardised; a category of frequency p counts 1 / sqrt(p), all of it less its mean.
The right singular vectors of that matrix are the axes, and its product with them the coordinates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.table import Part, Prepared
from nearer.errors import ParameterError
from nearer.models.factorization import signs

MOST_DENSE = 2_048  # columns of the matrix up to which its covariance is factorised whole
ROWS_A_STEP = 8_192
LEAST_SHARE = 1e-10  # of the greatest eigenvalue, below which an axis is rounding


@dataclass(frozen=True, eq=False)
class Axes:
    """What takes a row to its coordinates: a part adds the row of `loads` that its value picks, or scales it.

    Attributes
    ----------
    parts : of a row.
    loads : float64 a part. Of a category (size + 2, dim), a row a known category, one of zeros for those not
        known, one for missing; of a number or vector (size + 2, dim), the last two for a flag of missing and
        for every row.
    """

    parts: tuple[Part, ...]
    loads: list[NDArray[np.float64]]

    @property
    def dim(self) -> int:
        """How many axes there are."""
        return int(self.loads[0].shape[1])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name, to save and to hash."""
        return {f"loads{place}": array for place, array in enumerate(self.loads)}

    @classmethod
    def of(cls, parts: Sequence[Part], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The axes that `arrays` gave."""
        return cls(tuple(parts), [arrays[f"loads{place}"] for place in range(len(parts))])

    def coordinates(self, rows: Prepared) -> NDArray[np.float32]:
        """Coordinates of rows, float32 (n, dim); a row's bits do not depend on the others."""
        found = np.empty((len(rows), self.dim), np.float32)
        for start in range(0, len(rows), ROWS_A_STEP):
            part_of = rows.take(slice(start, start + ROWS_A_STEP))
            total = np.zeros((len(part_of), self.dim))
            for place, part in enumerate(self.parts):
                total += self._added(part, self.loads[place], part_of.arrays[place], part_of.missing[place])
            found[start : start + ROWS_A_STEP] = total
        return found

    def _added(
        self, part: Part, loads: NDArray[Any], array: NDArray[Any], missing: NDArray[np.bool_]
    ) -> NDArray[Any]:
        if part.kind == "category":
            added: NDArray[Any] = loads[array]
            return added
        values = centred(part, array, missing)
        added = missing[:, None] * loads[-2] + loads[-1]
        for column, load in zip(values.T, loads, strict=False):
            added += column[:, None] * load
        return added


def centred(part: Part, array: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[np.float64]:
    """A number, standardised, (n, 1), or a vector less its mean, (n, size); zeros where missing."""
    if part.kind == "number":
        values = ((array - part.mean) / part.deviation)[:, None]
    else:
        values = array.astype(np.float64) - np.array(part.means)
    values[missing] = 0.0
    return values


def fitted_axes(
    parts: Sequence[Part], rows: Prepared, dim: int, seed: int, threads: int
) -> tuple[Axes, NDArray[np.float64], float]:
    """The axes of a table, the variance along each, falling, and that of all.

    Raises `ParameterError` for a dimension above the rank.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    blocks = [_block(part, rows.arrays[i], rows.missing[i]) for i, part in enumerate(parts)]
    matrix = _joined([block for block, _ in blocks])
    mean = np.asarray(matrix.mean(axis=0)).ravel()
    with threadpool_limits(limits=threads):
        values, vectors, total = _principal(matrix, mean, dim, seed)
    vectors = np.ascontiguousarray(vectors * signs(vectors))
    loads, first = [], 0
    for part, (block, scale) in zip(parts, blocks, strict=True):
        stop = first + block.shape[1]
        loads.append(_loads(part, vectors[first:stop], mean[first:stop], scale))
        first = stop
    return Axes(tuple(parts), loads), values, total


def _block(part: Part, array: NDArray[Any], missing: NDArray[np.bool_]) -> tuple[Any, NDArray[np.float64]]:
    """The columns of a part, sparse, and by what each is scaled."""
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    rows = len(array)
    if part.kind == "category":
        shares = np.bincount(array, minlength=part.size + 2) / rows
        scale = np.divide(1.0, np.sqrt(shares), out=np.zeros(len(shares)), where=shares > 0)
        cells = (scale[array], array.astype(np.int64), np.arange(rows + 1))
        return csr_array(cells, shape=(rows, part.size + 2)), scale
    values = centred(part, array, missing)
    inertia = values.var(axis=0).sum()
    share = float(missing.mean())
    scale = np.full(values.shape[1] + 1, 1.0 / np.sqrt(inertia) if inertia > 0 else 0.0)
    scale[-1] = 1.0 / np.sqrt(share * (1.0 - share)) if 0.0 < share < 1.0 else 0.0
    return csr_array(np.column_stack([values, missing]) * scale), scale


def _loads(part: Part, vectors: NDArray[Any], mean: NDArray[Any], scale: NDArray[Any]) -> NDArray[np.float64]:
    """What a part's values add to a row's coordinates, its mean taken off."""
    scaled: NDArray[np.float64] = vectors * scale[:, None]
    offset = mean @ vectors
    if part.kind == "category":
        seen = scale > 0
        return np.where(seen[:, None], scaled - offset, 0.0)
    return np.vstack([scaled, -offset])


def _joined(blocks: Sequence[Any]) -> Any:
    from scipy.sparse import hstack  # noqa: PLC0415

    return hstack(blocks, format="csr")


def _principal(
    matrix: Any, mean: NDArray[np.float64], dim: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """The leading eigenvalues and eigenvectors of the covariance, and its trace."""
    from scipy.linalg import eigh  # noqa: PLC0415  (`import nearer` must not load it)
    from scipy.sparse.linalg import LinearOperator, eigsh  # noqa: PLC0415

    rows, width = matrix.shape
    total = float(matrix.multiply(matrix).sum() / rows - mean @ mean)
    if width <= MOST_DENSE:
        covariance = (matrix.T @ matrix).toarray() / rows - np.outer(mean, mean)
        values, vectors = eigh(covariance)
    else:
        _require_rank(dim, min(rows, width) - 1)
        covariance = LinearOperator(
            (width, width),
            matvec=lambda v: matrix.T @ (matrix @ v) / rows - mean * (mean @ v),
            dtype=np.float64,
        )
        source = np.random.RandomState(np.random.MT19937(seed))  # its streams never change
        values, vectors = eigsh(covariance, k=dim, v0=source.uniform(-1, 1, width))
    falling = np.argsort(-values, kind="stable")
    values, vectors = values[falling], vectors[:, falling]
    _require_rank(dim, int((values > values[0] * LEAST_SHARE).sum()))
    return values[:dim], vectors[:, :dim], total


def _require_rank(dim: int, rank: int) -> None:
    if dim > rank:
        raise ParameterError(
            f"dim={dim} is above the number of dimensions that the table has, {rank:,}",
            remedy=f"set dim to {rank} or less" if rank > 0 else "give a table whose rows differ",
        )
