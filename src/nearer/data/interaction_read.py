"""Reading interactions: one entry for each pair of a user and an item, by user and in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.columns import Role, read_columns
from nearer.data.ids import coded_ids, codes_of
from nearer.data.times import time_numbers
from nearer.data.weights import checked_weights
from nearer.errors import InputError, ParameterError, shown

UNKNOWN = ("error", "skip")


@dataclass(frozen=True)
class Reading:
    """How interactions are read: see `Interactions.read`."""

    user: str | None
    item: str | None
    weight: str | None
    time: str | None
    unknown: str


@dataclass(frozen=True, eq=False)
class Events:
    """Rows as they were read: numbers of users and items, with weights and times where there are any."""

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    weights: NDArray[np.float64] | None
    times: NDArray[np.int64] | None
    user_keys: Sequence[str]
    item_keys: Sequence[str]
    skipped: int
    where: str | None


@dataclass(frozen=True, eq=False)
class Entries:
    """What `Interactions` is made of, but its keys."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    weights: NDArray[np.float32] | None
    times: NDArray[np.int64] | None
    merged: int


def read_events(
    source: Any, users: Sequence[str] | None, items: Sequence[str] | None, how: Reading
) -> Events:
    """The rows of `source`; with `users` and `items`, in terms of these; errors: see `Interactions`."""
    if how.unknown not in UNKNOWN:
        raise ParameterError(
            f"unknown={shown(how.unknown)} is unknown", remedy=f"use one of {', '.join(UNKNOWN)}"
        )
    if hasattr(source, "tocoo") and hasattr(source, "nnz"):
        _require_unnamed(how)
        return _sparse_events(source, users, items)
    roles = (
        Role("user", how.user, ("user", "user_id", "userid"), is_id=True),
        Role("item", how.item, ("item", "item_id", "itemid"), is_id=True),
        Role("weight", how.weight, ("weight",), required=how.weight is not None),
        Role("time", how.time, ("time", "timestamp"), required=how.time is not None),
    )
    chosen = read_columns(source, roles, "interactions")
    where = chosen.where
    user_codes, user_keys = _codes("user", chosen["user"], users, how, where)
    item_codes, item_keys = _codes("item", chosen["item"], items, how, where)
    weight, time = chosen.get("weight"), chosen.get("time")
    weights = None if weight is None else checked_weights(weight, where)
    times = None if time is None else time_numbers(time, where)
    known = (user_codes >= 0) & (item_codes >= 0)
    skipped = int((~known).sum())
    if skipped:
        user_codes, item_codes = user_codes[known], item_codes[known]
        weights = None if weights is None else weights[known]
        times = None if times is None else times[known]
    return Events(user_codes, item_codes, weights, times, user_keys, item_keys, skipped, where)


def entries_of(events: Events) -> Entries:
    """One entry a pair: weights add up (1 a row where there are none), the latest time stays.

    Without times the order of the rows stands, and a repeated pair has the place of its last row.
    """
    rows = len(events.users)
    if rows == 0:
        raise InputError("there are no interactions, and one at least is needed", file=events.where)
    pair = events.users * len(events.item_keys) + events.items
    order = np.arange(rows) if events.times is None else np.argsort(events.times, kind="stable")
    by_pair = order[np.argsort(pair[order], kind="stable")]
    ends = np.append(np.flatnonzero(np.diff(pair[by_pair])), rows - 1)
    last = by_pair[ends]  # of every pair, its latest row
    place = np.empty(rows, np.int64)
    place[order] = np.arange(rows)
    kept = last[np.lexsort((place[last], events.users[last]))]
    merged = rows - len(kept)
    weights = None
    if events.weights is not None or merged:
        each = np.ones(rows) if events.weights is None else events.weights
        sums = np.add.reduceat(each[by_pair], np.concatenate([[0], ends[:-1] + 1]))
        if float(sums.max()) > float(np.finfo(np.float32).max):
            raise InputError(
                "the weights of repeated rows add up to more than single precision holds",
                file=events.where,
                remedy="divide all weights by one number",
            )
        weights = sums[np.searchsorted(pair[last], pair[kept])].astype(np.float32)
    indptr = np.zeros(len(events.user_keys) + 1, np.int64)
    np.cumsum(np.bincount(events.users[kept], minlength=len(events.user_keys)), out=indptr[1:])
    times = None if events.times is None else events.times[kept]
    return Entries(indptr, events.items[kept].astype(np.uint32), weights, times, merged)


def _codes(
    role: str, column: Any, keys: Sequence[str] | None, how: Reading, where: str | None
) -> tuple[NDArray[np.int64], Sequence[str]]:
    """Numbers of the ids of a column; -1 for one that is not among `keys`, if these may be skipped."""
    if keys is None:
        coded = coded_ids([(role, column)], where)
        return coded.codes[0].astype(np.int64), coded.keys
    codes = codes_of(role, column, keys, where)
    if how.unknown == "error" and (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise InputError(
            f"the {role} {shown(str(column[row].as_py()))} is not among the {len(keys):,} that are known "
            "(from training)",
            file=where,
            row=row,
            remedy='remove the row, or leave all such rows out with unknown="skip"',
        )
    return codes, keys


def _require_unnamed(how: Reading) -> None:
    """Raise `InputError` for a column that is named of a matrix, which has none."""
    for name in ("user", "item", "weight", "time"):
        given = getattr(how, name)
        if given is not None:
            raise InputError(
                f"the column {name}={shown(given)} is named, and a matrix has no such columns",
                remedy="leave it out",
            )


def _sparse_events(matrix: Any, users: Sequence[str] | None, items: Sequence[str] | None) -> Events:
    """The entries of a sparse matrix, users by items; a stored zero is none."""
    rows, columns = matrix.shape
    for role, keys, size in (("users", users, rows), ("items", items, columns)):
        if keys is not None and len(keys) != size:
            raise InputError(f"the matrix has {size:,} {role}, and {len(keys):,} keys of {role} are given")
    entries = matrix.tocoo()
    kept = np.asarray(entries.data) != 0
    weights = checked_weights(np.asarray(entries.data)[kept], None)
    return Events(
        entries.row[kept].astype(np.int64),
        entries.col[kept].astype(np.int64),
        None if (weights == 1).all() else weights,
        None,
        users if users is not None else list(map(str, range(rows))),
        items if items is not None else list(map(str, range(columns))),
        0,
        None,
    )
