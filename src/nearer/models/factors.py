"""What factor models share: users and items as vectors whose inner product is the score.

interactions -> rows of both sides (signal) -> half-sweeps or gradient steps (kernel) -> two Spaces, one
identity
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from nearer.data.interactions import Interactions
from nearer.models.incremental import Incremental
from nearer.models.recommender import Recommender
from nearer.models.state import TrainingState
from nearer.recommend import FactorScorer, Scorer
from nearer.space import Space
from nearer.space.identity import header, parts_identity

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Matrix = csr_array[np.float32, tuple[int, int]]
    from nearer.models.loop import Run


@dataclass(frozen=True)
class FactorReport:
    """How a fit went.

    Attributes
    ----------
    count_seconds, train_seconds : time spent laying out the interactions; and training.
    items_per_second : interactions trained a second, all passes counted.
    users, items, interactions : how many there are.
    epochs : passes over the interactions done, in all calls of `fit`.
    interrupted : whether Ctrl-C ended the fit early.
    """

    count_seconds: float
    train_seconds: float
    items_per_second: float
    users: int
    items: int
    interactions: int
    epochs: float
    interrupted: bool


@dataclass(frozen=True)
class FactorMaterial:
    """Interactions as a model trains on them."""

    data: Interactions
    units_an_epoch: int

    @property
    def facts(self) -> dict[str, int]:
        """What `FactorReport` says of the interactions."""
        return {
            "users": len(self.data.users),
            "items": len(self.data.items),
            "interactions": len(self.data),
        }

    def fingerprint(self, settings: dict[str, object]) -> str:
        """SHA-256 of the interactions, their keys and the settings that decide a run."""
        digest = hashlib.sha256(header("interactions", settings=settings))
        for keys in (self.data.users, self.data.items):
            digest.update(repr(list(keys)).encode("utf-8", "surrogatepass"))
        for array in (self.data.indptr, self.data.indices, self.data.weights):
            digest.update(b"-" if array is None else np.ascontiguousarray(array).view(np.uint8).data)
        return digest.hexdigest()


M = TypeVar("M", bound=FactorMaterial)


class FactorModel(Incremental[M], Recommender, Generic[M]):
    """A recommender with a vector for each user and each item, trained in passes over the interactions.

    A model fills in `_read`, `_seed`, `_run`, `_vectors`, `_fold_in` and `_shares`.
    """

    items_name = "interactions"
    report_kind = FactorReport
    biases: ClassVar[int] = 0  # last columns of the vectors that are no part of how alike two are
    report_: FactorReport
    _data: Interactions  # while `fit` is at work
    _fitted: dict[str, Any]  # the settings of the fit, which new users are folded in by

    def _learn_from(self, data: Interactions) -> None:
        before = self.__dict__.get("item_space_")
        self._data = data
        try:
            self._fit(data)
        finally:  # Ctrl-C, or a checkpoint that cannot be written, end the fit with what was learned so far
            if self.__dict__.get("item_space_") is not before:
                self._keep(data)
            del self._data

    def _plan(self, material: M, before: TrainingState | None) -> tuple[Run, TrainingState]:
        """A further fit to the same users and items goes on; with others, nothing carries over."""
        data = material.data
        if before is not None and before.names != {"users": list(data.users), "items": list(data.items)}:
            before = None
        return super()._plan(material, before)

    def _learn(self, state: TrainingState) -> None:
        users, items = self._vectors(state)
        self._set_spaces(state.names["users"], state.names["items"], users, items, self._provenance(state))

    @abstractmethod
    def _vectors(self, state: TrainingState) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors of users and of items, in one width."""

    def _set_spaces(
        self,
        users: Sequence[str],
        items: Sequence[str],
        user_vectors: NDArray[np.float32],
        item_vectors: NDArray[np.float32],
        provenance: dict[str, object] | None = None,
    ) -> None:
        """Both spaces, with one identity: that of the settings, the keys and both matrices."""
        identity = parts_identity(
            "factors",
            {"model": type(self).__name__, **self._settings()},
            [*users, "", *items],
            {"users": user_vectors, "items": item_vectors},
        )
        provenance = provenance or {"model": type(self).__name__, **self._settings()}
        self._fitted = self._settings()
        self.user_space_ = Space(users, user_vectors, "dot", identity=identity, provenance=provenance)
        self.item_space_ = Space(items, item_vectors, "dot", identity=identity, provenance=provenance)
        self.space_ = self.item_space_

    def _scorer(self) -> Scorer:
        return self._scorer_of(self.user_space_.vectors)

    def _scorer_of(self, users: NDArray[np.float32]) -> FactorScorer:
        """What scores items for users with these vectors."""
        return FactorScorer(users, self.item_space_.vectors, self.threads, self.biases)

    def _directions(self, space: Space) -> NDArray[np.float32]:
        return space.vectors[:, : space.dim - self.biases]

    def _decided(self) -> dict[str, Any]:
        return self._fitted

    def _learned_arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "users": self.user_space_.vectors,
            "items": self.item_space_.vectors,
            "loss_curve": self.loss_curve_,
        }

    def _restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        data = self.interactions_
        self._set_spaces(data.users, data.items, arrays["users"], arrays["items"])
        self.loss_curve_ = arrays["loss_curve"]
