"""Positive pointwise mutual information: how much more often than by chance words stand together.

Levy and Goldberg 2014, "Neural Word Embedding as Implicit Matrix Factorization", with the settings of Levy,
Goldberg and Dagan 2015, "Improving Distributional Similarity with Lessons Learned from Word Embeddings".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nearer.signal.cooccurrence import Cooccurrences

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CELLS_A_STEP = 1 << 20


def ppmi_matrix(
    counted: Cooccurrences,
    *,
    shift: float = 1.0,
    context_smoothing: float = 0.75,
    keep: NDArray[np.float64] | None = None,
) -> csr_array[np.float64, tuple[int, int]]:
    """max(0, log(#(w, c) * total / (#(w) * #(c))) - log(shift)) as a sparse matrix (v, v), float64.

    With smoothing a, #(c) ** a stands for #(c) and its sum over all contexts for the total, which keeps rare
    contexts from seeming important. `keep` is the probability that a token of each word survives subsampling,
    (v,): counts are those that are expected to be left, with windows formed before (the paper's "clean").
    """
    from scipy.sparse import csr_array  # noqa: PLC0415  (`import nearer` must not load it)

    words = counted.vocabulary
    of_words, of_contexts = _sums(counted, keep)
    smoothed = np.where(of_contexts > 0, of_contexts, 1.0) ** context_smoothing * (of_contexts > 0)
    with np.errstate(divide="ignore"):  # a word without neighbours has no cell that would be looked up
        offset = np.log(smoothed.sum()) - np.log(shift) - np.log(of_words)
        chance = np.log(smoothed)
    weight = np.zeros(words) if keep is None else np.log(keep)
    lengths = np.zeros(words, dtype=np.int64)
    columns, values = [], []
    for start, end, rows in _steps(counted):
        contexts = counted.columns[start:end]
        value = np.log(counted.weights[start:end], dtype=np.float64) + weight[rows] + weight[contexts]
        value += offset[rows] - chance[contexts]
        positive = value > 0
        lengths += np.bincount(rows[positive], minlength=words)
        columns.append(contexts[positive])
        values.append(value[positive])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    cells = (
        np.concatenate(values or [np.empty(0)]),
        np.concatenate(columns or [np.empty(0, np.int32)]),
        starts,
    )
    return csr_array(cells, shape=(words, words))


def _sums(
    counted: Cooccurrences, keep: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected weight of each word's row, and of each context's column."""
    words = counted.vocabulary
    of_words, of_contexts = np.zeros(words), np.zeros(words)
    for start, end, rows in _steps(counted):
        contexts = counted.columns[start:end]
        weights = counted.weights[start:end].astype(np.float64)
        if keep is not None:
            weights *= keep[rows] * keep[contexts]
        of_words += np.bincount(rows, weights, minlength=words)
        of_contexts += np.bincount(contexts, weights, minlength=words)
    return of_words, of_contexts


def _steps(counted: Cooccurrences) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Ranges of cells, which may lie in files, and the row of each cell."""
    for start in range(0, len(counted.columns), CELLS_A_STEP):
        end = min(start + CELLS_A_STEP, len(counted.columns))
        yield start, end, np.searchsorted(counted.starts, np.arange(start, end), side="right") - 1
