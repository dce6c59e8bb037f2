"""Recommend: what to suggest to whom, given what scores items for users; with reasons, filters, diversity."""

from nearer.recommend.diversity import diversified
from nearer.recommend.factors import FactorScorer
from nearer.recommend.filters import allowed_items
from nearer.recommend.items import DenseScorer
from nearer.recommend.popularity import most_popular
from nearer.recommend.result import Reason, Recommendations, Suggestion
from nearer.recommend.scorer import Scorer
from nearer.recommend.suggest import Wishes, suggest
from nearer.recommend.table_file import TableFile

__all__ = [
    "DenseScorer",
    "FactorScorer",
    "Reason",
    "Recommendations",
    "Scorer",
    "Suggestion",
    "TableFile",
    "Wishes",
    "allowed_items",
    "diversified",
    "most_popular",
    "suggest",
]
