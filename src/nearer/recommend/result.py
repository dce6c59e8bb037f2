"""`Recommendations`: suggestions for some users, with scores, where they come from, and reasons."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.errors import UnknownKey, shown

if TYPE_CHECKING:
    import pyarrow as pa

Source = Literal["model", "popularity"]
SHOWN_USERS = 10  # users that are printed


@dataclass(frozen=True)
class Reason:
    """A past item and its share in a suggestion, from 0 to 1."""

    item: str
    share: float


@dataclass(frozen=True)
class Suggestion:
    """One item for one user.

    Attributes
    ----------
    item : its key.
    score : by which it was ranked: the model's, or with `source` "popularity" the users who have the item.
    source : "model", or "popularity" where nothing is known of the user.
    why : the past items that carried it, by falling share; empty unless they were asked for.
    """

    item: str
    score: float
    source: Source
    why: tuple[Reason, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Recommendations:
    """Suggestions for `users`, best first.

    Attributes
    ----------
    users : n keys, as they were asked for.
    item_keys : keys of all items.
    items : int64 (n, k), numbers of items; -1 at the end of a line where fewer were left.
    scores : float32 (n, k), falling unless diversity was asked for; NaN where there is no item.
    sources : n of "model" or "popularity".
    why : for every user, for every suggestion, reasons; None unless they were asked for.
    skipped : for new users, how many of the items that were given for each are not known; empty for others.

    It is a table of Arrow's to what reads such tables (pandas, Polars, DuckDB): see `to_arrow`.
    """

    users: list[str]
    item_keys: Sequence[str]
    items: NDArray[np.int64]
    scores: NDArray[np.float32]
    sources: list[Source]
    why: list[list[tuple[Reason, ...]]] | None = None
    skipped: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.users)

    def __iter__(self) -> Iterator[list[Suggestion]]:
        return (self.of(row) for row in range(len(self)))

    def __getitem__(self, user: str | int) -> list[Suggestion]:
        """The suggestions for a user, by key; raises `UnknownKey` for one that was not asked for."""
        if str(user) not in self._places:
            raise UnknownKey(f"there are no recommendations for {shown(user)}")
        return self.of(self._places[str(user)])

    @cached_property
    def _places(self) -> dict[str, int]:
        return {user: place for place, user in reversed(list(enumerate(self.users)))}

    def of(self, row: int) -> list[Suggestion]:
        """The suggestions for the user at a place of `users`."""
        reasons = self.why[row] if self.why is not None else [()] * self.items.shape[1]
        return [
            Suggestion(self.item_keys[item], float(score), self.sources[row], why)
            for item, score, why in zip(self.items[row].tolist(), self.scores[row], reasons, strict=False)
            if item >= 0
        ]

    def to_arrow(self) -> pa.Table:
        """A row a suggestion: user, rank from 1, item, score, source, and why where it was asked for."""
        import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

        line, place = np.nonzero(self.items >= 0)
        columns: dict[str, Any] = {
            "user": pa.array(self.users, pa.string()).take(line),
            "rank": pa.array((place + 1).astype(np.int32)),
            "item": pa.array(self.item_keys, pa.string()).take(self.items[line, place]),
            "score": pa.array(self.scores[line, place]),
            "source": pa.array(self.sources, pa.string()).take(line),
        }
        if self.why is not None:
            kind = pa.list_(pa.struct([("item", pa.string()), ("share", pa.float64())]))
            told = [
                [{"item": reason.item, "share": reason.share} for reason in self.why[a][b]]
                for a, b in zip(line.tolist(), place.tolist(), strict=True)
            ]
            columns["why"] = pa.array(told, kind)
        return pa.table(columns)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        table: Any = self.to_arrow()
        return table.__arrow_c_stream__(requested_schema)

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write `to_arrow` as Parquet, whole or not at all; raises `FormatError`, `StorageError`."""
        from nearer.recommend.table_file import TableFile  # noqa: PLC0415  (it writes tables of this)

        with TableFile(path, overwrite) as file:
            file.write(self.to_arrow())

    def __repr__(self) -> str:
        lines = []
        for row, user in enumerate(self.users[:SHOWN_USERS]):
            lines.append(f"{shown(user)[1:-1]}{self.said_of(row)}")
            for rank, suggestion in enumerate(self.of(row), start=1):
                why = ", ".join(f"{shown(reason.item)[1:-1]} {reason.share:.0%}" for reason in suggestion.why)
                because = f"  because of {why}" if why else ""
                lines.append(f"  {rank:>2}  {shown(suggestion.item)[1:-1]}  {suggestion.score:.4g}{because}")
        if len(self) > SHOWN_USERS:
            lines.append(f"... and {len(self) - SHOWN_USERS:,} users more")
        return "\n".join(lines)

    def said_of(self, row: int) -> str:
        """What there is to say of the user at a place of `users`, as text that follows the name; often ""."""
        notes = []
        if self.sources[row] == "popularity":
            notes.append("nothing is known of this user: most popular")
        if self.skipped and self.skipped[row]:
            notes.append(f"unknown items left out: {self.skipped[row]:,}")
        return f" ({'; '.join(notes)})" if notes else ""
