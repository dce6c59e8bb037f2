"""The torch module of `LogMelCNN`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nearer.networks.heads import seeded

FIRST, LATER = 5, 3  # sides of the filters of the first convolution, and of the others
POOLED = 2  # convolutions whose outputs are part of the vector


class LogMelModule(nn.Module):
    """Convolutions that halve bands and frames; spectrograms (b, bands, frames) become (b, width)."""

    def __init__(self, channels: Sequence[int], seed: int) -> None:
        super().__init__()
        with seeded(seed):
            before, sizes = [1, *channels[:-1]], [FIRST] + [LATER] * (len(channels) - 1)
            self.steps = nn.ModuleList(
                nn.Sequential(
                    nn.Conv2d(into, out, size, stride=2, padding=size // 2, bias=False),
                    nn.BatchNorm2d(out),
                    nn.ReLU(inplace=True),
                )
                for into, out, size in zip(before, channels, sizes, strict=True)
            )

    def forward(self, batch: Tensor) -> Tensor:
        """Means and maxima over bands and frames of the last convolutions, (b, width)."""
        found, parts = batch[:, None], []
        for place, step in enumerate(self.steps):
            found = step(found)
            if place >= len(self.steps) - POOLED:
                parts += [found.mean((2, 3)), found.amax((2, 3))]
        return torch.cat(parts, dim=1)
