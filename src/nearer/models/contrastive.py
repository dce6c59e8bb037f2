"""Contrastive: encoders learn from who belongs with whom, of one kind of items or between any two.

data -> positives (signal) -> networks, or heads over frozen encoders -> InfoNCE, triplets, VICReg -> Space
"""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nearer.errors import NotFitted, ParameterError, TrainingFailed, shown
from nearer.extras import require
from nearer.kernels.threads import thread_count
from nearer.models import contrastive_files
from nearer.models.contrastive_encoding import TowerEncoder
from nearer.models.contrastive_learning import (
    JOINT_DIM,
    best_epoch,
    judge,
    layout,
    learned,
    new_learner,
    trained_pairs,
)
from nearer.models.contrastive_parts import Part, Side, named, require_sides, side_of
from nearer.models.contrastive_reading import PairMaterial, read_pairs
from nearer.models.contrastive_training import BEST, SCORES, STALE, ContrastTraining
from nearer.models.incremental import TRAINING, Incremental
from nearer.models.parameters import (
    Choice,
    Constraint,
    Either,
    Instance,
    OrNone,
    Real,
    Whole,
    as_float,
    plain,
)
from nearer.models.saving import OPENERS
from nearer.models.state import TrainingState
from nearer.signal import Masked, Signal, Views
from nearer.space import Space

logger = logging.getLogger("nearer")
# What the weights of a fitted model stand for: a further fit cannot change it.
SHAPING = (
    "signal",
    "encoder",
    "left",
    "right",
    "objective",
    "learn_temperature",
    "matryoshka",
    "hidden",
    "projector",
)
ALIKE = 0.99  # mean cosine between items from which on vectors are called alike
FLAT = 2.0  # effective rank up to which vectors are said to use hardly more than one direction


@dataclass(frozen=True)
class ContrastReport:
    """How a fit went.

    Attributes
    ----------
    count_seconds, train_seconds : time spent reading and preparing items; and training.
    items_per_second : pairs trained a second, all epochs counted.
    pairs, left_items, right_items : pairs of a pass, and different items of each kind.
    held_out : queries held out; 0 where there are too few pairs.
    epochs : passes done, in all calls of `fit`.
    interrupted : whether Ctrl-C ended the fit early.
    stopped_early : whether `patience` did.
    best_epoch : the pass whose weights were kept; the last where nothing is held out.
    left_to_right, right_to_left : held-out retrieval: recall@1, recall@10, MRR, MAP, chance@1 and
        chance@10 (what recall would be by chance), queries and candidates. recall@k is the part of the
        queries with a right answer among the k nearest.
    unseen : whether the items held out take no part in training; else their pairs alone do not.
    nested : for every dimension of `matryoshka`, the mean MAP of both ways.
    mean_cosine : between two items of a kind at random; near 1 all vectors are alike.
    effective_rank : how many directions the vectors use (Roy and Vetterli 2007).
    """

    count_seconds: float
    train_seconds: float
    items_per_second: float
    pairs: int
    left_items: int
    right_items: int
    held_out: int
    epochs: float
    interrupted: bool
    stopped_early: bool = False
    best_epoch: int = 0
    left_to_right: dict[str, float] = field(default_factory=dict)
    right_to_left: dict[str, float] = field(default_factory=dict)
    unseen: bool = True
    nested: dict[int, float] = field(default_factory=dict)
    mean_cosine: float = float("nan")
    effective_rank: float = float("nan")


