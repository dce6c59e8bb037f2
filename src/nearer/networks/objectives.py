"""Objectives of contrast: how near what belongs together is, and how far apart the rest, as one number.

Vectors are tensors (b, dim); `left_out` masks (b, c) say which candidates are no negatives.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

VARIANCE_FLOOR = 1e-4  # under the root of a variance, so that its gradient stays finite


def infonce(
    queries: Tensor, candidates: Tensor, target: Tensor, left_out: Tensor, temperature: Tensor | float
) -> Tensor:
    """Mean cross-entropy of telling each query's target among the candidates, by cosine / temperature
    (InfoNCE; van den Oord, Li and Vinyals 2018, Representation Learning with Contrastive Predictive Coding).

    queries (b, d) and candidates (c, d) have length 1; target (b,) are rows of candidates; left_out (b, c) is
    true where a candidate is no negative. A target counts even where it is left out.
    """
    scores = queries @ candidates.T / temperature
    kept = left_out.scatter(1, target[:, None], False)
    return functional.cross_entropy(scores.masked_fill(kept, float("-inf")), target)


def triplet(queries: Tensor, candidates: Tensor, target: Tensor, left_out: Tensor, margin: float) -> Tensor:
    """Mean of max(0, margin + d(query, target) - d(query, negative)) over the queries that have a negative,
    d being the squared distance (Schroff, Kalenichenko and Philbin 2015, FaceNet).

    The negative is semi-hard: the nearest one that is farther than the target; where none is farther, the
    farthest of all. Shapes as in `infonce`.
    """
    distance = 2.0 - 2.0 * (queries @ candidates.T)
    positive = distance.gather(1, target[:, None])
    free = ~left_out.scatter(1, target[:, None], True)
    with torch.no_grad():
        farther = free & (distance > positive)
        nearest = distance.masked_fill(~farther, float("inf")).argmin(1)
        farthest = distance.masked_fill(~free, float("-inf")).argmax(1)
        chosen = torch.where(farther.any(1), nearest, farthest)[:, None]
    losses = functional.relu(margin + positive - distance.gather(1, chosen))[:, 0]
    counted = free.any(1)
    return (losses * counted).sum() / counted.sum().clamp(min=1)


def vicreg(
    left: Tensor, right: Tensor, invariance: float = 25.0, variance: float = 25.0, covariance: float = 1.0
) -> Tensor:
    """Variance, invariance, covariance (Bardes, Ponce and LeCun 2022, VICReg): pairs near each other, every
    column spread to a standard deviation of 1, columns uncorrelated.

    left and right are (b, d), pair by pair, of any length; there are no negatives. Terms of variance are the
    mean of both sides', those of covariance their sum, as in the paper's pseudocode. A batch has two rows at
    least.
    """
    near = functional.mse_loss(left, right)
    spread = left.new_zeros(())
    apart = left.new_zeros(())
    for side in (left, right):
        centred = side - side.mean(0)
        deviation = (centred.square().sum(0) / (len(side) - 1) + VARIANCE_FLOOR).sqrt()
        spread = spread + functional.relu(1.0 - deviation).mean() / 2
        products = centred.T @ centred / (len(side) - 1)
        others = products.square().sum() - products.diagonal().square().sum()
        apart = apart + others / side.shape[1]
    return invariance * near + variance * spread + covariance * apart
