"""Texts in a column of a table: counts of hashed n-grams of characters, reduced to a few dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

N_GRAMS = (3, 5)  # characters, within words
BUCKETS = 1 << 14
MOST_DIMENSIONS = 32


@dataclass(frozen=True, eq=False)
class TextVectors:
    """A linear map of hashed n-gram counts, learned from the texts of a column.

    weights : float32 (BUCKETS, k), the columns scaled so that coordinates vary with deviation 1.
    """

    weights: NDArray[np.float32]

    @classmethod
    def fit(cls, texts: NDArray[Any], seed: int) -> Self:
        """Weigh n-grams by their inverse document frequency, and keep the leading singular vectors."""
        from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415  (`import nearer` must not load it)

        counts = hashed(texts)
        frequency = np.bincount(counts.indices, minlength=BUCKETS)
        inverse = np.log((1.0 + len(texts)) / (1.0 + frequency)).astype(np.float32)
        weighted = counts.multiply(inverse[None, :]).tocsr()
        most = min(MOST_DIMENSIONS, len(texts), int((frequency > 0).sum()))
        source = np.random.RandomState(np.random.MT19937(seed))  # its streams never change
        _, values, right = randomized_svd(weighted, max(most, 1), n_iter=7, random_state=source)
        kept = max(int((values > values[0] * 1e-4).sum()), 1) if len(values) else 1
        scale = np.sqrt(len(texts)) / np.maximum(values[:kept], np.finfo(np.float32).tiny)
        return cls(np.ascontiguousarray(inverse[:, None] * right[:kept].T * scale, dtype=np.float32))

    def vectors(self, texts: NDArray[Any]) -> NDArray[np.float32]:
        """A vector a text, float32 (n, k); of zeros for one without n-grams."""
        found: NDArray[np.float32] = hashed(texts) @ self.weights
        return found


def hashed(texts: NDArray[Any]) -> Any:
    """Counts of n-grams a text, sparse float32 (n, BUCKETS), rows of length 1 or 0."""
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415  (likewise)

    reader = HashingVectorizer(
        analyzer="char_wb", ngram_range=N_GRAMS, n_features=BUCKETS, alternate_sign=False, dtype=np.float32
    )
    if not len(texts):
        return csr_array((0, BUCKETS), dtype=np.float32)
    return csr_array(reader.transform(texts))
