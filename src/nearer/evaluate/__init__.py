"""Evaluate: one function a judgement; each returns a result with its value, interval, n and coverage.

Intervals are 95 % percentile bootstrap intervals over the items judged (Efron, 1979), from one seed. A word
that the space does not hold is never guessed: its item is left out, and the result says how many were.
"""

from nearer.evaluate.analogy import AnalogyResult, analogies
from nearer.evaluate.dimension import DimensionResult, choose_dimension
from nearer.evaluate.neighbours import OverlapResult, neighbor_overlap
from nearer.evaluate.result import Estimate
from nearer.evaluate.silhouette import SilhouetteResult, silhouette
from nearer.evaluate.similarity import SimilarityResult, similarity

__all__ = [
    "AnalogyResult",
    "DimensionResult",
    "Estimate",
    "OverlapResult",
    "SilhouetteResult",
    "SimilarityResult",
    "analogies",
    "choose_dimension",
    "neighbor_overlap",
    "silhouette",
    "similarity",
]
