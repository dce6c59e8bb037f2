"""AdamW: Adam whose weight decay is apart from the gradient; its moments are the caller's tensors.

Torch's own optimizer loads the whole of its compiler first, a second of work before the first step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

MEAN_DECAY, SQUARE_DECAY = 0.9, 0.999
LEAST_ROOT = 1e-8


@torch.no_grad()
def adamw_step(
    weights: Iterable[tuple[Tensor, Tensor, Tensor, float]], *, step: int, learning_rate: float
) -> None:
    """Take step number `step`, from 1 up, in place (Loshchilov and Hutter 2019, algorithm 2).

    weights : each with the moments of its gradient, mean and square, and its weight decay; weights without a
        gradient stay as they are.
    """
    rate = learning_rate / (1.0 - MEAN_DECAY**step)
    correction = math.sqrt(1.0 - SQUARE_DECAY**step)
    for weight, mean, square, decay in weights:
        gradient = weight.grad
        if gradient is None:
            continue
        weight.mul_(1.0 - learning_rate * decay)
        mean.lerp_(gradient, 1.0 - MEAN_DECAY)
        square.mul_(SQUARE_DECAY).addcmul_(gradient, gradient, value=1.0 - SQUARE_DECAY)
        weight.addcdiv_(mean, (square.sqrt() / correction).add_(LEAST_ROOT), value=-rate)
