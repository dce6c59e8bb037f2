"""A corpus as word ids: read, tokenised, counted and encoded in one pass, in parallel.

Each thread counts into a table of its own and gives provisional ids; when everything is read, the tables are
merged into one vocabulary and the ids are rewritten. So text is read once, generators work, and neither the
vocabulary nor the ids depend on the number of threads.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nearer.data.text import Block, TokenLines, corpus_name, read_corpus
from nearer.data.text import Corpus as CorpusInput
from nearer.errors import EncodingError, InputError, shown
from nearer.kernels.text import (
    LONGEST_TOKEN,
    MergedCounts,
    TextFault,
    TokenizerName,
    WordCounter,
    merge_counters,
    release_free_memory,
)
from nearer.kernels.words import LINE_START
from nearer.progress import Progress
from nearer.signal.id_store import IdStore

Tokenizer = TokenizerName | Callable[[str], Sequence[str]]
Errors = Literal["strict", "replace"]
DROPPED = np.uint32(0x7FFFFFFF)
TOKENS_A_LOOK = 1 << 16
Encoded = tuple[
    int, NDArray[np.uint32], bool
]  # counter, its provisional ids, whether a line ended after them


@dataclass(frozen=True)
class EncodedCorpus:
    """A corpus as ids.

    Attributes
    ----------
    tokens : uint32 (t,), word ids of the kept tokens in reading order; bit 31 marks a line's first.
    words, counts : the vocabulary by falling count; `counts` is int64 (v,).
    tokens_read, distinct : tokens and different words before any was dropped.
    """

    tokens: NDArray[np.uint32]
    words: list[str]
    counts: NDArray[np.int64]
    tokens_read: int
    distinct: int

    def has_neighbours(self) -> bool:
        """Whether some line holds two tokens or more."""
        pieces = range(0, len(self.tokens), TOKENS_A_LOOK)
        return any((self.tokens[start : start + TOKENS_A_LOOK] < LINE_START).any() for start in pieces)


def encode_corpus(
    corpus: CorpusInput,
    *,
    tokenizer: Tokenizer = "words",
    min_count: int = 1,
    max_vocabulary: int | None = None,
    vocabulary: Sequence[str] | None = None,
    errors: Errors = "strict",
    memory: int | None = None,
    threads: int = 1,
    show_progress: bool | None = None,
) -> EncodedCorpus:
    """Read, count and encode `corpus`.

    `vocabulary` fixes the words and their ids in place of `min_count` and `max_vocabulary`. With `memory`
    (bytes), ids that need more room than that are kept in memory-mapped files.

    Raises `EncodingError` for bytes that are not UTF-8 (unless `errors` is "replace"), `InputError` for
    binary files and for a corpus without words.
    """
    reader = _Reader(tokenizer, errors, threads)
    with IdStore(memory) as store:
        with Progress("reading", None, "bytes", show_progress) as progress:
            for counter, ids in reader.read(corpus, progress):
                store.append(counter, ids)
        if store.tokens == 0:
            raise InputError("no words found in the corpus", file=corpus_name(corpus))
        if vocabulary is None:
            merged = merge_counters(reader.counters, min_count, max_vocabulary)
        else:
            merged = _restrict(merge_counters(reader.counters, 1, None), vocabulary)
        reader.counters.clear()
        release_free_memory()
        tokens = store.rewrite(merged.ids, int(merged.counts.sum()))
        return EncodedCorpus(tokens, merged.words, merged.counts, store.tokens, merged.distinct)


def _restrict(merged: MergedCounts, vocabulary: Sequence[str]) -> MergedCounts:
    """The same counts, over a vocabulary that is given."""
    place = {word: row for row, word in enumerate(vocabulary)}
    moved = np.array([place.get(word, DROPPED) for word in merged.words], dtype=np.uint32)
    counts = np.zeros(len(vocabulary), dtype=np.int64)
    known = moved != DROPPED
    counts[moved[known]] = merged.counts[known]
    return MergedCounts(list(vocabulary), counts, [moved[ids] for ids in merged.ids], merged.distinct)


class _Reader:
    """Threads that tokenise and count, each with its own counter; results come back in reading order."""

    def __init__(self, tokenizer: Tokenizer, errors: Errors, threads: int) -> None:
        self.tokenizer, self.errors, self.threads = tokenizer, errors, threads
        self.counters = [WordCounter() for _ in range(threads)]
        self.idle: queue.SimpleQueue[int] = queue.SimpleQueue()
        for counter in reversed(range(threads)):
            self.idle.put(counter)

    def read(self, corpus: CorpusInput, progress: Progress) -> Iterator[tuple[int, NDArray[np.uint32]]]:
        """(counter, provisional ids) of every piece of the corpus."""
        line_start = True  # carried over pieces without a token
        for counter, ids, starts_next in self._read_pieces(corpus, progress):
            if len(ids):
                ids[0] |= LINE_START if line_start else 0
                line_start = False
                yield counter, ids
            line_start |= starts_next

    def _read_pieces(self, corpus: CorpusInput, progress: Progress) -> Iterator[Encoded]:
        """Every piece of the corpus, encoded, in reading order."""
        pending: deque[Future[Encoded]] = deque()
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                for piece in read_corpus(corpus):
                    progress.advance(len(piece.data) if isinstance(piece, Block) else 0)
                    pending.append(pool.submit(self._encode, piece))
                    if len(pending) > self.threads + 1:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                for future in pending:
                    future.cancel()

    def _encode(self, piece: Block | TokenLines) -> Encoded:
        counter = self.idle.get()
        try:
            return counter, *piece_ids(self.counters[counter], piece, self.tokenizer, self.errors)
        finally:
            self.idle.put(counter)


def piece_ids(
    counter: WordCounter, piece: Block | TokenLines, tokenizer: Tokenizer, errors: Errors
) -> tuple[NDArray[np.uint32], bool]:
    """Provisional ids of a piece of text, bit 31 on the first of a line; whether a line ended after them."""
    if isinstance(piece, TokenLines):
        return _read_tokens(counter, piece.lines, row=piece.row), True
    if not isinstance(tokenizer, str):
        return _split_by_callable(counter, piece, tokenizer, errors)
    read = partial(counter.read_block, tokenizer=tokenizer, line_start=piece.starts_line)
    outcome = read(piece.data)
    if isinstance(outcome, TextFault) and outcome.kind == "UTF-8" and errors == "replace":
        outcome = read(_decode(piece, "replace").encode())
    if isinstance(outcome, TextFault):
        raise _fault(piece, outcome)
    return outcome


def _split_by_callable(
    counter: WordCounter, block: Block, tokenizer: Callable[[str], Sequence[str]], errors: Errors
) -> tuple[NDArray[np.uint32], bool]:
    if b"\0" in block.data:
        raise _fault(block, TextFault("NUL", 0))
    text = _decode(block, errors)
    lines = [_tokens_of(line.removesuffix("\r"), tokenizer) for line in text.split("\n")]
    ids = _read_tokens(counter, lines, source=block.source)
    if lines[0] and not block.starts_line:
        ids[0] &= ~LINE_START
    return ids, not lines[-1] and (len(lines) > 1 or block.starts_line)


def _tokens_of(line: str, tokenizer: Callable[[str], Sequence[str]]) -> list[str]:
    """Tokens of a line; the empty strings that splitting at every space leaves are none."""
    tokens = tokenizer(line) if line else []
    if isinstance(tokens, str) or not isinstance(tokens, Iterable):
        raise InputError(
            f"the tokenizer made {shown(tokens)} of a line", remedy="it must return a list of strings"
        )
    return [token for token in tokens if token != ""]


def _read_tokens(
    counter: WordCounter, lines: list[list[str]], *, row: int | None = None, source: str | None = None
) -> NDArray[np.uint32]:
    """Ids of ready-made tokens; `row` is the number of the first line."""
    try:
        return counter.read_tokens(lines)
    except (UnicodeEncodeError, TypeError):
        at, token = next(
            (at, token) for at, line in enumerate(lines) for token in line if not _is_text(token)
        )
        raise InputError(
            f"the token {shown(token)} is no text",
            file=source,
            row=None if row is None else row + at,
            remedy="tokens must be strings without lone surrogates",
        ) from None


def _is_text(token: object) -> bool:
    return isinstance(token, str) and not any("\ud800" <= char <= "\udfff" for char in token)


def _decode(block: Block, errors: Errors) -> str:
    try:
        return block.data.decode("utf-8", errors)
    except UnicodeDecodeError as error:
        raise _fault(block, TextFault("UTF-8", error.start)) from None


def _fault(block: Block, fault: TextFault) -> InputError:
    # a NUL is looked up in the bytes as they were read: "replace" may have moved it
    at = block.data.find(b"\0") if fault.kind == "NUL" else fault.offset
    place = f"byte offset {block.offset + at:,}"
    if fault.kind == "NUL":
        return InputError(f"a NUL byte at {place}: this is a binary file, not text", file=block.source)
    if fault.kind == "UTF-8":
        found = " ".join(f"{byte:02x}" for byte in block.data[fault.offset : fault.offset + 4])
        return EncodingError(
            f"invalid UTF-8 at {place} (bytes {found})",
            file=block.source,
            remedy='convert the file to UTF-8, or use errors="replace" (--errors replace)',
        )
    return InputError(
        f"a token of more than {LONGEST_TOKEN:,} bytes at {place}: this is no running text", file=block.source
    )
