"""Layers above an encoder: the head that makes the vectors, and the projector that training alone uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's own generator, started from `seed`, and afterwards where it was before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % 2**63)
        yield


def layers(inputs: int, hidden: Sequence[int], width: int, dropout: float, seed: int) -> nn.Sequential:
    """Linear maps with relu and dropout between them; the last one is linear."""
    found: list[nn.Module] = []
    with seeded(seed):
        for units in hidden:
            found += [nn.Linear(inputs, units), nn.ReLU(), *([nn.Dropout(dropout)] if dropout else [])]
            inputs = units
        found.append(nn.Linear(inputs, width))
    return nn.Sequential(*found)


def projector(inputs: int, hidden: int, width: int, seed: int) -> nn.Sequential:
    """Linear, batch normalisation, relu, linear (Chen et al. 2020): what the objective sees in training."""
    with seeded(seed):
        return nn.Sequential(
            nn.Linear(inputs, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, width, bias=False),
        )
