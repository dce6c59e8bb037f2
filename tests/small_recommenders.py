"""Two small recommenders that are exact, for tests of what all share; and data with known answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer import Interactions, Space
from nearer.models.parameters import OrNone, Whole
from nearer.models.recommender import Recommender
from nearer.recommend import DenseScorer, FactorScorer, Scorer
from nearer.recommend.factors import cosines


class Svd(Recommender):
    """PureSVD (Cremonesi, Koren and Turrin 2010): a user is their items on the first singular vectors.

    Parameters
    ----------
    dim : singular vectors kept.
    threads : of the search.
    """

    constraints = {"dim": Whole(1), "threads": OrNone(Whole(1))}  # noqa: RUF012  (as the house writes them)

    def __init__(self, dim: int = 2, threads: int | None = None) -> None:
        self.dim = dim
        self.threads = threads

    def _learn_from(self, data: Interactions) -> None:
        _, _, right = np.linalg.svd(data.matrix().toarray().astype(np.float64), full_matrices=False)
        self._set(data, np.ascontiguousarray(right[: self.dim].T, np.float32))

    def _set(self, data: Interactions, item_vectors: NDArray[np.float32]) -> None:
        self._items = item_vectors
        users = np.asarray(data.matrix() @ item_vectors, np.float32)
        self.item_space_ = self.space_ = Space(data.items, item_vectors, "dot")
        self.user_space_ = Space(data.users, users, "dot")

    def _scorer(self) -> Scorer:
        return FactorScorer(self.user_space_.vectors, self._items)

    def _fold_in(self, chosen: Any) -> Scorer:
        return FactorScorer(np.asarray(chosen @ self._items, np.float32), self._items)

    def _shares(
        self, past: NDArray[np.int64], weights: NDArray[np.float32], items: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        return (self._items[items].astype(np.float64) @ self._items[past].T) * weights

    def _learned_arrays(self) -> dict[str, NDArray[Any]]:
        return {"items": self._items}

    def _restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._set(self.interactions_, np.ascontiguousarray(arrays["items"]))


class Together(Recommender):
    """Item-based: a score is how many users have an item together with those that the user has.

    Parameters
    ----------
    threads : unused by blocks of scores.
    """

    constraints = {"threads": OrNone(Whole(1))}  # noqa: RUF012  (as the house writes them)

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads

    def _learn_from(self, data: Interactions) -> None:
        matrix = data.matrix()
        weights = np.asarray((matrix.T @ matrix).toarray(), np.float32)
        np.fill_diagonal(weights, 0)
        self._set(data, weights)

    def _set(self, data: Interactions, weights: NDArray[np.float32]) -> None:
        self._weights = weights
        self.item_space_ = self.space_ = Space(data.items, weights, "cosine")
        self.user_space_ = Space(data.users, np.asarray(data.matrix() @ weights, np.float32), "cosine")

    def _dense(self, chosen: Any) -> Scorer:
        def scores(users: NDArray[np.intp]) -> NDArray[np.float32]:
            return np.asarray(chosen[users] @ self._weights, np.float32)

        return DenseScorer(len(self._weights), scores, lambda items: cosines(self._weights[items]))

    def _scorer(self) -> Scorer:
        return self._dense(self.interactions_.matrix())

    def _fold_in(self, chosen: Any) -> Scorer:
        return self._dense(chosen)

    def _shares(
        self, past: NDArray[np.int64], weights: NDArray[np.float32], items: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        return self._weights[np.ix_(past, items)].T.astype(np.float64) * weights

    def _learned_arrays(self) -> dict[str, NDArray[Any]]:
        return {"weights": self._weights}

    def _restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._set(self.interactions_, np.ascontiguousarray(arrays["weights"]))


def checkerboard(users: int = 20, items: int = 20, lacking: bool = True) -> Interactions:
    """User u has the items of the same parity, but for one: item (u + 2) modulo all.

    Whatever learns from it must suggest that one item first, and never prefer the other colour.
    """
    pairs = [
        (f"u{u}", f"i{i}")
        for u in range(users)
        for i in range(items)
        if (u + i) % 2 == 0 and not (lacking and i == (u + 2) % items)
    ]
    return Interactions.read(
        pairs, users=[f"u{u}" for u in range(users)], items=[f"i{i}" for i in range(items)]
    )


def random_interactions(
    users: int = 40, items: int = 30, seed: int = 0, weighted: bool = False
) -> Interactions:
    """Every user has from 1 to a third of the items."""
    random = np.random.default_rng(seed)
    rows: list[tuple[Any, ...]] = []
    for user in range(users):
        for item in random.choice(items, size=random.integers(1, items // 3 + 1), replace=False):
            row = (f"u{user}", f"i{item}")
            rows.append((*row, float(random.integers(1, 6))) if weighted else row)
    return Interactions.read(
        rows, users=[f"u{u}" for u in range(users)], items=[f"i{i}" for i in range(items)]
    )
