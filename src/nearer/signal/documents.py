"""Documents as word ids and tags: tokenised, counted and encoded in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nearer.data.documents import Document
from nearer.data.text import Block, TokenLines
from nearer.errors import InputError
from nearer.kernels.text import WordCounter, merge_counters
from nearer.kernels.words import LINE_START
from nearer.progress import Progress
from nearer.signal.corpus import DROPPED, Errors, Tokenizer, piece_ids

WORD_BITS = ~LINE_START


@dataclass(frozen=True)
class EncodedDocuments:
    """Documents as ids; those without a word that is kept are left out.

    Attributes
    ----------
    tokens : uint32 (t,), word ids of the kept tokens in reading order; bit 31 marks a document's first.
    starts : int64 (d,), index of each document's first token.
    tag_starts, tags : int64 (d + 1,) and uint32; document i has tags[tag_starts[i] : tag_starts[i + 1]].
    tag_names : name of each tag, in order of first sight.
    words, counts : the vocabulary by falling count; `counts` is int64 (v,).
    tokens_read, distinct : tokens and different words before any was dropped.
    empty : the documents that were left out.
    """

    tokens: NDArray[np.uint32]
    starts: NDArray[np.int64]
    tag_starts: NDArray[np.int64]
    tags: NDArray[np.uint32]
    tag_names: list[str]
    words: list[str]
    counts: NDArray[np.int64]
    tokens_read: int
    distinct: int
    empty: list[Document]


def encode_documents(
    documents: Iterator[Document],
    *,
    tokenizer: Tokenizer = "words",
    min_count: int = 1,
    max_vocabulary: int | None = None,
    vocabulary: Sequence[str] | None = None,
    tag_names: Sequence[str] | None = None,
    errors: Errors = "strict",
    show_progress: bool | None = None,
) -> EncodedDocuments:
    """Read, count and encode `documents`.

    `vocabulary` fixes the words and their ids in place of `min_count` and `max_vocabulary`; `tag_names` fixes
    those of the tags, and a document with another tag raises `InputError`.

    Raises `InputError` and `EncodingError` naming the document's place for text that cannot be read.
    """
    counter = WordCounter()
    pieces: list[NDArray[np.uint32]] = []
    read: list[Document] = []
    with Progress("reading", None, "documents", show_progress) as progress:
        for document in documents:
            pieces.append(document_ids(counter, document, tokenizer, errors))
            read.append(without_content(document))
            progress.advance(1)
    limits = (min_count, max_vocabulary) if vocabulary is None else (1, None)
    merged = merge_counters([counter], *limits)
    words, final, counts = merged.words, merged.ids[0], merged.counts
    if vocabulary is not None:
        known = {word: row for row, word in enumerate(vocabulary)}
        final, counts = restricted(words, final, counts, known)
        words = list(vocabulary)
    tokens, lengths = kept_tokens(pieces, final)
    full = np.flatnonzero(lengths)
    starts = np.cumsum(lengths[full]) - lengths[full]
    tokens[starts] |= LINE_START
    tags = _tag_ids([read[i] for i in full], tag_names)
    return EncodedDocuments(
        tokens=tokens,
        starts=starts,
        tag_starts=tags.starts,
        tags=tags.ids,
        tag_names=tags.names,
        words=words,
        counts=counts,
        tokens_read=sum(map(len, pieces)),
        distinct=merged.distinct,
        empty=[read[i] for i in np.flatnonzero(lengths == 0)],
    )


def document_ids(
    counter: WordCounter, document: Document, tokenizer: Tokenizer, errors: Errors
) -> NDArray[np.uint32]:
    """Provisional ids of a document's tokens."""
    content, place = document.content, document.source or f"document {document.key!r}, row {document.row}"
    if isinstance(content, bytes):
        ids, _ = piece_ids(counter, Block(content, place, document.offset, True), tokenizer, errors)
    else:
        ids, _ = piece_ids(counter, TokenLines([content], document.row), tokenizer, errors)
    return ids & WORD_BITS


def without_content(document: Document) -> Document:
    """`document` as it is kept for messages: its content is read once and let go."""
    blank = not document.content or (isinstance(document.content, bytes) and document.content.isspace())
    return replace(document, content=b"", blank=blank)


def restricted(
    words: list[str], final: NDArray[np.uint32], counts: NDArray[np.int64], known: Mapping[str, int]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Final ids and counts over a vocabulary that is given: `known` has the id of every word."""
    moved = np.array([*(known.get(word, DROPPED) for word in words), DROPPED], dtype=np.uint32)
    there = moved[:-1] != DROPPED
    fixed = np.zeros(len(known), dtype=np.int64)
    fixed[moved[:-1][there]] = counts[there]
    return moved[np.minimum(final, len(words))], fixed  # DROPPED is beyond every word


def kept_tokens(
    pieces: list[NDArray[np.uint32]], final: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Final ids of the tokens that are kept, end to end, and how many each piece has."""
    tokens = np.empty(sum(map(len, pieces)), dtype=np.uint32)
    lengths = np.zeros(len(pieces), dtype=np.int64)
    end = 0
    for number, piece in enumerate(pieces):  # piece by piece: large arrays in between cost more
        ids = final[piece]
        kept = ids[ids != DROPPED]
        tokens[end : end + len(kept)] = kept
        lengths[number] = len(kept)
        end += len(kept)
    return tokens[:end], lengths


@dataclass(frozen=True)
class _Tags:
    starts: NDArray[np.int64]
    ids: NDArray[np.uint32]
    names: list[str]


def _tag_ids(documents: list[Document], known: Sequence[str] | None) -> _Tags:
    """Ids of the documents' tags; a tag that is not among the `known` raises `InputError`."""
    rows: dict[str, int] = {} if known is None else {name: row for row, name in enumerate(known)}
    ids: list[int] = []
    for document in documents:
        for tag in document.tags:
            if known is not None and tag not in rows:
                raise InputError(
                    f"this model has no vector for the tag {tag!r}",
                    file=document.source,
                    row=document.row,
                    remedy="use encode for new documents, or fit a new model",
                )
            ids.append(rows.setdefault(tag, len(rows)))
    lengths = np.array([len(document.tags) for document in documents], dtype=np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return _Tags(starts, np.array(ids, dtype=np.uint32), list(rows))
