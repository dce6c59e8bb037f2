"""Labels of a space's items: by row, by key, from a payload column or from a file."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import FormatError, InputError, shown
from nearer.evaluate.columns import Layout, identifier, read_columns
from nearer.space import Space

LAYOUT = Layout(
    "labels",
    {
        "key": ("key", "id", "item", "word", "document", "doc_id", "name"),
        "label": ("label", "class", "category", "topic", "group"),
    },
    {2: (0, 1)},
)

Labels = Mapping[str, Hashable] | Sequence[Hashable] | str | Path | Any


@dataclass(frozen=True, eq=False)
class Labelled:
    """The items of a space that have a label.

    Attributes
    ----------
    rows : their rows (n,).
    codes : number of each item's label (n,).
    names : the labels by number, in order of first appearance.
    coverage : part of the labelled items that the space holds.
    """

    rows: NDArray[np.intp]
    codes: NDArray[np.int64]
    names: list[str]
    coverage: float

    def sizes(self) -> NDArray[np.int64]:
        """Items of each label."""
        return np.bincount(self.codes, minlength=len(self.names))


def labelled(space: Space, labels: Labels, columns: Sequence[str] | None = None) -> Labelled:
    """The rows of `space` with their labels.

    Parameters
    ----------
    labels : label of each row (n,); {key: label}, where keys that the space lacks are left out; the name of a
        payload column; or a file or table of keys and labels.
    columns : names of the columns of key and label in a file or table.

    Raises `InputError` for labels that are missing, or of another number than the rows, and `FormatError` for
    a file that cannot be read.
    """
    if isinstance(labels, str) and space.items is not None and labels in space.items.column_names:
        return _of(np.arange(len(space)), space.items[labels].to_pylist(), space, 1.0)
    if isinstance(labels, str) and not Path(labels).exists():
        names = [] if space.items is None else space.items.column_names
        raise InputError(
            f"labels={shown(labels)} is neither a file nor one of the payload columns {shown(names, 120)}",
            remedy="give a file of keys and labels, or a column",
        )
    if isinstance(labels, str | Path) or (
        hasattr(labels, "__arrow_c_stream__") and hasattr(labels, "columns")
    ):
        labels = _read(labels, columns)
    if not isinstance(labels, Mapping):
        given = labels.tolist() if hasattr(labels, "tolist") else list(labels)
        if len(given) != len(space):
            raise InputError(
                f"{len(given)} labels for {len(space)} vectors", remedy="give one a row, or a mapping"
            )
        return _of(np.arange(len(space)), given, space, 1.0)
    held = [key for key in labels if key in space]
    if not held:
        raise InputError(
            f"the space holds none of the {len(labels):,} labelled items", remedy="label its keys"
        )
    return _of(space.rows(held), [labels[key] for key in held], space, len(held) / len(labels))


def require_two(found: Labelled) -> None:
    """Raise `InputError` unless there are two labels."""
    if len(found.names) < 2:
        raise InputError(
            f"{len(found.rows):,} labelled items of {len(found.names)} label{'s' * (len(found.names) != 1)}: "
            "needs at least two labels"
        )


def _read(source: Any, columns: Sequence[str] | None) -> dict[str, Hashable]:
    name, rows = read_columns(source, LAYOUT, columns)
    labels: dict[str, Hashable] = {}
    places: dict[str, int] = {}
    for row, (value, label) in rows:
        key = identifier(value, name, row)
        if is_missing(label):
            raise FormatError(
                f"the label of {shown(key)} is missing",
                file=name,
                row=row,
                remedy="label it, or leave it out",
            )
        if labels.setdefault(key, label) != label:
            raise FormatError(
                f"{shown(key)} is labelled {shown(label)}, and {shown(labels[key])} in row {places[key]}",
                file=name,
                row=row,
                remedy="keep one of them",
            )
        places.setdefault(key, row)
    return labels


def _of(rows: NDArray[np.intp], labels: Iterable[Hashable], space: Space, coverage: float) -> Labelled:
    """Labels numbered in order of first appearance; two that print alike are two."""
    numbers: dict[Hashable, int] = {}
    codes = np.empty(len(rows), np.int64)
    for place, label in enumerate(labels):
        if not isinstance(label, Hashable) or is_missing(label):
            key = shown(space.keys[rows[place]])
            many = f"{key} has {shown(label)}, which is not one label"
            raise InputError(
                many if not isinstance(label, Hashable) else f"the label of {key} is missing",
                row=int(rows[place]),
                remedy="give it one, or leave it out of a mapping",
            )
        codes[place] = numbers.setdefault(label, len(numbers))
    return Labelled(rows, codes, [str(label) for label in numbers], coverage)


def is_missing(label: Any) -> bool:
    """None, NaN, pandas' NA and NaT, and the empty string are no labels."""
    if isinstance(label, float):
        return math.isnan(label)
    return label is None or type(label).__name__ in ("NAType", "NaTType") or label == ""
