"""Changed spectrograms, a whole batch at once: every change leaves what was said and alters how.

Each takes spectrograms (b, bands, frames), its strength and a generator; strength 0 changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

MASKS = 2  # spans that are masked on each axis
CURVES = (1.0, 0.6, 0.4)  # weights of half a cosine over the bands, of one, of one and a half


def changed(batch: Tensor, changes: Mapping[str, float], random: torch.Generator) -> Tensor:
    """The batch with all `changes` (name -> strength) made, in a fixed order."""
    strength = {name: value for name, value in changes.items() if value > 0}
    if strength.keys() & {"shift", "stretch", "warp"}:
        batch = moved(
            batch,
            random,
            strength.get("shift", 0.0),
            strength.get("stretch", 0.0),
            strength.get("warp", 0.0),
        )
    if "mix" in strength:
        batch = mixed(batch, random, strength["mix"])
    if "tilt" in strength:
        batch = batch + tilts(batch, random, strength["tilt"])
    if "gain" in strength:
        batch = batch + strength["gain"] * torch.randn(len(batch), 1, 1, generator=random)
    if "noise" in strength:
        loud = strength["noise"] * torch.rand(len(batch), 1, 1, generator=random)
        batch = batch + loud * torch.randn(batch.shape, generator=random)
    for name, axis in (("time_mask", 2), ("frequency_mask", 1)):
        if name in strength:
            batch = masked(batch, random, strength[name], axis)
    return batch


def uniform(count: int, low: float, high: float, random: torch.Generator) -> Tensor:
    """Numbers drawn evenly between `low` and `high`, (count,)."""
    return low + (high - low) * torch.rand(count, generator=random)


def moved(batch: Tensor, random: torch.Generator, shift: float, stretch: float, warp: float) -> Tensor:
    """Moved in time by up to `shift` of the length, stretched in time and warped in frequency.

    Beyond an edge the edge's own values go on. Frequencies are warped about the lowest band.
    """
    count, bands, frames = batch.shape
    slower = torch.exp(uniform(count, -stretch, stretch, random))[:, None]
    later = 2 * uniform(count, -shift, shift, random)[:, None]
    longer = torch.exp(uniform(count, -warp, warp, random))[:, None]
    times = (_places(frames)[None] * slower + later)[:, None, :].expand(count, bands, frames)
    heights = ((_places(bands)[None] + 1) * longer - 1)[:, :, None].expand(count, bands, frames)
    grid = torch.stack([times, heights], dim=-1)
    return functional.grid_sample(
        batch[:, None], grid, mode="bilinear", padding_mode="border", align_corners=False
    )[:, 0]


def _places(count: int) -> Tensor:
    """Middles of `count` cells between -1 and 1."""
    return (torch.arange(count) + 0.5) * (2 / count) - 1


def mixed(batch: Tensor, random: torch.Generator, mix: float) -> Tensor:
    """Each with up to `mix` of another of the batch."""
    other = torch.randperm(len(batch), generator=random)
    share = uniform(len(batch), 0.0, mix, random)[:, None, None]
    return (1 - share) * batch + share * batch[other]


def tilts(batch: Tensor, random: torch.Generator, tilt: float) -> Tensor:
    """Smooth curves over the bands, as of another microphone or voice: (b, bands, 1)."""
    bands = batch.shape[1]
    angle = math.pi * (torch.arange(bands) + 0.5) / bands
    curves = torch.stack([weight * torch.cos((n + 1) * angle) for n, weight in enumerate(CURVES)])
    weights = tilt * torch.randn(len(batch), len(CURVES), generator=random)
    return (weights @ curves)[:, :, None]


def masked(batch: Tensor, random: torch.Generator, share: float, axis: int) -> Tensor:
    """Spans of up to `share` of an axis set to the spectrogram's own mean."""
    size = batch.shape[axis]
    places = torch.arange(size)[None]
    mean = batch.mean((1, 2), keepdim=True)
    for _ in range(MASKS):
        length = size * uniform(len(batch), 0.0, min(share, 1.0), random)[:, None]
        start = torch.rand(len(batch), 1, generator=random) * (size - length)
        inside = (places >= start) & (places < start + length)
        batch = torch.where(inside[:, None, :] if axis == 2 else inside[:, :, None], mean, batch)
    return batch
