"""Word2Vec: words that share their neighbours lie near each other.

text -> windows (signal) -> one vector a word (lookup) -> negative sampling (kernel) -> Space
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.text import Corpus, corpus_name
from nearer.encoders.lookup import Lookup
from nearer.errors import InputError, ParameterError, StorageError
from nearer.kernels.text import release_free_memory
from nearer.kernels.threads import thread_count
from nearer.kernels.variants import chosen_variant
from nearer.kernels.words import MOST_SHARED, UNIT_TOKENS, Architecture, WordTraining
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
from nearer.models.word_loop import train
from nearer.models.word_state import (
    WordState,
    load_checkpoint,
    require_writable,
    run_fingerprint,
    seeded_state,
)
from nearer.signal.corpus import EncodedCorpus, Errors, Tokenizer, encode_corpus
from nearer.signal.negatives import noise_table
from nearer.signal.windows import keep_thresholds
from nearer.space import Space

ROUND_SEED = 0x9E3779B97F4A7C15  # added to the seed for every further round of epochs
DECIDING = (
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
    "tokenizer",
    "seed",
)


@dataclass(frozen=True)
class FitReport:
    """How a fit went.

    Attributes
    ----------
    count_seconds, train_seconds : time spent reading, counting and encoding; and training.
    items_per_second : tokens trained a second, all epochs counted.
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


