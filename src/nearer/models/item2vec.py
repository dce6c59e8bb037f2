"""Item2Vec: items that the same users chose, near each other in time, lie near each other.

interactions -> sequences (signal) -> one vector an item (lookup) -> the word engine (kernel) -> Space
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.interactions import Interactions, as_interactions
from nearer.encoders.lookup import Lookup
from nearer.errors import InputError, TrainingFailed
from nearer.kernels.training import padded_rows
from nearer.kernels.words import LINE_START, MOST_SHARED, UNIT_TOKENS, WordTraining
from nearer.models.incremental import TRAINING, Incremental
from nearer.models.parameters import Constraint, Real, Whole, as_float
from nearer.models.recommender import Recommender
from nearer.models.state import TrainingState, seeded_rows
from nearer.recommend import FactorScorer, Scorer
from nearer.signal.negatives import noise_table
from nearer.signal.windows import keep_thresholds
from nearer.space import Space
from nearer.space.lengths import unit_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Matrix = csr_array[np.float32, tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Sequences:
    """The items of each user as a line of tokens, in the order of time."""

    data: Interactions
    tokens: NDArray[np.uint32]
    counts: NDArray[np.int64]

    @property
    def units_an_epoch(self) -> int:
        """Units of work that make one pass."""
        return -(-len(self.tokens) // UNIT_TOKENS)

    @property
    def facts(self) -> dict[str, int]:
        """What `FitReport` says of the sequences."""
        return {
            "tokens": len(self.tokens),
            "tokens_read": len(self.data),
            "vocabulary": len(self.data.items),
            "distinct": len(self.data.items),
        }

    def fingerprint(self, settings: dict[str, object]) -> str:
        """SHA-256 of the sequences and the settings that decide a run."""
        names = [settings, list(self.data.items), list(self.data.users)]
        digest = hashlib.sha256(json.dumps(names, sort_keys=True).encode())
        digest.update(self.tokens.data)
        return digest.hexdigest()


class Item2Vec(Incremental[Sequences], Recommender):
    """Item vectors by skip-gram over what each user chose (Barkan and Koenigstein 2016).

    A user is a line, in the order of time, and items are its words. A user's vector is the mean of their
    items', each of length 1, and items are recommended by the inner product with it.

    Parameters
    ----------
    dim : dimension of the vectors.
    window : largest distance between two items of a user; drawn from 1..window for every one. Large windows
        take a user's items as a set.
    negative : negative samples an item.
    noise_exponent : negatives are drawn in proportion to count ** noise_exponent. Below 0 rare items are
        drawn more often, which may suit recommendations (Caselles-Dupré et al. 2018).
    subsample : threshold that thins out popular items; 0: none.
    epochs : passes over the interactions.
    learning_rate, least_learning_rate : start and end of the linear decay.
    shared : items in a row that share one draw of negatives.
    checkpoint : folder where the run is saved every `checkpoint_every` seconds and resumed from.
    threads : None uses every core. One thread gives the same bits on every run; more give the same quality.
    seed : of everything random.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    item_space_ : Space, the items; `user_space_` has its identity.
    user_space_ : Space, the users.
    space_ : `item_space_`.
    interactions_ : what it was fitted to.
    loss_curve_ : float64 array, mean loss of a pair of items; 20 values an epoch, or fewer.
    report_ : `FitReport`; its tokens are interactions.

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        **TRAINING,
        "window": Whole(1, 100_000),
        "negative": Whole(1, 1_000),
        "noise_exponent": Real(-4.0, 4.0),
        "subsample": Real(0.0),
        "least_learning_rate": Real(0.0),
        "shared": Whole(1, MOST_SHARED),
    }
    deciding = (
        "dim",
        "window",
        "negative",
        "noise_exponent",
        "subsample",
        "epochs",
        "learning_rate",
        "least_learning_rate",
        "shared",
        "seed",
    )
    items_name = "interactions"

    def __init__(
        self,
        dim: int = 64,
        window: int = 5,
        negative: int = 5,
        noise_exponent: float = 0.75,
        subsample: float = 0.0,
        epochs: int = 10,
        learning_rate: float = 0.025,
        least_learning_rate: float = 1e-4,
        shared: int = 3,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.dim = dim
        self.window = window
        self.negative = negative
        self.noise_exponent = noise_exponent
        self.subsample = subsample
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.least_learning_rate = least_learning_rate
        self.shared = shared
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress

    def fit(self, interactions: Any, y: None = None) -> Self:
        """Train on `interactions`: an `Interactions`, or what `Interactions.read` takes.

        Raises `ParameterError`, `InputError` (with file and row), `IntegrityError` for a damaged checkpoint;
        `StorageError` for checkpoints that cannot be written and `KeyboardInterrupt` on Ctrl-C, both with
        everything learned so far kept. With the items of an earlier fit it goes on from there, else anew.
        """
        data = as_interactions(interactions)
        before: TrainingState | None = self.__dict__.get("_state")
        if before is not None and before.names["words"] != list(data.items):
            del self._state  # other items are another model
        return self._fit(data)

    def encode(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of `items`: float32 (n, dim); raises `UnknownKey`, `NotFitted`."""
        return Lookup(self.item_space_).encode(items, batch_size, show_progress)

    def _learn_from(self, data: Interactions) -> None:
        self._fit(data)

    def _read(self, data: Any, threads: int, before: TrainingState | None) -> Sequences:
        read = as_interactions(data)
        tokens = read.indices.copy()
        lengths = np.diff(read.indptr)
        if not (lengths > 1).any():
            raise InputError("no user has two items, so none has a neighbour to learn from")
        tokens[read.indptr[:-1][lengths > 0]] |= LINE_START
        counts = np.bincount(read.indices, minlength=len(read.items)).astype(np.int64)
        self._read_last = read
        return Sequences(read, tokens, np.maximum(counts, 1))

    def _seed(self, material: Sequences) -> TrainingState:
        items, dim = len(material.data.items), int(self.dim)
        arrays: dict[str, NDArray[Any]] = {
            "words": seeded_rows(items, dim, int(self.seed)),
            "outputs": padded_rows(items, dim),
        }
        return TrainingState(dim, arrays, {"words": list(material.data.items)})

    def _run(self, material: Sequences, state: TrainingState, planned_units: int, seed: int) -> WordTraining:
        return WordTraining(
            architecture="skipgram",
            tokens=material.tokens,
            keep=keep_thresholds(material.counts, as_float(self.subsample)),
            noise=noise_table(material.counts, as_float(self.noise_exponent)),
            window=int(self.window),
            negative=int(self.negative),
            shared=int(self.shared),
            learning_rate=as_float(self.learning_rate),
            least_learning_rate=as_float(self.least_learning_rate),
            planned_units=planned_units,
            seed=seed,
        )

    def _learn(self, state: TrainingState) -> None:
        if not np.isfinite(state.arrays["words"]).all():
            self.__dict__.pop("_state", None)
            raise TrainingFailed(
                f"training diverged at learning_rate={as_float(self.learning_rate):g}",
                remedy="lower learning_rate; the next fit starts afresh, and an earlier space_ is unchanged",
            )
        if "_read_last" in self.__dict__:  # only now, so that a fit that failed leaves the last one whole
            self._keep(self.__dict__.pop("_read_last"))
        items = unit_rows(state.arrays["words"][:, : self.dim].copy())
        self._set_spaces(items, self._provenance(state))

    def _set_spaces(self, items: NDArray[np.float32], provenance: dict[str, object]) -> None:
        data = self.interactions_
        self.item_space_ = Space(data.items, items, "dot", provenance=provenance)
        self.user_space_ = Space(
            data.users,
            mean_vectors(data.matrix(), items),
            "dot",
            identity=self.item_space_.identity,
            provenance=provenance,
        )
        self.space_ = self.item_space_

    def _scorer(self) -> Scorer:
        return FactorScorer(self.user_space_.vectors, self.item_space_.vectors, self.threads)

    def _fold_in(self, chosen: Matrix) -> Scorer:
        items = self.item_space_.vectors
        return FactorScorer(mean_vectors(chosen, items), items, self.threads)

    def _shares(
        self, past: NDArray[np.int64], weights: NDArray[np.float32], items: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        vectors = self.item_space_.vectors.astype(np.float64)
        products = (vectors[items][:, None, :] * vectors[past][None, :, :]).sum(axis=2)
        return np.asarray(products * (weights / weights.sum()), np.float64)

    def _learned_arrays(self) -> dict[str, NDArray[Any]]:
        return {"items": self.item_space_.vectors}

    def _restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._set_spaces(arrays["items"], {"model": type(self).__name__})


def mean_vectors(chosen: Matrix, items: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of every user (users, items) the mean of item vectors by weight, (users, dim); zeros without items."""
    totals = np.asarray(chosen.sum(axis=1), np.float64).reshape(-1, 1)
    sums = np.asarray(chosen @ items, np.float64)
    return np.divide(sums, totals, out=np.zeros(sums.shape), where=totals > 0).astype(np.float32)
