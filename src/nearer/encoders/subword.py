"""Subword: the encoder of words by their character n-grams, which gives unseen words a vector too.

Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, UnknownKey, shown
from nearer.kernels.subwords import cut_ngrams, mean_rows
from nearer.kernels.threads import thread_count
from nearer.progress import Progress
from nearer.space.identity import header

BLOCK = 1 << 16  # words or rows worked on together


class Subword:
    """Encodes words as the mean of a row of their own, if they have one, and the rows of their n-grams.

    Parameters
    ----------
    words : the words with a row of their own, in the order of their rows.
    rows : float32 (n, dim): a row a word, then the rows of buckets. It may be a file's, at any byte.
    min_n, max_n : characters of an n-gram, the marks `<` and `>` around a word counted; max_n=0: none.
    buckets : how many buckets n-grams are hashed into.
    touched : uint32 (n - words,), the bucket of each row after those of the words; None: all, in order. The
        vector of a bucket that has no row is zero.
    spellings : the bytes of words that are not UTF-8 and so stand in `words` under another spelling.
    """

    def __init__(
        self,
        words: Sequence[str],
        rows: NDArray[np.float32],
        *,
        min_n: int,
        max_n: int,
        buckets: int,
        touched: NDArray[np.uint32] | None = None,
        spellings: Mapping[str, bytes] | None = None,
    ) -> None:
        self.words = words
        self.rows = rows
        self.min_n, self.max_n, self.buckets = min_n, max_n, buckets
        self.touched = touched
        self.spellings = spellings or {}
        self._order = None if touched is None else np.argsort(touched, kind="stable")
        self._sorted = None if touched is None or self._order is None else touched[self._order]

    @property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return int(self.rows.shape[1])

    @cached_property
    def identity(self) -> str:
        """SHA-256 over words, rows, n-gram range and buckets; buckets without a row count as zero rows."""
        digest = hashlib.sha256(
            header(
                "subword",
                dtype="float32",
                dim=self.dim,
                metric="cosine",
                min_n=self.min_n,
                max_n=self.max_n,
                buckets=self.buckets,
            )
        )
        spelled = [self.spellings.get(word, word.encode()) for word in self.words]
        digest.update(np.array([len(word) for word in spelled], dtype="<u4").tobytes())
        digest.update(b"".join(spelled))
        for start in range(0, len(self.words), BLOCK):
            digest.update(_bytes(self.rows[start : min(start + BLOCK, len(self.words))]))
        touched = hashlib.sha256()
        for buckets, rows in self.bucket_rows():
            touched.update(buckets.astype("<u4").tobytes())
            digest.update(_bytes(rows))
        digest.update(touched.digest())
        return digest.hexdigest()

    def bucket_rows(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Buckets by rising number, and their rows, in blocks; those whose row is zero are left out."""
        count = len(self.rows) - len(self.words)
        for start in range(0, count, BLOCK):
            places = np.arange(start, min(start + BLOCK, count))
            if self._order is None or self._sorted is None:
                buckets, rows = places, self.rows[len(self.words) + start : len(self.words) + start + BLOCK]
            else:
                buckets = self._sorted[places].astype(np.int64)
                rows = self.rows[len(self.words) + self._order[places]]
            there = rows.any(axis=1)
            yield buckets[there], rows[there]

    def encode(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of words, seen in training or not: float32 (n, dim).

        Raises `UnknownKey` for a word that has no row of its own and none of whose n-grams has one that is
        not zero (a file holds zeros for buckets that were never trained), `InputError` for a single string
        and for items that are no text.
        """
        if isinstance(items, str | bytes):
            raise InputError(
                f"encode takes a list of words, not one string {shown(items)}", remedy=f"use [{shown(items)}]"
            )
        if batch_size < 1:
            raise ParameterError(f"batch_size={shown(batch_size)} is below 1")
        vectors = np.empty((len(items), self.dim), dtype=np.float32)
        with Progress("encoding", len(items), "words", show_progress) as progress:
            for start in range(0, len(items), batch_size):
                batch = items[start : start + batch_size]
                vectors[start : start + len(batch)] = self._encode_batch(batch)
                progress.advance(len(batch))
        return vectors

    encode_query = encode
    encode_document = encode

    def word_vectors(self) -> NDArray[np.float32]:
        """Vectors of the words that have a row of their own: float32 (words, dim), read-only."""
        vectors = self.encode(self.words, BLOCK, show_progress=False)
        vectors.flags.writeable = False
        return vectors

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def _table(self) -> NDArray[np.uint8]:
        """The bytes of the rows, from the first value to the last."""
        if self.rows.size and self.rows.strides[1] == 4:
            return np.lib.stride_tricks.as_strided(
                self.rows.view(np.uint8),
                ((len(self.rows) - 1) * self.rows.strides[0] + 4 * self.dim,),
                (1,),
                writeable=False,
            )
        return np.ascontiguousarray(self.rows).view(np.uint8).reshape(-1)

    def _encode_batch(self, batch: Sequence[str]) -> NDArray[np.float32]:
        n = len(batch)
        _require_text(batch)
        own = np.array([self._row_of.get(item, -1) for item in batch], dtype=np.int64)
        spelled = [self.spellings.get(item, item) for item in batch]
        starts, buckets = cut_ngrams(spelled, self.min_n, self.max_n, self.buckets)
        counts = np.diff(starts) + (own >= 0)
        item_of = np.concatenate([np.arange(n), np.repeat(np.arange(n), np.diff(starts))])
        rows = np.concatenate([own, self._rows_of(buckets)])
        there = np.flatnonzero(rows >= 0)
        order = there[np.argsort(item_of[there], kind="stable")]
        present = np.bincount(item_of[order], minlength=n)
        if n and present.min() == 0:
            raise _unknown(batch[int(present.argmin())])
        ends = np.concatenate([[0], np.cumsum(present)])
        pitch = self.rows.strides[0] if self.rows.strides[1] == 4 else 4 * self.dim
        vectors = mean_rows(self._table, self.dim, pitch, ends, rows[order], counts, thread_count(None))
        nothing = np.flatnonzero((own < 0) & ~vectors.any(axis=1))  # rows of zeros are buckets never trained
        if nothing.size:
            raise _unknown(batch[int(nothing[0])])
        return vectors

    def _rows_of(self, buckets: NDArray[np.uint32]) -> NDArray[np.int64]:
        """The row of each bucket, -1 where it has none."""
        if self._order is None or self._sorted is None:
            return buckets.astype(np.int64) + len(self.words)
        if len(self._sorted) == 0:
            return np.full(len(buckets), -1)
        place = np.minimum(np.searchsorted(self._sorted, buckets), len(self._sorted) - 1)
        return np.where(self._sorted[place] == buckets, self._order[place] + len(self.words), -1)


def _unknown(item: str) -> UnknownKey:
    return UnknownKey(
        f"{shown(item)} is unknown, and so is every n-gram of it",
        remedy="leave it out: there is nothing to make its vector of",
    )


def _require_text(items: Sequence[object]) -> None:
    """Raise `InputError` for the first item that is no string, or holds a lone surrogate."""
    for item in items:
        text = isinstance(item, str)
        if isinstance(item, str) and not item.isascii():
            text = not any("\ud800" <= char <= "\udfff" for char in item)
        if not text:
            raise InputError(
                f"the item {shown(item)} is no text", remedy="pass strings without lone surrogates"
            )


def _bytes(rows: NDArray[np.float32]) -> bytes:
    return np.ascontiguousarray(rows).astype("<f4", copy=False).tobytes()
