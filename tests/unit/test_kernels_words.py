"""The face of the word-training kernel: what it refuses, and threads that the system does not give."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from word_corpora import run_python

from nearer.errors import ParameterError
from nearer.kernels import available_variants
from nearer.kernels.training import padded_rows
from nearer.kernels.words import WordTraining, train_units
from nearer.signal import huffman_paths, keep_thresholds, noise_table

COUNTS = np.array([6, 4], dtype=np.int64)
RUN = WordTraining(
    architecture="skipgram",
    tokens=np.array([0, 1] * 5, dtype=np.uint32),
    keep=keep_thresholds(COUNTS, 0),
    noise=noise_table(COUNTS, 0.75),
    window=2,
    negative=2,
    shared=3,
    learning_rate=0.025,
    least_learning_rate=1e-4,
    planned_units=1,
    seed=1,
)
PATHS = huffman_paths(COUNTS)

FEW_THREADS = """
import resource, sys
import numpy as np
from nearer.kernels import _native
from nearer.kernels.training import padded_rows
from nearer.kernels.words import train_units
from test_kernels_words import RUN, replace

rows, norms = np.ones((1_024_000, 1), dtype=np.float32), np.empty(1_024_000)
run = replace(RUN, tokens=np.tile(RUN.tokens, 5_000), unit_tokens=50, planned_units=1_000)
status = open("/proc/self/status", encoding="utf-8")
size = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmSize"))
resource.setrlimit(resource.RLIMIT_AS, (size + (64 << 20), resource.RLIM_INFINITY))  # room for a few stacks
_native.squared_norms(rows, 500, sys.argv[1], norms)
report = train_units(run, padded_rows(2, 16), padded_rows(2, 16), 0, 1_000, 500, sys.argv[1])
print((norms == 1).all(), report.tokens)
"""


def train(run: WordTraining, first: int = 0, last: int = 1, threads: int = 1) -> int:
    rows = padded_rows(2, 16), padded_rows(2, 16)
    return train_units(run, *rows, first, last, threads, available_variants()[0]).tokens


@pytest.mark.parametrize(
    ("changed", "ranges", "rule"),
    [
        ({"tokens": np.empty(0, dtype=np.uint32)}, {}, "there is something to train on"),
        ({"planned_units": 0}, {}, "planned_units is at least 1"),
        ({}, {"threads": 0}, "threads is at least 1"),
        ({}, {"threads": -3}, "threads is at least 1"),
        ({}, {"first": -1}, "units run from first to last, neither below 0"),
        ({}, {"first": 2}, "units run from first to last, neither below 0"),
        ({"window": 0}, {}, "window and unit_tokens are at least 1"),
        ({"negative": 0}, {}, "negative is at least 1"),
        ({"shared": 33}, {}, "shared is from 1 to 32"),
        ({"paths": PATHS}, {}, "rows of both matrices are aligned, a row a word and a row an output"),
    ],
)
def test_what_the_kernel_cannot_work_with_is_refused(
    changed: dict[str, Any], ranges: dict[str, int], rule: str
) -> None:
    with pytest.raises(ParameterError, match=f"training needs that {rule}"):
        train(replace(RUN, **changed), **ranges)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"paths": huffman_paths(np.array([3, 2, 1]))}, "paths lead to every row"),
        ({"negative": 2}, "with paths, negative is 0, shared 1 and noise empty"),
        ({"noise": RUN.noise}, "with paths, negative is 0, shared 1 and noise empty"),
    ],
)
def test_paths_that_do_not_fit_are_refused(changed: dict[str, Any], rule: str) -> None:
    run = replace(RUN, paths=PATHS, negative=0, shared=1, noise=np.empty((0, 2), dtype=np.uint32))
    assert (
        train_units(run, padded_rows(2, 16), padded_rows(1, 16), 0, 1, 1, available_variants()[0]).tokens
        == 10
    )
    with pytest.raises(ParameterError, match=f"training needs that {rule}"):
        train_units(
            replace(run, **changed), padded_rows(2, 16), padded_rows(1, 16), 0, 1, 1, available_variants()[0]
        )


def test_no_units_are_no_work() -> None:
    assert train(RUN, first=1, last=1) == 0
    assert train(RUN, threads=3) == 10


@pytest.mark.skipif(sys.platform != "linux", reason="the address space is limited")
@pytest.mark.parametrize("variant", available_variants()[:1])
def test_threads_that_cannot_start_are_done_without(variant: str) -> None:
    assert run_python(FEW_THREADS, variant) == ["True", "50000"]
