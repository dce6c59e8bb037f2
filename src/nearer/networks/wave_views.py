"""Changed waves, a whole batch at once; strength 0 changes nothing, and padding stays zero."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def changed(waves: Tensor, lengths: Tensor, changes: Mapping[str, float], random: torch.Generator) -> Tensor:
    """Waves (b, samples) of `lengths` with all `changes` (name -> strength) made, in a fixed order."""
    strength = {name: value for name, value in changes.items() if value > 0}
    places, long = torch.arange(waves.shape[1])[None], lengths[:, None]
    inside, count = places < long, len(waves)

    def drawn(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, 1, generator=random)

    if "shift" in strength:
        moved = places + (drawn(-strength["shift"], strength["shift"]) * long).long()
        there = (moved >= 0) & (moved < long)
        waves = torch.where(there, waves.gather(1, moved.clamp(0, waves.shape[1] - 1)), 0.0)
    if "gain" in strength:
        waves = waves * torch.exp(drawn(-strength["gain"], strength["gain"]))
    if "noise" in strength:
        waves = waves + drawn(0.0, strength["noise"]) * torch.randn(waves.shape, generator=random)
    if "time_mask" in strength:
        size = drawn(0.0, min(strength["time_mask"], 1.0)) * long
        start = drawn(0.0, 1.0) * (long - size)
        waves = torch.where((places >= start) & (places < start + size), 0.0, waves)
    return torch.where(inside, waves, 0.0)
