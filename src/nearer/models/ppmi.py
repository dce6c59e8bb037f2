"""PPMI: words that stand together more often than by chance, counted and factorised instead of trained.

text -> co-occurrences (signal) -> positive pointwise mutual information (signal) -> truncated SVD -> Space
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.text import Corpus, corpus_name
from nearer.encoders.lookup import Lookup
from nearer.errors import InputError, ParameterError
from nearer.kernels.text import release_free_memory
from nearer.kernels.threads import thread_count
from nearer.models.factorization import Solver, truncated_svd
from nearer.models.incremental import READING, TRAINING
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
from nearer.models.phrases import Phrases
from nearer.models.sizes import parse_bytes
from nearer.models.word_reading import WordMaterial, phrases_to_join, read_words
from nearer.signal.cooccurrence import Weighting, count_cooccurrences
from nearer.signal.corpus import EncodedCorpus, Errors, Tokenizer
from nearer.signal.ppmi import ppmi_matrix
from nearer.signal.windows import keep_probability
from nearer.space import Space

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Matrix = csr_array[np.float64, tuple[int, int]]

DECIDING = (
    "dim",
    "window",
    "weighting",
    "symmetric",
    "shift",
    "context_smoothing",
    "eigenvalue_weighting",
    "subsample",
    "min_count",
    "max_vocabulary",
    "solver",
    "phrases",
    "tokenizer",
    "seed",
)


@dataclass(frozen=True)
class PPMIReport:
    """How a fit went.

    Attributes
    ----------
    count_seconds, train_seconds : time spent reading and counting; and weighting and factorising.
    items_per_second : words a second, both counted in.
    tokens, tokens_read : tokens kept in the corpus, and read.
    vocabulary, distinct : words kept, and different words read.
    pairs, positive : pairs of words seen in one window, and those of them seen more often than by chance.
    explained_variance : share of the matrix's squared entries that the vectors keep, from 0 to 1.
    """

    count_seconds: float
    train_seconds: float
    items_per_second: float
    tokens: int
    tokens_read: int
    vocabulary: int
    distinct: int
    pairs: int
    positive: int
    explained_variance: float


class PPMI(Estimator):
    """Word vectors by truncated SVD of positive pointwise mutual information (Levy, Goldberg, Dagan 2015).

    A strong baseline on small corpora: nothing is drawn at random but what the solver starts from.

    Parameters
    ----------
    dim : dimension of the vectors; below the number of words.
    window : largest distance in words between a word and its context.
    weighting : "harmonic": a context at distance d counts 1 / d; "flat": 1.
    symmetric : contexts on both sides of a word; False: on its left only.
    shift : k of shifted PPMI, from 1 up; log(k) is subtracted, as if k negatives were drawn.
    context_smoothing : contexts count as their frequency to this power; 1 smooths nothing.
    eigenvalue_weighting : vectors are U S ** p: 1 is the plain SVD, 0 leaves the singular values out.
    subsample : threshold t of subsampling: pairs of frequent words count as many as are expected to be left
        of them where words are thinned out (see `Word2Vec`). 0: none.
    min_count : words seen less often are dropped.
    max_vocabulary : keep at most this many words, the most frequent.
    solver : "randomized" (Halko, Martinsson and Tropp 2011: fast), or "lanczos" (ARPACK: machine precision).
    phrases : `Phrases` whose words are joined first, as in `Word2Vec`. None: none.
    tokenizer : "words" (runs of Unicode letters and digits, lower-cased), "whitespace", or a callable that
        turns a line into tokens.
    errors : "strict", or "replace" to read bytes that are not UTF-8 as U+FFFD (for "words", a separator).
    memory : room for word ids, and again for counting, as "2GB" or bytes; beyond it they go to temporary
        files. The matrix itself takes 12 to 24 bytes a positive pair more. None: no limit.
    threads : None uses every core. One thread gives the same bits on every run; more round differently.
    seed : of what the solver starts from.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    space_ : Space, the word vectors; rows by falling count, column ``count`` in its items.
    singular_values_ : float64 (dim,), falling.
    report_ : `PPMIReport`.
    phrases_ : fitted `Phrases`, as they were joined; only there with `phrases`.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        **READING,
        "dim": TRAINING["dim"],
        "window": Whole(1, 1_000),
        "weighting": Choice(("harmonic", "flat")),
        "symmetric": Instance((bool,), "True or False"),
        "shift": Real(1.0),
        "context_smoothing": Real(0.0, 1.0),
        "eigenvalue_weighting": Real(0.0, 1.0),
        "subsample": Real(0.0),
        "solver": Choice(("randomized", "lanczos")),
        "phrases": OrNone(Instance((Phrases,), "Phrases")),
        "threads": TRAINING["threads"],
        "seed": TRAINING["seed"],
        "show_progress": TRAINING["show_progress"],
    }

    space_: Space
    singular_values_: NDArray[np.float64]
    report_: PPMIReport
    phrases_: Phrases

    def __init__(
        self,
        dim: int = 100,
        window: int = 5,
        weighting: Weighting = "harmonic",
        symmetric: bool = True,
        shift: float = 1.0,
        context_smoothing: float = 0.75,
        eigenvalue_weighting: float = 0.5,
        subsample: float = 0.0,
        min_count: int = 5,
        max_vocabulary: int | None = None,
        solver: Solver = "randomized",
        phrases: Phrases | None = None,
        tokenizer: Tokenizer = "words",
        errors: Errors = "strict",
        memory: str | int | None = None,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.dim = dim
        self.window = window
        self.weighting = weighting
        self.symmetric = symmetric
        self.shift = shift
        self.context_smoothing = context_smoothing
        self.eigenvalue_weighting = eigenvalue_weighting
        self.subsample = subsample
        self.min_count = min_count
        self.max_vocabulary = max_vocabulary
        self.solver = solver
        self.phrases = phrases
        self.tokenizer = tokenizer
        self.errors = errors
        self.memory = memory
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress

    def fit(self, corpus: Corpus, y: None = None) -> Self:
        """Learn vectors from `corpus`: whatever `Word2Vec.fit` takes; a second fit starts anew.

        Raises `ParameterError`, among others for a dimension above what the vocabulary allows, and
        `InputError` for text that cannot be read or in which no two words attract each other.
        """
        self.check_parameters()
        threads = thread_count(self.threads)
        phrases = phrases_to_join(self, threads, fitted_before=False)
        begin = time.perf_counter()
        encoded = read_words(self, corpus, threads, None, phrases)
        self._require_fitting_dim(encoded)
        counted_seconds, pairs, matrix = self._weigh(encoded, threads, begin)
        if matrix.nnz == 0:
            raise InputError(
                f"no pair of words stands together {as_float(self.shift):g} times as often as by chance",
                file=corpus_name(corpus),
                remedy="give more text" + (" or lower shift" if self.shift > 1 else ""),
            )
        rows, values = truncated_svd(matrix, int(self.dim), self.solver, int(self.seed), threads)
        rows = rows.astype(np.float64)
        seconds = time.perf_counter() - begin
        self.singular_values_ = values
        if phrases is not None:
            self.phrases_ = phrases
        self.report_ = PPMIReport(
            count_seconds=counted_seconds,
            train_seconds=seconds - counted_seconds,
            items_per_second=len(encoded.tokens) / max(seconds, 1e-9),
            **WordMaterial(encoded).facts,
            pairs=pairs,
            positive=matrix.nnz,
            explained_variance=float((values**2).sum() / (matrix.data**2).sum()),
        )
        self.space_ = self._space(encoded, rows * values ** as_float(self.eigenvalue_weighting))
        return self

    def encode(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of `items`: float32 (n, dim); raises `UnknownKey`, `NotFitted`."""
        return Lookup(self.space_).encode(items, batch_size, show_progress)

    def check_parameters(self) -> None:
        """Raise `ParameterError` for the first parameter that breaks its rule."""
        super().check_parameters()
        if self.memory is not None:
            parse_bytes(self.memory)

    def _require_fitting_dim(self, encoded: EncodedCorpus) -> None:
        if self.dim >= len(encoded.words):
            raise ParameterError(
                f"dim={self.dim} is not below the number of words that are kept, {len(encoded.words):,}",
                remedy=f"set dim to {len(encoded.words) - 1} or less, give more text, or lower min_count",
            )

    def _weigh(self, encoded: EncodedCorpus, threads: int, begin: float) -> tuple[float, int, Matrix]:
        """Seconds since `begin` until all is counted, pairs counted, and the matrix."""
        counted = count_cooccurrences(
            encoded.tokens,
            len(encoded.words),
            window=int(self.window),
            weighting=self.weighting,
            symmetric=self.symmetric,
            memory=None if self.memory is None else parse_bytes(self.memory),
            threads=threads,
            show_progress=self.show_progress,
        )
        release_free_memory()
        seconds = time.perf_counter() - begin
        subsample = as_float(self.subsample)
        matrix = ppmi_matrix(
            counted,
            shift=as_float(self.shift),
            context_smoothing=as_float(self.context_smoothing),
            keep=keep_probability(encoded.counts, subsample) if subsample > 0 else None,
        )
        return seconds, len(counted.columns), matrix

    def _space(self, encoded: EncodedCorpus, vectors: NDArray[np.float64]) -> Space:
        settings: dict[str, object] = {name: plain(getattr(self, name)) for name in DECIDING}
        return Space(
            encoded.words,
            vectors.astype(np.float32),
            items={"count": encoded.counts},
            provenance={
                "model": type(self).__name__,
                **settings,
                "corpus": WordMaterial(encoded).fingerprint(settings),
            },
        )
