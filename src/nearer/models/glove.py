"""GloVe: words whose vectors and biases add up to the logarithm of how often they occur together.

text -> co-occurrences (signal) -> weighted least squares by AdaGrad (kernel) -> Space
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.text import Corpus
from nearer.encoders.lookup import Lookup
from nearer.kernels.glove import GloveTraining, glove_rows
from nearer.models.glove_reading import GloveMaterial, read_cooccurrences
from nearer.models.incremental import READING, TRAINING, Incremental
from nearer.models.parameters import Choice, Constraint, Instance, Real, Whole, as_float
from nearer.models.state import TrainingState, seeded_rows
from nearer.signal.cooccurrence import Weighting
from nearer.signal.corpus import Errors, Tokenizer
from nearer.space import Space

CONTEXT_STREAM = 1 << 64  # added to the seed: context rows start from random numbers of their own
LEAST_SUM = 1e-30  # of AdaGrad: what a float32 holds with room to spare, as it does the inverse


class GloVe(Incremental[GloveMaterial]):
    """Word vectors from co-occurrence counts (GloVe; Pennington, Socher and Manning 2014).

    Parameters
    ----------
    dim : dimension of the vectors.
    window : largest distance in words at which two words of a line occur together.
    symmetric : count contexts on both sides of a word; False: on its left only.
    weighting : "harmonic": an occurrence at distance d counts 1 / d; "flat": 1.
    x_max : weight X from which a pair counts in full; below it, it counts (X / x_max) ** alpha.
    alpha : exponent of that weighting.
    min_count : words seen less often are dropped.
    max_vocabulary : keep at most this many words, the most frequent.
    epochs : passes over the co-occurrences (iterations).
    learning_rate : of AdaGrad, whose sums start at 1; those of biases at its square, so that a bias takes
        the weighted error itself as its first step (as the authors' program does).
    tokenizer : "words" (runs of Unicode letters and digits, lower-cased), "whitespace", or a callable that
        turns a line into tokens.
    errors : "strict", or "replace" to read bytes that are not UTF-8 as U+FFFD (for "words", a separator).
    memory : room for word ids and for counting, as "2GB" or bytes; what it cannot hold goes to temporary
        files. It changes no bit of the result. None: no limit.
    checkpoint : folder where the run is saved every `checkpoint_every` seconds and resumed from.
    threads : None uses every core. One thread gives the same bits on every run; more give the same quality.
    seed : of everything random.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    space_ : Space, the sum of the two vectors that a word has as a word and as a context, as in the paper;
        rows by falling count, column ``count`` in its items.
    loss_curve_ : float64 array, mean f(X) (w.c + b + b' - log X)^2 of a pair; 20 values an epoch, fewer where
        an epoch has fewer units of work.
    report_ : `FitReport`; its items are pairs of words that occur together.

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there. `fit`
    on a model that is done trains `epochs` more, with the vocabulary it has. If that diverges, `space_` stays
    what it was and the next `fit` starts afresh.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        **TRAINING,
        **READING,
        "window": Whole(1, 1_000),
        "symmetric": Instance((bool,), "True or False"),
        "weighting": Choice(("harmonic", "flat")),
        "x_max": Real(0.0, above=True),
        "alpha": Real(0.0, 4.0),
    }
    deciding = (
        "dim",
        "window",
        "symmetric",
        "weighting",
        "x_max",
        "alpha",
        "min_count",
        "max_vocabulary",
        "epochs",
        "learning_rate",
        "tokenizer",
        "seed",
    )
    items_name = "pairs"

    def __init__(
        self,
        dim: int = 100,
        window: int = 15,
        symmetric: bool = True,
        weighting: Weighting = "harmonic",
        x_max: float = 100.0,
        alpha: float = 0.75,
        min_count: int = 5,
        max_vocabulary: int | None = None,
        epochs: int = 15,
        learning_rate: float = 0.05,
        tokenizer: Tokenizer = "words",
        errors: Errors = "strict",
        memory: str | int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.dim = dim
        self.window = window
        self.symmetric = symmetric
        self.weighting = weighting
        self.x_max = x_max
        self.alpha = alpha
        self.min_count = min_count
        self.max_vocabulary = max_vocabulary
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.tokenizer = tokenizer
        self.errors = errors
        self.memory = memory
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress

    def fit(self, corpus: Corpus, y: None = None) -> Self:
        """Train on `corpus`: a path, glob, directory, several paths, strings, token lists, or a text column.

        Raises `ParameterError`, `InputError` (with file and place), `IntegrityError` for a damaged
        checkpoint; `StorageError` for a full disk and `KeyboardInterrupt` on Ctrl-C, from training on with
        everything learned so far kept.
        """
        return self._fit(corpus)

    def encode(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of `items`: float32 (n, dim); raises `UnknownKey`, `NotFitted`."""
        return Lookup(self.space_).encode(items, batch_size, show_progress)

    def _read(self, data: Corpus, threads: int, before: TrainingState | None) -> GloveMaterial:
        return read_cooccurrences(self, data, threads, before)

    def _seed(self, material: GloveMaterial) -> TrainingState:
        words, dim, seed = material.corpus.words, int(self.dim), int(self.seed)
        bias_sum = min(max(as_float(self.learning_rate) ** 2, LEAST_SUM), 1.0 / LEAST_SUM)

        def rows(stream: int, context: bool) -> NDArray[np.float32]:
            values = seeded_rows(len(words), dim + 1, stream)[:, : dim + 1]
            return glove_rows(values, context, bias_sum)

        arrays: dict[str, NDArray[Any]] = {
            "words": rows(seed, context=False),
            "contexts": rows(seed + CONTEXT_STREAM, context=True),
            "counts": material.corpus.counts,
        }
        return TrainingState(dim, arrays, {"words": words})

    def _run(
        self, material: GloveMaterial, state: TrainingState, planned_units: int, seed: int
    ) -> GloveTraining:
        return GloveTraining(
            tiles=material.tiles,
            x_max=as_float(self.x_max),
            alpha=as_float(self.alpha),
            learning_rate=as_float(self.learning_rate),
            planned_units=planned_units,
            seed=seed,
        )

    def _learn(self, state: TrainingState) -> None:
        words, contexts = state.arrays["words"], state.arrays["contexts"]
        self.space_ = Space(
            state.names["words"],
            words[:, 0, : self.dim] + contexts[:, 0, : self.dim],
            items={"count": state.arrays["counts"]},
            provenance=self._provenance(state),
        )
