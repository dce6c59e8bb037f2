"""How the words of a test find their vectors: case, restriction to the first keys, unknown words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nearer.errors import ParameterError, shown
from nearer.space import Space

LOOKED_AT = 10_000  # keys that decide whether a space is lower-cased

Lowercase = bool | Literal["auto"]


class Vocabulary:
    """Rows of words, among the first `restrict` keys of a space (None: all of them).

    `lowercase` True looks for the lower-cased word; "auto" does so if none of the first 10,000 keys has an
    upper-case letter, as is so where the text was lower-cased before training.
    """

    def __init__(self, space: Space, lowercase: Lowercase = "auto", restrict: int | None = None) -> None:
        if lowercase not in (True, False, "auto"):
            raise ParameterError(
                f"lowercase={shown(lowercase)} is unknown", remedy='use True, False or "auto"'
            )
        if restrict is not None and restrict < 1:
            raise ParameterError(f"restrict={shown(restrict)} is below 1", remedy="use None for all keys")
        keys = space.keys[:restrict]
        self.lowercase = is_lowercase(keys) if lowercase == "auto" else bool(lowercase)
        self.size = len(keys)
        self._rows = {key: row for row, key in enumerate(keys)}

    def row(self, word: str) -> int:
        """Row of `word`, -1 where the vocabulary does not hold it."""
        return self._rows.get(word.lower() if self.lowercase else word, -1)

    def rows(self, words: Iterable[str]) -> NDArray[np.int64]:
        """Row of each of `words`, -1 where the vocabulary does not hold it."""
        return np.fromiter(map(self.row, words), dtype=np.int64)


def is_lowercase(keys: list[str]) -> bool:
    """Whether none of the first keys has an upper-case letter."""
    return not any(key != key.lower() for key in keys[:LOOKED_AT])


def oov_rate(words: Iterable[str], vocabulary: Vocabulary) -> tuple[float, list[str]]:
    """What part of the distinct `words` the vocabulary lacks, and which, sorted."""
    distinct = sorted(set(words))
    missing = [word for word in distinct if vocabulary.row(word) < 0]
    return (len(missing) / len(distinct) if distinct else 0.0), missing
