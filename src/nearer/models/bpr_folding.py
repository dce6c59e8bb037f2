"""A new user's vector for fixed item vectors: the ranking loss of BPR made less by gradient steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 100
NEGATIVES = 128  # items that stand for all those the user has not
CURVATURE = 0.25  # the most that -log s curves


@dataclass(frozen=True)
class RankedUser:
    """A user as the steps leave them: pulled by each past item away from each negative.

    Attributes
    ----------
    pulls : float64 (p, negatives) M; the user's vector is the sum over i and j of M_ij (y_i - y_j).
    past, negatives : float64 (p, d) and (negatives, d), the vectors y_i and y_j.
    """

    pulls: Floats
    past: Floats
    negatives: Floats

    def vector(self) -> Floats:
        """The user's vector, float64 (d,)."""
        vector: Floats = self.pulls.sum(axis=1) @ self.past - self.pulls.sum(axis=0) @ self.negatives
        return vector

    def shares(self, items: Floats) -> Floats:
        """What each past item adds to the inner product with each of `items` (c, d): float64 (c, p)."""
        up = self.pulls.sum(axis=1)
        shares = [up * (self.past @ item) - self.pulls @ (self.negatives @ item) for item in items]
        return np.array(shares).reshape(len(items), len(self.past))


def rank_for(
    past: NDArray[np.int64],
    vectors: NDArray[np.float32],
    biases: NDArray[np.float32],
    learning_rate: float,
    regularization: float,
    seed: int,
) -> RankedUser:
    """A user who chose the items `past` (p,), by `STEPS` steps of gradient descent.

    The loss is the mean over negatives j of the sum over past items i of -log s(x.(y_i - y_j) + b_i - b_j),
    with the decay of training. The negatives follow from `seed` and `past`, so the result is the same each
    time.
    """
    source = np.random.Philox(key=seed)
    drawn = source.random_raw(NEGATIVES + len(past)) % np.uint64(len(vectors))
    others = drawn[~np.isin(drawn.astype(np.int64), past)][:NEGATIVES].astype(np.int64)
    mine, theirs = vectors[past].astype(np.float64), vectors[others].astype(np.float64)
    pulls = np.zeros((len(past), len(others)))
    user = RankedUser(pulls, mine, theirs)
    if not len(others):
        return user
    lead = biases[past].astype(np.float64)[:, None] - biases[others].astype(np.float64)
    spread = (mine**2).sum(axis=1).mean() + (theirs**2).sum(axis=1).mean()
    rate = min(learning_rate, 1.0 / max(len(past) * (CURVATURE * 2 * spread + regularization), 1e-12))
    for _ in range(STEPS):
        x = user.vector()
        scores = (mine @ x)[:, None] - theirs @ x + lead
        pulls *= 1.0 - rate * regularization * len(past)
        pulls += rate / len(others) / (1.0 + np.exp(np.clip(scores, -30, 30)))
    return user
