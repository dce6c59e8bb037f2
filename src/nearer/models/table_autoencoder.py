"""TableAutoencoder: the rows of a table, each told again from a short vector of it.

table -> typed columns -> parts -> rows with swapped values, told as they were -> Space
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.table import TablePlan
from nearer.data.table_kinds import Kind
from nearer.encoders.base import Modality, checked_batch_size
from nearer.encoders.table import TableParts
from nearer.errors import NotFitted, ParameterError
from nearer.models.incremental import TRAINING, Incremental
from nearer.models.parameters import Constraint, Real, Whole, as_float
from nearer.models.saving import OPENERS, load_model, save_model
from nearer.models.state import TrainingState
from nearer.models.table_categories import CENTRES, category_centres, category_space
from nearer.models.table_encoding import CENTRE, TableEncoding, parts_of, put_parts
from nearer.models.table_layers import Layout, surprise
from nearer.models.table_reading import (
    ASKED,
    READING,
    TableMaterial,
    asked,
    read_rows_and_keys,
    refuse_decided,
)
from nearer.models.table_training import TableTraining, first_arrays
from nearer.progress import Progress
from nearer.space import Space
from nearer.space.identity import parts_identity

VECTORS, SURPRISES, KEYS = "vectors", "surprises", "keys"  # arrays and names of a model


@dataclass(frozen=True)
class TableReport:
    """How a fit went.

    Attributes
    ----------
    count_seconds, train_seconds : time spent reading the table; and training.
    items_per_second : rows trained a second, all epochs counted.
    rows, columns, ignored : of the table; columns that were read, and those that were not.
    epochs : passes over the rows done, in all calls of `fit`.
    interrupted : whether Ctrl-C ended the fit early.
    """

    count_seconds: float
    train_seconds: float
    items_per_second: float
    rows: int
    columns: int
    ignored: int
    epochs: float
    interrupted: bool


class TableAutoencoder(Incremental[TableMaterial]):
    """Vectors of the rows of a table, and of its categories, by a denoising autoencoder (Vincent, Larochelle,
    Bengio and Manzagol 2008, Extracting and Composing Robust Features with Denoising Autoencoders).

    Some values of a row are swapped for those of other rows, and all of them are told again as they were from
    a vector of `dim` numbers. Categories have embeddings (Guo and Berkhahn 2016, Entity Embeddings of
    Categorical Variables), numbers are encoded piecewise linearly between quantiles (Gorishniy, Rubachev and
    Babenko 2022), dates by year, month and day of the week, texts by n-grams; missing is a value in each.
    Every column weighs the same: its loss is divided by what it is where only frequencies are known.

    Parameters
    ----------
    dim : dimension of the vectors.
    hidden : width of the hidden layer that stands beside a linear one.
    bins : of a number's encoding, at most; 64 are the most that a plan tells apart.
    noise : share of values that are swapped.
    epochs : passes over the rows.
    batch_size : rows a mini-batch; fewer where a pass would have fewer than 20, but not below 8.
    learning_rate : of Adam, at the start; it falls to 0 along a cosine.
    kinds : what columns hold, {name: "number", "category", "text", "date" or "boolean"}; the others are
        told from their values, as `TablePlan.infer` says.
    ignore : names of columns that are left out, labels above all.
    key : the column of keys. None: one called key or id; where there is none, rows are called by number.
    checkpoint : folder where the run is saved every `checkpoint_every` seconds and resumed from.
    threads : None uses every core. One thread gives the same bits on every run; more round differently.
    seed : of everything random.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    space_ : Space, a vector a row; its identity is that of `encode`.
    plan_ : TablePlan, what every column was taken for, and those that were left out and why.
    loss_curve_ : float64 array, mean loss of a row, where 1 means that only frequencies are known; 20 values
        an epoch, fewer where an epoch has fewer mini-batches.
    report_ : `TableReport`.

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there. `fit`
    on a model that is done trains `epochs` more, and may be given other rows with the same columns.
    """

    modality: ClassVar[Modality] = "table"
    deciding: ClassVar[tuple[str, ...]] = (
        "dim",
        "hidden",
        "bins",
        "noise",
        "epochs",
        "batch_size",
        "learning_rate",
        "seed",
    )
    constraints: ClassVar[Mapping[str, Constraint]] = {
        **TRAINING,
        **READING,
        "hidden": Whole(1, 65_536),
        "bins": Whole(1, 64),
        "noise": Real(0.0, 0.9),
        "batch_size": Whole(1),
    }
    items_name = "rows"
    report_kind = TableReport

    plan_: TablePlan
    report_: TableReport
    _data: TableMaterial  # between reading and learning only
    _fitted: dict[str, object]  # the settings of `_encoding`
    _asked: dict[str, object]  # `ASKED`, as it was in the fit
    _encoding: TableEncoding
    _centres: dict[str, NDArray[Any]]  # of categories

    def __init__(
        self,
        dim: int = 32,
        hidden: int = 256,
        bins: int = 48,
        noise: float = 0.2,
        epochs: int = 20,
        batch_size: int = 512,
        learning_rate: float = 0.003,
        kinds: Mapping[str, Kind] | None = None,
        ignore: Sequence[str] | None = None,
        key: str | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.dim = dim
        self.hidden = hidden
        self.bins = bins
        self.noise = noise
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.kinds = kinds
        self.ignore = ignore
        self.key = key
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress

    def fit(self, table: Any, y: None = None) -> Self:
        """Train on the rows of `table`.

        It is a .parquet, .csv or .tsv file, an Arrow, pandas or Polars table, a mapping of column names to
        values, mappings, one a row, one after the other, or an array of numbers (n, f).

        Raises `ParameterError`; `InputError` naming file, row and column for a table that cannot be read,
        as `TablePlan.infer` says, and for keys that are missing or stand twice; `IntegrityError` for a
        damaged checkpoint; `StorageError` for checkpoints that cannot be written and `KeyboardInterrupt` on
        Ctrl-C, both with everything learned so far kept.
        """
        try:
            return self._fit(table)
        finally:
            self.__dict__.pop("_data", None)

    def encode(
        self, items: Any, batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of rows, float32 (n, dim), in the space of `space_`.

        `items` are rows in any form that `fit` takes; columns that the model does not know are passed over. A
        category that the model has not seen counts as one of which nothing is known.

        Raises `NotFitted`; `InputError` for a column that is not there and a value that is not of its kind.
        """
        _ = self.space_
        size = checked_batch_size(batch_size)
        rows = self._encoding.parts.prepare(items)
        with Progress("encoding", len(rows), "rows", show_progress) as progress:
            return self._encoding.vectors(rows, size, progress.advance)

    def encode_query(
        self, items: Any, batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of rows that are searched with: those of `encode`."""
        return self.encode(items, batch_size, show_progress)

    def encode_document(
        self, items: Any, batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of rows that are searched for: those of `encode`."""
        return self.encode(items, batch_size, show_progress)

    def category_space(self, column: str) -> Space:
        """Where the categories of `column` lie among the rows: at the mean of those that have each.

        They are of the space of `space_`; those of a date's parts are in "born.month" and "born.weekday".
        Raises `NotFitted`, and `ParameterError` for a column that holds none.
        """
        space = self.space_
        parts, centres = self._encoding.parts, self._centres
        return category_space(parts, centres, column, space, type(self).__name__)

    @property
    def identity(self) -> str:
        """SHA-256 of all that decides a row's vector; that of `space_` too."""
        return self.space_.identity

    @property
    def as_written(self) -> tuple[str, ...]:
        """Columns whose values are read from files as the text they are written as."""
        return self.plan_.as_written

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Save the model, to `load` it later: a folder, written at one instant.

        Raises `StorageError`, also where something other than a saved model is at `path`; `NotFitted`, also
        after a fit that diverged.
        """
        _ = self.space_
        if "_state" not in self.__dict__:
            raise NotFitted("the last fit failed, and its weights are lost", remedy="call fit again")
        position = {"fingerprint": self._fingerprint, "units": self._units, "last_unit": self._last_unit}
        settings = {"model": "TableAutoencoder", **self._fitted, **self._asked}
        save_model(Path(path), self._state, settings, position, overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str], **parameters: Any) -> Self:
        """The model that `save` wrote, fitted as it was; `parameters` set what training did not decide.

        Raises `ModelNotFound`, `IntegrityError` for files that were changed, `ParameterError` for parameters
        that the model was trained with.
        """
        settings, state, position = load_model(Path(path), "TableAutoencoder")
        refuse_decided(parameters, (*cls.deciding, *ASKED), settings, path)
        model = cls(**settings).set_params(**parameters)
        model.check_parameters()
        model._state = state
        model._fingerprint, model._units = position["fingerprint"], position["units"]
        model._last_unit = position["last_unit"]
        model.loss_curve_ = np.array(state.loss_curve, dtype=np.float64)
        model._learn(state)
        return model

    def _require_consistent(self) -> None:
        if not {"_state", "_asked"} <= self.__dict__.keys():
            return
        now = {"hidden": self.hidden, "bins": self.bins, **asked(self.kinds, self.ignore)}
        before = {**self._fitted, **self._asked}
        for name, value in now.items():
            if value != before[name]:
                raise ParameterError(
                    f"{name}={value}, but this model is fitted with {name}={before[name]}",
                    remedy=f"fit a new model, or set {name} back",
                )

    def _read(self, data: Any, threads: int, before: TrainingState | None) -> TableMaterial:
        self._data = read_rows_and_keys(
            data,
            kinds=self.kinds,
            ignore=self.ignore,
            key=self.key,
            known=None if before is None else self._encoding.parts,
            bins=int(self.bins),
            batch_size=int(self.batch_size),
            seed=int(self.seed),
        )
        return self._data

    def _seed(self, material: TableMaterial) -> TrainingState:
        rows = material.rows
        each = zip(rows.arrays, rows.missing, material.parts.parts, strict=True)
        surprises = np.array([surprise(array, missing, part) for array, missing, part in each])
        layout = Layout.of(material.parts.parts, surprises.tolist())
        arrays = first_arrays(layout, int(self.dim), int(self.hidden), int(self.seed))
        return TrainingState(int(self.dim), {**arrays, SURPRISES: surprises}, {})

    def _run(
        self, material: TableMaterial, state: TrainingState, planned_units: int, seed: int
    ) -> TableTraining:
        return TableTraining(
            rows=material.rows,
            layout=Layout.of(material.parts.parts, state.arrays[SURPRISES].tolist()),
            noise=as_float(self.noise),
            batch_size=material.batch_size,
            learning_rate=as_float(self.learning_rate),
            planned_units=planned_units,
            seed=seed,
        )

    def _learn(self, state: TrainingState) -> None:
        data: TableMaterial | None = self.__dict__.get("_data")
        parts = parts_of(state) if data is None else data.parts
        layout = Layout.of(parts.parts, state.arrays[SURPRISES].tolist())
        if data is not None:
            self._keep_rows(state, data, layout)
        self._encoding = TableEncoding.of(state, parts, layout)
        self._centres = {n: array.copy() for n, array in state.arrays.items() if n.startswith(CENTRES)}
        self._fitted, self._asked = self._settings(), asked(self.kinds, self.ignore)
        self.plan_ = parts.plan
        self.space_ = Space(
            state.names[KEYS],
            state.arrays[VECTORS],
            identity=table_identity("table-autoencoder", self._fitted, parts, self._encoding.weights),
            provenance=self._provenance(state),
        )

    def _keep_rows(self, state: TrainingState, data: TableMaterial, layout: Layout) -> None:
        """Put what was read, and the vectors of its rows, into `state`."""
        put_parts(data.parts, state.arrays, state.names)
        state.arrays.pop(CENTRE, None)
        vectors = TableEncoding.of(state, data.parts, layout).vectors(data.rows)
        centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        state.arrays |= {CENTRE: centre, VECTORS: vectors - centre}
        for name in [name for name in state.arrays if name.startswith(CENTRES)]:
            del state.arrays[name]
        state.arrays |= category_centres(data.parts, data.rows, state.arrays[VECTORS])
        state.names[KEYS] = data.keys


def table_identity(
    step: str, settings: Mapping[str, object], parts: TableParts, weights: Mapping[str, NDArray[Any]]
) -> str:
    """The identity of what a model makes of rows."""
    texts = {f"texts.{name}": text.weights for name, text in parts.texts.items()}
    return parts_identity(step, {**settings, "table": parts.to_json()}, (), {**weights, **texts})


OPENERS["TableAutoencoder"] = TableAutoencoder.load
