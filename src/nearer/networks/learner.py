"""Learning by contrast: towers, an objective and AdamW; every number it changes is an array of NumPy's.

The arrays are views of the modules' own memory, so that a state can be saved and resumed bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from nearer.networks.adamw import adamw_step
from nearer.networks.objectives import infonce, triplet, vicreg
from nearer.networks.tower import Tower

Arrays = MutableMapping[str, NDArray[Any]]
STEPS, MEAN, SQUARE, LOG_SCALE = "steps", "mean.", "square.", "log_scale"
LARGEST_SCALE = math.log(100.0)  # cosines are divided by no less than 0.01 (Radford et al. 2021)


@dataclass(frozen=True)
class Objective:
    """What is made small.

    name : "infonce", "triplet" or "vicreg"; prefixes : dimensions whose losses are summed, rising.
    """

    name: str
    temperature: float
    learn_temperature: bool
    margin: float
    prefixes: tuple[int, ...]


@dataclass(frozen=True)
class Contrasts:
    """Who is whose negative in a mini-batch of b pairs.

    forward : bool, left out for left queries, or for all of one kind: (b, b + extra), (2b, 2b + extra).
    backward : bool (b, b), for right queries of two kinds; None: items are of one kind.
    """

    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_] | None


class Learner:
    """Towers that learn.

    towers : one by name: "left" alone, or "left" and "right".
    """

    def __init__(
        self, towers: dict[str, Tower], objective: Objective, learning_rate: float, weight_decay: float
    ) -> None:
        self.towers = towers
        self.left, self.right = towers["left"], towers.get("right", towers["left"])
        self.objective = objective
        self.rate = learning_rate
        self.log_scale = nn.Parameter(torch.tensor(-math.log(objective.temperature)))
        self.log_scale.requires_grad_(objective.learn_temperature)
        self.trained = {
            f"{side}.{name}": parameter
            for side, tower in towers.items()
            for name, parameter in tower.named_parameters()
            if parameter.requires_grad
        }
        if objective.learn_temperature:
            self.trained[LOG_SCALE] = self.log_scale
        self.decay = weight_decay
        self.moments: dict[str, tuple[Tensor, Tensor]] = {}

    def first_arrays(self) -> dict[str, NDArray[Any]]:
        """The weights there are, and moments of zero."""
        arrays = {name: tensor.detach().numpy() for name, tensor in self._tensors().items()}
        for name, parameter in self.trained.items():
            arrays[MEAN + name] = np.zeros(tuple(parameter.shape), np.float32)
            arrays[SQUARE + name] = np.zeros(tuple(parameter.shape), np.float32)
        arrays[STEPS] = np.zeros(1, np.int64)
        return arrays

    @torch.no_grad()
    def adopt(self, arrays: Arrays) -> None:
        """Take over the weights and moments of `arrays`, which hold from now on what is trained."""
        for name, tensor in self._tensors().items():
            tensor.copy_(torch.from_numpy(np.asarray(arrays[name], order="C")))
            arrays[name] = tensor.detach().numpy()
        self.steps = arrays[STEPS]
        for name in self.trained:
            self.moments[name] = (
                torch.from_numpy(arrays[MEAN + name]),
                torch.from_numpy(arrays[SQUARE + name]),
            )

    def _tensors(self) -> dict[str, Tensor]:
        found = {
            f"{side}.{name}": tensor
            for side, tower in self.towers.items()
            for name, tensor in tower.state_dict().items()
        }
        return {**found, LOG_SCALE: self.log_scale.data}

    def train(self, training: bool) -> None:
        """Set all towers to training, or to encoding."""
        for tower in self.towers.values():
            tower.train(training)

    def step(self, loss: Tensor, share: float) -> float:
        """Change the weights by the gradient of `loss`, at `share` of the learning rate; returns the loss."""
        value = float(loss.detach())
        if not math.isfinite(value):
            return value
        for parameter in self.trained.values():
            parameter.grad = None
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        self.steps[0] += 1
        weights = (
            (parameter, *self.moments[name], self.decay if parameter.dim() > 1 else 0.0)
            for name, parameter in self.trained.items()
        )
        adamw_step(weights, step=int(self.steps[0]), learning_rate=self.rate * share)
        if self.objective.learn_temperature:
            with torch.no_grad():
                self.log_scale.clamp_(max=LARGEST_SCALE)
        return value

    def contrast(self, left: Tensor, right: Tensor, extra: Tensor | None, known: Contrasts) -> Tensor:
        """The loss of pairs (b, dim), row by row; `extra` are more right vectors that may be negatives."""
        total = left.new_zeros(())
        for width in self.objective.prefixes:
            if self.objective.name == "vicreg":
                total = total + vicreg(left[:, :width], right[:, :width])
                continue
            parts = [functional.normalize(part[:, :width], dim=1) for part in (left, right)]
            more = [] if extra is None else [functional.normalize(extra[:, :width], dim=1)]
            total = total + self._told_apart(parts, more, known)
        return total

    def _told_apart(self, parts: Sequence[Tensor], more: list[Tensor], known: Contrasts) -> Tensor:
        left, right = parts
        own = torch.arange(len(left))
        forward = torch.from_numpy(known.forward)
        if known.backward is None:
            both = torch.cat([left, right])
            target = torch.cat([own + len(left), own])
            return self._loss(both, torch.cat([both, *more]), target, forward)
        there = self._loss(left, torch.cat([right, *more]), own, forward)
        back = self._loss(right, left, own, torch.from_numpy(known.backward))
        return (there + back) / 2

    def _loss(self, queries: Tensor, candidates: Tensor, target: Tensor, left_out: Tensor) -> Tensor:
        if self.objective.name == "triplet":
            return triplet(queries, candidates, target, left_out, self.objective.margin)
        temperature: Tensor | float = self.objective.temperature
        if self.objective.learn_temperature:
            temperature = torch.exp(-self.log_scale)
        return infonce(queries, candidates, target, left_out, temperature)
