"""The energy distance (Székely & Rizzo, 2013)."""

from __future__ import annotations

import numpy as np

from nearer.monitor.exchange import Exchange, Floats
from nearer.monitor.quadratic import Pairs, between


def energies(distances: Pairs, exchange: Exchange) -> tuple[Floats, float]:
    """The energy distance of every arrangement, (1 + permutations,), and how far the observed samples
    are.

    2 E|X - Y| - E|X - X'| - E|Y - Y'|, means over all pairs (Székely & Rizzo, 2013, "Energy
    statistics"), of squared `distances`, in their unit. How far: that divided by 2 E|X - Y|, the
    coefficient of inhomogeneity, from 0 to 1; with few rows it is above 0 by chance, about (1/n + 1/m)
    / 2.
    """
    lengths = np.sqrt(distances)
    window = exchange.chosen[:, 0]
    across = 2 * float((1 - window) @ (lengths @ window)) / (exchange.n * exchange.m)
    found = between(np.negative(lengths, out=lengths), exchange, unbiased=False)
    return found, coefficient(float(found[0]), across)


def coefficient(energy: float, across: float) -> float:
    """Of inhomogeneity: `energy`, a distance, by `across`, 2 E|X - Y|; from 0 to 1, 0 where all are equal."""
    return min(max(energy / across, 0.0), 1.0) if across > 0 else 0.0
