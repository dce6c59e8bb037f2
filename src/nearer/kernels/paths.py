"""Paths of words down a binary tree, as the kernels of hierarchical softmax take them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class WordPaths:
    """The ways from the root (node 0) of a binary tree to its v leaves, through v - 1 inner nodes.

    Attributes
    ----------
    offsets : int64 (v + 1,), the path of word w is the range [offsets[w], offsets[w + 1]) of the other two.
    nodes : uint32 (t,), inner nodes from the root down.
    bits : uint8 (t,), the turn at each node, 0 or 1.
    """

    offsets: NDArray[np.int64]
    nodes: NDArray[np.uint32]
    bits: NDArray[np.uint8]

    @cached_property
    def longest(self) -> int:
        """Nodes on the longest path."""
        return int(np.diff(self.offsets).max())

    def fits(self, words: int) -> bool:
        """Whether this is a path a word, each of at least one node, for `words` words."""
        return (
            self.offsets.shape == (words + 1,)
            and self.offsets[0] == 0
            and bool((np.diff(self.offsets) > 0).all())
            and self.nodes.shape == self.bits.shape == (self.offsets[-1],)
        )


NO_PATHS = WordPaths(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.uint8))
