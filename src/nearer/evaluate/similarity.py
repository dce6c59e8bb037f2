"""Word similarity: do the scores of a space rank pairs of words as people do?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError
from nearer.evaluate.bootstrap import estimate
from nearer.evaluate.pairs import read_pairs
from nearer.evaluate.result import Estimate, Result, table
from nearer.evaluate.vocabulary import Lowercase, Vocabulary, oov_rate
from nearer.space import Space

FEWEST = 3  # pairs from which a correlation says anything


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
    scores = pair_scores(space, first[covered], second[covered])
    _require_spread(ratings, scores, len(tested))
    rate, missing = oov_rate((word for pair in tested for word in (pair.first, pair.second)), vocabulary)
    return SimilarityResult(
        spearman=_correlation(ranks(ratings), ranks(scores), seed, ranked=True),
        pearson=_correlation(ratings, scores, seed, ranked=False),
        pairs=len(tested),
        coverage=float(covered.mean()),
        oov_rate=rate,
        missing=missing,
        lowercase=vocabulary.lowercase,
    )


def pair_scores(space: Space, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """Score of each pair of rows by the metric of the space; a higher score is nearer. Shape (n,)."""
    a, b = space.vectors[first].astype(np.float64), space.vectors[second].astype(np.float64)
    if space.metric == "euclidean":
        return -np.asarray(np.linalg.norm(a - b, axis=1))
    products = np.einsum("ij,ij->i", a, b)
    if space.metric == "dot":
        return np.asarray(products)
    norms = np.sqrt(
        np.einsum("ij,ij->i", a, a) * np.einsum("ij,ij->i", b, b)
    )  # exactly 1 for a word and itself
    return np.asarray(np.divide(products, norms, out=np.zeros_like(products), where=norms > 0))


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks along the last axis, from 1; equal values share the mean of theirs (Spearman, 1904)."""
    from scipy.stats import rankdata  # noqa: PLC0415  (`import nearer` must not load it)

    return np.asarray(rankdata(values, axis=-1))


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's correlation along the last axis; NaN where either side is constant."""
    a = a - a.mean(axis=-1, keepdims=True)
    b = b - b.mean(axis=-1, keepdims=True)
    spread = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    covariance = (a * b).sum(axis=-1)
    values = np.divide(covariance, spread, out=np.full(np.shape(spread), np.nan), where=spread > 0)
    return np.asarray(np.clip(values, -1, 1))


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64], seed: int, ranked: bool) -> Estimate:
    def statistic(drawn: NDArray[np.intp]) -> NDArray[np.float64]:
        return correlation(ranks(a[drawn]), ranks(b[drawn])) if ranked else correlation(a[drawn], b[drawn])

    return estimate(float(correlation(a, b)), statistic, len(a), seed)


def _require_spread(ratings: NDArray[np.float64], scores: NDArray[np.float64], total: int) -> None:
    if len(ratings) < FEWEST:
        raise InputError(
            f"the space holds both words of {len(ratings)} of {total} pairs: a correlation needs {FEWEST}",
            remedy="use a space that holds these words, or another test",
        )
    for values, name in ((ratings, "ratings"), (scores, "scores of the space")):
        if np.ptp(values) == 0:
            raise InputError(f"the {name} of all {len(values)} pairs are equal: no correlation is defined")
