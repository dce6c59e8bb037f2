"""Word2Vec: words that share their neighbours lie near each other.

text -> windows (signal) -> one vector a word (lookup) -> objective (kernel) -> Space
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.text import Corpus
from nearer.encoders.lookup import Lookup
from nearer.errors import ParameterError
from nearer.kernels.training import padded_rows
from nearer.kernels.words import MOST_SHARED, Architecture, Objective, WordTraining
from nearer.models.incremental import READING, TRAINING, Incremental
from nearer.models.parameters import Choice, Constraint, Instance, OrNone, Real, Whole, as_float
from nearer.models.phrases import Phrases
from nearer.models.state import TrainingState, seeded_rows
from nearer.models.word_reading import WordMaterial, phrases_to_join, read_words
from nearer.signal.corpus import Errors, Tokenizer
from nearer.signal.huffman import huffman_paths
from nearer.signal.negatives import NO_NOISE, noise_table
from nearer.signal.windows import keep_thresholds
from nearer.space import Space


class Word2Vec(Incremental[WordMaterial]):
    """Word vectors by skip-gram or CBOW (Mikolov et al. 2013).

    Parameters
    ----------
    dim : dimension of the vectors.
    architecture : "skipgram" or "cbow".
    objective : "negative": negative sampling. "hierarchical": hierarchical softmax (Morin & Bengio 2005) over
        the Huffman tree of the vocabulary; it has no negatives, so `negative`, `noise_exponent` and `shared`
        are then without effect.
    window : largest distance in words between centre and context; drawn from 1..window for every centre.
    negative : negative samples a centre.
    noise_exponent : negatives are drawn in proportion to count ** noise_exponent.
    min_count : words seen less often are dropped.
    max_vocabulary : keep at most this many words, the most frequent.
    subsample : threshold t of subsampling; words whose share of the text exceeds it are thinned out. 0: none.
    epochs : passes over the corpus.
    learning_rate, least_learning_rate : start and end of the linear decay.
    shared : centres in a row that share one draw of negatives; 1 draws for every centre.
    phrases : `Phrases` whose words are joined before training: learned from the text, or as they are fitted.
        The text is read as this model says, with its tokenizer, errors, memory and threads. None: none.
    tokenizer : "words" (runs of Unicode letters and digits, lower-cased), "whitespace", or a callable that
        turns a line into tokens.
    errors : "strict", or "replace" to read bytes that are not UTF-8 as U+FFFD (for "words", a separator).
    memory : room for word ids, as "2GB" or bytes; beyond it they go to memory-mapped files. None: no limit.
    checkpoint : folder where the run is saved every `checkpoint_every` seconds and resumed from.
    threads : None uses every core. One thread gives the same bits on every run; more give the same quality.
    seed : of everything random.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    space_ : Space, the word vectors; rows by falling count, column ``count`` in its items.
    loss_curve_ : float64 array, mean loss of a centre-context pair (skip-gram) or of a centre (CBOW); 20
        values an epoch, fewer where an epoch has fewer units of work.
    report_ : `FitReport`.
    phrases_ : fitted `Phrases`, as they were joined; only there with `phrases`.

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there. `fit`
    on a model that is done trains `epochs` more, with the vocabulary it has. If that diverges, `space_` stays
    what it was and the next `fit` starts afresh.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        **TRAINING,
        **READING,
        "architecture": Choice(("skipgram", "cbow")),
        "objective": Choice(("negative", "hierarchical")),
        "window": Whole(1, 1_000),
        "negative": Whole(1, 1_000),
        "noise_exponent": Real(-4.0, 4.0),
        "subsample": Real(0.0),
        "least_learning_rate": Real(0.0),
        "shared": Whole(1, MOST_SHARED),
        "phrases": OrNone(Instance((Phrases,), "Phrases")),
    }
    deciding = (
        "dim",
        "architecture",
        "objective",
        "window",
        "negative",
        "noise_exponent",
        "min_count",
        "max_vocabulary",
        "subsample",
        "epochs",
        "learning_rate",
        "least_learning_rate",
        "shared",
        "phrases",
        "tokenizer",
        "seed",
    )

    phrases_: Phrases

    def __init__(
        self,
        dim: int = 100,
        architecture: Architecture = "skipgram",
        objective: Objective = "negative",
        window: int = 5,
        negative: int = 5,
        noise_exponent: float = 0.75,
        min_count: int = 5,
        max_vocabulary: int | None = None,
        subsample: float = 1e-3,
        epochs: int = 5,
        learning_rate: float = 0.025,
        least_learning_rate: float = 1e-4,
        shared: int = 3,
        phrases: Phrases | None = None,
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
        self.architecture = architecture
        self.objective = objective
        self.window = window
        self.negative = negative
        self.noise_exponent = noise_exponent
        self.min_count = min_count
        self.max_vocabulary = max_vocabulary
        self.subsample = subsample
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.least_learning_rate = least_learning_rate
        self.shared = shared
        self.phrases = phrases
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
        checkpoint; `StorageError` for checkpoints that cannot be written and `KeyboardInterrupt` on Ctrl-C,
        both with everything learned so far kept.
        """
        return self._fit(corpus)

    def encode(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of `items`: float32 (n, dim); raises `UnknownKey`, `NotFitted`."""
        return Lookup(self.space_).encode(items, batch_size, show_progress)

    def _require_consistent(self) -> None:
        state: TrainingState | None = self.__dict__.get("_state")
        if state is None:
            return
        fitted = "negative" if len(state.arrays["outputs"]) == len(state.names["words"]) else "hierarchical"
        if fitted != self.objective:
            raise ParameterError(
                f"objective={self.objective!r}, but this model is fitted with objective={fitted!r}",
                remedy="fit a new model, or set objective back",
            )

    def _read(self, data: Corpus, threads: int, before: TrainingState | None) -> WordMaterial:
        vocabulary = None if before is None else before.names["words"]
        phrases = phrases_to_join(self, threads, before is not None)
        material = WordMaterial(read_words(self, data, threads, vocabulary, phrases))
        if phrases is not None:
            self.phrases_ = phrases
        return material

    def _seed(self, material: WordMaterial) -> TrainingState:
        words, dim = material.corpus.words, int(self.dim)
        outputs = len(words) - 1 if self.objective == "hierarchical" else len(words)  # inner nodes, or words
        arrays: dict[str, NDArray[Any]] = {
            "words": seeded_rows(len(words), dim, int(self.seed)),
            "outputs": padded_rows(outputs, dim),
            "counts": material.corpus.counts,
        }
        return TrainingState(dim, arrays, {"words": words})

    def _run(
        self, material: WordMaterial, state: TrainingState, planned_units: int, seed: int
    ) -> WordTraining:
        hierarchical = self.objective == "hierarchical"
        counts = state.arrays["counts"]
        return WordTraining(
            architecture=self.architecture,
            tokens=material.corpus.tokens,
            keep=keep_thresholds(material.corpus.counts, as_float(self.subsample)),
            noise=NO_NOISE if hierarchical else noise_table(counts, as_float(self.noise_exponent)),
            window=int(self.window),
            negative=0 if hierarchical else int(self.negative),
            shared=1 if hierarchical else int(self.shared),
            learning_rate=as_float(self.learning_rate),
            least_learning_rate=as_float(self.least_learning_rate),
            planned_units=planned_units,
            seed=seed,
            unit_tokens=material.unit_tokens,
            paths=huffman_paths(counts) if hierarchical else None,
        )

    def _learn(self, state: TrainingState) -> None:
        self.space_ = Space(
            state.names["words"],
            state.arrays["words"][:, : self.dim],
            items={"count": state.arrays["counts"]},
            provenance=self._provenance(state),
        )
