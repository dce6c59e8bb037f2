"""Whether two samples come from one distribution, by exchanging their rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.chance import permutation_p_value
from nearer.monitor.baseline import Baseline
from nearer.monitor.verdict import TestOutcome

PERMUTATIONS = 399

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """A window against a baseline.

    Attributes
    ----------
    p_value : of all tests together, valid in finite samples.
    effect : the energy coefficient of inhomogeneity, 0 to 1 (Székely & Rizzo, 2013).
    outcomes : each test alone.
    """

    p_value: float
    effect: float
    outcomes: tuple[TestOutcome, ...]


def compare(
    baseline: Baseline, window: Matrix, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Comparison:
    """Compare prepared rows `window` (m, dim) with those of the baseline."""
    pooled = np.concatenate([baseline.rows, window])
    n, m = len(baseline.rows), len(window)
    squares = np.einsum("ij,ij->i", pooled, pooled)
    distances = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * pooled @ pooled.T, 0))
    weights = np.concatenate([np.full(n, 1 / n), np.full(m, -1 / m)])
    generator = np.random.default_rng(seed)
    drawn = np.stack([weights, *(generator.permutation(weights) for _ in range(permutations))])
    energies = -np.einsum("bi,ij,bj->b", drawn, distances, drawn, optimize=True)
    between = 2 * float(distances[:n, n:].mean())
    p_value = float(permutation_p_value(energies[0], energies[1:]))
    effect = float(energies[0]) / between if between > 0 else 0.0
    return Comparison(p_value, effect, (TestOutcome("energy", float(energies[0]), p_value),))
