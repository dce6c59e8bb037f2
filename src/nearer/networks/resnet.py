"""The module of `ResNet`: whitening filters, stages of residual blocks, means over parts of the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional


class ResidualNetwork(nn.Module):
    """Images, float32 (b, 3, side, side) of colours from 0 to 1, become float32 (b, width).

    In training, convolutions are computed in bfloat16 where the processor has instructions for it;
    vectors are always encoded in float32.

    filters : float32 (n, 3, 3, 3), of the first layer, which gives what each answers above 0 and below.
    mean, deviation : of the colours.
    parts : a side of the picture is cut into so many, and the last stage's means are taken over each.
    """

    filters: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        filters: NDArray[np.float32],
        mean: NDArray[np.float32],
        deviation: NDArray[np.float32],
        *,
        channels: int,
        stages: int,
        depth: int,
        parts: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.parts = parts
        self.register_buffer("filters", torch.from_numpy(np.concatenate([filters, -filters])))
        self.register_buffer("mean", torch.from_numpy(mean.reshape(1, 3, 1, 1)))
        self.register_buffer("deviation", torch.from_numpy(deviation.reshape(1, 3, 1, 1)))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed % 2**63)
            self.mixed = nn.Sequential(convolution(2 * len(filters), channels, 1), nn.BatchNorm2d(channels))
            widths = [channels * 2**stage for stage in range(stages)]
            self.stages = nn.ModuleList(
                stage(inputs, width, depth)
                for inputs, width in zip([channels, *widths], widths, strict=False)
            )

    def forward(self, images: Tensor) -> Tensor:
        """Means of the last stage over the parts of the picture, and of the stage before over the whole."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training and fast_bfloat16()):
            return self._means(images)

    def _means(self, images: Tensor) -> Tensor:
        images = ((images - self.mean) / self.deviation).contiguous(memory_format=torch.channels_last)
        found = functional.relu(functional.conv2d(images, self.filters, stride=2, padding=1))
        found = functional.relu(self.mixed(found))
        before: list[Tensor] = []
        for number, part in enumerate(self.stages, 1):
            found = part(found)
            if number == len(self.stages) - 1:
                before.append(found.float().mean((2, 3)))
        last = functional.adaptive_avg_pool2d(found.float(), self.parts).flatten(1)
        return torch.cat([*before, last], dim=1)


class Block(nn.Module):
    """Two 3 x 3 convolutions and a shortcut past them."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.first, self.first_norm = convolution(inputs, width, 3, stride), nn.BatchNorm2d(width)
        self.second, self.second_norm = convolution(width, width, 3), nn.BatchNorm2d(width)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != width:
            self.shortcut = nn.Sequential(convolution(inputs, width, 1, stride), nn.BatchNorm2d(width))

    def forward(self, found: Tensor) -> Tensor:
        """relu(shortcut + convolutions)."""
        inner = functional.relu(self.first_norm(self.first(found)))
        return functional.relu(self.shortcut(found) + self.second_norm(self.second(inner)))


def convolution(inputs: int, outputs: int, side: int, stride: int = 1) -> nn.Conv2d:
    """A convolution without a bias that keeps the size, but for its stride."""
    return nn.Conv2d(inputs, outputs, side, stride, side // 2, bias=False)


def stage(inputs: int, width: int, depth: int) -> nn.Sequential:
    """Blocks of one width; the first halves the side where the width grows."""
    stride = 2 if width > inputs else 1
    return nn.Sequential(Block(inputs, width, stride), *(Block(width, width, 1) for _ in range(depth - 1)))


def fast_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 by instructions of its own."""
    known: Any = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return known is not None and bool(known())
