"""Evaluate: one function a judgement; each returns a result with its value, interval, n and coverage.

    words      similarity, analogies        documents   retrieval, sts
    labels     knn, probe, clustering, silhouette       searchers   neighbor_overlap
    graphs     links, nodes         interactions   ranking      the vectors themselves   health
    graphs     links, nodes         interactions   ranking
    two spaces of the same keys     changes, upgrade

Intervals are 95 % percentile bootstrap intervals over the items judged (Efron, 1979), from one seed. A word
that the space does not hold is never guessed: its item is left out, and the result says how many were.
"""

from nearer.evaluate.analogy import AnalogyResult, analogies
from nearer.evaluate.changes import changes
from nearer.evaluate.changes_result import ChangedItem, ChangesResult
from nearer.evaluate.classification import ClassificationResult
from nearer.evaluate.clustering import ClusteringResult, clustering
from nearer.evaluate.dimension import DimensionResult, choose_dimension
from nearer.evaluate.health import HealthReport, health
from nearer.evaluate.knn import knn
from nearer.evaluate.links import LinksResult, links
from nearer.evaluate.neighbours import OverlapResult, neighbor_overlap
from nearer.evaluate.nodes import NodesResult, nodes
from nearer.evaluate.probe import probe
from nearer.evaluate.ranking import RankingResult, ranking
from nearer.evaluate.result import Estimate
from nearer.evaluate.retrieval import RetrievalResult, retrieval
from nearer.evaluate.silhouette import SilhouetteResult, silhouette
from nearer.evaluate.similarity import SimilarityResult, similarity
from nearer.evaluate.sts import StsResult, sts
from nearer.evaluate.text_pairs import TextPair, read_text_pairs
from nearer.evaluate.texts import read_texts
from nearer.evaluate.upgrade import upgrade
from nearer.evaluate.upgrade_result import UpgradeResult

__all__ = [
    "AnalogyResult",
    "ChangedItem",
    "ChangesResult",
    "ClassificationResult",
    "ClusteringResult",
    "DimensionResult",
    "Estimate",
    "HealthReport",
    "LinksResult",
    "NodesResult",
    "OverlapResult",
    "RankingResult",
    "RetrievalResult",
    "SilhouetteResult",
    "SimilarityResult",
    "StsResult",
    "TextPair",
    "UpgradeResult",
    "analogies",
    "changes",
    "choose_dimension",
    "clustering",
    "health",
    "knn",
    "links",
    "neighbor_overlap",
    "nodes",
    "probe",
    "ranking",
    "read_text_pairs",
    "read_texts",
    "retrieval",
    "silhouette",
    "similarity",
    "sts",
    "upgrade",
]
