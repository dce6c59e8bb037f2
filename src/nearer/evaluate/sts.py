"""Semantic textual similarity: do the scores of two texts rank pairs as people do?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.evaluate.correlation import FEWEST, correlated, pair_scores, require_spread
from nearer.evaluate.result import Estimate, Result, table
from nearer.evaluate.text_pairs import read_text_pairs
from nearer.space import Space
from nearer.space.checks import METRICS, Metric


class TextEncoder(Protocol):
    """Turns texts into vectors: any encoder."""

    def encode(self, items: list[str]) -> NDArray[np.float32]:
        """One vector a text: float32 (n, dim)."""
        ...


@dataclass(frozen=True)
class StsResult(Result):
    """Correlation of the scores of pairs of texts with people's ratings.

    Attributes
    ----------
    spearman, pearson : rank and linear correlation, over the covered pairs.
    metric : how two vectors were compared.
    pairs : pairs in the test.
    without_vector : covered pairs with a text whose vector is zero: their cosine and dot product are 0.
    coverage : part of the pairs both of whose texts have a vector in a space; 1 for an encoder.
    oov_rate : part of the distinct texts that a space lacks.
    missing : those texts, sorted.
    """

    spearman: Estimate
    pearson: Estimate
    metric: str
    pairs: int
    without_vector: int
    coverage: float
    oov_rate: float
    missing: list[str]
    rule: ClassVar[str] = "pairs with a text that the space lacks are left out"

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
            ("sts", "value", "95 %", "n"),
            [("spearman", *self.spearman.cells()), ("pearson", *self.pearson.cells())],
            f"{self.metric}; coverage {self.coverage:.1%} of {self.pairs:,} pairs; "
            f"{self.without_vector:,} of them with a text whose vector is zero",
        )


def sts(
    encoder: TextEncoder | Space,
    pairs: Any,
    *,
    columns: Sequence[str] | None = None,
    metric: Metric | None = None,
    seed: int = 0,
) -> StsResult:
    """Spearman's and Pearson's correlation of the scores of pairs of texts with their ratings.

    Spearman's is the customary figure (Reimers, Beyer & Gurevych, 2016).

    Parameters
    ----------
    encoder : what turns a list of texts into vectors (n, dim), such as `nearer.encoder(path)`; or a space
        whose keys are the texts, where a pair with a text that it lacks is left out.
    pairs : a text file of two texts and a score separated by tabs; .csv, Parquet or Arrow; any table; or
        (text, text, score) tuples.
    columns : names of the columns of the two texts and the score; None: customary names such as sentence1,
        sentence2 and score, or the only three columns.
    metric : how two vectors are compared; None for the metric of the space, or the cosine.
    seed : of the bootstrap over pairs.

    Raises
    ------
    FormatError, InputError : pairs that cannot be read, blank texts (file and row are named), fewer than 3
        covered pairs, ratings or scores that are all equal, or an encoder that gives no finite (n, dim).
    """
    if metric is not None and metric not in METRICS:
        raise ParameterError(f"metric={shown(metric)} is unknown", remedy=f"use one of {', '.join(METRICS)}")
    name, tested = read_text_pairs(pairs, columns)
    texts = list(dict.fromkeys(text for pair in tested for text in (pair.first, pair.second)))
    if isinstance(encoder, Space):
        held = [text for text in texts if text in encoder]
        vectors, used = encoder.vectors[encoder.rows(held)], metric or encoder.metric
    else:
        held, used = texts, metric or "cosine"
        vectors = _encoded(encoder, texts)
    rows = {text: row for row, text in enumerate(held)}
    first, second = _rows(rows, (p.first for p in tested)), _rows(rows, (p.second for p in tested))
    covered = (first >= 0) & (second >= 0)
    if covered.sum() < FEWEST:
        raise InputError(
            f"vectors for both texts of {covered.sum()} of {len(tested)} pairs: a correlation needs {FEWEST}",
            file=name,
            remedy="use an encoder of texts, or a space whose keys are these texts",
        )
    first, second = first[covered], second[covered]
    ratings = np.array([pair.score for pair in tested])[covered]
    scores = pair_scores(vectors, used, first, second)
    require_spread(ratings, scores)
    empty = np.asarray(~vectors.any(axis=1))
    missing = sorted(set(texts) - set(held))
    return StsResult(
        spearman=correlated(ratings, scores, seed, ranked=True),
        pearson=correlated(ratings, scores, seed, ranked=False),
        metric=used,
        pairs=len(tested),
        without_vector=int((empty[first] | empty[second]).sum()),
        coverage=float(covered.mean()),
        oov_rate=len(missing) / len(texts),
        missing=missing,
    )


def _rows(rows: dict[str, int], texts: Iterable[str]) -> NDArray[np.int64]:
    return np.fromiter((rows.get(text, -1) for text in texts), dtype=np.int64)


def _encoded(encoder: TextEncoder, texts: list[str]) -> NDArray[np.float32]:
    """Vectors of `texts`, checked."""
    vectors = np.asarray(encoder.encode(texts), dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise InputError(
            f"the encoder gives shape {vectors.shape} for {len(texts):,} texts", remedy="expected (n, dim)"
        )
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        raise InputError(f"the encoder gives NaN or infinity for {shown(texts[int(np.argmin(finite))])}")
    return vectors