class Contrastive(Incremental[PairMaterial]):
    """Vectors by contrast: what belongs together is near, the rest apart (needs the extra `torch`).

    One `encoder` for items of one kind, or `left` and `right` for two kinds, whose vectors then are of one
    joint space: titles and photos, rows of a table and texts, nodes and documents, users and what they read.
    Each is a network, which is trained whole, or a frozen encoder, over which a head is trained.

    Parameters
    ----------
    signal : who belongs with whom: `nearer.signal.Pairs`, `SameLabel`, `Views`, `Neighbors`, `Together` or
        `Masked`. None: `Views()`.
    encoder : of all items: a network of `nearer.networks`, or what is left as it is: an encoder, the name or
        path of one, a `Space` whose keys are the items, or a fitted model with such a space.
    left, right : the same for two kinds of items.
    dim : dimension of the vectors. None: the network's or the encoder's own; 128 for two kinds of items.
    objective : "infonce" (van den Oord et al. 2018), "triplet" (Schroff et al. 2015: semi-hard negatives) or
        "vicreg" (Bardes et al. 2022: no negatives).
    temperature : infonce: cosines are divided by it; the lower, the more the nearest negatives count.
    learn_temperature : whether it is trained too, from there (down to 0.01).
    margin : triplet: how much nearer than its negative a positive has to be, in squared distance.
    matryoshka : dimensions below `dim` whose leading columns are to be vectors of their own (Kusupati et al.
        2022): losses of all are summed.
    hard_negatives : for each left item, the nearest right items that do not belong with it are negatives too;
        found anew in every epoch. 0: those of the mini-batch alone.
    hidden : units of a hidden layer in heads over frozen encoders. None: heads are linear.
    projector : units of the layers above the vectors that training alone uses. "auto": 512 and 128 for views,
        1,024 with vicreg; none for other signals, for two kinds of items or with `matryoshka`. 0: none.
    augment : whether items are changed at random in training, as their network does, for signals other than
        `Views`.
    held_out : share of the pairs that judge the training, from 20 pairs up and at most 2,000 of them.
    epochs : passes over the pairs.
    patience : epochs without a better result on what is held out after which training ends; the best weights
        are kept. None: it never ends early.
    batch_size : pairs a mini-batch, one more where one is over: each is told from the others in it.
    learning_rate : of AdamW; it rises over the first twentieth of the steps, then falls to 0 by a cosine.
    weight_decay : of AdamW, for matrices.
    checkpoint : folder where the run is saved every `checkpoint_every` seconds and resumed from.
    threads : None uses every core. One thread gives the same bits on every run; more round differently.
    seed : of everything random.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    space_ : Space, a vector for each training item; of two kinds, for each right one.
    left_space_ : Space, of the left items where there are two kinds; else `space_`.
    encoder_ : `TowerEncoder`; of two kinds, that of the right items.
    left_encoder_ : `TowerEncoder` of left items; of one kind, `encoder_`.
    right_encoder_ : `TowerEncoder` of right items; it has the identity of the left one.
    loss_curve_ : float64 array, mean loss of a pair; 20 values an epoch, fewer where an epoch has fewer
        mini-batches.
    held_out_curve_ : float64 array, after each epoch the mean MAP of both ways on what is held out; for
        views, minus the loss.
    report_ : `ContrastReport`.

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there. `fit`
    on a model that is done trains `epochs` more.
    """

    deciding: ClassVar[tuple[str, ...]] = (
        "signal",
        "encoder",
        "left",
        "right",
        "dim",
        "objective",
        "temperature",
        "learn_temperature",
        "margin",
        "matryoshka",
        "hard_negatives",
        "hidden",
        "projector",
        "augment",
        "held_out",
        "epochs",
        "patience",
        "batch_size",
        "learning_rate",
        "weight_decay",
        "seed",
    )
    constraints: ClassVar[Mapping[str, Constraint]] = {
        **TRAINING,
        "signal": OrNone(Instance((Signal,), "a signal of nearer.signal, such as Pairs()")),
        "encoder": OrNone(Part()),
        "left": OrNone(Part()),
        "right": OrNone(Part()),
        "dim": OrNone(Whole(1, 65_536)),
        "objective": Choice(("infonce", "triplet", "vicreg")),
        "temperature": Real(0.0, above=True),
        "learn_temperature": Instance((bool,), "True or False"),
        "margin": Real(0.0, above=True),
        "matryoshka": OrNone(Instance((list, tuple), "a list of dimensions")),
        "hard_negatives": Whole(0, 1_000),
        "hidden": OrNone(Whole(1)),
        "projector": Either(Choice(("auto",)), Whole(0)),
        "augment": Instance((bool,), "True or False"),
        "held_out": Real(0.0, 0.9),
        "patience": OrNone(Whole(1)),
        "batch_size": Whole(2),
        "weight_decay": Real(0.0),
    }
    items_name = "pairs"
    report_kind = ContrastReport

    report_: ContrastReport
    left_space_: Space
    encoder_: TowerEncoder
    left_encoder_: TowerEncoder
    right_encoder_: TowerEncoder
    held_out_curve_: NDArray[np.float64]
    _sides: list[Side]  # what the weights belong to
    _plans: list[dict[str, Any]]
    _data: PairMaterial  # between reading and learning only
    _training: ContrastTraining
    _fitted: dict[str, object]  # the settings of the encoders

    def __init__(
        self,
        signal: Signal | None = None,
        encoder: Any = None,
        left: Any = None,
        right: Any = None,
        dim: int | None = None,
        objective: Literal["infonce", "triplet", "vicreg"] = "infonce",
        temperature: float = 0.1,
        learn_temperature: bool = False,
        margin: float = 0.2,
        matryoshka: Sequence[int] | None = None,
        hard_negatives: int = 0,
        hidden: int | None = None,
        projector: Literal["auto"] | int = "auto",
        augment: bool = False,
        held_out: float = 0.1,
        epochs: int = 30,
        patience: int | None = 10,
        batch_size: int = 256,
        learning_rate: float = 0.001,
        weight_decay: float = 0.01,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.signal = signal
        self.encoder = encoder
        self.left = left
        self.right = right
        self.dim = dim
        self.objective = objective
        self.temperature = temperature
        self.learn_temperature = learn_temperature
        self.margin = margin
        self.matryoshka = matryoshka
        self.hard_negatives = hard_negatives
        self.hidden = hidden
        self.projector = projector
        self.augment = augment
        self.held_out = held_out
        self.epochs = epochs
        self.patience = patience
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress

    def fit(self, data: Any, y: None = None) -> Self:
        """Train on `data`, as the signal reads it: a table, pairs, items; see the signal.

        Raises `MissingExtra` without torch; `ParameterError`, also for training that collapsed (all vectors
        alike) or diverged; `InputError` naming file and row, or the item that cannot be read;
        `IntegrityError` for a damaged checkpoint; `StorageError` for checkpoints that cannot be written and
        `KeyboardInterrupt` on Ctrl-C, both with everything learned so far kept.
        """
        try:
            return self._fit(data)
        finally:
            self.__dict__.pop("_data", None)
            self.__dict__.pop("_training", None)

    def encode(
        self, items: Any, batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of items, float32 (n, dim), in the space of `space_`; of two kinds, of right items.

        Raises `NotFitted`; `InputError` for an item that cannot be read.
        """
        return self.encoder_.encode(items, batch_size, show_progress)

    def encode_query(
        self, items: Any, batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of items that are searched with: of two kinds, of left items."""
        return self.left_encoder_.encode(items, batch_size, show_progress)

    def encode_document(
        self, items: Any, batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of items that are searched for: of two kinds, of right items."""
        return self.encoder_.encode(items, batch_size, show_progress)

    @property
    def dim(self) -> int:
        """Dimension of the vectors: the parameter, or where that is None, once fitted, what came of it."""
        given: int | None = self.__dict__["dim"]
        return self.encoder_.dim if given is None and "encoder_" in self.__dict__ else given  # type: ignore[return-value]

    @dim.setter
    def dim(self, dim: int | None) -> None:
        self.__dict__["dim"] = dim

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name, as the constructor was given them; see `Estimator.get_params`."""
        found = super().get_params(deep)
        return {**found, "dim": self.__dict__["dim"]}

    def __sklearn_clone__(self) -> Self:
        """An unfitted copy for `sklearn.base.clone`; encoders and networks never change, and are shared."""
        return type(self)(**self.get_params(deep=False))

    @property
    def identity(self) -> str:
        """SHA-256 of all that decides a vector, of either side; that of `space_` too."""
        return self.space_.identity

    @property
    def modality(self) -> str:
        """What the items of `encode` are."""
        return self.encoder_.modality

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Save the model, to `load` it or `nearer.encoder` it later: a folder, written at one instant.

        Frozen encoders given by name or path are saved by it; spaces are copied into the folder. Raises
        `StorageError`, also where something other than a saved model is at `path`; `NotFitted`, also after a
        fit that diverged or collapsed.
        """
        _ = self.space_
        if "_state" not in self.__dict__:
            raise NotFitted("the last fit failed, and its weights are lost", remedy="call fit again")
        position = {"fingerprint": self._fingerprint, "units": self._units, "last_unit": self._last_unit}
        contrastive_files.save(
            Path(path), self._state, self._fitted, self._sides, self._plans, position, overwrite
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str], **parameters: Any) -> Self:
        """The model that `save` wrote, fitted as it was; `parameters` set what training did not decide.

        `encoder`, `left` and `right` give frozen encoders that were given as objects, and networks of your
        own. Raises `ModelNotFound`, `IntegrityError` for files that were changed, `SpaceMismatch` for a
        frozen encoder that makes other vectors now, `ParameterError` for parameters that the model was
        trained with.
        """
        saved = contrastive_files.load(Path(path), parameters)
        for name in set(parameters) - {"encoder", "left", "right"}:
            if name in cls.deciding:
                raise ParameterError(
                    f"{name} was decided when this model was trained, and is {saved.settings[name]!r}",
                    file=path,
                    remedy=f"leave {name} out, or set it after loading for a further fit",
                )
        model = cls(**saved.parameters).set_params(**parameters)
        model.check_parameters()
        model._state, model._sides, model._plans = saved.state, saved.sides, saved.plans
        model._fingerprint, model._units = saved.position["fingerprint"], saved.position["units"]
        model._last_unit = saved.position["last_unit"]
        model.loss_curve_ = np.array(saved.state.loss_curve, dtype=np.float64)
        model._fitted = model._settings()
        model._learn(saved.state)
        return model

    def _require_consistent(self) -> None:
        signal = self._signal
        require_sides(signal.towers, self.encoder, self.left, self.right, [type(signal).__name__])
        if self.objective == "vicreg" and self.hard_negatives:
            raise ParameterError('hard_negatives goes with infonce and triplet: objective="vicreg" has none')
        if isinstance(signal, Masked) and (
            self.__dict__["dim"] is not None or self.matryoshka or self.hard_negatives
        ):
            raise ParameterError(
                "dim, matryoshka and hard_negatives go with contrast between items, and Masked has none",
                remedy="leave them out; the network decides the dimension",
            )
        if self.matryoshka is not None and self.projector not in ("auto", 0):
            raise ParameterError(
                f"projector={self.projector}, but matryoshka trains the vectors themselves",
                remedy="leave projector out",
            )
        if self.encoder is None and self.projector not in ("auto", 0):
            raise ParameterError(
                f"projector={self.projector}, but left and right vectors themselves are to be near",
                remedy="leave projector out",
            )
        self._require_same_shape()
        require("torch", "torch", "Contrastive")

    def _require_same_shape(self) -> None:
        """Raise `ParameterError` for a further fit whose weights would be others."""
        if "_state" not in self.__dict__:
            return
        now = self._settings()
        for name in SHAPING:
            before, after = self._fitted[name], now[name]
            if name == "signal":
                before, after = (value["signal"] for value in (before, after))  # type: ignore[index]
            if before != after:
                raise ParameterError(
                    f"{name}={shown(after)}, but this model is fitted with {name}={shown(before)}",
                    remedy=f"fit a new model, or set {name} back",
                )

    @property
    def _signal(self) -> Signal:
        return Views() if self.signal is None else self.signal

    def _settings(self) -> dict[str, object]:
        values = {
            **super()._settings(),
            "dim": plain(self.__dict__["dim"]),
            "signal": self._signal.settings(),
            **{name: named(getattr(self, name)) for name in ("encoder", "left", "right")},
        }
        values["matryoshka"] = None if self.matryoshka is None else list(map(int, self.matryoshka))
        return values

    def _read(self, data: Any, threads: int, before: TrainingState | None) -> PairMaterial:
        if before is None:
            two = self.encoder is None
            given = (self.left, self.right) if two else (self.encoder,)
            dim, least = self.__dict__["dim"], JOINT_DIM if two else None
            hidden = None if self.hidden is None else int(self.hidden)
            self._sides = [side_of(value, dim, hidden, least) for value in given]
        self._data = read_pairs(
            self._signal,
            data,
            self._sides,
            None if before is None else self._plans,
            held_out=as_float(self.held_out),
            batch_size=int(self.batch_size),
            seed=int(self.seed),
            show_progress=self.show_progress,
        )
        self._plans = [self._data.left.plan, self._data.right.plan][: len(self._sides)]
        return self._data

    def _seed(self, material: PairMaterial) -> TrainingState:
        arrays = new_learner(self, self._sides, self._plans, pretrained=True).first_arrays()
        dim = layout(self, self._sides, self._plans).dim
        arrays |= {STALE: np.zeros(1, np.int64), SCORES: np.empty(0, np.float64)}
        return TrainingState(dim, arrays, {})

    def _run(
        self, material: PairMaterial, state: TrainingState, planned_units: int, seed: int
    ) -> ContrastTraining:
        if state.next_unit == 0 and state.rounds:  # a further round goes on from the best weights
            for name in [name for name in state.arrays if name.startswith(BEST)]:
                state.arrays[name.removeprefix(BEST)] = state.arrays.pop(name)
            state.arrays |= {STALE: np.zeros(1, np.int64), SCORES: np.empty(0, np.float64)}
        learner = new_learner(self, self._sides, self._plans, pretrained=False)
        learner.adopt(state.arrays)
        views = isinstance(self._signal, Views)
        self._training = ContrastTraining(
            material=material,
            learner=learner,
            changes=self._changes(),
            views=views,
            masked=isinstance(self._signal, Masked),
            hard_negatives=int(self.hard_negatives),
            planned_units=planned_units,
            patience=None if self.patience is None else int(self.patience),
            learning_rate=as_float(self.learning_rate),
            seed=seed,
        )
        return self._training

    def _changes(self) -> tuple[dict[str, float] | None, dict[str, float] | None]:
        """How the left and the right items are changed in training."""
        known = [dict(side.network.changes) for side in self._sides]
        if isinstance(self._signal, Views):
            strengths = self._signal.strengths(known[0], self._sides[0].network.shares)
            return strengths, strengths
        return (known[0], known[-1]) if self.augment else (None, None)

    def _epochs_of_round(self, state: TrainingState) -> float:
        if self._stopped_early(state):
            return float(len(state.arrays[SCORES]))
        return super()._epochs_of_round(state)

    def _stopped_early(self, state: TrainingState) -> bool:
        return self.patience is not None and int(state.arrays[STALE][0]) >= self.patience

    def _learn(self, state: TrainingState) -> None:
        if "_training" in self.__dict__:
            self._judge(state)
            self._fitted = self._settings()
        made = learned(self, state, self._sides, self._plans, self._provenance(state))
        self.space_, self.left_space_ = made.space, made.left_space
        self.left_encoder_, self.right_encoder_ = made.left, made.right
        self.encoder_ = made.right
        self.held_out_curve_ = state.arrays[SCORES].copy()

    def _judge(self, state: TrainingState) -> None:
        """Report on what is held out, by the weights that are kept; put the vectors of items into `state`.

        Raises `TrainingFailed` for vectors that are all alike.
        """
        training = self._training
        judged = judge(training, state, thread_count(self.threads))
        self.report_ = dataclasses.replace(
            self.report_,
            **judged.report,
            items_per_second=trained_pairs(training, state) / max(state.seconds, 1e-9),
            stopped_early=self._stopped_early(state),
            best_epoch=best_epoch(state, self._epochs_done(state)),
        )
        report = self.report_
        if report.mean_cosine > ALIKE and not report.interrupted:
            self.__dict__.pop("_state", None)
            raise TrainingFailed(
                f"training collapsed: vectors are all alike, with a mean cosine of {report.mean_cosine:.3f}",
                remedy="lower learning_rate, raise batch_size, or choose objective='vicreg'; the next fit "
                "starts afresh, and an earlier space_ is unchanged",
            )
        if report.effective_rank < FLAT < judged.dim:
            logger.warning(
                "vectors use hardly more than one direction of %d (effective rank %.2f): they collapsed; "
                "lower learning_rate, raise batch_size, or choose objective='vicreg'",
                judged.dim,
                report.effective_rank,
            )
        state.arrays |= judged.vectors
        state.names = judged.keys


OPENERS["Contrastive"] = Contrastive.load
