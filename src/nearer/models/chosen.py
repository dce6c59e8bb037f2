"""Users and items as a recommender is asked about them: keys to numbers, lists of items to a matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.interactions import Interactions
from nearer.errors import InputError, ParameterError, UnknownKey, shown
from nearer.kernels.topk import Excluded
from nearer.space.spelling import nearest_spellings

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Matrix = csr_array[np.float32, tuple[int, int]]

NEW = "new"  # what a new user is called who was given no name


@dataclass(frozen=True, eq=False)
class NewUsers:
    """New users by name, what they chose (users, items), weights, and how many items of each are unknown."""

    names: list[str]
    chosen: Matrix
    skipped: list[int]


def asked_users(
    asked: str | int | Sequence[str | int] | None, keys: Sequence[str], unknown: str, what: str = "user"
) -> tuple[list[str], NDArray[np.intp]]:
    """Keys that were asked for, and their numbers; None: all. -1 for one not known, if that is allowed.

    Raises `UnknownKey` with the nearest spellings, `ParameterError` for no key at all.
    """
    if unknown not in ("error", "popularity"):
        raise ParameterError(f"unknown={shown(unknown)} is unknown", remedy="use error or popularity")
    if asked is None:
        return list(keys), np.arange(len(keys))
    names = [asked] if isinstance(asked, str) or not isinstance(asked, Iterable) else list(asked)
    if not names:
        raise ParameterError(f"no {what} is asked for")
    texts = [_text(name, what) for name in names]
    place = {key: i for i, key in enumerate(keys)}
    if unknown == "error":
        for text in texts:
            if text not in place:
                raise _unknown(what, text, place)
    return texts, np.array([place.get(text, -1) for text in texts], np.intp)


def asked_one(asked: str | int, keys: Sequence[str], what: str) -> int:
    """The number of a key; raises `UnknownKey`, and `ParameterError` for what is no key."""
    _, numbers = asked_users([asked], keys, "error", what)
    return int(numbers[0])


def chosen_items(
    items: Sequence[str | int] | Mapping[str, Sequence[str | int]],
    weights: Any,
    keys: Sequence[str],
    unknown: str,
) -> NewUsers:
    """New users and what they chose; repeated items add up.

    Raises `UnknownKey` for an item that is not known unless it may be skipped, `InputError` for weights that
    do not go with the items, `ParameterError` for what is no list of items.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    if unknown not in ("error", "skip"):
        raise ParameterError(f"unknown={shown(unknown)} is unknown", remedy="use error or skip")
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise ParameterError(f"items={shown(items)} is no list of items", remedy="give a list of keys")
    given_lists = items if isinstance(items, Mapping) else {NEW: items}
    lists = {name: list(some) for name, some in given_lists.items()}
    if not lists or lists == {NEW: []}:
        raise ParameterError("items is empty", remedy="give one key at least")
    if weights is not None and (isinstance(weights, str) or not isinstance(weights, Iterable)):
        raise ParameterError(
            f"weights={shown(weights)} is no list of numbers", remedy="give one for each item"
        )
    given = weights if isinstance(weights, Mapping) or weights is None else {NEW: weights}
    place = {key: i for i, key in enumerate(keys)}
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    skipped = [0] * len(lists)
    for row, (name, chosen) in enumerate(lists.items()):
        texts = [_text(item, "item") for item in chosen]
        amounts = [1.0] * len(texts) if given is None else list(given.get(name, ()))
        _require_weights(name, texts, amounts)
        for text, amount in zip(texts, amounts, strict=True):
            if text in place:
                rows.append(row)
                columns.append(place[text])
                values.append(float(amount))
            elif unknown == "error":
                raise _unknown("item", text, place)
            else:
                skipped[row] += 1
    with np.errstate(over="ignore"):
        matrix = csr_array((np.array(values, np.float32), (rows, columns)), shape=(len(lists), len(keys)))
        matrix.sum_duplicates()
    if not np.isfinite(matrix.data).all():
        first = int(np.argmin(np.isfinite(matrix.data)))
        item = keys[int(matrix.indices[first])]
        raise InputError(
            f"the weights of {shown(item)} add up to more than a float32 holds",
            remedy="give the item once, or scale the weights down",
        )
    return NewUsers(list(map(str, lists)), matrix, skipped)


def excluded_items(chosen: Matrix) -> Excluded:
    """What every user (users, items) has, not to be suggested again."""
    return Excluded(chosen.indptr.astype(np.int64), chosen.indices.astype(np.uint32))


def item_counts(data: Interactions) -> NDArray[np.int64]:
    """How many users have each item, int64 (items,)."""
    return np.bincount(data.indices, minlength=len(data.items)).astype(np.int64)


def _require_weights(name: str, items: Sequence[str], weights: Sequence[float]) -> None:
    if len(weights) != len(items):
        raise InputError(f"{shown(name)} has {len(items)} items and {len(weights)} weights")
    most = float(np.finfo(np.float32).max)
    for item, weight in zip(items, weights, strict=True):
        if isinstance(weight, bool) or not isinstance(weight, int | float | np.number):
            raise InputError(f"the weight {shown(weight)} of {shown(item)} is no number")
        if not 0 < weight <= most:
            raise InputError(f"the weight {weight} of {shown(item)} is not a finite number above 0")


def _text(key: Any, what: str) -> str:
    if isinstance(key, bool) or not isinstance(key, str | int | np.integer):
        raise ParameterError(f"{shown(key)} is no {what}", remedy="keys are text or whole numbers")
    return str(key)


def _unknown(what: str, key: str, place: Mapping[str, int]) -> UnknownKey:
    near = nearest_spellings(key, place)
    return UnknownKey(
        f"no {what} is called {shown(key)}",
        remedy=f"did you mean {' or '.join(map(repr, near))}?" if near else None,
    )
