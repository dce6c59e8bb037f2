"""FastText: words by their character n-grams, so that words never seen have vectors too.

text -> windows, n-grams (signal) -> mean of a word's rows (subword) -> negative sampling (kernel) -> Space
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.text import Corpus
from nearer.encoders import fasttext_binary
from nearer.encoders.subword import Subword
from nearer.errors import ParameterError
from nearer.kernels.subwords import LONGEST_NGRAM, MOST_BUCKETS, SubwordTraining
from nearer.kernels.training import padded_rows
from nearer.kernels.words import MOST_SHARED, Architecture
from nearer.models.incremental import READING, TRAINING, Incremental
from nearer.models.parameters import Choice, Constraint, Real, Whole, as_float
from nearer.models.state import TrainingState, seeded_rows
from nearer.models.word_reading import WordMaterial, read_words
from nearer.signal.corpus import Errors, Tokenizer
from nearer.signal.negatives import noise_table
from nearer.signal.subwords import SubwordTable, subword_table
from nearer.signal.windows import keep_thresholds
from nearer.space import Space

START = 4.0  # rows start this much larger than word2vec's: a word is the mean of some twenty of them
NGRAMS = ("min_n", "max_n", "buckets")
UPDATE_RATE = 100  # fastText's default, for the head of a .bin
BIN_ARCHITECTURES = {"cbow": 1, "skipgram": 2}
BIN_NEGATIVE_SAMPLING = 2


@dataclass(frozen=True)
class SubwordMaterial(WordMaterial):
    """An encoded corpus, and the rows that make up each of its words."""

    table: SubwordTable = field(kw_only=True)


class FastText(Incremental[SubwordMaterial]):
    """Word vectors by skip-gram or CBOW over words and their character n-grams (Bojanowski et al. 2017).

    Parameters
    ----------
    dim : dimension of the vectors.
    architecture : "skipgram" or "cbow".
    min_n, max_n : characters of an n-gram, the marks `<` and `>` around a word counted.
    buckets : n-grams are hashed into this many; those that no word of the text falls into take no memory.
    window : largest distance in words between centre and context; drawn from 1..window for every centre.
    negative : negative samples a centre.
    noise_exponent : negatives are drawn in proportion to count ** noise_exponent.
    min_count : words seen less often are dropped.
    max_vocabulary : keep at most this many words, the most frequent.
    subsample : threshold t of subsampling; words whose share of the text exceeds it are thinned out. 0: none.
    epochs : passes over the corpus.
    learning_rate, least_learning_rate : start and end of the linear decay.
    shared : centres in a row that pool their negatives: each is told apart from those of all, and the weights
        are such that `negative` still count for every pair.
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
    encoder_ : `Subword`, which gives any word a vector that has an n-gram in common with the text.
    space_ : Space, the vectors of the words in the text, of the encoder's identity; rows by falling count,
        column ``count`` in its items.
    loss_curve_ : float64 array, mean loss of a centre-context pair (skip-gram) or of a centre (CBOW); 20
        values an epoch, fewer where an epoch has fewer units of work.
    report_ : `FitReport`.

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there. `fit`
    on a model that is done trains `epochs` more, with the vocabulary it has. If that diverges, `space_` stays
    what it was and the next `fit` starts afresh.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        **TRAINING,
        **READING,
        "architecture": Choice(("skipgram", "cbow")),
        "min_n": Whole(1, LONGEST_NGRAM),
        "max_n": Whole(1, LONGEST_NGRAM),
        "buckets": Whole(1, MOST_BUCKETS),
        "window": Whole(1, 1_000),
        "negative": Whole(1, 1_000),
        "noise_exponent": Real(-4.0, 4.0),
        "subsample": Real(0.0),
        "least_learning_rate": Real(0.0),
        "shared": Whole(1, MOST_SHARED),
    }
    deciding = (
        "dim",
        "architecture",
        *NGRAMS,
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
        "tokenizer",
        "seed",
    )

    encoder_: Subword

    def __init__(
        self,
        dim: int = 100,
        architecture: Architecture = "skipgram",
        min_n: int = 3,
        max_n: int = 6,
        buckets: int = 2_000_000,
        window: int = 5,
        negative: int = 5,
        noise_exponent: float = 0.75,
        min_count: int = 5,
        max_vocabulary: int | None = None,
        subsample: float = 1e-3,
        epochs: int = 5,
        learning_rate: float = 0.05,
        least_learning_rate: float = 1e-4,
        shared: int = 8,
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
        self.min_n = min_n
        self.max_n = max_n
        self.buckets = buckets
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
        """Vectors of words, seen in training or not, and of texts, which hold white space: float32 (n, dim).

        A text is the mean of its words' vectors, each scaled to length 1 (see `Subword`). Raises `UnknownKey`
        for a word that has no n-gram in common with the text trained on, `NotFitted`.
        """
        return self.encoder_.encode(items, batch_size, show_progress)

    def save_bin(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write the whole model, words and n-grams, as fastText's `.bin` (version 12), which fastText reads.

        `nearer.encoder(path)` and the fastText program give the same bits as `encode`. A bucket that no word
        of the text falls into is written as zeros, so the file takes 4 * dim bytes for each of `buckets`.

        Raises `NotFitted`; `FormatError` for a `path` that does not end in .bin and for a word the format
        cannot hold, before anything is written; `StorageError` where `path` exists and `overwrite` is false,
        or cannot be written.
        """
        encoder = self.encoder_
        settings = fasttext_binary.Settings(
            dim=encoder.dim,
            window=int(self.window),
            epochs=int(self.epochs),
            min_count=int(self.min_count),
            negative=int(self.negative),
            word_ngrams=1,
            loss=BIN_NEGATIVE_SAMPLING,
            model=BIN_ARCHITECTURES[self.architecture],
            buckets=encoder.buckets,
            min_n=encoder.min_n,
            max_n=encoder.max_n,
            update_rate=UPDATE_RATE,
            subsample=as_float(self.subsample),
        )
        arrays = self._state.arrays
        outputs = arrays["outputs"][:, : encoder.dim]
        fasttext_binary.write(Path(path), encoder, settings, arrays["counts"], outputs, overwrite=overwrite)

    def _require_consistent(self) -> None:
        if self.min_n > self.max_n:
            raise ParameterError(
                f"min_n={self.min_n} is above max_n={self.max_n}: n-grams have min_n to max_n characters",
                remedy="swap them",
            )
        if "_state" not in self.__dict__:
            return
        for name in NGRAMS:
            value, fitted = getattr(self, name), getattr(self.encoder_, name)
            if value != fitted:
                raise ParameterError(
                    f"{name}={value}, but this model is fitted with {name}={fitted}",
                    remedy=f"fit a new model, or set {name} back",
                )

    def _read(self, data: Corpus, threads: int, before: TrainingState | None) -> SubwordMaterial:
        corpus = read_words(self, data, threads, None if before is None else before.names["words"])
        counts = corpus.counts if before is None else before.arrays["counts"]
        table = subword_table(corpus.words, counts, int(self.min_n), int(self.max_n), int(self.buckets))
        return SubwordMaterial(corpus, table=table)

    def _seed(self, material: SubwordMaterial) -> TrainingState:
        words, dim, table = material.corpus.words, int(self.dim), material.table
        inputs = seeded_rows(len(words) + len(table.buckets), dim, int(self.seed))
        inputs *= np.float32(START)
        arrays: dict[str, NDArray[Any]] = {
            "inputs": inputs,
            "outputs": padded_rows(len(words), dim),
            "counts": material.corpus.counts,
            "buckets": table.buckets,
        }
        return TrainingState(dim, arrays, {"words": words})

    def _run(
        self, material: SubwordMaterial, state: TrainingState, planned_units: int, seed: int
    ) -> SubwordTraining:
        return SubwordTraining(
            architecture=self.architecture,
            tokens=material.corpus.tokens,
            keep=keep_thresholds(material.corpus.counts, as_float(self.subsample)),
            noise=noise_table(state.arrays["counts"], as_float(self.noise_exponent)),
            window=int(self.window),
            negative=int(self.negative),
            shared=int(self.shared),
            learning_rate=as_float(self.learning_rate),
            least_learning_rate=as_float(self.least_learning_rate),
            planned_units=planned_units,
            seed=seed,
            unit_tokens=material.unit_tokens,
            starts=material.table.starts,
            rows=material.table.rows,
        )

    def _learn(self, state: TrainingState) -> None:
        words = state.names["words"]
        self.encoder_ = Subword(
            words,
            np.ascontiguousarray(state.arrays["inputs"][:, : self.dim]),
            min_n=int(self.min_n),
            max_n=int(self.max_n),
            buckets=int(self.buckets),
            touched=state.arrays["buckets"],
        )
        self.space_ = Space(
            words,
            self.encoder_.word_vectors(),
            items={"count": state.arrays["counts"]},
            identity=self.encoder_.identity,
            provenance=self._provenance(state),
        )
