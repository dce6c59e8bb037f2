"""Pooling: many word vectors become one document vector, and what all documents share is taken out.

Weights and removal of SIF (Arora, Liang, Ma 2017, "A Simple but Tough-to-Beat Baseline for Sentence
Embeddings") and uSIF (Ethayarajh 2018, "Unsupervised Random Walk Sentence Embeddings"). With p(w) a word's
share of running text:

    SIF   weight a / (a + p(w));     v - sum over components c of <v, c> c
    uSIF  weight a / (a / 2 + p(w)); v - sum over components of (s_c^2 / sum of s^2) <v, c> c
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def sif_weights(shares: Floats, a: float) -> Floats:
    """a / (a + p) for shares p, (v,)."""
    weights: Floats = a / (a + shares)
    return weights


def usif_weights(shares: Floats, a: float) -> Floats:
    """a / (a / 2 + p) for shares p, (v,): between 0 and 2."""
    return a / (0.5 * a + shares)


def usif_a(shares: Floats, length: float) -> float:
    """The parameter a that uSIF derives from the shares of all words and the mean length of a document.

    With v words, the chance that a document of n random words holds a given one is t = 1 - (1 - 1 / v)^n;
    with r the part of the words whose share is above t, a = (1 - r) / (r v / 2). So that a is above 0 and
    finite, at least one word, and not every word, is counted as above t.
    """
    words = max(int((shares > 0).sum()), 2)
    threshold = -np.expm1(length * np.log1p(-1.0 / words))
    common = min(max(int((shares > threshold).sum()), 1), words - 1) / words
    return float((1.0 - common) / (common * 0.5 * words))


def zipf_shares(words: int) -> Floats:
    """Shares of `words` words by rank, the most frequent first: in proportion to 1 / rank (Zipf's law)."""
    shares: Floats = 1.0 / np.arange(1, words + 1)
    shares /= shares.sum()
    return shares


def mean_rows(vectors: Floats, tokens: NDArray[np.int64], offsets: NDArray[np.int64]) -> Floats:
    """Mean of the rows `vectors[tokens]` of each range of `offsets`: (n, dim); zeros for an empty range.

    A row is summed in the order of its tokens, whatever other rows there are.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415  (only pooling needs it)

    counts = csr_array((np.ones(len(tokens)), tokens, offsets), shape=(len(offsets) - 1, len(vectors)))
    sums = np.asarray(counts @ vectors, dtype=np.float64)
    return sums / np.maximum(np.diff(offsets), 1)[:, None]


def principal_components(vectors: Floats, components: int) -> tuple[Floats, Floats]:
    """The first right singular vectors of `vectors` (not centred), (m, dim), and their singular values, (m,).

    Signs are chosen so that the entry of largest magnitude is positive.
    """
    squares, directions = np.linalg.eigh(vectors.T @ vectors)
    first = directions.T[::-1][:components]
    largest = np.abs(first).argmax(axis=1)
    signs = np.where(np.take_along_axis(first, largest[:, None], axis=1) < 0, -1.0, 1.0)
    return first * signs, np.sqrt(np.maximum(squares[::-1][:components], 0.0))


def remove_components(vectors: Floats, components: Floats, strengths: Floats) -> Floats:
    """`vectors` (n, dim) less `strengths` (m,) times their projections on orthonormal `components` (m, dim).

    Row by row the same bits, whatever other rows there are.
    """
    left = vectors.copy()
    for component, strength in zip(components, strengths, strict=True):
        left -= (strength * (vectors * component).sum(axis=1))[:, None] * component
    return left
