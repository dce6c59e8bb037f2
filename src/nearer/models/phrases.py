"""Phrases: words that stand together so often that they are one word, as new_york is.

text -> ids -> pairs counted (kernel) -> scored (signal) -> a table of phrases, which rewrites text
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np

from nearer.data.text import USE_TEXT, Corpus, corpus_name
from nearer.errors import FormatError, InputError, ParameterError, shown
from nearer.kernels.text import release_free_memory
from nearer.kernels.threads import thread_count
from nearer.kernels.words import LINE_START
from nearer.models.incremental import READING, TRAINING
from nearer.models.parameters import Choice, Constraint, Estimator, OrNone, Real, Text, Whole, Words
from nearer.models.phrase_files import read_phrases, table_of, write_phrases
from nearer.models.sizes import parse_bytes
from nearer.signal import connectors
from nearer.signal.corpus import EncodedCorpus, Errors, Tokenizer, encode_corpus
from nearer.signal.phrases import Phrase, Score, apply_phrases, learn_phrases

THRESHOLDS: dict[str, float] = {"mikolov": 10.0, "npmi": 0.5}


@dataclass(frozen=True)
class PhraseReport:
    """How learning phrases went.

    Attributes
    ----------
    count_seconds, learn_seconds : time spent reading and encoding; and counting, scoring and joining pairs.
    items_per_second : words a second, reading included.
    tokens_read, distinct : tokens and different words in the text.
    phrases : phrases found in all passes.
    """

    count_seconds: float
    learn_seconds: float
    items_per_second: float
    tokens_read: int
    distinct: int
    phrases: int


class Phrases(Estimator):
    """Phrases by the score of Mikolov et al. 2013, or by NPMI (Bouma 2009).

    Two words are a phrase where their score is above `threshold`. With n the count of the pair, a and b the
    counts of the words, T the tokens of the text, and N the number of different words and different pairs in
    it, "mikolov" is (n - min_count) / (a * b) * N, and "npmi" is log(n * T / (a * b)) / log(T / n).

    Parameters
    ----------
    score : "mikolov", or "npmi" from -1 to 1: 1 for words that never stand apart, 0 for pairs by chance.
    threshold : pairs that score above it are phrases. None: 10 for "mikolov", 0.5 for "npmi".
    min_count : pairs seen less often are no phrases.
    passes : times over the text; each joins the phrases of the one before, so that phrases grow longer.
    delimiter : joins the words of a phrase; may stand in no word of any text that is learned from or joined,
        so text that is joined already is refused.
    exclude : connector words: they may stand inside a phrase, but neither begin nor end one. "english" is a
        list of English articles, conjunctions and prepositions.
    max_vocabulary : only this many words, the most frequent, may be parts of phrases; bounds memory.
    tokenizer : "words" (runs of Unicode letters and digits, lower-cased), "whitespace", or a callable that
        turns a line into tokens.
    errors : "strict", or "replace" to read bytes that are not UTF-8 as U+FFFD (for "words", a separator).
    memory : room for word ids, as "2GB" or bytes; beyond it they go to memory-mapped files. None: no limit.
    threads : None uses every core. The result does not depend on it.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    phrases_ : list of `Phrase` (phrase, parts, count, score, in_pass), by pass and falling score.
    report_ : `PhraseReport`.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        **READING,
        "score": Choice(("mikolov", "npmi")),
        "threshold": OrNone(Real(-1.0)),
        "passes": Whole(1, 100),
        "delimiter": Text(),
        "exclude": Words(("english",)),
        "threads": TRAINING["threads"],
        "show_progress": TRAINING["show_progress"],
    }

    phrases_: list[Phrase]
    report_: PhraseReport

    def __init__(
        self,
        score: Score = "mikolov",
        threshold: float | None = None,
        min_count: int = 5,
        passes: int = 1,
        delimiter: str = "_",
        exclude: Collection[str] | Literal["english"] = (),
        max_vocabulary: int | None = None,
        tokenizer: Tokenizer = "words",
        errors: Errors = "strict",
        memory: str | int | None = None,
        threads: int | None = None,
        show_progress: bool | None = None,
    ) -> None:
        self.score = score
        self.threshold = threshold
        self.min_count = min_count
        self.passes = passes
        self.delimiter = delimiter
        self.exclude = exclude
        self.max_vocabulary = max_vocabulary
        self.tokenizer = tokenizer
        self.errors = errors
        self.memory = memory
        self.threads = threads
        self.show_progress = show_progress

    def fit(self, corpus: Corpus, y: None = None) -> Self:
        """Learn the phrases of `corpus`: whatever `Word2Vec.fit` takes.

        Raises `ParameterError`, and `InputError` for text that cannot be read, has no words, or has words
        that hold the delimiter.
        """
        self.check_parameters()
        begin = time.perf_counter()
        encoded = self._encode(corpus)
        self.fit_encoded(encoded, corpus_name(corpus), reading_seconds=time.perf_counter() - begin)
        return self

    def fit_encoded(
        self, encoded: EncodedCorpus, source: str | None = None, *, reading_seconds: float = 0.0
    ) -> EncodedCorpus:
        """Learn from text that is read already, with all its words, and return it with phrases joined.

        The tokens of `encoded` are rewritten in place. With one pass `fit` alone does not need the joined
        text; models that train on it do.
        """
        self.check_parameters()
        begin = time.perf_counter()
        tokens, distinct = encoded.tokens_read, encoded.distinct
        self._require_free_delimiter(encoded, source, "choose another delimiter")
        inside, threads = self.connectors(), thread_count(self.threads)
        found: list[Phrase] = []
        for in_pass in range(1, int(self.passes) + 1):
            new = learn_phrases(
                encoded,
                score=self.score,
                threshold=self.score_threshold(),
                min_count=int(self.min_count),
                delimiter=self.delimiter,
                connectors=inside,
                max_vocabulary=None if self.max_vocabulary is None else int(self.max_vocabulary),
                in_pass=in_pass,
                threads=threads,
            )
            if not new:
                break
            found += new
            encoded = apply_phrases(encoded, new, inside, threads)
        learn_seconds = time.perf_counter() - begin
        self.phrases_ = found
        rate = tokens / max(reading_seconds + learn_seconds, 1e-9)
        self.report_ = PhraseReport(reading_seconds, learn_seconds, rate, tokens, distinct, len(found))
        return encoded

    def join(self, encoded: EncodedCorpus, source: str | None = None) -> EncodedCorpus:
        """`encoded` with the phrases joined, pass by pass; its tokens are rewritten in place.

        Raises `InputError`, naming `source`, for text with words that hold the delimiter: a word `new_york`
        of its own, or of text that is joined already, would become one with the phrase.
        """
        remedy = "give text that is not joined yet, or learn phrases with another delimiter"
        self._require_free_delimiter(encoded, source, remedy)
        inside, threads = self.connectors(), thread_count(self.threads)
        for in_pass in sorted({phrase.in_pass for phrase in self.phrases_}):
            of_pass = [phrase for phrase in self.phrases_ if phrase.in_pass == in_pass]
            encoded = apply_phrases(encoded, of_pass, inside, threads)
        return encoded

    def transform(self, corpus: Corpus) -> list[list[str]]:
        """The tokens of every line of `corpus`, phrases joined greedily from left to right.

        A list of token lists gives as many, in order; other text one for each line that holds a word.
        Raises `NotFitted`, and what `fit` raises; text that is joined already holds the delimiter.
        """
        self.phrases_  # noqa: B018  (raises `NotFitted`)
        self.check_parameters()
        if isinstance(corpus, list | tuple) and corpus and all(isinstance(line, list) for line in corpus):
            filled = [line for line in corpus if line]
            joined = iter(self.transform(filled) if len(filled) < len(corpus) and filled else [])
            if len(filled) < len(corpus):
                return [next(joined) if line else [] for line in corpus]
        try:
            read = self._encode(corpus)
        except InputError as error:
            if error.remedy != USE_TEXT:
                raise
            remedy = USE_TEXT.replace("train on", "transform")
            raise InputError(error.problem, file=error.file, remedy=remedy) from None
        encoded = self.join(read, corpus_name(corpus))
        starts = np.flatnonzero(encoded.tokens >= LINE_START).tolist()
        ids = (encoded.tokens & ~LINE_START).tolist()
        words = encoded.words
        ends = [*starts[1:], len(ids)]
        return [[words[id] for id in ids[a:b]] for a, b in zip(starts, ends, strict=True)]

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write the phrases as a table of tab-separated text; raises `NotFitted`, `StorageError`."""
        write_phrases(Path(path), self._settings(), self.phrases_, overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Phrases that were saved; raises `FormatError` with file and row for a table that is broken."""
        settings, phrases = read_phrases(Path(path))
        model = cls(**{**settings, "exclude": tuple(settings["exclude"])})
        try:
            model.check_parameters()
        except ParameterError as error:
            raise FormatError(error.problem, file=path, row=1) from None
        model.phrases_ = phrases
        return model

    def described(self) -> dict[str, object]:
        """The settings that decide the phrases; of fitted ones, the SHA-256 of their table too."""
        described: dict[str, object] = {"model": type(self).__name__, **self._settings()}
        if "phrases_" in vars(self):
            described["sha256"] = hashlib.sha256(table_of(self._settings(), self.phrases_)).hexdigest()
        return described

    def connectors(self) -> frozenset[str]:
        """The connector words that `exclude` stands for."""
        return frozenset(connectors.ENGLISH if self.exclude == "english" else self.exclude)

    def score_threshold(self) -> float:
        """The threshold in use."""
        return THRESHOLDS[self.score] if self.threshold is None else float(self.threshold)

    def check_parameters(self) -> None:
        """Raise `ParameterError` for the first parameter, or pair of them, that breaks its rule."""
        super().check_parameters()
        threshold = self.score_threshold()
        if self.score == "npmi" and threshold >= 1:
            raise ParameterError(
                f"threshold={threshold:g} lets no pair through: NPMI is at most 1",
                remedy="choose a threshold from -1 to below 1",
            )
        if self.score == "mikolov" and threshold < 0:
            raise ParameterError(
                f"threshold={threshold:g} is below 0, and so would let every pair through",
                remedy='choose a threshold from 0 up, or score="npmi"',
            )
        if self.memory is not None:
            parse_bytes(self.memory)

    def _settings(self) -> dict[str, object]:
        return {
            "score": self.score,
            "threshold": self.score_threshold(),
            "min_count": int(self.min_count),
            "passes": int(self.passes),
            "delimiter": self.delimiter,
            "exclude": sorted(self.connectors()),
            "max_vocabulary": None if self.max_vocabulary is None else int(self.max_vocabulary),
        }

    def _encode(self, corpus: Corpus) -> EncodedCorpus:
        encoded = encode_corpus(
            corpus,
            tokenizer=self.tokenizer,
            errors=self.errors,
            memory=None if self.memory is None else parse_bytes(self.memory),
            threads=thread_count(self.threads),
            show_progress=self.show_progress,
        )
        release_free_memory()
        return encoded

    def _require_free_delimiter(self, encoded: EncodedCorpus, source: str | None, remedy: str) -> None:
        holder = next((word for word in encoded.words if self.delimiter in word), None)
        if holder is not None:
            raise InputError(
                f"the word {shown(holder)} holds the delimiter {self.delimiter!r} as phrases do",
                file=source,
                remedy=remedy,
            )
