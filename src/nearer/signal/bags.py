"""Bags: documents as the words they hold; order within a document is kept, but nothing here needs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, shown
from nearer.kernels.text import LONGEST_TOKEN, TextFault, TokenizerName, WordCounter, merge_counters
from nearer.kernels.words import LINE_START

Tokenizer = TokenizerName | Callable[[str], Sequence[str]]
Document = str | Sequence[str]
DOCUMENTS_A_BLOCK = 10_000
ONE_KIND = "documents are texts, or lists of tokens, all of one kind"


@dataclass(frozen=True)
class Bags:
    """n documents as words.

    Attributes
    ----------
    words : the different words.
    tokens : int64 (t,), places in `words`, document after document.
    offsets : int64 (n + 1,), document d holds the tokens of the range [offsets[d], offsets[d + 1]).
    """

    words: list[str]
    tokens: NDArray[np.int64]
    offsets: NDArray[np.int64]


def read_bags(documents: Sequence[Document], tokenizer: Tokenizer = "words", first_row: int = 0) -> Bags:
    """The words of `documents`: all texts, which `tokenizer` splits, or all lists of tokens, taken as given.

    `first_row` is the number of the first document in error messages. Raises `InputError` for a document that
    is neither, of another kind than the first, or cannot be read.
    """
    counter = WordCounter()
    ids, lengths = [np.empty(0, dtype=np.uint32)], [np.empty(0, dtype=np.int64)]
    for start in range(0, len(documents), DOCUMENTS_A_BLOCK):
        part, row = documents[start : start + DOCUMENTS_A_BLOCK], first_row + start
        if isinstance(documents[0], str):
            _require_texts(part, row)
        if isinstance(documents[0], str) and isinstance(tokenizer, str):
            read, counts = _read_texts(counter, part, tokenizer, row)  # type: ignore[arg-type]
        else:
            read, counts = _read_tokens(counter, part, tokenizer, row)
        ids.append(read)
        lengths.append(counts)
    merged = merge_counters([counter], 1, None)
    offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(np.concatenate(lengths))))
    return Bags(merged.words, merged.ids[0][np.concatenate(ids)].astype(np.int64), offsets)


def _require_texts(documents: Sequence[Document], row: int) -> None:
    for at, document in enumerate(documents, row):
        if not isinstance(document, str):
            raise InputError(f"{shown(document)} is no text, as row 0 is", row=at, remedy=ONE_KIND)


def _read_texts(
    counter: WordCounter, texts: Sequence[str], tokenizer: TokenizerName, row: int
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Provisional ids of all words, and how many there are in each text.

    A text becomes a line that begins with a word of ours, so that a text without words has its line too.
    """
    lines = [f"x {text}".replace("\n", " ") for text in texts]
    try:
        block = "\n".join(lines).encode()
    except UnicodeEncodeError as error:
        at = error.object.count("\n", 0, error.start)
        raise InputError(f"a lone surrogate, {shown(error.object[error.start])}", row=row + at) from None
    outcome = counter.read_block(block, tokenizer, line_start=True)
    if isinstance(outcome, TextFault):
        raise _fault(outcome, row + block.count(b"\n", 0, outcome.offset))
    ids = outcome[0]
    starts = np.flatnonzero(ids >= LINE_START)
    return np.delete(ids, starts), np.diff(np.append(starts, len(ids))) - 1


def _read_tokens(
    counter: WordCounter, documents: Sequence[Document], tokenizer: Tokenizer, row: int
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Provisional ids of all tokens, and how many there are in each document."""
    lines = []
    for at, document in enumerate(documents, row):
        made = not isinstance(tokenizer, str) and isinstance(document, str)
        tokens = tokenizer(document) if made else document  # type: ignore[operator, arg-type]
        if isinstance(tokens, str | bytes) or not isinstance(tokens, Sequence | np.ndarray):
            what = "the tokenizer made" if made else "the document is"
            raise InputError(f"{what} {shown(tokens)}", row=at, remedy=ONE_KIND)
        lines.append(list(tokens))
    try:
        ids = counter.read_tokens(lines) & ~LINE_START
    except (UnicodeEncodeError, TypeError):
        at, token = next(
            (at, token) for at, line in enumerate(lines, row) for token in line if not _is_text(token)
        )
        raise InputError(
            f"the token {shown(token)} is no text",
            row=at,
            remedy="tokens are strings without lone surrogates",
        ) from None
    return ids, np.array([len(line) for line in lines], dtype=np.int64)


def _is_text(token: object) -> bool:
    return isinstance(token, str) and not any("\ud800" <= char <= "\udfff" for char in token)


def _fault(fault: TextFault, row: int) -> InputError:
    if fault.kind == "NUL":
        return InputError("a NUL character: this is binary data, not text", row=row)
    return InputError(f"a token of more than {LONGEST_TOKEN:,} bytes: this is no running text", row=row)
