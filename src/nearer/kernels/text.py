"""Counting and encoding of text: the typed face of the native tokenisers and word counter.

``words`` splits text into runs of Unicode letters and digits (with their combining marks), lower-cased;
``whitespace`` splits where ``str.split()`` does. A line break ends a line, and windows never cross lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nearer.kernels import _native

TokenizerName = Literal["words", "whitespace"]
LONGEST_TOKEN = 1 << 16  # bytes
UNICODE_VERSION = _native.unicode_version


@dataclass(frozen=True)
class TextFault:
    """What made a block unreadable: ``UTF-8``, ``NUL`` or ``token`` (too long), at `offset` bytes into it."""

    kind: str
    offset: int


class WordCounter:
    """Counts words and encodes them as provisional ids, in order of first sight; one for each thread."""

    def __init__(self) -> None:
        self.native = _native.WordCounter()

    def __len__(self) -> int:
        return len(self.native)

    def read_block(
        self, block: bytes, tokenizer: TokenizerName, line_start: bool
    ) -> tuple[NDArray[np.uint32], bool] | TextFault:
        """Ids of the tokens in `block` (whole tokens of UTF-8), and whether the next block starts a line.

        A block that is not valid UTF-8 or holds a NUL byte is not counted at all. Releases the GIL.
        """
        kind, offset, ids, line_start = self.native.read_block(block, tokenizer == "whitespace", line_start)
        return TextFault(kind, offset) if kind else (ids, line_start)

    def read_tokens(self, lines: list[list[str]]) -> NDArray[np.uint32]:
        """Ids of ready-made tokens, line by line."""
        return self.native.read_tokens(lines)


@dataclass(frozen=True)
class MergedCounts:
    """A vocabulary by falling count (ties by the UTF-8 bytes of the word).

    `ids[c][i]` is the final id of counter c's word i; `distinct` counts words before any was dropped.
    """

    words: list[str]
    counts: NDArray[np.int64]
    ids: list[NDArray[np.uint32]]
    distinct: int


def merge_counters(
    counters: Sequence[WordCounter], min_count: int, max_vocabulary: int | None
) -> MergedCounts:
    """One vocabulary from all counters: words seen `min_count` times, at most `max_vocabulary` of them.

    The counters are used up: their words are gathered in the first.
    """
    return MergedCounts(*_native.merge_counters([c.native for c in counters], min_count, max_vocabulary or 0))


def rewrite_ids(
    source: NDArray[np.uint32], ids: NDArray[np.uint32], to: NDArray[np.uint32], at: int, line_start: bool
) -> tuple[int, bool]:
    """Write `source` as final ids into `to[at:]`, dropped words left out.

    Returns how many were written, and whether a line start is still to be marked.
    """
    return _native.rewrite_ids(source, ids, to, at, line_start)


def release_free_memory() -> None:
    """Hand memory that was freed back to the system, where the C library would keep it for later."""
    _native.release_free_memory()
