"""Phrases in a corpus of ids: which words stand together so often that they are one word, and joining them.

Scores of a pair seen n times, its words a and b times (connector words between them play no part):

* ``mikolov``: (n - min_count) / (a * b) * N with N the number of different words and different pairs in the
  text. Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their Compositionality",
  state it without N, which makes thresholds mean the same on corpora of any size.
* ``npmi``: log(p(ab) / (p(a) * p(b))) / -log(p(ab)), from -1 to 1, with p the count over all tokens. Bouma
  2009, "Normalized (Pointwise) Mutual Information in Collocation Extraction".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import chain, repeat
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.phrases import CONNECTOR, NEVER, PART, PairCounts, count_pairs, join_phrases
from nearer.kernels.text import rewrite_ids
from nearer.signal.corpus import DROPPED, EncodedCorpus

Score = Literal["mikolov", "npmi"]


class Phrase(NamedTuple):
    """Words that are one: `parts` joined become `phrase`.

    `parts` are the words as the pass met them, so those of a later pass may be phrases themselves; `count` is
    how often the parts stood together, `score` how strongly; `in_pass` counts passes from 1.
    """

    phrase: str
    parts: tuple[str, ...]
    count: int  # type: ignore[assignment]  # of the pair; the method of tuples is of no use here
    score: float
    in_pass: int


def learn_phrases(
    encoded: EncodedCorpus,
    *,
    score: Score,
    threshold: float,
    min_count: int,
    delimiter: str,
    connectors: Collection[str],
    max_vocabulary: int | None = None,
    in_pass: int = 1,
    threads: int = 1,
) -> list[Phrase]:
    """Phrases of one pass over `encoded`: pairs seen `min_count` times whose score is above `threshold`.

    `encoded` holds every word of the text, however rare. With `max_vocabulary`, only that many words, the
    most frequent, may be parts. By falling score; among equals, those of more frequent words first.
    """
    roles = word_roles(encoded.words, connectors)
    if max_vocabulary is not None:
        parts = np.flatnonzero((roles == PART) & (encoded.counts > 0))
        order = np.argsort(-encoded.counts[parts], kind="stable")
        roles[parts[order[max_vocabulary:]]] = NEVER
    pairs = count_pairs(encoded.tokens, roles, min_count, threads)
    if score == "mikolov":
        different = int(((roles == PART) & (encoded.counts > 0)).sum()) + pairs.distinct
        scores = mikolov_scores(pairs, encoded.counts, min_count, different)
    else:
        scores = npmi_scores(pairs, encoded.counts, len(encoded.tokens))
    chosen = np.flatnonzero(scores > threshold)
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
    words = encoded.words
    runs = {
        run: [words[word] for word in pairs.runs[run].tolist()] for run in set(pairs.run[chosen].tolist())
    }
    rows = zip(*(of[chosen].tolist() for of in (pairs.first, pairs.run, pairs.second)), strict=True)
    parts_of = [(words[first], *runs[run], words[second]) for first, run, second in rows]
    names = map(delimiter.join, parts_of)
    counts, strengths = pairs.counts[chosen].tolist(), scores[chosen].tolist()
    return list(map(Phrase, names, parts_of, counts, strengths, repeat(in_pass)))


def mikolov_scores(
    pairs: PairCounts, counts: NDArray[np.int64], min_count: int, different: int
) -> NDArray[np.float64]:
    """(n - min_count) / (a * b) * N of every pair, float64 (n,); `different` is N."""
    a, b = counts[pairs.first].astype(np.float64), counts[pairs.second].astype(np.float64)
    return (pairs.counts - min_count) / (a * b) * different


def npmi_scores(pairs: PairCounts, counts: NDArray[np.int64], tokens: int) -> NDArray[np.float64]:
    """Normalised pointwise mutual information of every pair, float64 (n,), from -1 to 1."""
    a, b, both = counts[pairs.first] / tokens, counts[pairs.second] / tokens, pairs.counts / tokens
    return np.log(both / (a * b)) / -np.log(both)


def word_roles(words: Sequence[str], connectors: Collection[str]) -> NDArray[np.uint8]:
    """What each word may be in a phrase, uint8 (v,): `CONNECTOR` or `PART`."""
    roles = np.full(len(words), PART, dtype=np.uint8)
    if inside := frozenset(connectors):
        roles[[row for row, word in enumerate(words) if word in inside]] = CONNECTOR
    return roles


def apply_phrases(
    encoded: EncodedCorpus, phrases: Iterable[Phrase], connectors: Collection[str], threads: int = 1
) -> EncodedCorpus:
    """`encoded` with the phrases of one pass joined; its tokens are rewritten in place and used up.

    Phrases join the vocabulary behind the words there are, and the counts of their parts fall.
    """
    place = {word: row for row, word in enumerate(encoded.words)}
    known = [phrase for phrase in phrases if all(map(place.__contains__, phrase.parts))]
    lengths = np.array([len(phrase.parts) for phrase in known], dtype=np.int64)
    every_part = chain.from_iterable(phrase.parts for phrase in known)
    parts = np.array(list(map(place.__getitem__, every_part)), dtype=np.uint32)
    words = list(encoded.words)
    for phrase in known:  # the same words, joined in another order, are the same phrase
        if phrase.phrase not in place:
            place[phrase.phrase] = len(words)
            words.append(phrase.phrase)
    ids = np.array([place[phrase.phrase] for phrase in known], dtype=np.uint32)
    roles = word_roles(encoded.words, connectors)
    tokens, uses = join_phrases(encoded.tokens, roles, parts, lengths, ids, threads)
    counts = np.zeros(len(words), dtype=np.int64)
    counts[: len(encoded.counts)] = encoded.counts
    np.add.at(counts, ids, uses)
    np.subtract.at(counts, parts, np.repeat(uses, lengths))
    return replace(encoded, tokens=tokens, words=words, counts=counts)


def restrict_vocabulary(
    encoded: EncodedCorpus,
    *,
    min_count: int = 1,
    max_vocabulary: int | None = None,
    vocabulary: Sequence[str] | None = None,
) -> EncodedCorpus:
    """`encoded` over the words that are frequent enough, by falling count, as `encode_corpus` orders them.

    `vocabulary` fixes words and ids instead. Tokens are rewritten in place and used up.
    """
    if vocabulary is None:
        named = [
            (-count, word.encode(), row) for row, (word, count) in _counted(encoded) if count >= min_count
        ]
        kept = [row for _, _, row in sorted(named)[:max_vocabulary]]
        words = [encoded.words[row] for row in kept]
    else:
        place = {word: row for row, word in enumerate(encoded.words)}
        words = list(vocabulary)
        kept = [place.get(word, -1) for word in words]
    new_ids = np.full(len(encoded.words), DROPPED, dtype=np.uint32)
    counts = np.zeros(len(words), dtype=np.int64)
    for row, old in enumerate(kept):
        if old >= 0:
            new_ids[old], counts[row] = row, encoded.counts[old]
    written, _ = rewrite_ids(encoded.tokens, new_ids, encoded.tokens, 0, True)
    different = int((encoded.counts > 0).sum())
    return EncodedCorpus(encoded.tokens[:written], words, counts, encoded.tokens_read, different)


def _counted(encoded: EncodedCorpus) -> Iterable[tuple[int, tuple[str, int]]]:
    return enumerate(zip(encoded.words, encoded.counts.tolist(), strict=True))
