"""Axes of any vectors: read back to the bit, bounds of what they say, no direction left over."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nearer import Space
from nearer.errors import InputError
from nearer.space import Axis

rows = st.integers(1, 6).flatmap(
    lambda dim: st.integers(4, 12).flatmap(
        lambda n: arrays(np.float32, (n, dim), elements=st.floats(-1e6, 1e6, width=32))
    )
)


@settings(max_examples=60, deadline=None)
@given(
    rows,
    st.sampled_from(["cosine", "dot", "euclidean"]),
    st.sampled_from(["means", "pairs"]),
    st.integers(0, 2),
)
def test_axes_of_any_vectors(vectors: np.ndarray, metric: str, method: str, count: int) -> None:
    space = Space([f"k{n}" for n in range(len(vectors))], vectors, metric)
    low = space.keys[2 : 2 + count]
    try:
        axis = space.axis(
            space.keys[: count if method == "pairs" and count else 2],
            low,
            method=method if count else "means",
            permutations=19,
        )
    except InputError:  # no direction, or all at one place
        return
    assert np.linalg.norm(axis.direction) == np.float64(1) or abs(np.linalg.norm(axis.direction) - 1) < 1e-12
    assert 0 < axis.evidence.smallest_p <= axis.p_value <= 1
    assert axis.auc is None or 0 <= axis.auc <= 1
    assert np.isfinite(axis.project()).all()
    if axis.stability is not None:
        assert -1 - 1e-9 <= axis.stability.least <= axis.stability.mean + 1e-9 <= 1 + 1e-6
    left = space.without(axis).vectors.astype(np.float64) @ axis.direction
    assert np.abs(left).max() <= 1e-6 * max(1.0, float(np.abs(vectors).max()))
    with tempfile.TemporaryDirectory() as folder:
        axis.save(Path(folder) / "a.json")
        back = Axis.load(Path(folder) / "a.json", space)
    np.testing.assert_array_equal(back.direction, axis.direction)
    assert back.to_dict() == axis.to_dict()
