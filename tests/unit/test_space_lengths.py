"""Rows of length 1: zeros stay, small rows are exact, what is not finite shows, rows do not mix."""

from __future__ import annotations

import numpy as np

from nearer.space import lengths
from nearer.space.lengths import unit_rows


def test_zeros_stay_small_rows_are_scaled_and_nan_is_not_hidden() -> None:
    rows = np.array([[0, 0], [3e-30, 4e-30], [3e30, 4e30], [np.nan, 1], [np.inf, 1]], np.float32)
    found = unit_rows(rows)
    assert found is rows
    np.testing.assert_allclose(found[:3], [[0, 0], [0.6, 0.8], [0.6, 0.8]], rtol=1e-6)
    assert np.isnan(found[3:, 0]).all()


def test_the_bits_of_a_row_are_its_own() -> None:
    rows = np.random.default_rng(0).normal(size=(lengths.ROWS_A_STEP + 9, 33)).astype(np.float32)
    together = unit_rows(np.asfortranarray(rows))
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-6)
    for row in (0, 1, len(rows) - 1):
        np.testing.assert_array_equal(unit_rows(rows[row : row + 1].copy())[0], together[row])
