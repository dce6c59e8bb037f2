"""Ranking: how well recommendations foretell what users chose later, over all items.

Figures from a few sampled negatives do not compare with these, nor rank recommenders alike (Krichene and
Rendle 2020), so there are none here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.evaluate.bootstrap import mean
from nearer.evaluate.chosen import chosen_by_user, suggested_to, users_judged
from nearer.evaluate.result import Estimate, Result, table

Floats = NDArray[np.float64]
Hits = NDArray[np.bool_]  # (users, k): whether the item at a rank was held out


@dataclass(frozen=True)
class RankingResult(Result):
    """How well the first `k` recommendations foretell held-out items; figures are means over users.

    Attributes
    ----------
    k : recommendations judged.
    recall : held-out items among them, of all held-out ones (of at most k, where that was asked for).
    ndcg : normalised discounted cumulated gain; the best order has min(k, held-out) items first.
    mean_average_precision : mean precision at the ranks of hits, over min(k, held-out).
    precision : part of the k that were held out.
    hit_rate : users with a hit.
    reciprocal_rank : 1 / rank of the first hit, 0 without one.
    item_coverage : part of all items that somebody was recommended.
    gini : how unequally items are recommended: 0 all alike, 1 one item only.
    popularity : mean popularity of what was recommended, as the part of items that fewer users have; None
        where no training is given.
    held_out_popularity : the same of what was held out. Recommendations above it lean to popular items.
    missed : held-out items that cannot be recommended, since training has none; they count as not found.
    coverage : part of the users with held-out items that were given recommendations.
    """

    k: int
    recall: Estimate
    ndcg: Estimate
    mean_average_precision: Estimate
    precision: Estimate
    hit_rate: Estimate
    reciprocal_rank: Estimate
    item_coverage: float
    gini: float
    popularity: float | None
    held_out_popularity: float | None
    missed: int
    coverage: float
    rule: ClassVar[str] = "users without recommendations are left out"

    @property
    def value(self) -> float:
        """The nDCG."""
        return self.ndcg.value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `value`."""
        return self.ndcg.interval

    @property
    def n(self) -> int:
        """Users judged."""
        return self.ndcg.n

    def __str__(self) -> str:
        measures = {
            f"recall@{self.k}": self.recall,
            f"nDCG@{self.k}": self.ndcg,
            f"MAP@{self.k}": self.mean_average_precision,
            f"precision@{self.k}": self.precision,
            f"hit rate@{self.k}": self.hit_rate,
            f"MRR@{self.k}": self.reciprocal_rank,
        }
        rows = [(name, *estimate.cells()) for name, estimate in measures.items()]
        notes = [
            f"items recommended {self.item_coverage:.1%}, Gini {self.gini:.3f}",
            f"coverage {self.coverage:.1%} of the users",
        ]
        if self.popularity is not None and self.held_out_popularity is not None:
            notes.insert(
                1, f"popularity {self.popularity:.3f}, of the held-out items {self.held_out_popularity:.3f}"
            )
        if self.missed:
            notes.append(f"{self.missed:,} held-out items are not in training")
        return table(("over all items", "value", "95 %", "n"), rows, "; ".join(notes))


def ranking(
    recommended: Any,
    test: Any,
    *,
    k: int = 20,
    train: Any = None,
    recall_of: Literal["all", "at most k"] = "all",
    unknown_items: Literal["error", "miss"] = "error",
    seed: int = 0,
) -> RankingResult:
    """Recall, nDCG, MAP, precision, hit rate and MRR at `k` over all items, with what is recommended at all.

    Parameters
    ----------
    recommended : a fitted recommender (what has `interactions_` and
        `recommend(users, k)`), its `Recommendations`, {user:
        items, best first}, or a file or table with the columns user, item and rank.
    test : the held-out items: `Interactions`, {user: items}, or a file or table with the columns user, item.
    k : recommendations judged of each user.
    train : what the recommender learned from, in the same forms, for the popularity of items and for all
        items there are; None: that of the recommender, if it is one.
    recall_of : recall is hits over "all" held-out items (as in LightGCN's figures), or over "at most k".
    unknown_items : a held-out item that is not among those of training or of the recommender can never be
        recommended: "error", or "miss": counted as not found.
    seed : of the intervals, a bootstrap over users.

    Raises `ParameterError` for parameters out of range, `InputError` for data that cannot be read, a user
    judged twice, an unknown item, or no user to judge.
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise ParameterError(f"k={shown(k)} is no whole number from 1 up")
    if recall_of not in ("all", "at most k") or unknown_items not in ("error", "miss"):
        raise ParameterError(
            f"recall_of={shown(recall_of)}, unknown_items={shown(unknown_items)}",
            remedy="use all or at most k; error or miss",
        )
    held_out = chosen_by_user(test, "test")
    known = train if train is not None else getattr(recommended, "interactions_", None)
    learned = None if known is None else chosen_by_user(known, "train")
    _require_known(recommended, held_out.users)
    suggested = suggested_to(recommended, list(held_out.users), k)
    judged = users_judged(held_out, suggested, learned, k, unknown_items)
    hits, lengths = judged.hits, judged.lengths
    measures = measured(hits, lengths, k, recall_of)

    def estimated(name: str) -> Estimate:
        return mean(measures[name], seed)

    return RankingResult(
        k,
        recall=estimated("recall"),
        ndcg=estimated("ndcg"),
        mean_average_precision=estimated("map"),
        precision=estimated("precision"),
        hit_rate=estimated("hit"),
        reciprocal_rank=estimated("mrr"),
        item_coverage=float((judged.counts > 0).mean()),
        gini=gini(judged.counts),
        popularity=judged.popularity,
        held_out_popularity=judged.held_out_popularity,
        missed=judged.missed,
        coverage=len(lengths) / len(held_out.users),
    )


def _require_known(recommended: Any, users: Sequence[str]) -> None:
    """Raise `InputError` where a recommender knows none of the users that it is to be judged by."""
    if hasattr(recommended, "recommend") and set(users).isdisjoint(recommended.interactions_.users):
        raise InputError(
            f"the recommender knows none of the {len(users):,} users with held-out items; "
            f"the first is {shown(users[0])}",
            remedy="hold out items of users that it learned from",
        )


def measured(hits: Hits, lengths: NDArray[np.int64], k: int, recall_of: str) -> dict[str, Floats]:
    """Every measure of each user, (users,), from hits by rank and numbers of held-out items."""
    ranks = np.arange(1, k + 1)
    discounts = 1.0 / np.log2(ranks + 1)
    most = np.minimum(lengths, k)
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])[most]
    found = hits.sum(axis=1)
    precisions = np.cumsum(hits, axis=1) / ranks
    first = np.where(found > 0, hits.argmax(axis=1) + 1, 0)
    return {
        "recall": found / (lengths if recall_of == "all" else most),
        "ndcg": hits @ discounts / ideal,
        "map": (precisions * hits).sum(axis=1) / most,
        "precision": found / k,
        "hit": (found > 0).astype(np.float64),
        "mrr": np.divide(1.0, first, out=np.zeros(len(first)), where=first > 0),
    }


def gini(counts: NDArray[np.int64]) -> float:
    """The Gini coefficient of how often each item (items,) is recommended."""
    ordered = np.sort(counts).astype(np.float64)
    n, total = len(ordered), ordered.sum()
    if total == 0 or n == 1:
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))
