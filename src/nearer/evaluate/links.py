"""Link prediction: how well vectors tell edges that were held out from pairs that are no edge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.evaluate.columns import Layout, identifier, read_columns
from nearer.evaluate.detection import detection
from nearer.evaluate.logistic import Floats, fit_one_against_rest, with_bias
from nearer.evaluate.result import Estimate, Result, table
from nearer.space import Space

Operator = Literal["metric", "hadamard", "average", "l1", "l2"]
Pairs = NDArray[np.int64]  # (m, 2), rows of a space

LAYOUT = Layout(
    "pairs of nodes",
    {"source": ("source", "src", "from", "u"), "target": ("target", "dst", "to", "v")},
    {2: (0, 1)},
    blanks=True,
)
FEATURES: dict[str, Callable[[Floats, Floats], Floats]] = {  # Grover and Leskovec 2016, Table 1
    "hadamard": lambda a, b: a * b,
    "average": lambda a, b: (a + b) / 2,
    "l1": lambda a, b: np.abs(a - b),
    "l2": lambda a, b: (a - b) ** 2,
}
FEWEST = 2  # pairs of each kind


@dataclass(frozen=True)
class LinksResult(Result):
    """How well edges are told from pairs that are none.

    Attributes
    ----------
    auc : area under the ROC curve: how often an edge scores above a pair that is none; ties count half.
    average_precision : mean precision over the edges, in the order of their scores.
    operator : what scored a pair.
    edges, non_edges : how many were judged.
    coverage : part of the pairs whose nodes the space holds.
    """

    auc: Estimate
    average_precision: Estimate
    operator: str
    edges: int
    non_edges: int
    coverage: float
    rule: ClassVar[str] = "pairs with a node that the space lacks are left out"

    @property
    def value(self) -> float:
        """The AUC."""
        return self.auc.value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `value`."""
        return self.auc.interval

    @property
    def n(self) -> int:
        """Pairs judged."""
        return self.auc.n

    def __str__(self) -> str:
        return table(
            (f"links by {self.operator}", "value", "95 %", "n"),
            [("AUC", *self.auc.cells()), ("average precision", *self.average_precision.cells())],
            f"{self.edges:,} edges, {self.non_edges:,} pairs that are none; coverage {self.coverage:.1%}",
        )


def links(
    space: Space,
    edges: Any,
    non_edges: Any,
    *,
    operator: Operator = "metric",
    learn_edges: Any = None,
    learn_non_edges: Any = None,
    seed: int = 0,
) -> LinksResult:
    """AUC and average precision of the edges that were held out, among pairs that are no edge.

    Parameters
    ----------
    space : vectors that never saw these edges, as of `Graph.split(...).train`.
    edges, non_edges : pairs of keys, or a file or table of them.
    operator : "metric": a pair scores as near as its nodes are, by the metric of the space. "hadamard",
        "average", "l1" or "l2": features of a pair of vectors that a logistic regression learned to score
        (Grover and Leskovec 2016), from `learn_edges` and `learn_non_edges`, which are other pairs.
    seed : of the intervals, a bootstrap over pairs.

    Raises `ParameterError` for an operator that is none, or one that has nothing to learn from; `InputError`
    and `FormatError` for pairs that cannot be read, or of which too few are left.
    """
    if operator not in ("metric", *FEATURES):
        raise ParameterError(
            f"operator={shown(operator)} is unknown", remedy=f"use one of {', '.join(('metric', *FEATURES))}"
        )
    given = sum(pairs is not None for pairs in (learn_edges, learn_non_edges))
    if given != (0 if operator == "metric" else 2):
        raise ParameterError(
            f"operator={operator!r} {'takes no' if operator == 'metric' else 'needs'} learn_edges and "
            "learn_non_edges"
        )
    positives, held = _rows(space, edges, "edges")
    negatives, held_too = _rows(space, non_edges, "non_edges")
    if operator == "metric":
        scores = [_nearness(space, pairs) for pairs in (positives, negatives)]
    else:
        known = [_rows(space, pairs, "learned pairs")[0] for pairs in (learn_edges, learn_non_edges)]
        scores = _learned(space, operator, known, [positives, negatives])
    auc, precision = detection(scores[0], scores[1], seed)
    coverage = (len(positives) + len(negatives)) / (held + held_too)
    return LinksResult(auc, precision, operator, len(positives), len(negatives), coverage)


def _rows(space: Space, pairs: Any, what: str) -> tuple[Pairs, int]:
    """Rows of the pairs whose nodes the space holds, and how many pairs there are."""
    name, read = read_columns(pairs, LAYOUT)
    named = [(identifier(a, name, row), identifier(b, name, row)) for row, (a, b) in read]
    known = [pair for pair in named if pair[0] in space and pair[1] in space]
    if len(known) < FEWEST:
        raise InputError(
            f"the space holds both nodes of {len(known):,} of the {len(named):,} {what}, and at least "
            f"{FEWEST} are needed",
            remedy="give pairs of its keys",
        )
    flat = space.rows([key for pair in known for key in pair])
    return np.asarray(flat, np.int64).reshape(-1, 2), len(named)


def _nearness(space: Space, pairs: Pairs) -> Floats:
    """How near two nodes are: cosine, inner product, or negated distance."""
    first, second = (space.vectors[pairs[:, side]].astype(np.float64) for side in (0, 1))
    if space.metric == "euclidean":
        return np.asarray(-np.linalg.norm(first - second, axis=1))
    products = np.einsum("nd,nd->n", first, second)
    if space.metric == "dot":
        return np.asarray(products)
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosines: Floats = np.divide(products, norms, out=np.zeros(len(products)), where=norms > 0)
    return cosines


def _learned(space: Space, operator: str, known: Sequence[Pairs], asked: Sequence[Pairs]) -> list[Floats]:
    """Scores of pairs by a logistic regression on features of known edges and non-edges."""

    def features(pairs: Pairs) -> Floats:
        first, second = (space.vectors[pairs[:, side]].astype(np.float64) for side in (0, 1))
        return FEATURES[operator](first, second)

    vectors = np.concatenate([features(pairs) for pairs in known])
    truth = np.arange(len(vectors)) < len(known[0])
    centre, spread = vectors.mean(axis=0), vectors.std(axis=0)
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    weights = fit_one_against_rest((vectors - centre) * scale, truth[:, None])
    return [(with_bias((features(pairs) - centre) * scale) @ weights)[:, 0] for pairs in asked]
