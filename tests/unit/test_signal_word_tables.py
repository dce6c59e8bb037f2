"""The tables the word kernels draw from: noise (alias table) and subsampling thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nearer.signal import keep_probability, keep_thresholds, noise_table

counts_arrays = st.lists(st.integers(1, 10**9), min_size=1, max_size=60).map(
    lambda c: np.array(c, dtype=np.int64)
)


def probabilities(table: NDArray[np.uint32]) -> NDArray[np.float64]:
    """What an alias table draws: each slot gives its threshold to itself and the rest to its alias."""
    itself = table[:, 0].astype(np.float64) / 2.0**32
    drawn = itself + np.bincount(table[:, 1], weights=1.0 - itself, minlength=len(table))
    return drawn / len(table)


@given(counts=counts_arrays, exponent=st.sampled_from([0.75, 1.0, 0.0, -0.5, 2.0]))
@settings(max_examples=200, deadline=None)
def test_noise_table_draws_powers_of_counts(counts: NDArray[np.int64], exponent: float) -> None:
    table = noise_table(counts, exponent)
    assert table.shape == (len(counts), 2)
    assert table.dtype == np.uint32
    assert table[:, 1].max() < len(counts)
    weights = counts.astype(np.float64) ** exponent
    # a threshold is a multiple of 2^-32 of a slot, and one slot may be the alias of all others
    np.testing.assert_allclose(probabilities(table), weights / weights.sum(), rtol=0, atol=2.0**-32)


def test_noise_table_of_a_large_vocabulary() -> None:
    counts = (10**8 // np.arange(1, 50_001)).astype(np.int64)
    weights = counts**0.75
    np.testing.assert_allclose(probabilities(noise_table(counts, 0.75)), weights / weights.sum(), rtol=1e-4)


def test_a_uniform_noise_table_has_no_aliases() -> None:
    table = noise_table(np.full(7, 3, dtype=np.int64), 0.75)
    assert probabilities(table) == pytest.approx(1 / 7, abs=1e-9)


def test_keep_probability_is_the_formula_of_the_program() -> None:
    counts = np.array([900_000, 90_000, 9_000, 1_000], dtype=np.int64)
    found = keep_probability(counts, 1e-3)
    for count, probability in zip(counts.tolist(), found.tolist(), strict=True):
        share = count / 1_000_000
        assert probability == pytest.approx(min(1.0, ((share / 1e-3) ** 0.5 + 1) * 1e-3 / share))
    assert found[0] == pytest.approx(31e-3 / 0.9)
    assert found[3] == 1.0


def test_no_subsampling_keeps_everything() -> None:
    counts = np.array([10**12, 1], dtype=np.int64)
    assert keep_probability(counts, 0).tolist() == [1.0, 1.0]
    assert keep_thresholds(counts, 0).tolist() == [2**32 - 1] * 2


def test_words_that_do_not_occur_are_kept_without_a_warning() -> None:
    assert keep_probability(np.array([1_000, 0], dtype=np.int64), 1e-3)[1] == 1.0


@given(counts=counts_arrays, subsample=st.floats(1e-8, 1.0))
@settings(max_examples=100, deadline=None)
def test_thresholds_are_the_probabilities(counts: NDArray[np.int64], subsample: float) -> None:
    """A token is kept if 32 random bits are at most the threshold: (threshold + 1) of 2^32 values."""
    probability = keep_probability(counts, subsample)
    assert ((probability > 0) & (probability <= 1)).all()
    kept = (keep_thresholds(counts, subsample).astype(np.float64) + 1) / 2.0**32
    np.testing.assert_allclose(kept, probability, rtol=0, atol=2.0**-32)
