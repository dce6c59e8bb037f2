"""BPR: users and items as vectors that rank what a user chose above what the user did not.

interactions -> groups of users -> Bayesian personalised ranking by gradient steps (kernel) -> two Spaces
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.data.interactions import Interactions
from nearer.kernels.bpr import BprTraining, cut_units
from nearer.models.bpr_folding import RankedUser, rank_for
from nearer.models.factors import FactorMaterial, FactorModel
from nearer.models.incremental import TRAINING
from nearer.models.parameters import Choice, Constraint, Real, as_float
from nearer.models.state import TrainingState, seeded_rows
from nearer.recommend import Scorer

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Matrix = csr_array[np.float32, tuple[int, int]]

ITEM_STREAM = 1 << 64  # added to the seed: item rows start from random numbers of their own


@dataclass(frozen=True)
class GroupedUsers(FactorMaterial):
    """Interactions, and the users at which units of work begin."""

    units: NDArray[np.int64]


class BPR(FactorModel[GroupedUsers]):
    """Vectors of users and items by Bayesian personalised ranking (Rendle et al. 2009).

    Each step takes a user, an item of theirs and one that is not, and raises the score of the one above that
    of the other; a score is x.y plus the item's bias. Weights of interactions are not used.

    Parameters
    ----------
    dim : dimension of the vectors, without the bias.
    learning_rate, least_learning_rate : where its linear decay begins and ends.
    regularization : decay of vectors and biases at each step, times the learning rate.
    negatives : which items are drawn as those a user has not: "uniform": each as often; "popular": as often
        as they are chosen. What the user has is drawn again.
    epochs : passes over the interactions.
    checkpoint : folder where the run is saved every `checkpoint_every` seconds and resumed from.
    threads : None uses every core. One thread gives the same bits on every run; more give the same quality.
    seed : of everything random.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    item_space_ : Space of metric "dot", dim + 1 columns; the last is the item's bias, which
        is no part of how alike items are.
    user_space_ : Space of the same identity, its last column 1; the score of an item is the inner product.
    space_ : `item_space_`.
    loss_curve_ : float64 array, mean -log s(x) of a sample (Rendle et al. 2009, equation 4, without the
        regularisation); 20 values an epoch, fewer where an epoch has fewer units of work.
    report_ : `FactorReport`.
    interactions_ : what was learned from.
    item_table_ : what `describe_items` was given.

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there. `fit`
    on a model that is done trains `epochs` more for the same users and items, and starts anew for others.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        **TRAINING,
        "least_learning_rate": Real(0.0),
        "regularization": Real(0.0),
        "negatives": Choice(("uniform", "popular")),
    }
    biases = 1
    deciding = (
        "dim",
        "learning_rate",
        "least_learning_rate",
        "regularization",
        "negatives",
        "epochs",
        "seed",
    )

    def __init__(
        self,
        dim: int = 64,
        learning_rate: float = 0.1,
        least_learning_rate: float = 0.001,
        regularization: float = 0.003,
        negatives: Literal["uniform", "popular"] = "uniform",
        epochs: int = 100,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.dim = dim
        self.learning_rate = learning_rate
        self.least_learning_rate = least_learning_rate
        self.regularization = regularization
        self.negatives = negatives
        self.epochs = epochs
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress

    def _read(self, data: Interactions, threads: int, before: TrainingState | None) -> GroupedUsers:
        units = cut_units(data.indptr)
        return GroupedUsers(data, len(units) - 1, units)

    def _seed(self, material: GroupedUsers) -> TrainingState:
        data, dim, seed = material.data, int(self.dim), int(self.seed)
        arrays: dict[str, NDArray[Any]] = {
            "users": seeded_rows(len(data.users), dim, seed),
            "items": seeded_rows(len(data.items), dim, seed + ITEM_STREAM),
            "biases": np.zeros(len(data.items), np.float32),
        }
        return TrainingState(dim, arrays, {"users": list(data.users), "items": list(data.items)})

    def _run(
        self, material: GroupedUsers, state: TrainingState, planned_units: int, seed: int
    ) -> BprTraining:
        return BprTraining(
            material.data.indptr,
            material.data.indices,
            material.units,
            popular=self.negatives == "popular",
            learning_rate=as_float(self.learning_rate),
            least_learning_rate=as_float(self.least_learning_rate),
            regularization=as_float(self.regularization),
            planned_units=planned_units,
            seed=seed,
        )

    def _vectors(self, state: TrainingState) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        users, items = (state.arrays[name][:, : self.dim] for name in ("users", "items"))
        ones = np.ones((len(users), 1), np.float32)
        return np.hstack([users, ones]), np.hstack([items, state.arrays["biases"][:, None]])

    def _fold_in(self, chosen: Matrix) -> Scorer:
        """New users by `rank_for`, each alone, so that who else is asked for changes nothing."""
        vectors = np.ones((chosen.shape[0], self.item_space_.dim), np.float32)
        for row, (start, end) in enumerate(zip(chosen.indptr[:-1], chosen.indptr[1:], strict=True)):
            vectors[row, :-1] = self._ranked(chosen.indices[start:end].astype(np.int64)).vector()
        return self._scorer_of(vectors)

    def _shares(
        self, past: NDArray[np.int64], weights: NDArray[np.float32], items: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """They add up to the score that `recommend_for` gives the same items, less the item's bias."""
        return self._ranked(past).shares(self.item_space_.vectors[items, :-1].astype(np.float64))

    def _ranked(self, past: NDArray[np.int64]) -> RankedUser:
        rows = self.item_space_.vectors
        rate, decay = float(self._fitted["learning_rate"]), float(self._fitted["regularization"])
        return rank_for(past, rows[:, :-1], rows[:, -1], rate, decay, int(self._fitted["seed"]))
