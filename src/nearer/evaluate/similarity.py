"""Word similarity: do the scores of a space rank pairs of words as people do?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError
from nearer.evaluate.correlation import FEWEST, correlated, pair_scores, require_spread
from nearer.evaluate.pairs import read_pairs
from nearer.evaluate.result import Estimate, Result, table
from nearer.evaluate.vocabulary import Lowercase, Vocabulary, oov_rate
from nearer.space import Space


@dataclass(frozen=True)
class SimilarityResult(Result):
    """Correlation of a space's scores with people's ratings.

    Attributes
    ----------
    spearman, pearson : rank and linear correlation, over the covered pairs.
    pairs : pairs in the test.
    coverage : part of the pairs both of whose words the space holds; the others are left out.
    oov_rate : part of the distinct words that the space lacks.
    missing : those words, sorted.
    lowercase : whether words were lower-cased before they were looked up.
    """

    spearman: Estimate
    pearson: Estimate
    pairs: int
    coverage: float
    oov_rate: float
    missing: list[str]
    lowercase: bool
    rule: ClassVar[str] = "pairs with an unknown word are left out"

    @property
    def value(self) -> float:
        """Spearman's correlation."""
        return self.spearman.value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `value`."""
        return self.spearman.interval

    @property
    def n(self) -> int:
        """Pairs measured."""
        return self.spearman.n

    def __str__(self) -> str:
        return table(
            ("similarity", "value", "95 %", "n"),
            [("spearman", *self.spearman.cells()), ("pearson", *self.pearson.cells())],
            f"coverage {self.coverage:.1%} of {self.pairs:,} pairs, {self.oov_rate:.1%} of words unknown; "
            f"{self.rule}",
        )


def similarity(
    space: Space, pairs: Any, *, score: str | None = None, lowercase: Lowercase = "auto", seed: int = 0
) -> SimilarityResult:
    """Spearman's and Pearson's correlation of the scores of `space` with the ratings of `pairs`.

    Two words are scored by the metric of the space. A pair with a word that the space lacks is left out.

    Parameters
    ----------
    pairs : a text file (tab, comma, semicolon or blanks; with or without a header), a Parquet or Arrow file,
        any table with `__arrow_c_stream__`, or a sequence of (word, word, rating).
    score : the column of ratings, where its name is not a customary one and it is not the third.
    lowercase : True looks words up in lower case, False as they are, "auto" as the keys of the space are.
    seed : of the bootstrap.

    Raises
    ------
    FormatError, InputError : pairs that cannot be read (file and row are named), fewer than 3 covered, or
        ratings or scores that are all equal.
    """
    tested = read_pairs(pairs, score)
    vocabulary = Vocabulary(space, lowercase)
    first = vocabulary.rows(pair.first for pair in tested)
    second = vocabulary.rows(pair.second for pair in tested)
    covered = (first >= 0) & (second >= 0)
    ratings = np.array([pair.score for pair in tested])[covered]
    _require_covered(ratings, len(tested))
    scores = pair_scores(space.vectors, space.metric, first[covered], second[covered])
    require_spread(ratings, scores)
    rate, missing = oov_rate((word for pair in tested for word in (pair.first, pair.second)), vocabulary)
    return SimilarityResult(
        spearman=correlated(ratings, scores, seed, ranked=True),
        pearson=correlated(ratings, scores, seed, ranked=False),
        pairs=len(tested),
        coverage=float(covered.mean()),
        oov_rate=rate,
        missing=missing,
        lowercase=vocabulary.lowercase,
    )


def _require_covered(ratings: NDArray[np.float64], total: int) -> None:
    if len(ratings) < FEWEST:
        raise InputError(
            f"the space holds both words of {len(ratings)} of {total} pairs: a correlation needs {FEWEST}",
            remedy="use a space that holds these words, or another test",
        )
