"""An alignment comes back from disk as it went, and no single changed byte of its map goes unnoticed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nearer import Alignment
from nearer.errors import IntegrityError
from nearer.space import Fit
from nearer.space.align_fit import Method
from nearer.space.checks import Metric

NUMBERS = st.floats(-1e6, 1e6, width=32)
IDENTITY = st.text("0123456789abcdef", min_size=64, max_size=64)
PARTS = st.floats(-1, 1)
METHODS: list[Method] = ["orthogonal", "linear", "affine"]
METRICS: list[Metric] = ["cosine", "dot", "euclidean"]


@st.composite
def alignments(draw: st.DrawFn) -> Alignment:
    d, e = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    return Alignment(
        draw(arrays(np.float32, (d, e), elements=NUMBERS)),
        draw(arrays(np.float32, d, elements=NUMBERS)),
        draw(arrays(np.float32, e, elements=NUMBERS)),
        method=draw(st.sampled_from(METHODS)),
        ridge=draw(st.floats(0, 1e6)),
        source_identity=draw(IDENTITY),
        target_identity=draw(IDENTITY),
        source_metric=draw(st.sampled_from(METRICS)),
        target_metric=draw(st.sampled_from(METRICS)),
        n=draw(st.integers(1, 10**9)),
        fit=draw(st.none() | st.builds(Fit, st.integers(2, 1000), PARTS, PARTS, PARTS)),
    )


@settings(max_examples=40, deadline=None)
@given(alignments(), st.integers(0, 10**6), st.integers(1, 255))
def test_alignments_round_trip_and_changes_are_noticed(alignment: Alignment, place: int, change: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "map"
        alignment.save(folder)
        again = Alignment.load(folder)
        assert (again.identity, again.custody) == (alignment.identity, alignment.custody)
        rows = np.ones((3, alignment.source_dim), np.float32)
        assert np.array_equal(again.transform(rows), alignment.transform(rows))
        del again
        file = folder / "map.safetensors"
        data = bytearray(file.read_bytes())
        data[place % len(data)] ^= change
        file.write_bytes(data)
        with pytest.raises(IntegrityError, match="it was changed"):
            Alignment.load(folder)
