"""Trained bits, pinned: the engine must not change its results unnoticed.

The pins are of the kernels alone, over tables written out by hand, because `numpy.power` may differ in its
last bit from machine to machine. Plain x86-64 has no fused multiply-add, so IEEE 754 decides its bits and any
compiler must make them; where a CPU can fuse, the compiler decides what it fuses, and a pin holds for that
compiler only. To pin a new variant or compiler, run the test and copy the hash from its message.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from nearer.kernels import _native, available_variants
from nearer.kernels.training import padded_rows
from nearer.kernels.words import LINE_START, WordTraining, train_units
from nearer.models.state import seeded_rows

EVERY_COMPILER = ""
PINS = {  # (variant, architecture, compiler) -> SHA-256 of both matrices
    (
        "x86_64",
        "skipgram",
        EVERY_COMPILER,
    ): "ede04183c5fbdf2df0a49b72dadeb9b910f9f1d0eaeb11470de50a2ba1b92145",
    ("x86_64", "cbow", EVERY_COMPILER): "c5f66fe8247ba20c961a937869c8cf0d55d7b280890708b450136a5d1d2c474e",
    ("avx2", "skipgram", "12.2.0"): "4d5ad92dbebfd9e7e58df5e2db5ffacf18fb0bca74a3dd23b1e2359ea0aab171",
    ("avx2", "cbow", "12.2.0"): "90eb8ef653fa23e496e884e4dd527b70f4bae220bdac3a7f0d676d13c65e74ef",
    ("avx512", "skipgram", "12.2.0"): "6a468050a86020244d410211c8c43a0e3721975c29d48a0f5588b3035134a557",
    ("avx512", "cbow", "12.2.0"): "0be0163938b7917a87fe9e9fb529478bae32dd116ade26ed905fbd78bbd7afb5",
}
SEEDED = "31296b949af32fd956deb98f9998578e725f3284bae61a39c3b7b90aafc8baac"


def small_run(architecture: str) -> WordTraining:
    tokens = (np.arange(3_000, dtype=np.uint64) ** 3 // 7 % 50).astype(np.uint32)
    tokens[::37] |= LINE_START
    keep = np.full(50, 2**32 - 1, dtype=np.uint32)
    keep[:5] = 2**31
    noise = np.stack([np.arange(50) * 2**25, (np.arange(50) * 7 + 3) % 50], axis=1).astype(np.uint32)
    return WordTraining(
        architecture=architecture,  # type: ignore[arg-type]
        tokens=tokens,
        keep=keep,
        noise=noise,
        window=4,
        negative=5,
        shared=3,
        learning_rate=0.05,
        least_learning_rate=0.0001,
        planned_units=12,
        seed=2**40 + 5,
        unit_tokens=500,
    )


def trained_hash(architecture: str, variant: str) -> str:
    run = small_run(architecture)
    words = seeded_rows(50, 20, seed=1)
    outputs = padded_rows(50, 20)
    train_units(run, words, outputs, 0, 12, 1, variant)
    assert np.isfinite(words).all()
    return hashlib.sha256(words.tobytes() + outputs.tobytes()).hexdigest()


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
@pytest.mark.parametrize("variant", available_variants())
def test_trained_bits_are_the_pinned_ones(variant: str, architecture: str) -> None:
    found = trained_hash(architecture, variant)
    compiler = EVERY_COMPILER if variant == "x86_64" else _native.compiler
    pin = PINS.get((variant, architecture, compiler))
    if pin is None:
        pytest.skip(f"no pin for {variant} by compiler {compiler}: {found}")
    assert found == pin, f"{variant} {architecture} {compiler}: {found}"


def test_seeded_vectors_are_the_pinned_ones() -> None:
    rows = seeded_rows(2, 3, seed=0)
    assert rows.shape == (2, 16)
    assert hashlib.sha256(rows.tobytes()).hexdigest() == SEEDED
    assert np.abs(rows[:, :3]).max() <= 0.5 / 3
    assert not rows[:, 3:].any()
