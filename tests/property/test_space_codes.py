"""Codes of any vectors come back within the error that their kind promises."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nearer.space.codes import encoded

normal = st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False)
matrices = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=20), elements=normal)


@settings(max_examples=150, deadline=None)
@given(matrices)
def test_half_precision_is_within_its_error(vectors: np.ndarray) -> None:
    codes = encoded(vectors, "f16")
    error = np.abs(codes.decoded().astype(np.float64) - vectors)
    assert (error <= np.maximum(np.abs(vectors) * 2.0**-11, codes.scale[0] * 2.0**-25)).all()


@settings(max_examples=150, deadline=None)
@given(matrices)
def test_int8_is_within_half_a_step(vectors: np.ndarray) -> None:
    codes = encoded(vectors, "int8")
    error = np.abs(codes.decoded().astype(np.float64) - vectors)
    step = np.abs(vectors.astype(np.float64)).max(axis=1, keepdims=True) / 127
    assert (error <= step * 0.5 * (1 + 1e-5) + 2.0**-149 * 127).all()
    assert np.abs(codes.values.astype(int)).max() <= 127


@settings(max_examples=150, deadline=None)
@given(matrices)
def test_binary_keeps_every_sign(vectors: np.ndarray) -> None:
    codes = encoded(vectors, "binary")
    decoded = codes.decoded()
    held = codes.scale > 0
    np.testing.assert_array_equal(decoded[held] > 0, vectors[held] > 0)
    np.testing.assert_array_equal(np.abs(decoded), np.repeat(codes.scale[:, None], vectors.shape[1], axis=1))


@settings(max_examples=60, deadline=None)
@given(matrices, st.sampled_from(["f16", "int8", "binary"]), st.data())
def test_coded_rows_are_the_rows_coded(vectors: np.ndarray, kind: str, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(vectors) - 1), max_size=5))
    part = encoded(vectors, kind).take(np.array(rows, dtype=np.intp))
    np.testing.assert_array_equal(part.decoded(), encoded(vectors, kind).decoded()[rows])


@settings(max_examples=60, deadline=None)
@given(matrices, st.sampled_from(["f16", "int8"]))
def test_codes_of_decoded_vectors_are_the_same_codes(vectors: np.ndarray, kind: str) -> None:
    once = encoded(vectors, kind).decoded()
    twice = encoded(once, kind).decoded()
    np.testing.assert_allclose(twice, once, rtol=1e-5, atol=2.0**-149 * 127)
