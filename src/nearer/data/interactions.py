"""`Interactions`: who chose what, how much and when; the entries of each user in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.data.interaction_read import Reading, entries_of, read_events
from nearer.data.interaction_split import Mask, kept_rows, last_of_each, random_share
from nearer.data.times import time_numbers
from nearer.errors import InputError, ParameterError, shown

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False, repr=False)
class Interactions:
    """One entry for each pair of a user and an item that met, by user; within a user in the order of time.

    Attributes
    ----------
    users, items : distinct strings; whole-number ids as they are written in decimal.
    indptr : int64 (users + 1): the entries of user u are [indptr[u], indptr[u + 1]).
    indices : uint32 (n), the item of each entry; distinct within a user.
    weights : float32 (n), above 0; None: every entry weighs 1.
    times : int64 (n), rising within a user; None where no times were given: the order of the rows stands.
    merged : rows that were read beside another of the same pair, and became one entry with it.
    skipped : rows that were left out since their user or item is unknown.
    """

    users: Sequence[str]
    items: Sequence[str]
    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    weights: NDArray[np.float32] | None = None
    times: NDArray[np.int64] | None = None
    merged: int = 0
    skipped: int = 0

    @classmethod
    def read(
        cls,
        source: Any,
        *,
        user: str | None = None,
        item: str | None = None,
        weight: str | None = None,
        time: str | None = None,
        users: Sequence[str] | None = None,
        items: Sequence[str] | None = None,
        unknown: Literal["error", "skip"] = "error",
    ) -> Interactions:
        """The interactions of `source`.

        Parameters
        ----------
        source : a .parquet, .csv or .tsv file with a line of names (.gz too); an Arrow, pandas or Polars
            table; an array (n, 2 to 4) of whole numbers or tuples, in the order user, item, weight, time; or
            a SciPy sparse matrix, users by items.
        user, item, weight, time : columns. None: user, user_id; item, item_id; weight; time, timestamp.
        users, items : the only users and items there may be, in their order: those of training for a test
            that is given apart, or the keys of a matrix. A user without a row has no entries.
        unknown : what becomes of a row whose user or item is not among those: "error", or "skip" and counted.

        Repeated rows of one user and item become one entry: weights add up (1 a row where there are none),
        the latest time stays. Raises `InputError` naming file and row: no rows; ids that are floating-point
        numbers, empty or missing; weights that are not finite numbers above 0; unknown users and items.
        """
        events = read_events(source, users, items, Reading(user, item, weight, time, unknown))
        made = entries_of(events)
        return cls(
            events.user_keys,
            events.item_keys,
            made.indptr,
            made.indices,
            made.weights,
            made.times,
            made.merged,
            events.skipped,
        )

    def split_last(self, n: int = 1) -> InteractionSplit:
        """Leave-last-out: the `n` latest entries of every user who has more are the test.

        Raises `ParameterError` for n below 1, `InputError` where no user has more than `n` entries.
        """
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise ParameterError(f"n={shown(n)} is no whole number from 1 up")
        return self._split(last_of_each(self.indptr, n), f"no user has more than {n:,} entries")

    def split_by_time(self, at: Any = None, *, fraction: float | None = None) -> InteractionSplit:
        """Entries from the time `at` on are the test, or the latest `fraction` of all.

        `at` is a whole number as `times` holds it; or a date, a datetime or text in ISO 8601, if the times
        were such, which are held in microseconds. Users whose every entry is in the test have none in
        training. Raises `ParameterError` unless one of the two is given, `InputError` where there are no
        times or one side is empty.
        """
        if self.times is None:
            raise InputError("there are no times to split by", remedy="read them: time=COLUMN")
        if (at is None) == (fraction is None) or not (fraction is None or _is_share(fraction)):
            raise ParameterError(
                f"at={shown(at)} and fraction={shown(fraction)}: give one, the share between 0 and 1"
            )
        if at is None:
            rank = min(int(len(self) * (1 - (fraction or 0.0))), len(self) - 1)
            at = int(np.partition(self.times, rank)[rank])
        else:
            at = int(time_numbers(_as_column(at), None)[0])
        return self._split(self.times >= at, f"no time is before or none is from {at} on")

    def split_random(self, fraction: float = 0.2, seed: int = 0) -> InteractionSplit:
        """A `fraction` of every user's entries, rounded down and drawn at random, is the test.

        Raises `ParameterError` for a fraction not between 0 and 1, `InputError` where that is nothing.
        """
        if not _is_share(fraction):
            raise ParameterError(f"fraction={shown(fraction)} is not between 0 and 1")
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ParameterError(f"seed={shown(seed)} is no whole number from 0 up")
        mask = random_share(self.indptr, fraction, seed)
        return self._split(mask, f"no user has entries enough for a fraction of {fraction:g}")

    def _split(self, mask: Mask, empty: str) -> InteractionSplit:
        if mask.all() or not mask.any():
            raise InputError(f"one side of the split is empty: {empty}")
        return InteractionSplit(self._where(~mask), self._where(mask))

    def _where(self, mask: Mask) -> Interactions:
        return replace(
            self,
            indptr=kept_rows(self.indptr, mask),
            indices=self.indices[mask],
            weights=None if self.weights is None else self.weights[mask],
            times=None if self.times is None else self.times[mask],
            merged=0,
            skipped=0,
        )

    def __repr__(self) -> str:
        sizes = f"{len(self.users):,} users, {len(self.items):,} items, {len(self):,} entries"
        more = ", weights" * (self.weights is not None) + ", times" * (self.times is not None)
        return f"Interactions({sizes}{more})"

    def __len__(self) -> int:
        return len(self.indices)

    def matrix(self) -> csr_array[np.float32, tuple[int, int]]:
        """Users by items, float32, the weights; item numbers rise within a user."""
        from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

        weights = (
            np.ones(len(self), np.float32) if self.weights is None else self.weights.copy()
        )  # it is sorted
        shape = (len(self.users), len(self.items))
        made = csr_array((weights, self.indices.astype(np.int64), self.indptr), shape=shape)
        made.sort_indices()
        return made


@dataclass(frozen=True, eq=False)
class InteractionSplit:
    """Interactions in two parts over the same users and items: `train` to fit to, `test` to judge by."""

    train: Interactions
    test: Interactions


def _is_share(value: Any) -> bool:
    """Whether `value` is a number between 0 and 1."""
    return isinstance(value, int | float | np.number) and bool(0 < value < 1)


def _as_column(at: Any) -> Any:
    """One time as an Arrow column; raises `ParameterError` for what is none."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    try:
        return pa.chunked_array([pa.array([at])])
    except (pa.ArrowException, TypeError):
        raise ParameterError(
            f"at={shown(at)} is no time", remedy="give a number, a date or a datetime"
        ) from None


def as_interactions(source: Any) -> Interactions:
    """`source` as `Interactions`: itself, or what `Interactions.read` makes of it."""
    return source if isinstance(source, Interactions) else Interactions.read(source)
