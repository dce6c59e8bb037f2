"""Bits of trained factors, pinned as those of words are (test_word_training_golden.py)."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from scipy.sparse import csr_array

from nearer.kernels import _native, available_variants
from nearer.kernels.als import AlsTraining, Solver
from nearer.kernels.bpr import BprTraining, train_units
from nearer.kernels.training import padded_rows
from nearer.models.normal_equations import feedback
from nearer.models.state import seeded_rows

EVERY_COMPILER = ""
PINS = {  # (variant, method, compiler) -> SHA-256 of both matrices
    ("x86_64", "cg", EVERY_COMPILER): "895880d2d981b666f0768ebb2865fae6e10162e21abdb79eb380ca1cef2ab5f1",
    (
        "x86_64",
        "cholesky",
        EVERY_COMPILER,
    ): "9c56a5e97701a433ae26bae02112d0bb1307802a0fad8eb056d302aebac93adf",
    ("x86_64", "bpr", EVERY_COMPILER): "83b010023284988a1b7d801252fe9223ba2bdc8c889761e9fd4a3dbe3def6e3e",
    ("avx2", "cg", "12.2.0"): "5b9dccb2b7f3241d1f2547eebbb6b7209c20ff6fb6e479c5355f3e12d737e231",
    ("avx2", "cholesky", "12.2.0"): "bb75d8cf1ed7c0d13803de3b09f6e093780e24371f1a5d967a09702317d3ccce",
    ("avx2", "bpr", "12.2.0"): "d5a4b3d20b482db5308c5871ab2e83a49b588a8dab9ed0afaf5ff38fe62eb151",
    ("avx512", "cg", "12.2.0"): "01a4b849a947f26102a0f8baab570aa7a6d345813807bfbfc9821e59b88cb0a5",
    ("avx512", "cholesky", "12.2.0"): "1166d0b101164c4c8ae167f1f7c5c6d04b4feb4d0b4aeb116f34f1cbace686cb",
    ("avx512", "bpr", "12.2.0"): "70055741f876541155e0ab5f9d9d63807cbcb410da6cc3e08fc6ecbbb203c36b",
}
USERS, ITEMS, DIM = 150, 40, 20


def choices() -> csr_array[np.float32, tuple[int, int]]:
    pairs = np.arange(USERS * ITEMS, dtype=np.uint64).reshape(USERS, ITEMS) ** 3 // 7 % 9 < 2
    return csr_array(pairs.astype(np.float32))


def als_hash(variant: str, cg_steps: int) -> str:
    matrix = choices()
    run = AlsTraining(feedback(matrix), feedback(matrix.T.tocsr()), Solver(DIM, 4.0, 0.5, 0.0, cg_steps), 100)
    arrays = {"users": padded_rows(USERS, DIM), "items": seeded_rows(ITEMS, DIM, 3)}
    run.train(arrays, 0, 3 * run.units_an_epoch, 1, variant)
    return hashlib.sha256(arrays["users"].tobytes() + arrays["items"].tobytes()).hexdigest()


def bpr_hash(variant: str) -> str:
    side = feedback(choices())
    units = np.array([0, 60, 61, USERS], np.int64)
    run = BprTraining(side.indptr, side.indices, units, False, 0.1, 0.01, 0.02, 15, seed=2**40 + 5)
    users, items, biases = seeded_rows(USERS, DIM, 1), seeded_rows(ITEMS, DIM, 2), np.zeros(ITEMS, np.float32)
    train_units(run, users, items, biases, 0, 15, 1, variant)
    return hashlib.sha256(users.tobytes() + items.tobytes() + biases.tobytes()).hexdigest()


HASHES = {
    "cg": lambda variant: als_hash(variant, 3),
    "cholesky": lambda variant: als_hash(variant, 0),
    "bpr": bpr_hash,
}


@pytest.mark.parametrize("method", HASHES)
@pytest.mark.parametrize("variant", available_variants())
def test_trained_bits_are_pinned(variant: str, method: str) -> None:
    compiler = EVERY_COMPILER if variant == "x86_64" else _native.compiler
    pin = PINS.get((variant, method, compiler))
    found = HASHES[method](variant)
    assert found == HASHES[method](variant)
    if pin is None:
        pytest.skip(f"no pin for {variant}, {method}, compiler {compiler}: {found}")
    assert found == pin
