"""EASE: items weighed against items in closed form, the strong shallow baseline of recommenders.

interactions -> who has which items (signal) -> item-item weights, solved at once -> scores
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nearer.data.interactions import Interactions
from nearer.errors import InputError, ParameterError, shown
from nearer.models.chosen import asked_users
from nearer.models.incremental import READING
from nearer.models.parameters import Constraint, OrNone, Real, Whole, as_float
from nearer.models.recommender import Recommender
from nearer.models.sizes import free_memory, parse_bytes
from nearer.recommend import DenseScorer, Scorer
from nearer.space.identity import content_identity
from nearer.space.neighbors import Neighbor, Neighbors

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Matrix = csr_array[np.float32, tuple[int, int]]

ROWS = 4096  # rows of the item-item matrix that are scaled at a time


@dataclass(frozen=True)
class EASEReport:
    """How a fit went.

    Attributes
    ----------
    train_seconds : time spent.
    items_per_second : interactions a second.
    matrix_bytes : of the item-item weights.
    """

    train_seconds: float
    items_per_second: float
    matrix_bytes: int


class EASE(Recommender):
    """Recommendations by item-item weights in closed form, a very shallow autoencoder (Steck 2019).

    The weights B are those of ridge regressions of every item on all others: B = I - P diag(1 / P), P the
    inverse of X'X + regularization I. A user's scores are what they have, times B. Nothing is random. Time
    grows with the cube of the number of items, memory with its square (4 bytes a pair).

    Parameters
    ----------
    regularization : added to the diagonal; larger where there is little data.
    memory : room for the item-item matrix, as "8GB" or bytes; where it needs more, `fit` says so at once.
        None: what the machine has free.
    threads : of the recommendations; the solver uses those of the installed BLAS. None uses every core.

    Attributes
    ----------
    weights_ : float32 (items, items), row i what having item i adds to the score of each item.
    identity_ : str, SHA-256 of the items and their weights.
    interactions_ : what it was fitted to.
    report_ : `EASEReport`.

    It makes no vectors: `similar_items` gives the items whose scores an item adds most to.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        "regularization": Real(0.0, above=True),
        "memory": READING["memory"],
        "threads": OrNone(Whole(1, 1_024)),
    }

    weights_: NDArray[np.float32]
    identity_: str
    report_: EASEReport

    def __init__(
        self, regularization: float = 200.0, memory: str | int | None = None, threads: int | None = None
    ) -> None:
        self.regularization = regularization
        self.memory = memory
        self.threads = threads

    def similar_items(self, item: str | int, k: int = 10) -> Neighbors:
        """The `k` items whose scores `item` adds most to; raises `UnknownKey`, `NotFitted`."""
        keys = self.interactions_.items
        _, (row,) = asked_users(item, keys, "error", "item")
        return _nearest(keys, self.weights_[row], int(row), k)

    def similar_users(self, user: str | int, k: int = 10) -> Neighbors:
        """The `k` users nearest to `user`, by the cosine of what they have; raises as `similar_items`."""
        keys = self.interactions_.users
        _, (row,) = asked_users(user, keys, "error")
        matrix = self.interactions_.matrix().astype(np.float64)
        lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).reshape(-1))
        products = np.asarray((matrix @ matrix[[row]].T).todense()).reshape(-1)
        norms = lengths * lengths[row]
        cosines = np.divide(products, norms, out=np.zeros(len(norms)), where=norms > 0)
        return _nearest(keys, cosines.astype(np.float32), int(row), k)

    def _learn_from(self, data: Interactions) -> None:
        begin = time.perf_counter()
        items = len(data.items)
        self._require_room(items)
        matrix = data.matrix()
        self.weights_ = item_weights(matrix, as_float(self.regularization))
        self.identity_ = content_identity(data.items, self.weights_, "dot")
        seconds = time.perf_counter() - begin
        self.report_ = EASEReport(seconds, len(data) / max(seconds, 1e-9), self.weights_.nbytes)

    def _require_room(self, items: int) -> None:
        """Raise `InputError` if the item-item matrix would not fit."""
        needed = 4 * items**2 + 8 * items * min(
            items, ROWS
        )  # the matrix, and some columns before they are in it
        room = free_memory() if self.memory is None else parse_bytes(self.memory)
        if needed > room:
            raise InputError(
                f"the weights of {items:,} items take {needed / 1e9:.1f} GB of {room / 1e9:.1f} GB",
                remedy="keep fewer items, give more memory, or take ALS",
            )

    def _scorer(self) -> Scorer:
        return self._scored(self.interactions_.matrix())

    def _fold_in(self, chosen: Matrix) -> Scorer:
        return self._scored(chosen)

    def _scored(self, chosen: Matrix) -> Scorer:
        """Scores of what users have, (users, items), times the weights."""

        def score(users: NDArray[np.intp]) -> NDArray[np.float32]:
            return np.ascontiguousarray(chosen[users] @ self.weights_, dtype=np.float32)

        def alike(items: NDArray[np.int64]) -> NDArray[np.float32]:
            pairs = self.weights_[np.ix_(items, items)]
            largest = max(float(np.abs(pairs).max(initial=0.0)), 1e-30)
            return np.asarray((pairs + pairs.T) / (2 * largest), np.float32)

        return DenseScorer(len(self.interactions_.items), score, alike)

    def _shares(
        self, past: NDArray[np.int64], weights: NDArray[np.float32], items: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        return np.asarray(weights * self.weights_[np.ix_(past, items)].T, np.float64)

    def _learned_arrays(self) -> dict[str, NDArray[Any]]:
        return {"weights": self.weights_}

    def _restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.weights_ = arrays["weights"]
        self.identity_ = content_identity(self.interactions_.items, self.weights_, "dot")


def _nearest(keys: Sequence[str], scores: NDArray[np.float32], own: int, k: int) -> Neighbors:
    """The `k` keys of the highest scores but one's own, ties to the lower place."""
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise ParameterError(f"k={shown(k)} is no whole number from 1 up")
    order = np.argsort(-scores, kind="stable")
    best = order[order != own][:k]
    return Neighbors(Neighbor(keys[place], float(scores[place])) for place in best.tolist())


def item_weights(matrix: Matrix, regularization: float) -> NDArray[np.float32]:
    """B (items, items) of the closed form, solved in place: the only dense matrix there is.

    Raises `InputError` where the matrix is singular to single precision.
    """
    from scipy.linalg import lapack  # noqa: PLC0415  (heavy: paid for where it is needed)

    items = matrix.shape[1]
    gram = np.zeros((items, items), np.float32, order="F")
    turned = matrix.T.tocsr()
    for start in range(0, items, ROWS):  # some columns at a time: nothing else is as large as the matrix
        part = slice(start, min(start + ROWS, items))
        gram[:, part] = (turned @ matrix[:, part]).toarray()
    gram[np.diag_indices(items)] += np.float32(regularization)
    factor, wrong = lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, wrong_too = (factor, 0) if wrong else lapack.spotri(factor, lower=1, overwrite_c=1)
    if wrong or wrong_too:
        raise InputError(
            f"regularization={regularization:g} is too small: the equations are singular in single precision",
            remedy="raise it",
        )
    diagonal = np.diag(inverse).copy()
    for start in range(0, items, ROWS):  # the upper triangle, which the solver left alone, from the lower
        part = slice(start, min(start + ROWS, items))
        inverse[part, part.stop :] = inverse[part.stop :, part].T
        square = inverse[part, part]
        inverse[part, part] = np.tril(square) + np.tril(square, -1).T
    if not np.isfinite(diagonal).all() or not (diagonal > 0).all():
        raise InputError(
            "the weights of the interactions are too large: the equations overflow single precision",
            remedy="scale the weights down",
        )
    inverse /= -diagonal[:, None]  # in Fortran's order: its transpose is B in C's, column j over P[j, j]
    inverse[np.diag_indices(items)] = 0.0
    weights: NDArray[np.float32] = inverse.T
    return weights
