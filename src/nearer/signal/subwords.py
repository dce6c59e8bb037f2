"""Subwords: the character n-grams of each word, and which of them get a row to train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.subwords import cut_ngrams


@dataclass(frozen=True)
class SubwordTable:
    """The rows that make up each word of a vocabulary.

    Attributes
    ----------
    starts, rows : int64 (v + 1,) and uint32 (m,); rows[starts[w]:starts[w + 1]] are word w's: its own, w,
        then those of its n-grams, in the order of the word and as often as they occur.
    buckets : uint32 (b,), the bucket of each row from v up. Buckets that no word touches have no row.
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.uint32]
    buckets: NDArray[np.uint32]


def subword_table(
    words: Sequence[str], counts: NDArray[np.int64], min_n: int, max_n: int, buckets: int
) -> SubwordTable:
    """The rows of each word (Bojanowski et al. 2017), n-grams of `min_n` to `max_n` characters in `buckets`.

    Rows of n-grams follow those of the words, the most frequent in the text first: what is used often lies
    together. Raises `ParameterError` for a range or a number of buckets that cannot be.
    """
    cut_starts, cut = cut_ngrams(words, min_n, max_n, buckets)
    lengths = np.diff(cut_starts)
    touched, place = np.unique(cut, return_inverse=True)
    frequency = np.bincount(place, weights=np.repeat(counts, lengths), minlength=len(touched))
    order = np.argsort(-frequency, kind="stable")
    rank = np.empty(len(order), dtype=np.uint32)
    rank[order] = np.arange(len(order), dtype=np.uint32)
    starts = cut_starts + np.arange(len(words) + 1)
    rows = np.empty(len(cut) + len(words), dtype=np.uint32)
    own = np.zeros(len(rows), dtype=bool)
    own[starts[:-1]] = True
    rows[own] = np.arange(len(words), dtype=np.uint32)
    rows[~own] = rank[place] + np.uint32(len(words))
    return SubwordTable(starts, rows, touched[order])
