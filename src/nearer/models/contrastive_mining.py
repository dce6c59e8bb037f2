"""Hard negatives: for each left item, the right ones nearest to it that do not belong with it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nearer.models.contrastive_judging import unit
from nearer.models.contrastive_reading import PairMaterial

BLOCK = 512  # left items at a time
Rows = NDArray[np.int64]


class Miner(Protocol):
    """What has items and makes their vectors as they are now."""

    @property
    def material(self) -> PairMaterial:
        """Pairs and items."""
        ...

    def vectors(self, side: int, rows: Rows) -> NDArray[np.float32]:
        """Vectors of left (0) or right (1) items."""
        ...


def hardest(miner: Miner, count: int) -> NDArray[np.int64]:
    """Rows of the `count` right items nearest to each left one by cosine, those known to belong with it left
    out: int64 (left items, count); -1 where there are not so many, and for left items training does not have.
    """
    material = miner.material
    left, right = material.train.rows()
    one = unit(miner.vectors(0, left))
    two = one if material.one_kind else unit(miner.vectors(1, right))
    mined = np.full((len(material.left.keys), count), -1, np.int64)
    kept = min(count, len(right))
    for start in range(0, len(left), BLOCK):
        rows = left[start : start + BLOCK]
        scores = one[start : start + BLOCK] @ two.T
        scores[material.train.known(rows, right)] = -np.inf
        near = np.argsort(-scores, axis=1, kind="stable")[:, :kept]
        found: Any = right[near]
        found[~np.isfinite(np.take_along_axis(scores, near, 1))] = -1
        mined[rows, :kept] = found
    return mined
