"""The torch module of `TableNetwork`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nearer.networks.heads import layers, seeded

MOST_UNITS = 32  # of a category's vector
WORD_UNITS = 32


class TableModule(nn.Module):
    """Numbers, flags, codes and words of rows become (b, dim).

    edges : of each number's bins, rising, from 0 to 1; sizes : codes of each category, the last two of which
    stand for one that is not known, and for a missing one; texts : columns of text.
    """

    def __init__(
        self,
        edges: Sequence[NDArray[np.float64]],
        sizes: Sequence[int],
        texts: int,
        buckets: int,
        hidden: Sequence[int],
        dim: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.edges = [_bins(edge) for edge in edges]
        units = [min(MOST_UNITS, 2 + int(size**0.5)) for size in sizes]
        with seeded(seed):
            self.categories = nn.ModuleList(
                nn.Embedding(size, unit) for size, unit in zip(sizes, units, strict=True)
            )
            self.words = nn.ModuleList(
                nn.EmbeddingBag(buckets, WORD_UNITS, mode="mean", padding_idx=0) for _ in range(texts)
            )
        with torch.no_grad():
            for embedding in self.categories:  # untrained where no training row is unknown, or missing
                embedding.get_parameter("weight")[-2:] = 0.0
        inputs = sum(len(low) + 1 for low, _ in self.edges) + sum(units) + texts * WORD_UNITS
        self.above = layers(inputs, hidden, dim, 0.0, seed + 1)

    def forward(self, batch: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
        """Vectors of rows, (b, dim)."""
        numbers, missing, codes, words = batch
        parts = []
        for place, (low, span) in enumerate(self.edges):
            share = ((numbers[:, place, None] - low) / span).clamp(0.0, 1.0)
            gone = missing[:, place, None]
            parts += [share * (1 - gone), gone]
        parts += [embedding(codes[:, place]) for place, embedding in enumerate(self.categories)]
        parts += [bag(words[:, place]) for place, bag in enumerate(self.words)]
        found: Tensor = self.above(torch.cat(parts, dim=1))
        return found


def _bins(edges: NDArray[Any]) -> tuple[Tensor, Tensor]:
    """Where each bin begins, and how wide it is."""
    low, high = (edges[:-1], edges[1:]) if len(edges) > 1 else (edges - 1.0, edges)
    return torch.tensor(low, dtype=torch.float32), torch.tensor(high - low, dtype=torch.float32).clamp_min(
        1e-9
    )
