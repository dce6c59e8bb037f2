"""Trained bits of the kernels of words and n-grams; test_word_training_golden.py says how pins hold."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from test_word_training_golden import EVERY_COMPILER, small_run

from nearer.kernels import _native, available_variants
from nearer.kernels.subwords import SubwordTraining, train_subwords
from nearer.kernels.training import padded_rows
from nearer.models.state import seeded_rows

PINS = {  # (variant, architecture, compiler) -> SHA-256 of both matrices
    (
        "x86_64",
        "skipgram",
        EVERY_COMPILER,
    ): "e810228290e5bcd982185030844dc8d3c6a4beeac4f1f51ec29ad76deef24e25",
    ("x86_64", "cbow", EVERY_COMPILER): "ad59f6c2c2fed4a61212b0a05695ff5f87ebe2b76222a5964f4256837b042f4d",
    ("avx2", "skipgram", "12.2.0"): "71aa5b440f7a3f0e0d9c97ade2c3fe2539023e3082f9ef3b19e98e53b97ee653",
    ("avx2", "cbow", "12.2.0"): "9a15d229410418d1d344a26badb8b64e07f5eb01789475b6e9bea32cb592c372",
    ("avx512", "skipgram", "12.2.0"): "a7f80866e73efefa271bcd55c7ccfdb33308ba73997a7069842c86404a9d0e7b",
    ("avx512", "cbow", "12.2.0"): "04394a82849dc219e0e6e64d1a961f1cd2cab762fa692f02381690363cf7a50b",
}


def trained_hash(architecture: str, variant: str) -> str:
    rows = [[word, *(50 + (word * 7 + i * i) % 80 for i in range(word % 9))] for word in range(50)]
    run = SubwordTraining(
        **vars(small_run(architecture)),
        starts=np.cumsum([0, *map(len, rows)]),
        rows=np.concatenate(rows).astype(np.uint32),
    )
    inputs, outputs = seeded_rows(130, 20, seed=1), padded_rows(50, 20)
    train_subwords(run, inputs, outputs, 0, 12, 1, variant)
    assert np.isfinite(inputs).all()
    return hashlib.sha256(inputs.tobytes() + outputs.tobytes()).hexdigest()


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
@pytest.mark.parametrize("variant", available_variants())
def test_trained_bits_are_the_pinned_ones(variant: str, architecture: str) -> None:
    found = trained_hash(architecture, variant)
    compiler = EVERY_COMPILER if variant == "x86_64" else _native.compiler
    pin = PINS.get((variant, architecture, compiler))
    if pin is None:
        pytest.skip(f"no pin for {variant} by compiler {compiler}: {found}")
    assert found == pin, f"{variant} {architecture} {compiler}: {found}"
