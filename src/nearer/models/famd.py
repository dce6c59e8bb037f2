"""FAMD: the rows of a table on the axes along which its columns vary most; nothing is trained.

table -> typed columns -> standardised numbers, weighted indicators of categories -> truncated SVD -> Space
"""

from __future__ import annotations

import os
import time
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
from nearer.kernels.threads import thread_count
from nearer.models.famd_axes import Axes, fitted_axes
from nearer.models.incremental import TRAINING
from nearer.models.parameters import Constraint, Estimator, Whole
from nearer.models.saving import OPENERS, load_model, save_model
from nearer.models.state import TrainingState
from nearer.models.table_categories import CENTRES, category_centres, category_space
from nearer.models.table_encoding import parts_of, put_parts
from nearer.models.table_reading import ASKED, READING, asked, read_rows_and_keys, refuse_decided
from nearer.progress import Progress
from nearer.space import Space
from nearer.space.identity import parts_identity

VECTORS, KEYS, INERTIAS = "vectors", "keys", "inertias"  # arrays and names of a model
DECIDING = ("dim", "seed")


@dataclass(frozen=True)
class FAMDReport:
    """How a fit went.

    Attributes
    ----------
    count_seconds, train_seconds : time spent reading the table; and factorising.
    items_per_second : rows a second, both counted in.
    rows, columns, ignored : of the table; columns that were read, and those that were not.
    explained_inertia : share of the table's inertia that the axes keep, from 0 to 1.
    """

    count_seconds: float
    train_seconds: float
    items_per_second: float
    rows: int
    columns: int
    ignored: int
    explained_inertia: float


