"""What all models share that are trained in epochs: fit as a recipe, stopping, resuming, going on.

    read the data -> plan the run (from a checkpoint, an earlier fit or the seed) -> train -> keep

A model is a subclass that fills in four steps: `_read`, `_seed`, `_run` and `_learn`.
"""

from __future__ import annotations

import os
import time
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from nearer.errors import ParameterError, StorageError
from nearer.kernels.text import release_free_memory
from nearer.kernels.threads import thread_count
from nearer.kernels.variants import chosen_variant
from nearer.models.checkpoint import load_checkpoint, require_writable
from nearer.models.loop import Run, train
from nearer.models.parameters import (
    Choice,
    Constraint,
    Estimator,
    Instance,
    OrNone,
    Real,
    Whole,
    as_float,
    plain,
)
from nearer.models.sizes import parse_bytes
from nearer.models.state import TrainingState
from nearer.space import Space

ROUND_SEED = 0x9E3779B97F4A7C15  # added to the seed for every further round of epochs

TRAINING: Mapping[str, Constraint] = {  # rules of the parameters that every such model has
    "dim": Whole(1, 65_536),
    "epochs": Whole(1),
    "learning_rate": Real(0.0, above=True),
    "checkpoint": OrNone(Instance((str, os.PathLike), "a folder")),
    "checkpoint_every": Real(0.0),
    "threads": OrNone(Whole(1, 1_024)),
    "seed": Whole(0, 2**63 - 1),
    "show_progress": OrNone(Instance((bool,), "True or False")),
}
READING: Mapping[str, Constraint] = {  # and those of models that read text
    "min_count": Whole(1),
    "max_vocabulary": OrNone(Whole(2)),
    "tokenizer": Choice(("words", "whitespace"), calls=True),
    "errors": Choice(("strict", "replace")),
    "memory": OrNone(Instance((str, int), 'a size such as "2GB"')),
}


@dataclass(frozen=True)
class FitReport:
    """How a fit went.

    Attributes
    ----------
    count_seconds, train_seconds : time spent reading, counting and encoding; and training.
    items_per_second : items (tokens; pairs of words for GloVe) trained a second, all epochs counted.
    tokens, tokens_read : tokens kept in the corpus, and read.
    vocabulary, distinct : words kept, and different words read.
    epochs : passes over the corpus done, in all calls of `fit`.
    interrupted : whether Ctrl-C ended the fit early.
    """

    count_seconds: float
    train_seconds: float
    items_per_second: float
    tokens: int
    tokens_read: int
    vocabulary: int
    distinct: int
    epochs: float
    interrupted: bool


class Material(Protocol):
    """What `_read` makes of the data: the input of one fit."""

    @property
    def units_an_epoch(self) -> int:
        """Units of work that make one pass."""
        ...

    @property
    def facts(self) -> dict[str, int]:
        """What the model's kind of report says of the data."""
        ...

    def fingerprint(self, settings: dict[str, object]) -> str:
        """SHA-256 of the data and of the settings that decide a run."""
        ...


M = TypeVar("M", bound=Material)


