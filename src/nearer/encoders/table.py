"""Rows of a table as blocks of numbers: each column makes one part or several, as a fitted table decides.

A number is encoded piece by piece between its quantiles (Gorishniy, Rubachev and Babenko 2022, On
Embeddings for Numerical Features in Tabular Deep Learning); a category by its place; a date by its year,
month and day of the week; a text by its n-grams. Missing is a value in each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.table import Column, TableColumns, TablePlan
from nearer.data.table_values import Values
from nearer.encoders.table_texts import TextVectors

YEAR = 365.2425  # days
MONTHS, WEEKDAYS = 12, 7
THURSDAY = 3  # 1 January 1970, counted from Monday


@dataclass(frozen=True)
class Part:
    """What a column, or one side of a date, gives a row.

    Attributes
    ----------
    name : of the column, with ".month" and the like for a side of a date.
    column : the column's own name.
    kind : "number", "category" or "vector".
    size : bins of a number, known categories, or the dimension of a vector.
    edges : of a number's bins, rising, one more than there are bins.
    means : the mean of a number's encoding, or of a vector, which stands for what is missing.
    mean, deviation : of a number.
    missing : whether some were missing in the fit.
    """

    name: str
    column: str
    kind: Literal["number", "category", "vector"]
    size: int
    edges: tuple[float, ...] = ()
    means: tuple[float, ...] = ()
    mean: float = 0.0
    deviation: float = 1.0
    missing: bool = False


@dataclass(frozen=True, eq=False)
class Prepared:
    """Rows of a table, read: an array a part.

    `arrays` are float32 numbers (n), int32 codes (n) of categories (size where unknown, size + 1 where
    missing), or float32 vectors (n, size); `missing` are flags (n).
    """

    arrays: list[NDArray[Any]]
    missing: list[NDArray[np.bool_]]

    def __len__(self) -> int:
        return len(self.arrays[0])

    def take(self, rows: NDArray[Any] | slice) -> Prepared:
        """The rows at these places."""
        return Prepared([array[rows] for array in self.arrays], [flags[rows] for flags in self.missing])


@dataclass(frozen=True, eq=False)
class TableParts:
    """How the rows of a table become numbers: a plan, its parts and what reads its texts."""

    plan: TablePlan
    parts: tuple[Part, ...]
    texts: Mapping[str, TextVectors]

    @classmethod
    def fit(cls, plan: TablePlan, columns: TableColumns, bins: int, seed: int) -> tuple[Self, Prepared]:
        """The parts of a table that was read by `plan`, and its rows."""
        texts = {
            column.name: TextVectors.fit(columns[column.name].values, seed)
            for column in plan.columns
            if column.kind == "text"
        }
        found, arrays, missing = [], [], []
        for column in plan.columns:
            values = columns[column.name]
            for name, side in _sides(column, values, texts):
                found.append(_part(column, name, side, bins))
                arrays.append(side.values)
                missing.append(side.missing)
        return cls(plan, tuple(found), texts), Prepared(arrays, missing)

    def prepare(self, table: Any) -> Prepared:
        """The rows of `table`, which is anything that `TablePlan.read` takes."""
        columns = self.plan.read(table)
        sides = [
            side
            for column in self.plan.columns
            for _, side in _sides(column, columns[column.name], self.texts)
        ]
        return Prepared([side.values for side in sides], [side.missing for side in sides])

    def to_json(self) -> dict[str, Any]:
        """Plan and parts as JSON takes them; the arrays of `texts` are kept beside it."""
        return {"plan": self.plan.to_json(), "parts": [asdict(part) for part in self.parts]}

    @classmethod
    def from_json(cls, record: Mapping[str, Any], texts: Mapping[str, TextVectors]) -> Self:
        """The parts that `to_json` gave."""
        parts = tuple(
            Part(**{**part, "edges": tuple(part["edges"]), "means": tuple(part["means"])})
            for part in record["parts"]
        )
        return cls(TablePlan.from_json(record["plan"]), parts, texts)


def pieces(numbers: NDArray[Any], edges: Sequence[float]) -> NDArray[np.float32]:
    """The piecewise-linear encoding of `numbers` (n): float32 (n, bins).

    A bin below a number holds 1, one above it 0, and its own the share of the bin that lies below it; numbers
    outside the edges are encoded as the nearest edge.
    """
    ends = np.array(edges, dtype=np.float64)
    low, width = ends[:-1], np.diff(ends)
    found: NDArray[np.float32] = np.clip((numbers[:, None] - low) / width, 0.0, 1.0).astype(np.float32)
    return found


def _sides(column: Column, values: Values, texts: Mapping[str, TextVectors]) -> list[tuple[str, Values]]:
    """The parts of a column by name, as arrays."""
    if column.kind == "text":
        return [(column.name, Values(texts[column.name].vectors(values.values), values.missing))]
    if column.kind != "date":
        return [(column.name, values)]
    days = np.floor(values.values).astype(np.int64)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % MONTHS
    weekdays = (days + THURSDAY) % WEEKDAYS
    sides = [(f"{column.name}.year", Values(values.values / YEAR + 1970.0, values.missing))]
    for name, codes, count in (("month", months, MONTHS), ("weekday", weekdays, WEEKDAYS)):
        coded = np.where(values.missing, count + 1, codes).astype(np.int32)
        sides.append((f"{column.name}.{name}", Values(coded, values.missing)))
    return sides


def _part(column: Column, name: str, side: Values, bins: int) -> Part:
    missing = bool(side.missing.any())
    if side.values.ndim == 2:
        means = tuple(side.values[~side.missing].mean(axis=0, dtype=np.float64).tolist())
        return Part(name, column.name, "vector", side.values.shape[1], means=means, missing=missing)
    if side.values.dtype == np.int32:
        sizes = {"month": MONTHS, "weekday": WEEKDAYS}
        size = sizes[name.rpartition(".")[2]] if column.kind == "date" else len(column.categories)
        return Part(name, column.name, "category", size, missing=missing)
    present = side.values[~side.missing]
    scale, shift = (1.0 / YEAR, 1970.0) if column.kind == "date" else (1.0, 0.0)
    edges = _edges(np.array(column.quantiles) * scale + shift, bins)
    means = tuple(pieces(present, edges).mean(axis=0, dtype=np.float64).tolist())
    deviation = float(present.std()) or 1.0
    return Part(
        name, column.name, "number", len(edges) - 1, edges, means, float(present.mean()), deviation, missing
    )


def _edges(quantiles: NDArray[np.float64], bins: int) -> tuple[float, ...]:
    """Edges of up to `bins` bins; of one value alone, a bin around it."""
    if len(quantiles) == 1:
        value = float(quantiles[0])
        reach = max(abs(value), 1.0) / 2
        return (value - reach, value + reach)
    places = np.unique(np.linspace(0, len(quantiles) - 1, min(bins, len(quantiles) - 1) + 1).round())
    return tuple(quantiles[places.astype(np.int64)].tolist())