class FAMD(Estimator):
    """Vectors of the rows of a table by factor analysis of mixed data (FAMD; Pagès 2004, Analyse factorielle
    de données mixtes).

    Numbers are standardised, and a category of frequency p is an indicator divided by sqrt(p), so that each
    number and each variable of categories may weigh the same on an axis; rows are told by their principal
    coordinates. The linear baseline of tables: quick, exact, nothing to tune. A date is its year, its month
    and its day of the week, a text a vector of its n-grams; a missing category is one of its own, and a
    missing number is the mean, beside an indicator that it was missing.

    Parameters
    ----------
    dim : axes; at most as many as the table has dimensions.
    kinds : what columns hold, {name: "number", "category", "text", "date" or "boolean"}; the others are
        told from their values, as `TablePlan.infer` says.
    ignore : names of columns that are left out, labels above all.
    key : the column of keys. None: one called key or id; where there is none, rows are called by number.
    threads : None uses every core. One thread gives the same bits on every run; more round differently.
    seed : of the factorisation of texts, and of where that of a wide table starts.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    space_ : Space, a vector a row, principal coordinates; its identity is that of `encode`.
    plan_ : TablePlan, what every column was taken for, and those that were left out and why.
    eigenvalues_ : float64 (dim,), the variance of the rows along each axis, falling.
    report_ : `FAMDReport`.
    """

    modality: ClassVar[Modality] = "table"
    constraints: ClassVar[Mapping[str, Constraint]] = {
        **READING,
        "dim": TRAINING["dim"],
        "threads": TRAINING["threads"],
        "seed": Whole(0, 2**32 - 1),
        "show_progress": TRAINING["show_progress"],
    }

    space_: Space
    plan_: TablePlan
    eigenvalues_: NDArray[np.float64]
    report_: FAMDReport
    _parts: TableParts
    _axes: Axes
    _centres: dict[str, NDArray[np.float32]]  # of categories
    _fingerprint: str
    _fitted: dict[str, object]
    _asked: dict[str, object]  # `ASKED`, as it was in the fit

    def __init__(
        self,
        dim: int = 32,
        kinds: Mapping[str, Kind] | None = None,
        ignore: Sequence[str] | None = None,
        key: str | None = None,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.dim = dim
        self.kinds = kinds
        self.ignore = ignore
        self.key = key
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress

    def fit(self, table: Any, y: None = None) -> Self:
        """Find the axes of `table`: anything that `TableAutoencoder.fit` takes. A second fit starts anew.

        Raises `ParameterError`, also for a dimension above what the table has; `InputError` as
        `TableAutoencoder.fit` does.
        """
        self.check_parameters()
        threads, dim = thread_count(self.threads), int(self.__dict__["dim"])
        begin = time.perf_counter()
        material = read_rows_and_keys(
            table,
            kinds=self.kinds,
            ignore=self.ignore,
            key=self.key,
            known=None,
            bins=1,
            batch_size=1,
            seed=int(self.seed),
        )
        read = time.perf_counter()
        axes, eigenvalues, total = fitted_axes(
            material.parts.parts, material.rows, dim, int(self.seed), threads
        )
        settings: dict[str, object] = {"dim": dim, "seed": int(self.seed)}
        vectors = axes.coordinates(material.rows)
        end = time.perf_counter()
        self._keep(material.parts, axes, settings, material.fingerprint(settings), eigenvalues)
        self.report_ = FAMDReport(
            count_seconds=read - begin,
            train_seconds=end - read,
            items_per_second=len(vectors) / max(end - begin, 1e-9),
            **material.facts,
            explained_inertia=float(eigenvalues.sum() / total),
        )
        self._centres = category_centres(material.parts, material.rows, vectors)
        self.space_ = self._space(material.keys, vectors)
        return self

    def encode(
        self, items: Any, batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Principal coordinates of rows, float32 (n, dim), in the space of `space_`.

        `items` are rows in any form that `fit` takes; columns that the model does not know are passed over. A
        category that the fit did not see counts as the mean row.

        Raises `NotFitted`; `InputError` for a column that is not there and a value that is not of its kind.
        """
        _ = self.space_
        size = checked_batch_size(batch_size)
        rows = self._parts.prepare(items)
        found = np.empty((len(rows), self._axes.dim), np.float32)
        with Progress("encoding", len(rows), "rows", show_progress) as progress:
            for start in range(0, len(rows), size):
                part = rows.take(slice(start, start + size))
                found[start : start + size] = self._axes.coordinates(part)
                progress.advance(len(part))
        return found

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
        return category_space(self._parts, self._centres, column, space, type(self).__name__)

    @property
    def dim(self) -> int:
        """Dimension of the vectors: once fitted that of the fit, before it the parameter."""
        given: int = self.__dict__["dim"]
        return self._axes.dim if "_axes" in self.__dict__ else given

    @dim.setter
    def dim(self, dim: int) -> None:
        self.__dict__["dim"] = dim

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name, as the constructor was given them; see `Estimator.get_params`."""
        return {**super().get_params(deep), "dim": self.__dict__["dim"]}

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

        Raises `NotFitted`; `StorageError`, also where something other than a saved model is at `path`.
        """
        space = self.space_
        state = TrainingState(space.dim, {}, {})
        put_parts(self._parts, state.arrays, state.names)
        state.arrays |= {**self._axes.arrays(), **self._centres, INERTIAS: self.eigenvalues_}
        state.arrays[VECTORS] = np.ascontiguousarray(space.vectors)
        state.names[KEYS] = list(space.keys)
        position = {"fingerprint": self._fingerprint}
        settings = {"model": "FAMD", **self._fitted, **self._asked}
        save_model(Path(path), state, settings, position, overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str], **parameters: Any) -> Self:
        """The model that `save` wrote, fitted as it was; `parameters` set what the fit did not decide.

        Raises `ModelNotFound`, `IntegrityError` for files that were changed, `ParameterError` for parameters
        that the model was fitted with.
        """
        settings, state, position = load_model(Path(path), "FAMD")
        refuse_decided(parameters, (*DECIDING, *ASKED), settings, path)
        model = cls(**settings).set_params(**parameters)
        model.check_parameters()
        parts = parts_of(state)
        axes = Axes.of(parts.parts, state.arrays)
        fitted = {name: settings[name] for name in DECIDING}
        model._keep(parts, axes, fitted, position["fingerprint"], state.arrays[INERTIAS])
        model._centres = {name: array for name, array in state.arrays.items() if name.startswith(CENTRES)}
        model.space_ = model._space(state.names[KEYS], state.arrays[VECTORS])
        return model

    def _keep(
        self,
        parts: TableParts,
        axes: Axes,
        settings: dict[str, object],
        fingerprint: str,
        eigenvalues: NDArray[np.float64],
    ) -> None:
        self._parts, self._axes, self._fitted = parts, axes, settings
        self._asked = asked(self.kinds, self.ignore)
        self._fingerprint, self.plan_, self.eigenvalues_ = fingerprint, parts.plan, eigenvalues

    def _space(self, keys: Sequence[str], vectors: NDArray[np.float32]) -> Space:
        texts = {f"texts.{name}": text.weights for name, text in self._parts.texts.items()}
        record = {**self._fitted, "table": self._parts.to_json()}
        return Space(
            keys,
            vectors,
            identity=parts_identity("famd", record, (), {**self._axes.arrays(), **texts}),
            provenance={"model": "FAMD", **self._fitted, "corpus": self._fingerprint},
        )


OPENERS["FAMD"] = FAMD.load