class Word2Vec(Estimator):
    """Word vectors by skip-gram or CBOW with negative sampling (Mikolov et al. 2013).

    Parameters
    ----------
    dim : dimension of the vectors.
    architecture : "skipgram" or "cbow".
    objective : "negative": negative sampling.
    window : largest distance in words between centre and context; drawn from 1..window for every centre.
    negative : negative samples a centre.
    noise_exponent : negatives are drawn in proportion to count ** noise_exponent.
    min_count : words seen less often are dropped.
    max_vocabulary : keep at most this many words, the most frequent.
    subsample : threshold t of subsampling; words whose share of the text exceeds it are thinned out. 0: none.
    epochs : passes over the corpus.
    learning_rate, least_learning_rate : start and end of the linear decay.
    shared : centres in a row that share one draw of negatives; 1 draws for every centre.
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

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there. `fit`
    on a model that is done trains `epochs` more, with the vocabulary it has. If that diverges, `space_` stays
    what it was and the next `fit` starts afresh.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        "dim": Whole(1, 65_536),
        "architecture": Choice(("skipgram", "cbow")),
        "objective": Choice(("negative",)),
        "window": Whole(1, 1_000),
        "negative": Whole(1, 1_000),
        "noise_exponent": Real(-4.0, 4.0),
        "min_count": Whole(1),
        "max_vocabulary": OrNone(Whole(2)),
        "subsample": Real(0.0),
        "epochs": Whole(1),
        "learning_rate": Real(0.0, above=True),
        "least_learning_rate": Real(0.0),
        "shared": Whole(1, MOST_SHARED),
        "tokenizer": Choice(("words", "whitespace"), calls=True),
        "errors": Choice(("strict", "replace")),
        "memory": OrNone(Instance((str, int), 'a size such as "2GB"')),
        "checkpoint": OrNone(Instance((str, os.PathLike), "a folder")),
        "checkpoint_every": Real(0.0),
        "threads": OrNone(Whole(1, 1_024)),
        "seed": Whole(0, 2**63 - 1),
        "show_progress": OrNone(Instance((bool,), "True or False")),
    }

    space_: Space
    loss_curve_: NDArray[np.float64]
    report_: FitReport
    _state: WordState  # what training changes; with it, the round of epochs it belongs to:
    _fingerprint: str
    _units: int
    _last_unit: int

    def __init__(
        self,
        dim: int = 100,
        architecture: Architecture = "skipgram",
        objective: Literal["negative"] = "negative",
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
        threads, variant, before = self._prepare()
        begin = time.perf_counter()
        encoded = self._encode_corpus(corpus, threads, before)
        count_seconds = time.perf_counter() - begin
        run, state, last_unit = self._plan(encoded, before)
        keep = partial(
            self._keep,
            state,
            last_unit,
            unit_before=state.next_unit,
            seconds_before=state.seconds,
            count_seconds=count_seconds,
            tokens=len(encoded.tokens),
            tokens_read=encoded.tokens_read,
            distinct=encoded.distinct,
        )
        del encoded  # the ids are in `run` alone, and go with it before the vectors are copied
        release_free_memory()
        try:
            finished = train(
                run,
                state,
                last_unit,
                threads=threads,
                variant=variant,
                checkpoint=Path(self.checkpoint) if self.checkpoint is not None else None,
                checkpoint_every=self.checkpoint_every,
                settings=self._settings(),
                fingerprint=self._fingerprint,
                show_progress=self.show_progress,
            )
        except StorageError:  # a checkpoint that cannot be written costs nothing that was learned
            del run
            keep(finished=False)
            raise
        except ParameterError:  # diverged: what was trained is lost, the space of an earlier fit is not
            self.__dict__.pop("_state", None)
            raise
        del run
        keep(finished=finished)
        if not finished:
            raise KeyboardInterrupt
        return self

    def encode(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of `items`: float32 (n, dim); raises `UnknownKey`, `NotFitted`."""
        return Lookup(self.space_).encode(items, batch_size, show_progress)

    def _prepare(self) -> tuple[int, str, WordState | None]:
        """Threads, CPU variant and the state there is, once everything that can be checked by now is."""
        self.check_parameters()
        if as_float(self.least_learning_rate) > as_float(self.learning_rate):
            raise ParameterError(
                f"least_learning_rate={self.least_learning_rate:g} is above "
                f"learning_rate={self.learning_rate:g}, and the rate may only fall"
            )
        before: WordState | None = self.__dict__.get("_state")
        if before is not None and before.dim != self.dim:
            raise ParameterError(
                f"dim={self.dim}, but this model is fitted and its vectors have {before.dim} dimensions",
                remedy="fit a new model, or set dim back",
            )
        if self.memory is not None:
            parse_bytes(self.memory)
        if self.checkpoint is not None:
            require_writable(Path(self.checkpoint))
        return thread_count(self.threads), chosen_variant(), before

    def _keep(
        self,
        state: WordState,
        last_unit: int,
        *,
        unit_before: int,
        seconds_before: float,
        count_seconds: float,
        tokens: int,
        tokens_read: int,
        distinct: int,
        finished: bool,
    ) -> None:
        """Set the learned attributes."""
        train_seconds = state.seconds - seconds_before
        trained = (state.next_unit - unit_before) / self._units * tokens
        self._state, self._last_unit = state, last_unit
        self.report_ = FitReport(
            count_seconds=count_seconds,
            train_seconds=train_seconds,
            items_per_second=trained / max(train_seconds, 1e-9),
            tokens=tokens,
            tokens_read=tokens_read,
            vocabulary=len(state.words),
            distinct=distinct,
            epochs=state.epochs_before + state.next_unit / self._units,
            interrupted=not finished,
        )
        self.loss_curve_ = np.array(state.loss_curve, dtype=np.float64)
        self.space_ = self._make_space(state)

    def _encode_corpus(self, corpus: Corpus, threads: int, before: WordState | None) -> EncodedCorpus:
        encoded = encode_corpus(
            corpus,
            tokenizer=self.tokenizer,
            min_count=self.min_count,
            max_vocabulary=self.max_vocabulary,
            vocabulary=None if before is None else before.words,
            errors=self.errors,
            memory=None if self.memory is None else parse_bytes(self.memory),
            threads=threads,
            show_progress=self.show_progress,
        )
        if before is not None and len(encoded.tokens) == 0:
            raise InputError(
                "the corpus holds none of the words this model knows",
                file=corpus_name(corpus),
                remedy="fit a new model to it",
            )
        if len(encoded.words) < 2:
            raise InputError(
                f"min_count={self.min_count} leaves {len(encoded.words)} of {encoded.distinct:,} different "
                "words, and at least 2 are needed",
                file=corpus_name(corpus),
                remedy="lower min_count or give more text",
            )
        if not encoded.has_neighbours():
            raise InputError(
                "no line holds two of the words that are kept, so none has a neighbour to learn from",
                file=corpus_name(corpus),
                remedy="put a sentence or a paragraph on a line, or lower min_count",
            )
        return encoded

    def _plan(self, encoded: EncodedCorpus, before: WordState | None) -> tuple[WordTraining, WordState, int]:
        """The run to do, the state it starts from, and the unit it ends before."""
        fingerprint = run_fingerprint(encoded.tokens, encoded.words, self._settings())
        units = -(-len(encoded.tokens) // UNIT_TOKENS)
        state = before
        if state is None and self.checkpoint is not None:
            state = load_checkpoint(Path(self.checkpoint), self._settings(), fingerprint)
        elif state is not None and (state.next_unit >= self._last_unit or fingerprint != self._fingerprint):
            state.start_round(state.next_unit / self._units)
        if state is None:
            state = seeded_state(encoded.words, encoded.counts, int(self.dim), int(self.seed))
        self._fingerprint, self._units = fingerprint, units
        run = WordTraining(
            architecture=self.architecture,
            tokens=encoded.tokens,
            keep=keep_thresholds(encoded.counts, as_float(self.subsample)),
            noise=noise_table(state.counts, as_float(self.noise_exponent)),
            window=int(self.window),
            negative=int(self.negative),
            shared=int(self.shared),
            learning_rate=as_float(self.learning_rate),
            least_learning_rate=as_float(self.least_learning_rate),
            planned_units=units * int(self.epochs),
            seed=(int(self.seed) + state.rounds * ROUND_SEED) % 2**64,
        )
        return run, state, units * int(self.epochs)

    def _settings(self) -> dict[str, object]:
        """The parameters that decide the result, as checkpoints and provenance record them."""
        return {name: plain(getattr(self, name)) for name in DECIDING}

    def _make_space(self, state: WordState) -> Space:
        provenance = {
            "model": type(self).__name__,
            **self._settings(),
            "epochs_done": round(state.epochs_before + state.next_unit / self._units, 4),
            "corpus": self._fingerprint,
        }
        return Space(
            state.words,
            state.word_rows[:, : self.dim],
            items={"count": state.counts},
            provenance=provenance,
        )
