"""Views of images: a batch is cropped, coloured, mirrored, greyed and blurred at random, all images at once.

The changes are those of Chen et al. 2020, A Simple Framework for Contrastive Learning of Visual
Representations; hue and saturation are one rotation and scaling in the plane of the chroma (YIQ).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

WIDEST = math.log(4 / 3)  # of a crop's width to its height
COLOURED = 0.8  # part of the views whose colours change
HUE = 0.25  # of the strength of colours, in turns of the circle
LARGEST_BLUR = 1 / 16  # of the side: the deviation of the Gaussian
TO_YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))


def changed(images: Tensor, changes: Mapping[str, float], random: torch.Generator) -> Tensor:
    """Images (b, 3, side, side) of colours from 0 to 1, each changed as `ResNet.changes` says."""
    crop, flip = changes.get("crop", 0.0), changes.get("flip", 0.0)
    if crop > 0 or flip > 0:
        images = moved(images, min(crop, 1.0), flip, random)
    colour, grey = changes.get("colour", 0.0), changes.get("grey", 0.0)
    if colour > 0 or grey > 0:
        images = coloured(images, colour, grey, random)
    if changes.get("blur", 0.0) > 0:
        images = blurred(images, changes["blur"], random)
    return images


def drawn(count: int, least: float, most: float, random: torch.Generator) -> Tensor:
    """`count` numbers, uniform from `least` to `most`."""
    return least + (most - least) * torch.rand(count, generator=random)


def moved(images: Tensor, crop: float, flip: float, random: torch.Generator) -> Tensor:
    """A rectangle of each image, stretched over the whole, some of them mirrored."""
    count = len(images)
    area = drawn(count, 1.0 - crop, 1.0, random).clamp(min=1e-3)
    shape = torch.exp(drawn(count, -WIDEST, WIDEST, random) * min(1.0, 2 * crop))
    width, height = (area * shape).sqrt().clamp(max=1.0), (area / shape).sqrt().clamp(max=1.0)
    across, down = drawn(count, -1.0, 1.0, random), drawn(count, -1.0, 1.0, random)
    mirrored = 1.0 - 2.0 * (torch.rand(count, generator=random) < flip).float()
    placed = torch.zeros(count, 2, 3)
    placed[:, 0, 0], placed[:, 0, 2] = width * mirrored, across * (1 - width)
    placed[:, 1, 1], placed[:, 1, 2] = height, down * (1 - height)
    grid = functional.affine_grid(placed, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def coloured(images: Tensor, colour: float, grey: float, random: torch.Generator) -> Tensor:
    """Images of another brightness, contrast, saturation and hue, some of them grey; colours from 0 to 1."""
    count = len(images)
    change = (torch.rand(count, generator=random) < COLOURED).float()

    def factors() -> Tensor:
        return torch.clamp(1 + change * drawn(count, -colour, colour, random), min=0.0)

    brightness, contrast, saturation = factors(), factors(), factors()
    angle = change * drawn(count, -colour, colour, random) * HUE * 2 * math.pi
    saturation = saturation * (torch.rand(count, generator=random) >= grey).float()
    to_yiq = torch.tensor(TO_YIQ)
    turned = torch.zeros(count, 3, 3)
    turned[:, 0, 0] = 1.0
    turned[:, 1, 1] = turned[:, 2, 2] = saturation * angle.cos()
    turned[:, 2, 1] = saturation * angle.sin()
    turned[:, 1, 2] = -turned[:, 2, 1]
    mixed = torch.linalg.inv(to_yiq) @ turned @ to_yiq
    flat = images.reshape(count, 3, -1) * brightness[:, None, None]
    level = (to_yiq[0] @ flat).mean(1)[:, None, None]
    flat = mixed @ ((flat - level) * contrast[:, None, None] + level)
    return torch.clamp(flat, 0.0, 1.0).reshape(images.shape)


def blurred(images: Tensor, share: float, random: torch.Generator) -> Tensor:
    """A `share` of the images smoothed, each by a Gaussian of a width of its own."""
    count, side = len(images), images.shape[-1]
    chosen = torch.rand(count, generator=random) < share
    deviation = drawn(count, 0.1, 1.0, random) * side * LARGEST_BLUR
    if not bool(chosen.any()):
        return images
    reach = max(1, min(side - 1, math.ceil(2 * side * LARGEST_BLUR)))
    steps = torch.arange(-reach, reach + 1, dtype=torch.float32)
    weights = torch.exp(-0.5 * (steps / deviation[chosen][:, None]) ** 2)
    kernels = (weights / weights.sum(1, keepdim=True)).repeat_interleave(3, dim=0)
    flat = images[chosen].reshape(1, -1, side, side)
    padded = functional.pad(flat, (reach, reach, reach, reach), mode="reflect")
    across = functional.conv2d(padded, kernels[:, None, None, :], groups=len(kernels))
    smooth = functional.conv2d(across, kernels[:, None, :, None], groups=len(kernels))
    found = images.clone()
    found[chosen] = smooth.reshape(-1, 3, side, side)
    return found
