"""Counting the pairs of words that may be phrases, and joining those that are: the native engine's face.

A pair is two words of one line with nothing between them, or with connector words only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearer.kernels import _native
from nearer.kernels.training import require

WORK = "counting and joining phrases"
PART, CONNECTOR, NEVER = 0, 1, 2  # a word's role: begins and ends phrases, stands inside only, stands in none


@dataclass(frozen=True)
class PairCounts:
    """Pairs seen often enough, ordered by first, second and run.

    Attributes
    ----------
    first, second : uint32 (n,), ids of the words.
    run : uint32 (n,), number of the connector words between them; 0: none.
    counts : int64 (n,).
    distinct : different pairs, whatever their count.
    runs : uint32 arrays; `runs[r]` are the ids of the connector words of run r.
    """

    first: NDArray[np.uint32]
    second: NDArray[np.uint32]
    run: NDArray[np.uint32]
    counts: NDArray[np.int64]
    distinct: int
    runs: list[NDArray[np.uint32]]


def count_pairs(
    tokens: NDArray[np.uint32], roles: NDArray[np.uint8], min_count: int, threads: int
) -> PairCounts:
    """Count the pairs in `tokens` and keep those seen `min_count` times.

    `tokens` is uint32 (t,), with bit 31 on the first of a line; `roles` is uint8 (v,): `PART`, `CONNECTOR` or
    `NEVER`. Ids are below v, which is not checked. The result does not depend on `threads`.

    Raises `ParameterError` for arguments the kernel cannot work with.
    """
    require({"min_count is at least 1": min_count >= 1, "threads is at least 1": threads >= 1}, WORK)
    first, second, run, counts, distinct, words, ends = _native.count_pairs(tokens, roles, min_count, threads)
    return PairCounts(first, second, run, counts, distinct, np.split(words, ends[:-1]))


def join_phrases(
    tokens: NDArray[np.uint32],
    roles: NDArray[np.uint8],
    parts: NDArray[np.uint32],
    lengths: NDArray[np.int64],
    ids: NDArray[np.uint32],
    threads: int,
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Join phrases in place, greedily from left to right.

    `parts` holds the words of all phrases one after another, `lengths[p]` of them for phrase p, which becomes
    `ids[p]`; of phrases with equal parts, the first counts. Returns the tokens that are left, a view of
    `tokens`, and how often each phrase was joined, int64 (p,). The result does not depend on `threads`.

    Raises `ParameterError` for arguments the kernel cannot work with.
    """
    require(
        {
            "a phrase has two parts or more": bool((lengths >= 2).all()),
            "the lengths add up to the parts": int(lengths.sum()) == len(parts),
            "every part has a role": bool((parts < len(roles)).all()),
            "every phrase has an id": len(ids) == len(lengths),
            "threads is at least 1": threads >= 1,
        },
        WORK,
    )
    uses = np.zeros(len(lengths), dtype=np.int64)
    left = _native.join_phrases(tokens, roles, parts, np.cumsum(lengths), ids, uses, threads)
    return tokens[:left], uses