class Incremental(Estimator, Generic[M]):
    """An estimator that is trained in epochs: stopped by Ctrl-C, resumed from checkpoints, gone on with.

    `M` is what it reads its data into.
    """

    deciding: ClassVar[tuple[str, ...]]  # the parameters that decide the result
    items_name: ClassVar[str] = "words"  # what a pass over the data counts
    points_an_epoch: ClassVar[int] = 20  # values of the loss curve
    report_kind: ClassVar[type[Any]] = FitReport  # made of what every fit reports, and of `Material.facts`

    space_: Space
    loss_curve_: NDArray[np.float64]
    report_: Any
    _state: TrainingState  # what training changes; with it, the round of epochs it belongs to:
    _fingerprint: str
    _units: int
    _last_unit: int

    dim: int
    epochs: int
    checkpoint: str | os.PathLike[str] | None
    checkpoint_every: float
    threads: int | None
    seed: int
    show_progress: bool | None

    @abstractmethod
    def _read(self, data: Any, threads: int, before: TrainingState | None) -> M:
        """Read `data`; with `before`, in terms of what that state knows."""

    @abstractmethod
    def _seed(self, material: M) -> TrainingState:
        """The state that training starts from."""

    @abstractmethod
    def _run(self, material: M, state: TrainingState, planned_units: int, seed: int) -> Run:
        """The run over `planned_units` units of work."""

    @abstractmethod
    def _learn(self, state: TrainingState) -> None:
        """Set `space_` and what else is learned, from `state`."""

    def _require_consistent(self) -> None:
        """Raise `ParameterError` for parameters that do not go together, before anything is read."""

    def _fit(self, data: Any) -> Self:
        """The recipe behind every `fit`."""
        threads, variant, before = self._prepare()
        begin = time.perf_counter()
        material = self._read(data, threads, before)
        count_seconds = time.perf_counter() - begin
        facts = material.facts
        run, state = self._plan(material, before)
        del material  # the data is in `run` alone, and goes with it before the vectors are copied
        release_free_memory()
        items, unit_before, seconds_before = run.items_an_epoch, state.next_unit, state.seconds
        finished, failure = False, None
        try:
            finished = train(
                run,
                state,
                self._last_unit,
                threads=threads,
                variant=variant,
                checkpoint=Path(self.checkpoint) if self.checkpoint is not None else None,
                checkpoint_every=self.checkpoint_every,
                settings=self._settings(),
                fingerprint=self._fingerprint,
                show_progress=self.show_progress,
                items_name=self.items_name,
                points_an_epoch=self.points_an_epoch,
            )
        except StorageError as error:  # a checkpoint that cannot be written costs nothing that was learned
            failure = error
        except ParameterError:  # diverged: what was trained is lost, the space of an earlier fit is not
            self.__dict__.pop("_state", None)
            raise
        del run
        self._state = state
        train_seconds = state.seconds - seconds_before
        trained = (state.next_unit - unit_before) / self._units * items
        self.report_ = self.report_kind(
            count_seconds=count_seconds,
            train_seconds=train_seconds,
            items_per_second=trained / max(train_seconds, 1e-9),
            **facts,
            epochs=self._epochs_done(state),
            interrupted=not finished,
        )
        self.loss_curve_ = np.array(state.loss_curve, dtype=np.float64)
        self._learn(state)
        if failure is not None:
            raise failure
        if not finished:
            raise KeyboardInterrupt
        return self

    def _prepare(self) -> tuple[int, str, TrainingState | None]:
        """Threads, CPU variant and the state there is, once everything that can be checked by now is."""
        self.check_parameters()
        require_falling_rate(self)
        self._require_consistent()
        before: TrainingState | None = self.__dict__.get("_state")
        if before is not None and before.dim != self.dim:
            raise ParameterError(
                f"dim={self.dim}, but this model is fitted and its vectors have {before.dim} dimensions",
                remedy="fit a new model, or set dim back",
            )
        memory = getattr(self, "memory", None)
        if memory is not None:
            parse_bytes(memory)
        if self.checkpoint is not None:
            require_writable(Path(self.checkpoint))
        return thread_count(self.threads), chosen_variant(), before

    def _plan(self, material: M, before: TrainingState | None) -> tuple[Run, TrainingState]:
        """The run to do, and the state it starts from."""
        fingerprint = material.fingerprint(self._settings())
        units = material.units_an_epoch
        state = before
        if state is None and self.checkpoint is not None:
            state = load_checkpoint(Path(self.checkpoint), self._settings(), fingerprint)
        elif state is not None and (state.next_unit >= self._last_unit or fingerprint != self._fingerprint):
            state.start_round(self._epochs_of_round(state))
        if state is None:
            state = self._seed(material)
        self._fingerprint, self._units = fingerprint, units
        self._last_unit = units * self._planned_epochs()
        seed = (int(self.seed) + state.rounds * ROUND_SEED) % 2**64
        return self._run(material, state, self._last_unit, seed), state

    def _planned_epochs(self) -> int:
        """Passes over the data that a fit makes."""
        return int(self.epochs)

    def _epochs_done(self, state: TrainingState) -> float:
        return state.epochs_before + self._epochs_of_round(state)

    def _epochs_of_round(self, state: TrainingState) -> float:
        return state.next_unit / self._units

    def _settings(self) -> dict[str, object]:
        """The parameters that decide the result, as checkpoints and provenance record them."""
        return {name: plain(getattr(self, name)) for name in self.deciding}

    def _provenance(self, state: TrainingState) -> dict[str, object]:
        """How the vectors were made."""
        return {
            "model": type(self).__name__,
            **self._settings(),
            "epochs_done": round(self._epochs_done(state), 4),
            "corpus": self._fingerprint,
        }


def require_falling_rate(model: Any) -> None:
    """Raise `ParameterError` if a learning rate is to end above where it starts."""
    least = getattr(model, "least_learning_rate", None)
    if least is not None and as_float(least) > as_float(model.learning_rate):
        raise ParameterError(
            f"least_learning_rate={least:g} is above learning_rate={model.learning_rate:g}, "
            "and the rate may only fall"
        )
