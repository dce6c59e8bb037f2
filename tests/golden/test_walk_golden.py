"""Walks, pinned: the same on every machine, since only whole numbers and IEEE comparisons decide them."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from nearer.kernels.walks import Walks

PINS = {
    "uniform": "ea6a611a8b3258aa1946e561c3a6de3f7e5c1b0cadd8faba7319df4adc164c25",
    "weighted": "027b923a3f672c489ad4abf155082cb43338a2feafa4e482da96a82b35972ccc",
    "node2vec": "400ab32e1deb682f94f3a3ff3eb88a769de20c6779138cff6c0ec2440a8819ba",
    "node2vec+": "d09cb62f936b35b09c2d888332f985a7f0655fe983d05ddeca8dc3bb59001201",
    "metapath": "f638c58f7c32d221c8d6948e09f20b3d023ceb454dbc6f53071aed06ec3f9bc1",
}


def walks_of(kind: str) -> Walks:
    """Walks on a ring of 50 nodes with chords, written out by hand."""
    n = 50
    neighbours = [sorted({(i + step) % n for step in (1, 2, 7, 43, 48, 49)}) for i in range(n)]
    indices = np.concatenate(neighbours).astype(np.uint32)
    indptr = np.arange(0, 6 * n + 1, 6, dtype=np.int64)
    order = (np.arange(n) * 7 % n).astype(np.uint32)
    sources = np.repeat(np.arange(n), 6)
    weights = (1 + (sources + indices) * 5 % 16).astype(np.float32)
    turns: dict[str, dict[str, object]] = {
        "uniform": {},
        "weighted": {"weights": weights},
        "node2vec": {"p": 0.25, "q": 4.0},
        "node2vec+": {"weights": weights, "p": 4.0, "q": 0.5, "usual": np.full(n, 8, np.float32)},
        "metapath": {
            "types": (np.arange(n) % 2).astype(np.uint16),
            "metapath": np.array([0, 1, 1], np.uint16),
        },
    }
    return Walks(indptr, indices, order, 3, 20, 2**40 + 5, **turns[kind])  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", PINS)
def test_walks_are_the_pinned_ones(kind: str) -> None:
    walks = walks_of(kind)
    nodes, lengths = walks.nodes(0, walks.count, threads=1)
    assert hashlib.sha256(nodes.tobytes() + lengths.tobytes()).hexdigest() == PINS[kind]
