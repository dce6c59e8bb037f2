"""Subword: the encoder of words, seen or not, by their character n-grams, and of texts by their words.

Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.base import Modality, checked_batch_size
from nearer.errors import InputError, UnknownKey, shown
from nearer.kernels.subwords import cut_ngrams, mean_rows
from nearer.kernels.threads import thread_count
from nearer.progress import Progress
from nearer.space.identity import header

BLOCK = 1 << 16  # words or rows worked on together
WORD = re.compile(r"[^ \t\n\v\f\r]+")  # of a text, as fastText cuts its sentences
BLANK = re.compile(r"[ \t\n\v\f\r]")


class Subword:
    """Encodes words as the mean of a row of their own, if they have one, and the rows of their n-grams.

    An item that holds white space and is no word with a row of its own is a text: the mean of its words'
    vectors, each scaled to length 1, as fastText's sentence vectors of unsupervised models. Words are cut at
    spaces, tabs and line ends only and keep their case: texts should be spelled as those of the training.

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

    modality: ClassVar[Modality] = "text"

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
        """SHA-256 over words, rows, n-gram range, buckets and how texts are pooled.

        Buckets without a row count as zero rows.
        """
        digest = hashlib.sha256(
            header(
                "subword",
                dtype="float32",
                dim=self.dim,
                metric="cosine",
                min_n=self.min_n,
                max_n=self.max_n,
                buckets=self.buckets,
                texts="mean of unit vectors",
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
        """Vectors of words, seen in training or not, and of texts: float32 (n, dim).

        A text is an item that holds white space; of its words, those of which nothing is known are left out.
        Raises `UnknownKey` for a word that has no row of its own and none of whose n-grams has one that is
        not zero (a file holds zeros for buckets that were never trained), and for a text without any other;
        `InputError` for a single string and for items that are no strings; `ParameterError` for a batch that
        is no whole number from 1 up.
        """
        if isinstance(items, str | bytes):
            raise InputError(
                f"encode takes a list of words, not one string {shown(items)}", remedy=f"use [{shown(items)}]"
            )
        batch_size = checked_batch_size(batch_size)
        vectors = np.empty((len(items), self.dim), dtype=np.float32)
        with Progress("encoding", len(items), "items", show_progress) as progress:
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
        _require_text(batch)
        pooled = np.array([BLANK.search(item) is not None and item not in self._row_of for item in batch])
        if not pooled.any():
            return self._encode_words(batch)
        vectors = np.empty((len(batch), self.dim), dtype=np.float32)
        vectors[pooled] = self._encode_texts([item for item, text in zip(batch, pooled, strict=True) if text])
        vectors[~pooled] = self._encode_words(
            [item for item, text in zip(batch, pooled, strict=True) if not text]
        )
        return vectors

    def _encode_words(self, words: Sequence[str]) -> NDArray[np.float32]:
        vectors = self._means(words)
        rowless = np.fromiter((word not in self._row_of for word in words), dtype=bool, count=len(words))
        unknown = rowless & ~vectors.any(axis=1)
        if unknown.any():
            raise _unknown(words[int(unknown.argmax())])
        return vectors

    def _encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The mean of the unit vectors of each text's words; a word whose vector is zero is left out."""
        place: dict[str, int] = {}
        words = [[place.setdefault(word, len(place)) for word in WORD.findall(text)] for text in texts]
        vectors = self._means(list(place))
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
        units = np.divide(
            vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0, casting="same_kind"
        )
        known = (lengths[:, 0] > 0).tolist()
        kept = [[row for row in rows if known[row]] for rows in words]
        counts = np.array([len(rows) for rows in kept], dtype=np.int64)
        if counts.min() == 0:
            raise UnknownKey(
                f"{shown(texts[int(counts.argmin())])} holds no word of which anything is known",
                remedy="leave it out: there is nothing to make its vector of",
            )
        starts, rows = np.concatenate([[0], np.cumsum(counts)]), np.concatenate(kept).astype(np.int64)
        table = units.view(np.uint8).reshape(-1)
        return mean_rows(table, self.dim, 4 * self.dim, starts, rows, counts, thread_count(None))

    def _means(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Means of the rows of each word, (n, dim); zeros for a word that has none."""
        n = len(words)
        own = np.array([self._row_of.get(word, -1) for word in words], dtype=np.int64)
        spelled = [self.spellings.get(word, word) for word in words]
        starts, buckets = cut_ngrams(spelled, self.min_n, self.max_n, self.buckets)
        counts = np.diff(starts) + (own >= 0)
        word_of = np.concatenate([np.arange(n), np.repeat(np.arange(n), np.diff(starts))])
        rows = np.concatenate([own, self._rows_of(buckets)])
        there = np.flatnonzero(rows >= 0)
        order = there[np.argsort(word_of[there], kind="stable")]
        present = np.bincount(word_of[order], minlength=n)
        ends = np.concatenate([[0], np.cumsum(present)])
        pitch = self.rows.strides[0] if self.rows.strides[1] == 4 else 4 * self.dim
        return mean_rows(self._table, self.dim, pitch, ends, rows[order], counts, thread_count(None))

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
