"""`Space`: keys, vectors, a metric and an identity; the value every model makes and every use takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import UnknownKey, shown
from nearer.space.identity import content_identity

Metric = Literal["cosine", "dot", "euclidean"]


class Space:
    """Vectors by key, with the metric that compares them. Immutable.

    Parameters
    ----------
    keys : n distinct strings.
    vectors : array (n, dim), stored as float32, C order, read-only.
    metric : "cosine", "dot" or "euclidean".
    """

    def __init__(self, keys: Sequence[str], vectors: ArrayLike, metric: Metric = "cosine") -> None:
        self._keys = list(keys)
        matrix = np.array(vectors, dtype=np.float32, order="C")
        matrix.flags.writeable = False
        self._vectors: NDArray[np.float32] = matrix
        self._metric: Metric = metric

    @property
    def keys(self) -> list[str]:
        """The keys, in row order."""
        return self._keys

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Read-only float32 array (n, dim)."""
        return self._vectors

    @property
    def metric(self) -> Metric:
        """How two vectors are compared."""
        return self._metric

    @property
    def dim(self) -> int:
        """Number of columns of `vectors`."""
        return int(self._vectors.shape[1])

    @cached_property
    def identity(self) -> str:
        """SHA-256 of what decides a vector's meaning (64 hexadecimal digits)."""
        return content_identity(self._keys, self._vectors, self._metric)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {key: row for row, key in enumerate(self._keys)}

    def row(self, key: str) -> int:
        """Row of `key`; raises `UnknownKey`."""
        try:
            return self._rows[key]
        except KeyError:
            raise UnknownKey(f"{shown(key)} is not in this space of {len(self._keys):,} keys") from None

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __getitem__(self, key: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._vectors[self.row(key)]
        return vector
