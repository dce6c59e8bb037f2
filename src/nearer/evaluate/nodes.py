"""Node classification: how well a linear classifier reads labels off vectors, by the share it learns from.

Perozzi, Al-Rfou and Skiena 2014 (DeepWalk) judge this way: one logistic regression a label, and as many
labels foretold of a node as it has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.evaluate.bootstrap import mean
from nearer.evaluate.logistic import Floats, fit_one_against_rest, with_bias
from nearer.evaluate.node_labels import ManyLabels, NodeLabels, many_labels
from nearer.evaluate.result import Estimate, Result, table
from nearer.space import Space

FRACTIONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class NodesResult(Result):
    """F1 of foretold labels, by the share of nodes learned from.

    Attributes
    ----------
    micro_f1, macro_f1 : by share: over all labels together, and the mean over labels; each the mean of the
        shuffles, with an interval over these.
    nodes, labels : how many there are.
    shuffles : random splits a share.
    coverage : part of the labelled nodes that the space holds.
    """

    micro_f1: dict[float, Estimate]
    macro_f1: dict[float, Estimate]
    nodes: int
    labels: int
    shuffles: int
    coverage: float
    rule: ClassVar[str] = "nodes that the space lacks are left out"

    @property
    def value(self) -> float:
        """Micro-F1 at the share that is nearest to one half."""
        return self._middle.value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `value`, over shuffles."""
        return self._middle.interval

    @property
    def n(self) -> int:
        """Labelled nodes that the space holds."""
        return self.nodes

    @property
    def _middle(self) -> Estimate:
        return self.micro_f1[min(self.micro_f1, key=lambda share: abs(share - 0.5))]

    def __str__(self) -> str:
        rows = []
        for share, micro in self.micro_f1.items():
            (value, interval, _), (macro, spread, _) = micro.cells(), self.macro_f1[share].cells()
            rows.append((f"{share:.0%}", value, interval, macro, spread))
        return table(
            ("learned from", "micro-F1", "95 %", "macro-F1", "95 %"),
            rows,
            f"{self.nodes:,} nodes, {self.labels} labels, {self.shuffles} shuffles; "
            f"coverage {self.coverage:.1%} of the labelled nodes",
        )


def nodes(
    space: Space,
    labels: NodeLabels,
    *,
    fractions: Sequence[float] = FRACTIONS,
    shuffles: int = 10,
    regularization: float = 1.0,
    columns: Sequence[str] | None = None,
    seed: int = 0,
) -> NodesResult:
    """Micro- and macro-F1 of one-vs-rest logistic regression, over label fractions and shuffles.

    Of a node as many labels are foretold as it has, those with the highest odds: with one label each,
    micro-F1 is the accuracy. Vectors are taken as they are.

    Parameters
    ----------
    labels : {key: label or labels}; a payload column; a file or table of keys and labels, a row a label or a
        list a row.
    fractions : shares of the nodes to learn from, between 0 and 1.
    shuffles : random splits a share.
    regularization : weight of the squared coefficients against the loss, above 0; scikit-learn's 1 / C.
    columns : names of the columns of key and label in a file or table.
    seed : of the splits, the same for every space, and of the intervals.

    Raises `ParameterError` for parameters out of their range, `InputError` and `FormatError` for labels that
    are missing, of one kind only, or too few to learn from and to judge by.
    """
    if not math.isfinite(regularization) or regularization <= 0:
        raise ParameterError(f"regularization={shown(regularization)} is not a finite number above 0")
    if shuffles < 1:
        raise ParameterError(f"shuffles={shown(shuffles)} is below 1")
    found = many_labels(space, labels, columns)
    _require_fractions(fractions, len(found.rows))
    vectors = space.vectors[found.rows].astype(np.float64)
    micro: dict[float, Estimate] = {}
    macro: dict[float, Estimate] = {}
    for share in fractions:
        scores = np.array(
            [
                _judged(vectors, found, share, 1.0 / regularization, seed, shuffle)
                for shuffle in range(shuffles)
            ]
        )
        micro[float(share)], macro[float(share)] = mean(scores[:, 0], seed), mean(scores[:, 1], seed)
    return NodesResult(micro, macro, len(found.rows), len(found.names), shuffles, found.coverage)


def _require_fractions(fractions: Sequence[float], n: int) -> None:
    if not hasattr(fractions, "__len__"):
        raise ParameterError(f"fractions={shown(fractions)} is no list of numbers", remedy="use [0.5]")
    if not len(fractions):
        raise ParameterError("fractions names no share to learn from")
    for share in fractions:
        if not 0 < share < 1:
            raise ParameterError(f"fractions={shown(list(fractions))}: {shown(share)} is not between 0 and 1")
        if not 1 <= int(n * share) < n:
            raise InputError(f"{n:,} labelled nodes leave none to learn from at a fraction of {share:g}")


def _judged(
    vectors: Floats, found: ManyLabels, share: float, c: float, seed: int, shuffle: int
) -> tuple[float, float]:
    """Micro- and macro-F1 of one split."""
    order = np.random.default_rng([seed, shuffle]).permutation(len(vectors))
    learned, judged = np.split(order, [int(len(order) * share)])
    weights = fit_one_against_rest(vectors[learned], found.members[learned], c)
    odds = with_bias(vectors[judged]) @ weights
    truth = found.members[judged]
    return f1_scores(truth, as_many_as(truth, odds))


def as_many_as(truth: NDArray[np.bool_], odds: Floats) -> NDArray[np.bool_]:
    """Of every row as many labels as it truly has, those with the highest odds."""
    rank = np.argsort(np.argsort(-odds, axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray(rank < truth.sum(axis=1, keepdims=True))


def f1_scores(truth: NDArray[np.bool_], foretold: NDArray[np.bool_]) -> tuple[float, float]:
    """Micro- and macro-F1; a label that is neither there nor foretold counts as 0."""
    right = (truth & foretold).sum(axis=0)
    either = truth.sum(axis=0) + foretold.sum(axis=0)
    micro = 2 * right.sum() / either.sum()
    macro = np.divide(2.0 * right, either, out=np.zeros(len(right)), where=either > 0).mean()
    return float(micro), float(macro)
