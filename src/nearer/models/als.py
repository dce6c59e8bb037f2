"""ALS: users and items as vectors by alternating least squares on implicit feedback.

interactions -> rows of both sides -> half-sweeps, each exact or by conjugate gradient (kernel) -> two Spaces
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.data.interactions import Interactions
from nearer.kernels.als import AlsTraining, Feedback, Solver
from nearer.kernels.training import padded_rows
from nearer.models.factors import FactorMaterial, FactorModel
from nearer.models.incremental import TRAINING
from nearer.models.normal_equations import NormalEquations, feedback
from nearer.models.parameters import Choice, Constraint, Real, Whole
from nearer.models.state import TrainingState, seeded_rows
from nearer.recommend import FactorScorer, Scorer

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Matrix = csr_array[np.float32, tuple[int, int]]


@dataclass(frozen=True)
class BothSides(FactorMaterial):
    """Interactions by user and by item."""

    by_user: Feedback
    by_item: Feedback


class ALS(FactorModel[BothSides]):
    """Vectors of users and items by alternating least squares (Hu, Koren and Volinsky 2008).

    An interaction of weight r counts with confidence c = 1 + alpha r, every other pair with 1. What is made
    least is the sum over all pairs of c (p - x.y)^2, p being 1 for an interaction and 0 else, plus the
    penalties.

    Parameters
    ----------
    dim : dimension of the vectors.
    regularization : what the square of each vector counts.
    alpha : confidence that a weight of 1 adds.
    frequency_scaling : the penalty of a vector is regularization * C ** frequency_scaling, where C is the sum
        of its confidences, so that those with many interactions are held back more (Rendle, Krichene, Zhang
        and Koren 2022); 0: all alike, and 1 wants a regularization below 0.001 or so.
    iterations : sweeps over users and then items.
    solver : "cg": `cg_steps` steps of conjugate gradient from the vector there is (Takács, Pilászy and Tikk
        2011); "cholesky": exactly, slower with many dimensions.
    cg_steps : steps of conjugate gradient a vector and half-sweep.
    checkpoint : folder where the run is saved every `checkpoint_every` seconds and resumed from.
    threads : None uses every core. The result is the same bits whatever their number.
    seed : of the item vectors that the first half-sweep starts from.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    item_space_ : Space of metric "dot", y.
    user_space_ : Space of the same identity, x; the score of an item is x.y. Each user's vector is the exact
        solution for `item_space_`, so that a new user with the same items is given the same.
    space_ : `item_space_`.
    loss_curve_ : float64 (iterations,), what is made least divided by the number of interactions; it only
        falls.
    report_ : `FactorReport`.
    interactions_ : what was learned from.
    item_table_ : what `describe_items` was given.

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there. `fit`
    on a model that is done adds `iterations` more for the same users and items, and starts anew for others.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        "dim": Whole(1, 4_096),
        "regularization": Real(0.0, above=True),
        "alpha": Real(0.0, 1e6, above=True),
        "frequency_scaling": Real(0.0, 1.0),
        "iterations": Whole(1),
        "solver": Choice(("cg", "cholesky")),
        "cg_steps": Whole(1, 1_000),
        **{
            name: TRAINING[name]
            for name in ("checkpoint", "checkpoint_every", "threads", "seed", "show_progress")
        },
    }
    deciding = (
        "dim",
        "regularization",
        "alpha",
        "frequency_scaling",
        "iterations",
        "solver",
        "cg_steps",
        "seed",
    )
    points_an_epoch = 1

    def __init__(
        self,
        dim: int = 64,
        regularization: float = 0.05,
        alpha: float = 10.0,
        frequency_scaling: float = 0.0,
        iterations: int = 15,
        solver: Literal["cg", "cholesky"] = "cg",
        cg_steps: int = 3,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.dim = dim
        self.regularization = regularization
        self.alpha = alpha
        self.frequency_scaling = frequency_scaling
        self.iterations = iterations
        self.solver = solver
        self.cg_steps = cg_steps
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress

    def _planned_epochs(self) -> int:
        return int(self.iterations)

    def _read(self, data: Interactions, threads: int, before: TrainingState | None) -> BothSides:
        matrix = data.matrix()
        by_user, by_item = feedback(matrix), feedback(matrix.T.tocsr())
        return BothSides(data, by_user.units + by_item.units, by_user, by_item)

    def _seed(self, material: BothSides) -> TrainingState:
        data, dim = material.data, int(self.dim)
        items = seeded_rows(len(data.items), dim, int(self.seed))
        items[np.bincount(data.indices, minlength=len(items)) == 0] = (
            0.0  # nobody has them: that is their solution
        )
        arrays: dict[str, NDArray[Any]] = {"users": padded_rows(len(data.users), dim), "items": items}
        return TrainingState(dim, arrays, {"users": list(data.users), "items": list(data.items)})

    def _run(self, material: BothSides, state: TrainingState, planned_units: int, seed: int) -> AlsTraining:
        return AlsTraining(material.by_user, material.by_item, _solver(self._settings()), planned_units)

    def _vectors(self, state: TrainingState) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        items = np.ascontiguousarray(state.arrays["items"][:, : self.dim])
        return NormalEquations(items, _solver(self._settings()), self.threads).solve(
            self._data.matrix()
        ), items

    def _learn(self, state: TrainingState) -> None:
        super()._learn(state)
        self.__dict__.pop("_made_equations", None)

    def _equations(self) -> NormalEquations:
        """What the vector of a new user solves; made once a fit."""
        if "_made_equations" not in self.__dict__:
            solver = _solver(self._fitted)
            self._made_equations = NormalEquations(self.item_space_.vectors, solver, self.threads)
        return self._made_equations

    def _fold_in(self, chosen: Matrix) -> Scorer:
        return FactorScorer(self._equations().solve(chosen), self.item_space_.vectors, self.threads)

    def _shares(
        self, past: NDArray[np.int64], weights: NDArray[np.float32], items: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        return self._equations().shares(past, weights, items)


def _solver(settings: Mapping[str, Any]) -> Solver:
    """How least squares are solved, by the settings of a fit."""
    return Solver(
        int(settings["dim"]),
        float(settings["alpha"]),
        float(settings["regularization"]),
        float(settings["frequency_scaling"]),
        int(settings["cg_steps"]) if settings["solver"] == "cg" else 0,
    )
