"""Labels of nodes, of which a node may have several: by key, from a payload column, a file or a table."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import FormatError, InputError, shown
from nearer.evaluate.columns import Layout, identifier, read_columns
from nearer.evaluate.labels import is_missing
from nearer.space import Space

LAYOUT = Layout(
    "labels",
    {
        "key": ("key", "id", "node", "item", "name"),
        "label": ("label", "labels", "class", "group", "groups", "category", "topic"),
    },
    {2: (0, 1)},
)

NodeLabels = Mapping[str, Any] | str | Path | Any


@dataclass(frozen=True, eq=False)
class ManyLabels:
    """The items of a space that have labels.

    Attributes
    ----------
    rows : their rows (n,).
    members : bool (n, labels), who has which.
    names : the labels, in order of first appearance.
    coverage : part of the labelled items that the space holds.
    """

    rows: NDArray[np.intp]
    members: NDArray[np.bool_]
    names: list[str]
    coverage: float


def many_labels(space: Space, labels: NodeLabels, columns: Sequence[str] | None = None) -> ManyLabels:
    """The rows of `space` with their labels, of which each has one at least.

    Raises `InputError` for labels that are missing or of one kind only, and `FormatError` for a file that
    cannot be read.
    """
    by_key: dict[str, list[Hashable]] = {}
    for key, label in _pairs(space, labels, columns):
        found = by_key.setdefault(key, [])
        if label not in found:
            found.append(label)
    held = [key for key in by_key if key in space]
    if not held:
        raise InputError(
            f"the space holds none of the {len(by_key):,} labelled items", remedy="label its keys"
        )
    number: dict[Hashable, int] = {}
    codes = [[number.setdefault(label, len(number)) for label in by_key[key]] for key in held]
    if len(number) < 2:
        raise InputError(
            f"{len(held):,} labelled items have one label, {shown(next(iter(number)))}: needs two"
        )
    members = np.zeros((len(held), len(number)), np.bool_)
    for row, known in enumerate(codes):
        members[row, known] = True
    rows = np.asarray(space.rows(held))
    return ManyLabels(rows, members, [str(label) for label in number], len(held) / len(by_key))


def _pairs(space: Space, labels: Any, columns: Sequence[str] | None) -> Iterator[tuple[str, Hashable]]:
    """A key and a label at a time."""
    if isinstance(labels, str) and space.items is not None and labels in space.items.column_names:
        column = space.items[labels].to_pylist()
        rows: Iterable[tuple[int | None, str, Any]] = (
            (row, key, value) for row, (key, value) in enumerate(zip(space.keys, column, strict=True))
        )
        name = f"column {labels}"
    elif isinstance(labels, Mapping):
        rows, name = ((None, str(key), value) for key, value in labels.items()), "labels"
    else:
        if isinstance(labels, str) and not Path(labels).exists():
            raise InputError(
                f"labels={shown(labels)} is neither a file nor a payload column",
                remedy="give a file of keys and labels, or a column",
            )
        name, read = read_columns(labels, LAYOUT, columns)
        rows = ((row, identifier(key, name, row), value) for row, (key, value) in read)
    for row, key, value in rows:
        given = value.tolist() if isinstance(value, np.ndarray) else value
        for label in given if isinstance(given, list | tuple | set | frozenset) else [given]:
            if not isinstance(label, Hashable) or is_missing(label):
                raise FormatError(
                    f"the label of {shown(key)} is missing",
                    file=name,
                    row=row,
                    remedy="label it, or leave it out",
                )
            yield key, label
