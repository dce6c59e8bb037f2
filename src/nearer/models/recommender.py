"""What all recommenders share: who may be suggested what, to known users, new ones and cold ones, and why.

A model is a subclass that fills in `_learn_from`, `_scorer`, `_fold_in`, `_shares` and what is saved of it.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.interactions import Interactions, as_interactions
from nearer.errors import InputError, shown
from nearer.kernels.topk import NOTHING, Excluded
from nearer.models.chosen import asked_one, asked_users, chosen_items, excluded_items, item_counts
from nearer.models.item_table import items_in_order
from nearer.models.parameters import Estimator
from nearer.models.recommender_files import read_recommender, write_recommender
from nearer.progress import Progress
from nearer.recommend import (
    Reason,
    Recommendations,
    Scorer,
    TableFile,
    Wishes,
    allowed_items,
    most_popular,
    suggest,
)
from nearer.space import Space
from nearer.space.neighbors import Neighbors

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Matrix = csr_array[np.float32, tuple[int, int]]

Unknown = Literal["error", "popularity"]
Past = tuple[NDArray[np.int64], NDArray[np.float32]]  # what a user has: item numbers and weights
NO_ONE, NO_ITEMS = np.empty((0, 0), np.float32), np.empty((0, 0), np.int64)
USERS_AT_A_TIME = 8_192  # recommended for at a time where all goes to a file: one row group


class Recommender(Estimator):
    """An estimator that is fitted to interactions and suggests items.

    Learned: `interactions_` (as they were read), `item_space_` and `user_space_` where the model has vectors;
    `space_` is `item_space_`.
    """

    kinds: ClassVar[dict[str, type[Recommender]]] = {}  # by name: what a saved recommender may be

    interactions_: Interactions
    item_table_: Any = None  # pyarrow Table of the items, in their order
    item_space_: Space
    user_space_: Space
    threads: int | None

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        Recommender.kinds[cls.__name__] = cls

    @abstractmethod
    def _learn_from(self, data: Interactions) -> None:
        """Set the learned state."""

    @abstractmethod
    def _scorer(self) -> Scorer:
        """What scores items for the users of `interactions_`."""

    @abstractmethod
    def _fold_in(self, chosen: Matrix) -> Scorer:
        """What scores items for new users, by what they chose: (users, items), weights."""

    @abstractmethod
    def _shares(
        self, past: NDArray[np.int64], weights: NDArray[np.float32], items: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """What each past item (p,) of one user adds to the score of each of `items` (c,): (c, p)."""

    @abstractmethod
    def _learned_arrays(self) -> dict[str, NDArray[Any]]:
        """The learned state as arrays, for `save`."""

    def _decided(self) -> dict[str, Any]:
        """Parameters as the fit had them, where what is learned hangs on them: `save` keeps these."""
        return {}

    @abstractmethod
    def _restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Set the learned state from those arrays; `interactions_` is set."""

    def fit(self, interactions: Any, y: None = None) -> Self:
        """Learn from `interactions`: an `Interactions`, or what `Interactions.read` takes.

        Raises `ParameterError`, and `InputError` with file and row.
        """
        self.check_parameters()
        data = as_interactions(interactions)
        self._learn_from(data)
        self._keep(data)
        return self

    def _keep(self, data: Interactions) -> None:
        """Remember what was learned from, and forget what hung on an earlier fit."""
        self.interactions_ = data
        for name in ("item_table_", "_seen", "_made_scorer", "_near_items", "_near_users"):
            self.__dict__.pop(name, None)

    @staticmethod
    def check_item_table(table: Any, interactions: Interactions, key: str | None = None) -> None:
        """Raise what `describe_items` would for this table, were a model fitted to `interactions`."""
        items_in_order(table, key, interactions.items)

    def describe_items(self, table: Any, key: str | None = None) -> Self:
        """Give the items payload columns that `where` can ask for; returns the model.

        `table` is a file or a table with a column of item keys, `key` (None: item, item_id, key or id). Items
        without a row have nulls. Raises `InputError` for an item that stands there twice.
        """
        self.item_table_ = items_in_order(table, key, self.interactions_.items)
        return self

    def recommend(
        self,
        users: str | int | Sequence[str | int] | None = None,
        k: int = 10,
        *,
        exclude_seen: bool = True,
        where: Any = None,
        diversity: float = 0.0,
        why: int = 0,
        unknown: Unknown = "error",
    ) -> Recommendations:
        """The `k` best items for `users`.

        Parameters
        ----------
        users : a key or several; None: all that the model knows.
        exclude_seen : leave out what a user has already.
        where : which items may be suggested: {"column": value or values} of `describe_items`, an expression
            of pyarrow.compute, keys of items, or a truth value for each item.
        diversity : from 0 to 1: how much likeness to earlier suggestions counts against an item (maximal
            marginal relevance; Carbonell and Goldstein 1998).
        why : how many past items are given as reasons for each suggestion; see `explain`.
        unknown : what becomes of a user who is not known: "error", or "popularity".

        Of equal scores the item that was read first comes first; a line is shorter where fewer items are
        left. The result does not depend on the number of threads, nor on who else is asked for. A user of
        whom nothing is known is given what most users chose, by falling number of users, and the result
        says so (`sources`). Raises `UnknownKey`, `ParameterError`, `InputError`, `NotFitted`.
        """
        names, rows = asked_users(users, self.interactions_.users, unknown)
        wishes = self._wishes(k, where, diversity, why)
        return self._for_known(names, rows, exclude_seen, wishes)

    def recommend_for(
        self,
        items: Sequence[str | int] | Mapping[str, Sequence[str | int]],
        k: int = 10,
        *,
        weights: Sequence[float] | Mapping[str, Sequence[float]] | None = None,
        exclude_seen: bool = True,
        where: Any = None,
        diversity: float = 0.0,
        why: int = 0,
        unknown: Literal["error", "skip"] = "error",
    ) -> Recommendations:
        """The `k` best items for somebody new, by what they chose; nothing is retrained.

        `items` are keys of one new user, or such lists by name; `weights` go with them. `unknown` says what
        becomes of an item that is not known: "error", or "skip", and the result counts it (`skipped`); one
        who is left with no items is given what most users chose. The rest is as in `recommend`.
        """
        wishes = self._wishes(k, where, diversity, why)
        new = chosen_items(items, weights, self.interactions_.items, unknown)
        known = np.diff(new.chosen.indptr) > 0
        some = new.chosen[np.flatnonzero(known)]
        scores, best = NO_ONE, NO_ITEMS
        if known.any():
            seen = excluded_items(some) if exclude_seen else NOTHING
            scores, best = suggest(self._fold_in(some), np.arange(some.shape[0]), seen, wishes)
        made = self._laid_out(new.names, known, scores, best, wishes, new.skipped)
        return self._explained(made, [_line(new.chosen, row) for row in range(len(made))], wishes.why)

    def explain(self, user: str | int, item: str | int) -> list[Reason]:
        """The past items of `user` that carry `item`, by falling share; the shares add up to 1.

        A share is what a past item adds to the score, of all that add to it: a / (sum of the a above 0).
        Past items that take away from the score have no share and are left out; where none adds to it there
        are no reasons. Raises `UnknownKey`, `ParameterError` for what is no key; `InputError` for a user
        without items.
        """
        row = asked_one(user, self.interactions_.users, "user")
        number = asked_one(item, self.interactions_.items, "item")
        past, weights = self._past(row)
        if not len(past):
            raise InputError(f"the user {shown(str(user))} has no items, so none can carry a suggestion")
        return list(self._reasons((past, weights), np.array([number]), len(past))[0])

    def similar_items(self, item: str | int, k: int = 10) -> Neighbors:
        """The `k` items nearest to `item`, by the cosine of their vectors; raises `UnknownKey`."""
        return self._by_cosine("_near_items", self.item_space_).neighbors(str(item), k)

    def similar_users(self, user: str | int, k: int = 10) -> Neighbors:
        """The `k` users nearest to `user`, by the cosine of their vectors; raises `UnknownKey`."""
        return self._by_cosine("_near_users", self.user_space_).neighbors(str(user), k)

    def save_recommendations(
        self,
        path: str | os.PathLike[str],
        users: Sequence[str | int] | None = None,
        k: int = 10,
        *,
        exclude_seen: bool = True,
        where: Any = None,
        diversity: float = 0.0,
        why: int = 0,
        unknown: Unknown = "error",
        overwrite: bool = False,
    ) -> int:
        """Write what `recommend` says of many users to a Parquet file; returns the number of its rows.

        The columns are those of `Recommendations.to_arrow`. 8,192 users are a row group, and no more are
        held in memory at a time. Raises what `recommend` raises, and `StorageError`; the file is then not
        there, or as it was.
        """
        names, numbers = asked_users(users, self.interactions_.users, unknown)
        wishes = self._wishes(k, where, diversity, why)
        rows = 0
        shown_as = ("recommending", len(names), "users", getattr(self, "show_progress", None))
        with TableFile(path, overwrite) as file, Progress(*shown_as) as progress:
            for start in range(0, len(names), USERS_AT_A_TIME):
                part = slice(start, start + USERS_AT_A_TIME)
                table = self._for_known(names[part], numbers[part], exclude_seen, wishes).to_arrow()
                file.write(table)
                rows += len(table)
                progress.advance(len(names[part]))
        return rows

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write the fitted recommender into a folder, whole or not at all; `nearer.recommender` opens it.

        Raises `NotFitted`, `StorageError`.
        """
        data = self.interactions_
        parameters = {**self.get_params(deep=False), **self._decided(), "model": type(self).__name__}
        write_recommender(Path(path), parameters, self._learned_arrays(), data, self.item_table_, overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The recommender that `save` wrote. It suggests as it did; `fit` starts anew.

        Raises `ModelNotFound`, `IntegrityError` if it is another kind of model, cut short or edited.
        """
        found = read_recommender(Path(path), {kind.__name__: kind for kind in cls._allowed_kinds()})
        model = found.kind(**found.parameters)
        model.interactions_ = found.interactions
        model.item_table_ = found.item_table
        model._restore(found.arrays)
        if not isinstance(model, cls):
            raise AssertionError("only these kinds were allowed")
        return model

    @classmethod
    def _allowed_kinds(cls) -> list[type[Recommender]]:
        return [kind for kind in Recommender.kinds.values() if issubclass(kind, cls)]

    def _wishes(self, k: int, where: Any, diversity: float, why: int) -> Wishes:
        allowed = allowed_items(where, self.interactions_.items, self.item_table_)
        wishes = Wishes(k, allowed, diversity, getattr(self, "threads", None), why)
        wishes.check()
        return wishes

    def _for_known(
        self, names: list[str], rows: NDArray[np.intp], exclude_seen: bool, wishes: Wishes
    ) -> Recommendations:
        """What is suggested to users by number; -1 is one who is not known."""
        lengths = np.diff(self.interactions_.indptr)
        known = rows >= 0
        known[known] = lengths[rows[known]] > 0
        scores, best = NO_ONE, NO_ITEMS
        if known.any():
            seen = self._seen_by(rows[known]) if exclude_seen else NOTHING
            scores, best = suggest(self._known_scorer(), rows[known], seen, wishes)
        made = self._laid_out(names, known, scores, best, wishes)
        return self._explained(
            made, [self._past(row) for row in rows.tolist()] if wishes.why else [], wishes.why
        )

    def _known_scorer(self) -> Scorer:
        """`_scorer`, made once a fit."""
        if "_made_scorer" not in self.__dict__:
            self._made_scorer: Scorer = self._scorer()
        return self._made_scorer

    def _seen_by(self, rows: NDArray[np.intp]) -> Excluded:
        if "_seen" not in self.__dict__:
            self._seen: Excluded = excluded_items(self.interactions_.matrix())
        return self._seen.of(rows)

    def _by_cosine(self, name: str, space: Space) -> Space:
        """The space by the cosine, made once a fit."""
        if name not in self.__dict__:
            dotted = space.metric != "cosine"
            self.__dict__[name] = Space(space.keys, self._directions(space), "cosine") if dotted else space
        made: Space = self.__dict__[name]
        return made

    def _directions(self, space: Space) -> NDArray[np.float32]:
        """The vectors of `space` as far as they say how alike two of them are."""
        return space.vectors

    def _past(self, row: int) -> Past:
        """Items and weights of the user at `row`; none where it is -1."""
        data = self.interactions_
        part = slice(data.indptr[row], data.indptr[row + 1]) if row >= 0 else slice(0)
        past = data.indices[part].astype(np.int64)
        return past, np.ones(len(past), np.float32) if data.weights is None else data.weights[part]

    def _laid_out(
        self,
        names: list[str],
        known: NDArray[np.bool_],
        scores: NDArray[np.float32],
        items: NDArray[np.int64],
        wishes: Wishes,
        skipped: Sequence[int] = (),
    ) -> Recommendations:
        """The lines of known users among those of all; the others are given what is most popular."""
        if not known.all():
            popular_scores, popular = most_popular(item_counts(self.interactions_), wishes.k, wishes.allowed)
            whole_scores = np.repeat(popular_scores, len(names), axis=0)
            whole_items = np.repeat(popular, len(names), axis=0)
            if known.any():
                whole_scores[known], whole_items[known] = scores, items
            scores, items = whole_scores, whole_items
        sources: list[Literal["model", "popularity"]] = ["model" if row else "popularity" for row in known]
        return Recommendations(names, self.interactions_.items, items, scores, sources, skipped=skipped)

    def _explained(self, made: Recommendations, pasts: Sequence[Past], count: int) -> Recommendations:
        """With up to `count` reasons for each suggestion that the model makes; as it is for 0."""
        if not count:
            return made
        why: list[list[tuple[Reason, ...]]] = []
        for past, source, line in zip(pasts, made.sources, made.items, strict=True):
            found = line[line >= 0]  # they stand first
            told = self._reasons(past, found, count) if source == "model" else []
            why.append([*told, *[()] * (len(line) - len(told))])
        return replace(made, why=why)

    def _reasons(self, past: Past, items: NDArray[np.int64], count: int) -> list[tuple[Reason, ...]]:
        """Up to `count` reasons for each of `items`."""
        if not len(items):
            return []
        keys = self.interactions_.items
        added = np.maximum(self._shares(*past, items), 0.0)
        total = added.sum(axis=1, keepdims=True)
        shares = np.divide(added, total, out=np.zeros_like(added), where=total > 0)
        order = np.argsort(-shares, axis=1, kind="stable")[:, :count]
        return [
            tuple(Reason(keys[past[0][i]], float(line[i])) for i in best.tolist() if line[i] > 0)
            for line, best in zip(shares, order, strict=True)
        ]


def recommender(path: str | os.PathLike[str]) -> Recommender:
    """The recommender of any kind that was saved in a folder.

    Raises `ModelNotFound`, `IntegrityError` if it is no recommender, cut short or edited.
    """
    return Recommender.load(path)


def _line(chosen: Matrix, row: int) -> Past:
    part = slice(chosen.indptr[row], chosen.indptr[row + 1])
    return chosen.indices[part].astype(np.int64), chosen.data[part]
