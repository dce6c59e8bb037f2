"""How long an exact search takes."""

from __future__ import annotations

import time

import numpy as np

from nearer.kernels.topk import prepare, topk
from nearer.space import Space

QUERIES, WARM = 50, 3  # queries timed; queries before those, not timed
K = 10
PATIENCE = 1.0  # seconds after which no more queries are timed


def search_milliseconds(space: Space, items: int, seed: int) -> float:
    """Median milliseconds of one exact search for the 10 nearest of the first `items` keys, one thread."""
    vectors = space.vectors[:items]
    rows = prepare(vectors, space.metric, threads=1)
    asked = np.random.default_rng(seed).integers(0, len(vectors), QUERIES + WARM)
    times: list[float] = []
    begin = time.perf_counter()
    for place, row in enumerate(asked):
        start = time.perf_counter()
        topk(rows, vectors[row : row + 1], K, threads=1, show_progress=False)
        end = time.perf_counter()
        if place >= WARM:
            times.append(end - start)
        if times and end - begin > PATIENCE:
            break
    return float(np.median(times) * 1000)
