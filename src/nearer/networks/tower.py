"""A tower: the trained part of an encoder, from a prepared batch to vectors, and its projector."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from nearer.errors import ParameterError
from nearer.networks.base import Prepared
from nearer.networks.heads import projector

FINAL, PROJECTOR = 1, 2  # what is added to the seed for the parts above the network


class Tower(nn.Module):
    """Network, final linear map where another dimension is asked for, projector where training uses one.

    body : the network's module, (b, width).
    width, dim : its output's dimension, and that of the vectors.
    unit : whether vectors are scaled to length 1.
    project : hidden units and output of the projector, or None.
    """

    def __init__(
        self, body: nn.Module, width: int, dim: int, *, unit: bool, project: tuple[int, int] | None, seed: int
    ) -> None:
        super().__init__()
        self.body = body
        self.unit = unit
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed((seed + FINAL) % 2**63)
            self.final = nn.Linear(width, dim) if dim != width else None
        self.projector = None if project is None else projector(dim, *project, seed + PROJECTOR)

    def forward(self, batch: Any) -> Tensor:
        """Vectors, float32 (b, dim)."""
        found: Tensor = self.body(batch)
        if found.dim() != 2:
            raise ParameterError(
                f"the network's module gives a tensor of shape {tuple(found.shape)}, no (b, width)"
            )
        if self.final is not None:
            found = self.final(found)
        return functional.normalize(found, dim=1) if self.unit else found

    def projected(self, batch: Any) -> Tensor:
        """What the objective sees, (b, width of the projector or dim)."""
        found: Tensor = self(batch)
        return found if self.projector is None else self.projector(found)


@torch.no_grad()
def vectors_of(
    tower: Tower,
    ready: Prepared,
    rows: NDArray[np.int64],
    dim: int,
    batch_size: int = 256,
) -> NDArray[np.float32]:
    """Vectors of prepared items, float32 (n, dim); the tower is left as it was: training or not."""
    training = tower.training
    tower.eval()
    parts = [
        tower(ready.batch(rows[start : start + batch_size])).float().numpy()
        for start in range(0, len(rows), batch_size)
    ]
    tower.train(training)
    return np.concatenate(parts) if parts else np.empty((0, dim), np.float32)
