"""Adam: steps of stochastic gradient descent scaled by the running moments of each weight's gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MEAN_DECAY, SQUARE_DECAY = 0.9, 0.999
LEAST_ROOT = 1e-8


def adam_step(
    weights: NDArray[Any],
    mean: NDArray[Any],
    square: NDArray[Any],
    gradient: NDArray[Any],
    *,
    step: int,
    learning_rate: float,
) -> None:
    """Take step number `step`, from 1 up, in place (Kingma and Ba 2015, algorithm 1).

    `mean` and `square` are the running moments of the gradient; all four arrays have one shape.
    """
    mean *= MEAN_DECAY
    mean += (1.0 - MEAN_DECAY) * gradient
    square *= SQUARE_DECAY
    square += (1.0 - SQUARE_DECAY) * gradient * gradient
    root = np.sqrt(square / (1.0 - SQUARE_DECAY**step))
    root += LEAST_ROOT
    weights -= learning_rate / (1.0 - MEAN_DECAY**step) * mean / root
