"""Doc2Vec: documents that use the same words lie near each other.

documents -> words of one document (signal) -> one vector a tag -> negative sampling (kernel) -> Space
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.base import Modality, checked_batch_size
from nearer.errors import NotFitted, ParameterError
from nearer.kernels.documents import DocumentTraining, Method, Settings, output_width
from nearer.kernels.threads import thread_count
from nearer.kernels.training import aligned_copy, padded_rows
from nearer.kernels.words import MOST_SHARED, Objective
from nearer.models.document_inference import Inference
from nearer.models.document_reading import DocumentMaterial, encoded_documents
from nearer.models.incremental import READING, TRAINING, Incremental
from nearer.models.parameters import Choice, Constraint, Instance, OrNone, Real, Whole, as_float, plain
from nearer.models.saving import OPENERS, load_model, save_model
from nearer.models.state import TrainingState, seeded_rows
from nearer.signal.corpus import Errors, Tokenizer
from nearer.signal.huffman import huffman_paths
from nearer.signal.negatives import NO_NOISE, noise_table
from nearer.signal.windows import keep_thresholds
from nearer.space import Space
from nearer.space.identity import parts_identity

WORD_SEED = 2**64  # added to the seed for the words' first vectors
SHAPING = ("architecture", "combine", "train_words", "objective", "window")  # what decides the arrays' shapes
NAMED = OrNone(Instance((str,), "the name of a column"))


class Doc2Vec(Incremental[DocumentMaterial]):
    """Vectors of documents by PV-DBOW or PV-DM (Le & Mikolov 2014, Distributed Representations of Sentences
    and Documents).

    Parameters
    ----------
    dim : dimension of the vectors.
    architecture : "dbow": a document predicts each of its words; "dm": a document and the words around a
        word predict it.
    combine : for "dm": the "mean" of their vectors predicts, or their concatenation, "concat".
    train_words : for "dbow": train word vectors too, by skip-gram over the documents ("dm" always does).
    objective : "negative": negative sampling. "hierarchical": hierarchical softmax (Morin & Bengio 2005) over
        the Huffman tree of the vocabulary; it has no negatives, so `negative`, `noise_exponent` and `shared`
        are then without effect.
    window : largest distance in words between a word and its context ("dm", and `train_words`); drawn from
        1..window for every word, fixed for "concat".
    negative : negative samples a word.
    noise_exponent : negatives are drawn in proportion to count ** noise_exponent.
    min_count : words seen less often are dropped.
    max_vocabulary : keep at most this many words, the most frequent.
    subsample : threshold t of subsampling; words whose share of the text exceeds it are thinned out. 0: none.
    epochs : passes over the documents.
    encode_epochs : passes over a new document in `encode`, as it was in the last `fit` or `load`. None: as
        many as `epochs`.
    learning_rate, least_learning_rate : start and end of the linear decay.
    shared : words in a row that share one draw of negatives; 1 draws for every word.
    tokenizer : "words" (runs of Unicode letters and digits, lower-cased), "whitespace", or a callable that
        turns a line into tokens.
    errors : "strict", or "replace" to read bytes that are not UTF-8 as U+FFFD (for "words", a separator).
    empty : documents without a word that is kept: "error", or "skip" to leave them out with a warning.
    key, text, tags : names of a table's columns. None: "key" or "id", else rows are numbered; "text", else
        the only column of texts; no tags, so that a document's key is its one tag.
    checkpoint : folder where the run is saved every `checkpoint_every` seconds and resumed from.
    threads : None uses every core. One thread gives the same bits on every run; more give the same quality.
    seed : of everything random.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    space_ : Space, a vector a tag (without tags: a document); its identity is that of `encode`.
    words_ : Space, the word vectors, where they were trained; else None.
    skipped_ : list of str, keys of the documents that the last fit left out.
    loss_curve_ : float64 array, mean loss of a word that a document (or mean) predicts; 20 values an epoch,
        fewer where an epoch has fewer units of work.
    report_ : `FitReport`.

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there. `fit`
    on a model that is done trains `epochs` more, with the words and tags it has. If that diverges, `space_`
    stays what it was and the next `fit` starts afresh.
    """

    deciding: ClassVar[tuple[str, ...]] = (
        "dim",
        "architecture",
        "combine",
        "train_words",
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
        "errors",
        "empty",
        "seed",
    )
    modality: ClassVar[Modality] = "text"
    constraints: ClassVar[Mapping[str, Constraint]] = {
        **TRAINING,
        **{name: rule for name, rule in READING.items() if name != "memory"},
        "architecture": Choice(("dbow", "dm")),
        "combine": Choice(("mean", "concat")),
        "train_words": Instance((bool,), "True or False"),
        "objective": Choice(("negative", "hierarchical")),
        "window": Whole(1, 1_000),
        "negative": Whole(1, 1_000),
        "noise_exponent": Real(-4.0, 4.0),
        "subsample": Real(0.0),
        "least_learning_rate": Real(0.0),
        "shared": Whole(1, MOST_SHARED),
        "encode_epochs": OrNone(Whole(1)),
        "empty": Choice(("error", "skip")),
        "key": NAMED,
        "text": NAMED,
        "tags": NAMED,
    }

    words_: Space | None
    skipped_: list[str]
    _skipped: list[str]
    _made: dict[str, object]
    _fitted: dict[str, object]  # the settings of `_inference` and of the identity
    _inference: Inference

    def __init__(
        self,
        dim: int = 100,
        architecture: Literal["dbow", "dm"] = "dbow",
        combine: Literal["mean", "concat"] = "mean",
        train_words: bool = False,
        objective: Objective = "negative",
        window: int = 5,
        negative: int = 5,
        noise_exponent: float = 0.75,
        min_count: int = 5,
        max_vocabulary: int | None = None,
        subsample: float = 1e-3,
        epochs: int = 10,
        encode_epochs: int | None = None,
        learning_rate: float = 0.025,
        least_learning_rate: float = 1e-4,
        shared: int = 2,
        tokenizer: Tokenizer = "words",
        errors: Errors = "strict",
        empty: Literal["error", "skip"] = "error",
        key: str | None = None,
        text: str | None = None,
        tags: str | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.dim = dim
        self.architecture = architecture
        self.combine = combine
        self.train_words = train_words
        self.objective = objective
        self.window = window
        self.negative = negative
        self.noise_exponent = noise_exponent
        self.min_count = min_count
        self.max_vocabulary = max_vocabulary
        self.subsample = subsample
        self.epochs = epochs
        self.encode_epochs = encode_epochs
        self.learning_rate = learning_rate
        self.least_learning_rate = least_learning_rate
        self.shared = shared
        self.tokenizer = tokenizer
        self.errors = errors
        self.empty = empty
        self.key = key
        self.text = text
        self.tags = tags
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress

    def fit(self, documents: Any, y: None = None) -> Self:
        """Train on `documents`: a mapping key -> text; (key, text) or (key, tags, text) tuples; a table; a
        folder of files; or a file with a document a line. A text may be a list of tokens.

        Raises `ParameterError`, `InputError` (with file and row: empty documents, keys that occur twice),
        `IntegrityError` for a damaged checkpoint; `StorageError` for checkpoints that cannot be written and
        `KeyboardInterrupt` on Ctrl-C, both with everything learned so far kept.
        """
        return self._fit(documents)

    def encode(
        self,
        items: Sequence[str | list[str]],
        batch_size: int = 1024,
        show_progress: bool | None = None,
    ) -> NDArray[np.float32]:
        """Vectors of new documents, texts or token lists: float32 (n, dim).

        Words and outputs stay as they are, words the model does not know are dropped, and each document is
        trained for `encode_epochs` passes. A vector follows from the model as it was fitted and from the
        document's words in their order; parameters set since, batches, threads and the other documents
        change nothing.

        Raises `NotFitted`; `InputError` naming the row for a document without a known word, unless `empty`
        is "skip": then its vector is zeros.
        """
        _ = self.space_
        self.check_parameters()
        return self._inference.encode(
            items,
            batch_size=checked_batch_size(batch_size),
            skip_empty=self.empty == "skip",
            threads=thread_count(self.threads),
            show_progress=show_progress,
        )

    def encode_query(
        self, items: Sequence[str | list[str]], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of documents that are searched with: those of `encode`."""
        return self.encode(items, batch_size, show_progress)

    def encode_document(
        self, items: Sequence[str | list[str]], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of documents that are searched for: those of `encode`."""
        return self.encode(items, batch_size, show_progress)

    @property
    def identity(self) -> str:
        """SHA-256 of all that decides a new document's vector; that of `space_` too."""
        return self.space_.identity

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Save the model, to `load` it later: a folder, written at one instant.

        Raises `StorageError`, also where something other than a saved model is at `path`; `NotFitted`, also
        after a fit that diverged.
        """
        _ = self.space_
        if "_state" not in self.__dict__:
            raise NotFitted("the last fit diverged, and its weights are lost", remedy="call fit again")
        position = {"fingerprint": self._fingerprint, "units": self._units, "last_unit": self._last_unit}
        save_model(Path(path), self._state, {"model": "Doc2Vec", **self._fitted}, position, overwrite)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], tokenizer: Tokenizer | None = None, **parameters: Any
    ) -> Self:
        """The model that `save` wrote, fitted as it was.

        `tokenizer` gives the callable that a saved model was made with, which is no part of the folder;
        `parameters` set what training did not decide: `threads` and the like, and `encode_epochs`, which
        gives the model another identity.

        Raises `IntegrityError` for files that were changed, `ParameterError` for a missing tokenizer and for
        parameters that the model was trained with.
        """
        settings, state, position = load_model(Path(path), "Doc2Vec")
        if tokenizer is not None:
            settings["tokenizer"] = tokenizer
        elif settings["tokenizer"] not in ("words", "whitespace"):
            raise ParameterError(
                f"this model's tokenizer is the callable {settings['tokenizer']}, which is not saved with it",
                file=path,
                remedy="pass it to Doc2Vec.load as tokenizer=",
            )
        for name in parameters:
            if name in cls.deciding:
                raise ParameterError(
                    f"{name} was decided when this model was trained, and is {settings[name]!r}",
                    file=path,
                    remedy=f"leave {name} out, or set it after loading for a further fit",
                )
        model = cls(**settings).set_params(**parameters)
        model.check_parameters()
        model._state, model._skipped = state, []
        model._fingerprint, model._units = position["fingerprint"], position["units"]
        model._last_unit = position["last_unit"]
        model.loss_curve_ = np.array(state.loss_curve, dtype=np.float64)
        model._learn(state)
        return model

    @property
    def _method(self) -> Method:
        if self.architecture == "dm":
            return "dm_mean" if self.combine == "mean" else "dm_concat"
        return "dbow_words" if self.train_words else "dbow"

    def _require_consistent(self) -> None:
        if self.architecture == "dbow" and self.combine != "mean":
            raise ParameterError(
                'combine="concat" is for architecture="dm": a document alone predicts in "dbow"'
            )
        if self.architecture == "dm" and self.train_words:
            raise ParameterError('train_words=True is for architecture="dbow": "dm" trains words always')
        made: dict[str, object] | None = self.__dict__.get("_made")
        for name, value in (made or {}).items():
            if getattr(self, name) != value:
                raise ParameterError(
                    f"{name}={getattr(self, name)!r}, but this model is fitted with {name}={value!r}",
                    remedy=f"fit a new model, or set {name} back",
                )

    def _read(self, data: Any, threads: int, before: TrainingState | None) -> DocumentMaterial:
        names: Mapping[str, list[str]] = {} if before is None else before.names
        documents = encoded_documents(self, data, names.get("words"), names.get("tags"))
        self._skipped = [document.key for document in documents.empty]
        return DocumentMaterial(documents)

    def _seed(self, material: DocumentMaterial) -> TrainingState:
        documents, dim, seed = material.documents, int(self.dim), int(self.seed)
        words = 0 if self._method == "dbow" else len(documents.words)
        outputs = len(documents.words) - (self.objective == "hierarchical")  # words, or inner nodes
        arrays: dict[str, NDArray[Any]] = {
            "documents": seeded_rows(len(documents.tag_names), dim, seed),
            "words": seeded_rows(words, dim, seed + WORD_SEED),
            "outputs": padded_rows(outputs, output_width(self._method, dim, int(self.window))),
            "counts": documents.counts,
        }
        return TrainingState(dim, arrays, {"words": documents.words, "tags": documents.tag_names})

    def _kernel_settings(self, state: TrainingState, seed: int) -> Settings:
        counts, hierarchical = state.arrays["counts"], self.objective == "hierarchical"
        return Settings(
            method=self._method,
            keep=keep_thresholds(counts, as_float(self.subsample)),
            noise=NO_NOISE if hierarchical else noise_table(counts, as_float(self.noise_exponent)),
            window=int(self.window),
            negative=1 if hierarchical else int(self.negative),
            shared=1 if hierarchical else int(self.shared),
            learning_rate=as_float(self.learning_rate),
            least_learning_rate=as_float(self.least_learning_rate),
            seed=seed,
            paths=huffman_paths(counts) if hierarchical else None,
        )

    def _run(
        self, material: DocumentMaterial, state: TrainingState, planned_units: int, seed: int
    ) -> DocumentTraining:
        documents = material.documents
        return DocumentTraining(
            settings=self._kernel_settings(state, seed),
            tokens=documents.tokens,
            starts=documents.starts,
            tag_starts=documents.tag_starts,
            tags=documents.tags,
            planned_units=planned_units,
            unit_tokens=material.unit_tokens,
        )

    def _learn(self, state: TrainingState) -> None:
        encode_epochs = int(self.encode_epochs or self.epochs)
        frozen = {name: aligned_copy(state.arrays[name]) for name in ("words", "outputs")}
        self._inference = Inference(
            self._kernel_settings(state, int(self.seed)),
            frozen,
            state.names["words"],
            dim=int(self.dim),
            epochs=encode_epochs,
            tokenizer=self.tokenizer,
            errors=self.errors,
        )
        self._fitted = {**self._settings(), "encode_epochs": plain(self.encode_epochs)}
        identity = parts_identity(
            "doc2vec",
            {**self._fitted, "encode_epochs": encode_epochs},
            state.names["words"],
            {**frozen, "counts": state.arrays["counts"]},
        )
        provenance = self._provenance(state)
        self.space_ = Space(
            state.names["tags"],
            state.arrays["documents"][:, : self.dim],
            identity=identity,
            provenance=provenance,
        )
        self.words_ = None
        if len(state.arrays["words"]):
            self.words_ = Space(
                state.names["words"],
                state.arrays["words"][:, : self.dim],
                items={"count": state.arrays["counts"]},
                provenance=provenance,
            )
        self.skipped_ = self._skipped
        self._made = {name: getattr(self, name) for name in SHAPING}


OPENERS["Doc2Vec"] = Doc2Vec.load
