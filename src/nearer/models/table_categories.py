"""Categories among the rows of a table: a category lies at the mean of the rows that have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.table import Prepared, TableParts
from nearer.errors import ParameterError, shown
from nearer.space import Space

CENTRES = "centres"  # arrays of a model, with the place of their part


def category_centres(
    parts: TableParts, rows: Prepared, vectors: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """The mean vector of the rows that have each known category, by `centre_name`; NaN for one of no row."""
    found = {}
    for place, part in enumerate(parts.parts):
        if part.kind == "category":
            codes = rows.arrays[place]
            counts = np.bincount(codes, minlength=part.size + 2)
            sums = [np.bincount(codes, weights=column, minlength=part.size + 2) for column in vectors.T]
            with np.errstate(invalid="ignore"):
                means = np.stack(sums, axis=1) / counts[:, None]
            found[centre_name(place)] = np.ascontiguousarray(means[: part.size], dtype=np.float32)
    return found


def centre_name(place: int) -> str:
    """Name of the centres of the part at `place`."""
    return f"{CENTRES}{place}"


def category_space(
    parts: TableParts, centres: Mapping[str, NDArray[Any]], column: str, rows: Space, model: str
) -> Space:
    """The categories of `column` that some row has, in the space of `rows`.

    Raises `ParameterError` for a column that holds none.
    """
    place = _place(parts, column)
    vectors = centres[centre_name(place)]
    there = np.isfinite(vectors).all(axis=1)
    names = [name for name, kept in zip(_names(parts, place), there.tolist(), strict=True) if kept]
    provenance = {"model": model, "column": column}
    return Space(names, vectors[there], metric=rows.metric, identity=rows.identity, provenance=provenance)


def _place(parts: TableParts, column: str) -> int:
    categories = {part.name: place for place, part in enumerate(parts.parts) if part.kind == "category"}
    if column not in categories:
        raise ParameterError(
            f"column {shown(column)} holds no categories that the model knows",
            remedy=f"those that do: {', '.join(categories)}" if categories else "no column does",
        )
    return categories[column]


def _names(parts: TableParts, place: int) -> Sequence[str]:
    """What the codes of a category stand for: the numbers of months from 1, the names of weekdays."""
    part = parts.parts[place]
    column = next(column for column in parts.plan.columns if column.name == part.column)
    if column.kind != "date":
        return column.categories
    if part.name.endswith(".month"):
        return [str(month) for month in range(1, part.size + 1)]
    return ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
