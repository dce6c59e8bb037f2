"""SIF and uSIF: document vectors from word vectors, by weighted means less what all documents share.

documents -> words (signal) -> weighted mean of a word space (encoder) -> less principal components -> Space
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nearer.encoders import pooling
from nearer.encoders.base import Modality, checked_batch_size
from nearer.errors import InputError, ParameterError, shown
from nearer.models.known_words import KnownWords, look_up, shares_of
from nearer.models.parameters import (
    Choice,
    Constraint,
    Either,
    Estimator,
    Instance,
    OrNone,
    Real,
    Whole,
    as_float,
    qualified_name,
)
from nearer.progress import Progress
from nearer.signal.bags import Document, Tokenizer, read_bags
from nearer.space import Space, load
from nearer.space.identity import derived_identity

logger = logging.getLogger("nearer")

Method = Literal["sif", "usif", "mean"]
Frequencies = Literal["auto", "counts", "zipf", "documents"] | Mapping[str, float]
Documents = Mapping[str, Document] | Iterable[Document]
COMPONENTS: Mapping[str, int] = {"sif": 1, "usif": 5, "mean": 0}
SIF_A = 1e-3


@dataclass(frozen=True)
class PoolingReport:
    """What `fit` saw.

    Attributes
    ----------
    documents, empty : documents, and those among them that hold no known word.
    tokens, known : tokens read, and those whose word is in the space.
    seconds : time spent, without the loading of the word space.
    """

    documents: int
    empty: int
    tokens: int
    known: int
    seconds: float


class SIF(Estimator):
    """Document vectors from a word space: SIF (Arora, Liang, Ma 2017) and uSIF (Ethayarajh 2018).

    A document is the mean of its words' vectors, each weighted down by how common the word is, less the
    directions that all documents share; those are learned by `fit`. It is an encoder too: `encode` gives
    vectors of new documents, in the space of the fitted ones.

    Parameters
    ----------
    words : Space, or the path or name of one, as `nearer.load` takes it.
    method : "sif": weight a / (a + p), the first component removed. "usif": weight a / (a / 2 + p) on word
        vectors of length 1, five components removed in proportion to their singular values squared. "mean":
        every weight 1 and nothing removed, the baseline.
    a : the smoothing of the weights; None: 0.001 for "sif", derived from the words' shares and the mean
        length of a document for "usif".
    components : how many principal components are removed; None: 1, 5 and 0 for the three methods.
    frequencies : where a word's share p of running text comes from. "counts": the column ``count`` of the
        word space. "zipf": its row number, in proportion to 1 / (row + 1), for spaces whose rows fall by
        frequency. "documents": counted in the fitted documents. "auto": "counts" where there is such a
        column, else "zipf". Or a mapping of words to counts or shares; a word that it lacks has share 0.
    tokenizer : "words", "whitespace", or a callable that turns a text into tokens; None: the one the word
        space was trained with where its provenance says so, else "words".
    unknown : what a document without a known word gets: "zero" for zeros and one logged warning a call, or
        "error".

    Attributes
    ----------
    space_ : Space of the fitted documents, by their keys, or by row number ("0", "1", ...).
    words_ : Space, the word vectors.
    weights_ : float64 (v,), weight of every word.
    components_ : float64 (m, dim), the principal components, orthonormal.
    strengths_ : float64 (m,), the part of each component that is removed: 1 for "sif".
    a_ : the smoothing in use.
    tokenizer_ : the tokenizer in use.
    report_ : `PoolingReport`.
    """

    modality: ClassVar[Modality] = "text"
    constraints: ClassVar[Mapping[str, Constraint]] = {
        "words": Instance((Space, str, os.PathLike), "a Space, or the path or name of one"),
        "method": Choice(("sif", "usif", "mean")),
        "a": OrNone(Real(0.0, above=True)),
        "components": OrNone(Whole(0)),
        "frequencies": Either(
            Choice(("auto", "counts", "zipf", "documents")), Instance((Mapping,), "a mapping of words")
        ),
        "tokenizer": OrNone(Choice(("words", "whitespace"), calls=True)),
        "unknown": Choice(("zero", "error")),
    }

    space_: Space
    _method: Method  # that was fitted
    _identity: str
    words_: Space
    weights_: pooling.Floats
    components_: pooling.Floats
    strengths_: pooling.Floats
    a_: float
    tokenizer_: Tokenizer
    report_: PoolingReport

    def __init__(
        self,
        words: Space | str | os.PathLike[str] = "glove-6b-50d",
        method: Method = "sif",
        a: float | None = None,
        components: int | None = None,
        frequencies: Frequencies = "auto",
        tokenizer: Tokenizer | None = None,
        unknown: Literal["zero", "error"] = "zero",
    ) -> None:
        self.words = words
        self.method = method
        self.a = a
        self.components = components
        self.frequencies = frequencies
        self.tokenizer = tokenizer
        self.unknown = unknown

    def fit(self, documents: Documents, y: None = None) -> Self:
        """Learn weights and components from `documents`: texts or token lists, or a mapping of keys to them.

        Raises `ParameterError`, `InputError` (with the row) for what is no document and where too few hold a
        known word, and what `nearer.load` raises.
        """
        self.check_parameters()
        words = self.words if isinstance(self.words, Space) else load(self.words)
        keys, texts = keyed(documents)
        tokenizer = self._chosen_tokenizer(words, isinstance(texts[0], str))
        begin = time.perf_counter()
        found = look_up(read_bags(texts, tokenizer), words)
        self._check_known(found, 0)
        self._require_enough(found, words.dim)
        shares = self._shares(words, found)
        length = len(found.tokens) / max(len(found.counts) - found.empty, 1)
        self.words_, self.tokenizer_, self._method = words, tokenizer, self.method
        self.a_, self.weights_ = self._weigh(shares, length)
        means = self._means(found)
        self.components_, self.strengths_ = self._find_components(means)
        self._identity = self._make_identity()
        self.space_ = self._space(keys, self._without_components(means))
        self.report_ = PoolingReport(
            documents=len(means),
            empty=found.empty,
            tokens=found.read,
            known=len(found.tokens),
            seconds=time.perf_counter() - begin,
        )
        warn_of_empty(found.empty, len(means))
        return self

    @property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return self.words_.dim

    @property
    def identity(self) -> str:
        """SHA-256 of the word space and of all else that decides a vector (64 hexadecimal digits)."""
        return self._identity

    def encode(
        self, items: Sequence[Document], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of texts or token lists: float32 (n, dim), the same bits however they are cut into batches.

        Raises `NotFitted`, `InputError` (with the row), `ParameterError` for a batch that is no whole number
        from 1 up.
        """
        batch_size = checked_batch_size(batch_size)
        if isinstance(items, str):
            raise InputError(f"encode takes a list of documents, not one string {shown(items)}")
        words, empty = self.words_, 0
        vectors = np.empty((len(items), words.dim), dtype=np.float32)
        with Progress("encoding", len(items), "documents", show_progress) as progress:
            for start in range(0, len(items), batch_size):
                batch = items[start : start + batch_size]
                found = look_up(read_bags(batch, self.tokenizer_, start), words)
                self._check_known(found, start)
                vectors[start : start + len(batch)] = self._without_components(self._means(found))
                empty += found.empty
                progress.advance(len(batch))
        warn_of_empty(empty, len(items))
        return vectors

    encode_query = encode
    encode_document = encode

    def embed(self, documents: Documents) -> Space:
        """A space of `documents`, given as to `fit`; its identity is that of `space_`.

        Raises `NotFitted`, `InputError` (with the row).
        """
        keys, texts = keyed(documents)
        return self._space(keys, self.encode(texts))

    def _chosen_tokenizer(self, words: Space, texts: bool) -> Tokenizer:
        """The tokenizer asked for, or the one the word space says it was trained with."""
        if self.tokenizer is not None:
            return self.tokenizer
        if texts and words.provenance.get("phrases"):
            raise ParameterError(
                "tokenizer=None, but the word space was trained with phrases joined, which texts do not hold",
                remedy="pass documents as lists of tokens, joined by the same Phrases, or name a tokenizer",
            )
        trained = words.provenance.get("tokenizer", "words")
        if trained == "words":
            return "words"
        if trained == "whitespace":
            return "whitespace"
        raise ParameterError(
            f"tokenizer=None, but the word space was trained with the tokenizer {shown(trained)}",
            remedy="pass that callable as tokenizer",
        )

    def _check_known(self, found: KnownWords, first_row: int) -> None:
        """Raise `InputError` for the first document without a known word, where that is an error."""
        if self.unknown == "error" and found.empty:
            raise InputError(
                "the document holds no word of the word space",
                row=first_row + int(np.flatnonzero(found.counts == 0)[0]),
                remedy='leave it out, or use unknown="zero"',
            )

    def _shares(self, words: Space, found: KnownWords) -> pooling.Floats:
        """Share of running text of every word of the space, (v,)."""
        source = self.frequencies
        items = words.items
        counted = items is not None and "count" in items.column_names
        if source == "auto":
            source = "counts" if counted else "zipf"
        if source == "zipf":
            return pooling.zipf_shares(len(words))
        if source == "documents":
            counts = np.bincount(found.rows[found.tokens], minlength=len(words)).astype(np.float64)
        elif source == "counts":
            if items is None or not counted:
                raise ParameterError(
                    'frequencies="counts", but the word space has no column "count"',
                    remedy='use "zipf" where its rows fall by frequency, or "documents"',
                )
            counts = np.asarray(items.column("count").to_numpy(), dtype=np.float64)
        else:
            counts = np.array([source.get(word, 0.0) for word in words.keys], dtype=np.float64)
        return shares_of(counts)

    def _weigh(self, shares: pooling.Floats, length: float) -> tuple[float, pooling.Floats]:
        """The smoothing a, and the weight of every word."""
        if self.method == "usif":
            a = pooling.usif_a(shares, length) if self.a is None else as_float(self.a)
            return a, pooling.usif_weights(shares, a)
        a = SIF_A if self.a is None else as_float(self.a)
        return a, pooling.sif_weights(shares, a) if self.method == "sif" else np.ones(len(shares))

    def _means(self, found: KnownWords) -> pooling.Floats:
        """Weighted mean of the known words of every document: (n, dim)."""
        vectors = self.words_.vectors[found.rows].astype(np.float64)
        if self._method == "usif":
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(float).tiny)
        vectors *= self.weights_[found.rows, None]
        return pooling.mean_rows(vectors, found.tokens, found.offsets)

    def _wanted(self) -> int:
        """How many components to remove."""
        return COMPONENTS[self.method] if self.components is None else int(self.components)

    def _require_enough(self, found: KnownWords, dim: int) -> None:
        """Raise `InputError` where the removal of the components would leave nothing."""
        wanted, filled = self._wanted(), len(found.counts) - found.empty
        if min(filled, dim) <= wanted:
            raise InputError(
                f"{filled:,} documents hold a known word, in {dim} dimensions: without {wanted} components "
                "nothing would be left of them",
                remedy="fit more documents, or lower components",
            )

    def _find_components(self, means: pooling.Floats) -> tuple[pooling.Floats, pooling.Floats]:
        """Components of the documents, and how much of each is removed."""
        components, singular = pooling.principal_components(means, self._wanted())
        if self.method != "usif":
            return components, np.ones(len(singular))
        squares = singular**2
        total = squares.sum()  # 0 where all means are zeros, from which nothing is to be removed
        return components, squares / total if total > 0 else np.zeros(len(singular))

    def _without_components(self, means: pooling.Floats) -> NDArray[np.float32]:
        vectors = pooling.remove_components(means, self.components_, self.strengths_)
        return vectors.astype(np.float32)

    def _make_identity(self) -> str:
        digest = hashlib.sha256()
        for array in (self.weights_, self.components_, self.strengths_):
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        tokenizer = self.tokenizer_ if isinstance(self.tokenizer_, str) else qualified_name(self.tokenizer_)
        return derived_identity(
            self.words_.identity,
            "pooling",
            method=self._method,
            tokenizer=tokenizer,
            weights_and_components=digest.hexdigest(),
        )

    def _space(self, keys: list[str], vectors: NDArray[np.float32]) -> Space:
        provenance = {
            "model": type(self).__name__,
            "method": self._method,
            "a": self.a_,
            "components": len(self.strengths_),
            "words": self.words_.identity,
        }
        return Space(keys, vectors, identity=self.identity, provenance=provenance)


def keyed(documents: Documents) -> tuple[list[str], list[Document]]:
    """Keys and documents: those of a mapping, or row numbers; raises `InputError` for what is neither."""
    if isinstance(documents, str | bytes) or not isinstance(documents, Iterable):
        raise InputError(
            f"documents are {shown(documents)}",
            remedy="pass a list of texts or of token lists, or a mapping of keys to them",
        )
    if isinstance(documents, Mapping):
        keys, texts = list(documents.keys()), list(documents.values())
    else:
        texts = documents.to_pylist() if hasattr(documents, "to_pylist") else list(documents)
        keys = [str(row) for row in range(len(texts))]
    if not texts:
        raise InputError("there are no documents")
    return keys, texts


def warn_of_empty(empty: int, documents: int) -> None:
    """Log how many documents have no known word, if any."""
    if empty:
        logger.warning("%s of %s documents hold no known word: their vectors are zeros", empty, documents)
