"""What users chose and what they were recommended, read from whatever holds it and set side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import FormatError, InputError, shown
from nearer.evaluate.columns import Layout, identifier, read_columns

PAIRS = Layout(
    "held-out items",
    {"user": ("user", "user_id", "userid"), "item": ("item", "item_id", "itemid")},
    {2: (0, 1)},
)
RANKED = Layout(
    "recommendations",
    {**PAIRS.columns, "rank": ("rank", "place")},
    {3: (0, 1, 2)},
)


@dataclass(frozen=True, eq=False)
class Chosen:
    """Items of users: those of `users[u]` are `items[codes[starts[u]:starts[u + 1]]]`, each once."""

    users: Sequence[str]
    items: Sequence[str]
    starts: NDArray[np.int64]
    codes: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Suggested:
    """Recommendations: `codes` int64 (users, ranks) number `items`; -1 where there is none.

    `complete` : whether `items` are all there are, and not just those that were recommended.
    """

    users: Sequence[str]
    items: Sequence[str]
    codes: NDArray[np.int64]
    complete: bool


@dataclass(frozen=True, eq=False)
class Judged:
    """Users who have both recommendations and held-out items.

    Attributes
    ----------
    hits : bool (users, k), whether the item at a rank was held out.
    lengths : held-out items of each user.
    counts : how often each item was recommended.
    popularity, held_out_popularity : see `RankingResult`.
    missed : held-out items that nobody can be recommended.
    """

    hits: NDArray[np.bool_]
    lengths: NDArray[np.int64]
    counts: NDArray[np.int64]
    popularity: float | None
    held_out_popularity: float | None
    missed: int


def chosen_by_user(source: Any, what: str) -> Chosen:
    """The items of each user, from interactions, {user: items}, or a file or table of user and item.

    Users without items are left out. Raises `InputError`, `FormatError` naming file and row.
    """
    if all(hasattr(source, name) for name in ("users", "items", "indptr", "indices")):
        lengths = np.diff(source.indptr)
        some = np.flatnonzero(lengths)
        users = [source.users[user] for user in some.tolist()]
        starts = np.concatenate([[0], np.cumsum(lengths[some])])
        if not users:
            raise InputError(f"{what} holds no items")
        return Chosen(users, source.items, starts, source.indices.astype(np.int64))
    if isinstance(source, Mapping):
        pairs: Iterable[tuple[str, str]] = (
            (str(user), item) for user, items in source.items() for item in _listed(user, items)
        )
    else:
        name, rows = read_columns(source, PAIRS)
        pairs = ((identifier(user, name, row), identifier(item, name, row)) for row, (user, item) in rows)
    by_user: dict[str, dict[str, None]] = {}
    for user, item in pairs:
        by_user.setdefault(user, {})[item] = None
    if not by_user:
        raise InputError(f"{what} holds no items")
    number: dict[str, int] = {}
    codes = [number.setdefault(item, len(number)) for items in by_user.values() for item in items]
    starts = np.concatenate([[0], np.cumsum([len(items) for items in by_user.values()])])
    return Chosen(list(by_user), list(number), starts.astype(np.int64), np.array(codes, np.int64))


def suggested_to(source: Any, users: Sequence[str], k: int) -> Suggested:
    """Recommendations for `users`, asked of a recommender or read.

    Raises `InputError` and `FormatError` for what cannot be read, or a rank that stands there twice.
    """
    if hasattr(source, "recommend"):
        known = set(source.interactions_.users)
        source = source.recommend([user for user in users if user in known], k)
    if all(hasattr(source, name) for name in ("users", "items", "item_keys")):
        if source.items.shape[1] < min(k, len(source.item_keys)):
            raise InputError(
                f"there are {source.items.shape[1]} recommendations a user, and {k} are to be judged",
                remedy="recommend as many, or lower k",
            )
        return Suggested(source.users, source.item_keys, source.items[:, :k], True)
    if isinstance(source, Mapping):
        lists = {str(user): _listed(user, items) for user, items in source.items()}
    else:
        lists = _ranked(source)
    number: dict[str, int] = {}
    codes = np.full((len(lists), k), -1, np.int64)
    for row, items in enumerate(lists.values()):
        if len(set(items)) < len(items):
            raise InputError(f"an item is recommended twice to {shown(list(lists)[row])}")
        for place, item in enumerate(items[:k]):
            codes[row, place] = number.setdefault(item, len(number))
    return Suggested(list(lists), list(number), codes, False)


def _listed(user: Any, items: Any) -> list[str]:
    """Items as texts; raises `InputError` for one text, whose letters are no items."""
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise InputError(f"the items of {shown(str(user))} are {shown(items)}", remedy="give a list")
    return [str(item) for item in items]


def _ranked(source: Any) -> dict[str, list[str]]:
    """Items of each user in the order of their ranks."""
    name, rows = read_columns(source, RANKED)
    by_user: dict[str, dict[int, str]] = {}
    for row, (user, item, rank) in rows:
        key, of = identifier(item, name, row), by_user.setdefault(identifier(user, name, row), {})
        try:
            place = int(rank)
        except (TypeError, ValueError):
            raise FormatError(f"the rank {shown(rank)} is no whole number", file=name, row=row) from None
        if place in of:
            raise FormatError(f"{shown(user)} has two items of rank {place}", file=name, row=row)
        of[place] = key
    return {user: [items[rank] for rank in sorted(items)] for user, items in by_user.items()}


def users_judged(
    held_out: Chosen, suggested: Suggested, learned: Chosen | None, k: int, unknown_items: str
) -> Judged:
    """Hits of every user who has both; errors as `ranking` says."""
    place = {user: row for row, user in enumerate(suggested.users)}
    if len(place) < len(suggested.users):
        raise InputError("a user has recommendations twice", remedy="give each user once")
    pairs = [(place[user], row) for row, user in enumerate(held_out.users) if user in place]
    if not pairs:
        raise InputError("no user with held-out items has recommendations", remedy="recommend to those users")
    rows, owners = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    catalogue = _catalogue(suggested, learned, held_out)
    truth = np.array([catalogue.get(item, -1) for item in held_out.items], np.int64)
    possible = len(catalogue) if suggested.complete or learned is not None else 0
    if possible and unknown_items == "error" and (truth < 0).any():
        item = held_out.items[int(np.argmax(truth < 0))]
        raise InputError(
            f"the held-out item {shown(item)} was never seen in training, so nobody can be recommended it",
            remedy='leave it out, or count it as not found with unknown_items="miss"',
        )
    lengths = np.diff(held_out.starts)[owners]
    wanted = np.concatenate([held_out.codes[held_out.starts[u] : held_out.starts[u + 1]] for u in owners])
    wanted = truth[wanted]
    width = len(catalogue)
    pair_codes = np.repeat(np.arange(len(owners)), lengths) * width + wanted
    given_codes = np.array([catalogue[item] for item in suggested.items], np.int64)
    codes = np.full((len(rows), k), -1, np.int64)
    found = suggested.codes[rows]
    codes[:, : found.shape[1]] = np.where(found >= 0, given_codes[np.maximum(found, 0)], -1)
    taken = codes >= 0
    hits = taken & np.isin(np.arange(len(rows))[:, None] * width + codes, pair_codes[wanted >= 0])
    counts = np.bincount(codes[taken], minlength=width)
    popularity = None if learned is None else _percentiles(learned, catalogue)
    return Judged(
        hits,
        lengths,
        counts,
        None if popularity is None or not taken.any() else float(popularity[codes[taken]].mean()),
        None if popularity is None or (wanted < 0).all() else float(popularity[wanted[wanted >= 0]].mean()),
        int((wanted < 0).sum()),
    )


def _catalogue(suggested: Suggested, learned: Chosen | None, held_out: Chosen) -> dict[str, int]:
    """All items there are, numbered; where nothing says so, those that were held out too."""
    known = dict.fromkeys(suggested.items)
    if learned is not None:
        known |= dict.fromkeys(learned.items)
    elif not suggested.complete:
        known |= dict.fromkeys(held_out.items)
    return {item: number for number, item in enumerate(known)}


def _percentiles(learned: Chosen, catalogue: Mapping[str, int]) -> NDArray[np.float64]:
    """Of every item the part of all items that fewer users have; those that as many have count half."""
    counts = np.zeros(len(catalogue), np.int64)
    place = np.array([catalogue[item] for item in learned.items], np.int64)
    np.add.at(counts, place, np.bincount(learned.codes, minlength=len(learned.items)))
    ordered = np.sort(counts)
    below, through = (np.searchsorted(ordered, counts, side=side) for side in ("left", "right"))
    return np.asarray((below + through) / (2.0 * len(counts)))
