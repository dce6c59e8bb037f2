"""Co-occurrence counts against a slow twin, bit for bit, whatever the memory and the threads."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nearer.kernels.words import LINE_START
from nearer.signal.cooccurrence import Cooccurrences, Weighting, count_cooccurrences

VOCABULARY = 9
FRACTION = 2**32

lines = st.lists(st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=40), max_size=60)
windows = st.integers(1, 20)
weightings = st.sampled_from(["harmonic", "flat"])


def as_tokens(text: list[list[int]]) -> NDArray[np.uint32]:
    ids = [word | (int(LINE_START) if place == 0 else 0) for line in text for place, word in enumerate(line)]
    return np.array(ids, dtype=np.uint32)


def slow_counts(
    text: list[list[int]], window: int, weighting: str, symmetric: bool
) -> dict[tuple[int, int], np.float32]:
    """Every pair of every line, one by one; weights summed exactly in units of 2**-32."""
    cells: dict[tuple[int, int], int] = defaultdict(int)
    for line in text:
        for at, word in enumerate(line):
            for other, context in enumerate(line):
                distance = at - other if not symmetric else abs(at - other)
                if 1 <= distance <= window:
                    cells[word, context] += round(FRACTION / (distance if weighting == "harmonic" else 1))
    return {pair: np.float32(weight / FRACTION) for pair, weight in sorted(cells.items())}


def as_cells(counted: Cooccurrences) -> dict[tuple[int, int], np.float32]:
    rows = np.repeat(np.arange(counted.vocabulary), np.diff(counted.starts))
    cells = zip(rows.tolist(), counted.columns.tolist(), strict=True)
    return dict(zip(cells, counted.weights, strict=True))


@given(lines, windows, weightings, st.booleans(), st.sampled_from([None, 8_000, 12_000]), st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_counts_are_those_of_a_slow_twin(
    text: list[list[int]],
    window: int,
    weighting: Weighting,
    symmetric: bool,
    memory: int | None,
    threads: int,
) -> None:
    counted = count_cooccurrences(
        as_tokens(text),
        VOCABULARY,
        window=window,
        weighting=weighting,
        symmetric=symmetric,
        memory=memory,
        threads=threads,
    )
    cells = as_cells(counted)
    assert list(cells) == sorted(cells)
    assert cells == slow_counts(text, window, weighting, symmetric)


@given(lines, windows)
@settings(max_examples=30, deadline=None)
def test_symmetric_counts_are_a_symmetric_matrix(text: list[list[int]], window: int) -> None:
    cells = as_cells(count_cooccurrences(as_tokens(text), VOCABULARY, window=window))
    assert all(cells[column, row] == weight for (row, column), weight in cells.items())
