"""Trained bits of hierarchical softmax, pinned as those of negative sampling are (test_word_training_golden).

The tree is written out by hand: 50 words, of which word w is reached by w + 1 turns, the last by 49.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from test_word_training_golden import EVERY_COMPILER, small_run

from nearer.kernels import _native, available_variants
from nearer.kernels.paths import WordPaths
from nearer.kernels.training import padded_rows
from nearer.kernels.words import train_units
from nearer.models.state import seeded_rows

PINS = {  # (variant, architecture, compiler) -> SHA-256 of both matrices
    (
        "x86_64",
        "skipgram",
        EVERY_COMPILER,
    ): "38b70d3be1293a92e213fdc66d0460ccc76e273527f3cca5d3a647f1992a1d17",
    ("x86_64", "cbow", EVERY_COMPILER): "fcfe670f5534dde1b3cc7a0ad4ca00dc6545717a0224e7e6a92b105f806cac8e",
    ("avx2", "skipgram", "12.2.0"): "7d427248cd078b4eac8f00fd1dd29db1084494c9c6d106bb827c417509796d3d",
    ("avx2", "cbow", "12.2.0"): "7caf0cd3db0917dfbf3b6d488c569b01bd22f9673282932d415ee8df8e5b95a6",
    ("avx512", "skipgram", "12.2.0"): "5f93b62616d85a9bcd1c717021ea9ff777cd63791cd085df8028b184961079bb",
    ("avx512", "cbow", "12.2.0"): "95910db421cb6ba2d012420d4c84fa68d6bb3f2f68ec73d020b30142bbf612ba",
}


def comb(words: int) -> WordPaths:
    """The most lopsided tree: at each node, the turn 0 leads to a word and the turn 1 goes on."""
    lengths = [min(word + 1, words - 1) for word in range(words)]
    nodes = np.concatenate([np.arange(length) for length in lengths])
    bits = np.concatenate([np.arange(length) < word for word, length in enumerate(lengths)])
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    return WordPaths(offsets, nodes.astype(np.uint32), bits.astype(np.uint8))


def trained_hash(architecture: str, variant: str) -> str:
    nothing = np.empty((0, 2), dtype=np.uint32)
    run = replace(small_run(architecture), paths=comb(50), negative=0, shared=1, noise=nothing)
    words, nodes = seeded_rows(50, 20, seed=1), padded_rows(49, 20)
    train_units(run, words, nodes, 0, 12, 1, variant)
    assert np.isfinite(words).all()
    return hashlib.sha256(words.tobytes() + nodes.tobytes()).hexdigest()


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
@pytest.mark.parametrize("variant", available_variants())
def test_trained_bits_are_the_pinned_ones(variant: str, architecture: str) -> None:
    found = trained_hash(architecture, variant)
    compiler = EVERY_COMPILER if variant == "x86_64" else _native.compiler
    pin = PINS.get((variant, architecture, compiler))
    if pin is None:
        pytest.skip(f"no pin for {variant} by compiler {compiler}: {found}")
    assert found == pin, f"{variant} {architecture} {compiler}: {found}"
