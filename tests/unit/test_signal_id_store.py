"""Room for word ids: many pieces, and no more memory than the ids need."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from word_corpora import run_python

from nearer.signal.id_store import IdStore

MEMORY = """
import itertools
from word_corpora import small_word2vec
from nearer.signal import encode_corpus

def kilobytes(name):
    lines = open("/proc/self/status", encoding="utf-8")
    return next(int(line.split()[1]) for line in lines if line.startswith(name))

line = " ".join(["kept", *["dropped"] * 999])
encode_corpus(itertools.repeat(line, 100))
before, peak_before = kilobytes("VmRSS"), kilobytes("VmHWM")
corpus = encode_corpus(itertools.repeat(line, 10_000), vocabulary=["kept"])
assert len(corpus.tokens) == 10_000
print(kilobytes("VmHWM") - peak_before, kilobytes("VmRSS") - before)
"""


@pytest.mark.parametrize("memory", [None, 100_000])
def test_seventy_thousand_pieces(memory: int | None) -> None:
    """More pieces than a process may have maps of memory."""
    pieces = 70_000
    with IdStore(memory) as store:
        for piece in range(pieces):
            store.append(piece % 2, np.array([piece % 7, 7], dtype=np.uint32))
        final = [np.arange(8, dtype=np.uint32), np.arange(8, dtype=np.uint32) + 10]
        tokens = store.rewrite(final, 2 * pieces)
    number = np.arange(pieces)
    expected = np.stack([number % 7, np.full(pieces, 7)], axis=1) + 10 * (number % 2)[:, np.newaxis]
    assert ((tokens & 0x7FFFFFFF) == expected.ravel()).all()


def test_what_is_dropped_leaves_the_kept_ids_as_they_are() -> None:
    ids = np.tile(np.array([0, 1, 1, 1], dtype=np.uint32), 100_000)
    with IdStore(None) as store:
        store.append(0, ids)
        tokens = store.rewrite([np.array([5, 0x7FFFFFFF], dtype=np.uint32)], 100_000)
    assert ((tokens & 0x7FFFFFFF) == 5).all()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not say what is used")
def test_ids_take_four_bytes_a_token_and_dropped_ones_none() -> None:
    peak, left = map(int, run_python(MEMORY))
    ids = 10_000_000 * 4 // 1024
    assert peak < ids * 1.1 + 8_000
    assert left < 16_000
