"""Reading for word models: a corpus as word ids, refused where there is nothing to learn from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nearer.data.text import Corpus, corpus_name
from nearer.errors import InputError
from nearer.kernels.words import UNIT_TOKENS
from nearer.models.phrases import Phrases
from nearer.models.sizes import parse_bytes
from nearer.signal.corpus import EncodedCorpus, Errors, Tokenizer, encode_corpus
from nearer.signal.phrases import restrict_vocabulary


@dataclass(frozen=True)
class WordMaterial:
    """An encoded corpus, cut into units of `unit_tokens` tokens."""

    corpus: EncodedCorpus
    unit_tokens: int = UNIT_TOKENS

    @property
    def units_an_epoch(self) -> int:
        """Units of work that make one pass."""
        return -(-len(self.corpus.tokens) // self.unit_tokens)

    @property
    def facts(self) -> dict[str, int]:
        """What `FitReport` says of the corpus."""
        return {
            "tokens": len(self.corpus.tokens),
            "tokens_read": self.corpus.tokens_read,
            "vocabulary": len(self.corpus.words),
            "distinct": self.corpus.distinct,
        }

    def fingerprint(self, settings: dict[str, object]) -> str:
        """SHA-256 of the encoded corpus, its vocabulary and the settings that decide a run."""
        digest = hashlib.sha256(json.dumps([settings, self.corpus.words], sort_keys=True).encode())
        digest.update(self.corpus.tokens.data)
        return digest.hexdigest()


class ReadsText(Protocol):
    """The parameters of a model that say how its text is read."""

    min_count: int
    max_vocabulary: int | None
    tokenizer: Tokenizer
    errors: Errors
    memory: str | int | None
    show_progress: bool | None


def read_words(
    model: ReadsText,
    corpus: Corpus,
    threads: int,
    vocabulary: Sequence[str] | None,
    phrases: Phrases | None = None,
    memory_share: int = 1,
) -> EncodedCorpus:
    """`corpus` as ids, read as `model` says; `vocabulary` fixes the words and their ids.

    `phrases` are learned from the text unless they are fitted, and joined before rare words are dropped.
    Ids may take one part in `memory_share` of the model's memory.

    Raises `InputError` for a corpus that leaves fewer than two words, or no two of them in a line.
    """
    encoded = encode_corpus(
        corpus,
        tokenizer=model.tokenizer,
        min_count=model.min_count if phrases is None else 1,
        max_vocabulary=model.max_vocabulary if phrases is None else None,
        vocabulary=vocabulary if phrases is None else None,
        errors=model.errors,
        memory=None if model.memory is None else parse_bytes(model.memory) // memory_share,
        threads=threads,
        show_progress=model.show_progress,
    )
    if phrases is not None:
        join = phrases.join if hasattr(phrases, "phrases_") else phrases.fit_encoded
        joined = join(encoded, corpus_name(corpus))
        encoded = restrict_vocabulary(
            joined, min_count=model.min_count, max_vocabulary=model.max_vocabulary, vocabulary=vocabulary
        )
    if vocabulary is not None and len(encoded.tokens) == 0:
        raise InputError(
            "the corpus holds none of the words this model knows",
            file=corpus_name(corpus),
            remedy="fit a new model to it",
        )
    if len(encoded.words) < 2:
        raise InputError(
            f"min_count={model.min_count} leaves {len(encoded.words)} of {encoded.distinct:,} different "
            "words, and at least 2 are needed",
            file=corpus_name(corpus),
            remedy="lower min_count or give more text",
        )
    if not encoded.has_neighbours():
        raise InputError(
            "no line holds two of the words that are kept, so none has a neighbour to learn from",
            file=corpus_name(corpus),
            remedy="put a sentence or a paragraph on a line, or lower min_count",
        )
    return encoded


class JoinsPhrases(ReadsText, Protocol):
    """The parameters of a model that may join phrases."""

    phrases: Phrases | None


def phrases_to_join(model: JoinsPhrases, threads: int, fitted_before: bool) -> Phrases | None:
    """The phrases that `model` joins: of an earlier fit, a copy of fitted ones, or some to be learned."""
    if model.phrases is None:
        return None
    learned: Phrases | None = vars(model).get("phrases_")
    if fitted_before and learned is not None:
        return learned
    reading = {name: getattr(model, name) for name in ("tokenizer", "errors", "memory", "show_progress")}
    phrases = Phrases(**{**model.phrases.get_params(), **reading, "threads": threads})
    phrases.check_parameters()
    if hasattr(model.phrases, "phrases_"):
        phrases.phrases_ = model.phrases.phrases_
    return phrases
