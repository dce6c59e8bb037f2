"""What `nearer monitor` reads: spaces, files of plain vectors, and JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nearer
from nearer.cli.identified import carries_identity, matrix_of
from nearer.errors import FormatError, InputError, SpaceMismatch, shown

ONE_SPACE = "both are taken for vectors of one space"


@dataclass(frozen=True)
class Source:
    """A space and where it came from.

    Attributes
    ----------
    space, name : what was read, and as what it was named.
    encoded : whether its identity was given, by an encoder; otherwise it is that of its own content.
    folder : whether it is a saved space or a known model, whose metric was chosen; else a file of vectors.
    notes : what is to be said of it.
    """

    space: nearer.Space
    name: str
    encoded: bool
    folder: bool
    notes: tuple[str, ...] = ()

    @property
    def states(self) -> bool:
        """Whether it says what space its vectors belong to."""
        return self.encoded or self.folder


def opened(name: str) -> Source:
    """The space of that name; vectors of a plain .npy file get their row numbers as keys."""
    file = Path(name)
    if file.suffix.lower() == ".npy" and file.is_file():
        return Source(_plain_rows(file), name, encoded=False, folder=False)
    space = nearer.load(name)
    folder = not file.is_file()
    if not folder and not carries_identity(file):
        return Source(space, name, encoded=False, folder=False)
    content = nearer.Space(space.keys, space.vectors, space.metric).identity
    return Source(space, name, content != space.identity, folder)


def _plain_rows(file: Path) -> nearer.Space:
    """The rows of a .npy file, with the keys beside it where there are some."""
    import numpy as np  # noqa: PLC0415  (verbs start fast)

    rows = matrix_of(file)
    if rows.ndim != 2 or not rows.size:
        raise InputError(
            f"holds an array of shape {rows.shape}", file=file, remedy="save vectors as rows, shape (n, dim)"
        )
    if not np.isfinite(rows).all():
        row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(rows)))
        raise InputError(
            f"the vector holds {rows[row, column]} in column {column}", file=file, row=row,
            remedy="remove the row, or repair what made it",
        )  # fmt: skip
    if file.with_suffix(".keys.txt").exists():
        return nearer.load(file)
    return nearer.Space([str(row) for row in range(len(rows))], rows)


def paired(before: Source, after: Source) -> tuple[Source, Source, str | None]:
    """Both sources as they may be compared, and what is to be said of it; None: one identity.

    Files of plain vectors are taken for vectors of the other's space. Saved spaces of different identity
    are compared only where both are identified by nothing but their own content and have one metric.
    Raises `SpaceMismatch` for others, naming both.
    """
    if before.space.identity == after.space.identity:
        return before, after, None
    if before.states and after.states:
        _require_comparable(before, after)
        return before, after, f"neither {before.name} nor {after.name} names an encoder: {ONE_SPACE}"
    if after.states:
        space = before.space
        before = replace(
            before, space=nearer.Space(space.keys, space.vectors, after.space.metric, space.items)
        )
    silent = before if after.states else after
    told = (
        f"{silent.name} does not say which encoder made its vectors: {ONE_SPACE}, "
        f"compared by {before.space.metric}"
    )
    return before, after, told


def _require_comparable(before: Source, after: Source) -> None:
    """Raise `SpaceMismatch` for spaces of which one was encoded, or whose metrics differ."""
    if before.encoded or after.encoded:
        raise SpaceMismatch(
            f"its vectors have identity {after.space.identity[:12]}, those of {before.name} "
            f"{before.space.identity[:12]}: vectors of different spaces cannot be compared",
            file=after.name,
            remedy="encode both with one encoder; after a change of model, `nearer align OLD NEW`",
        )
    if before.space.metric != after.space.metric:
        raise SpaceMismatch(
            f"its vectors are compared by {after.space.metric}, those of {before.name} by "
            f"{before.space.metric}",
            file=after.name,
            remedy="save both with one metric",
        )


def divided(source: Source, time: str, until: str, *, in_order: bool) -> tuple[Source, Source]:
    """Rows up to the time `until`, and those after it, each in the order of time; sorting is noted.

    Raises `InputError` where rows go backwards in time and `in_order` forbids it.
    """
    from nearer.monitor import in_order_of_time, time_of, times_of  # noqa: PLC0415  (verbs start fast)

    times, border = times_of(source.space, time, source.name), time_of(until)
    if times.dated != border.dated:
        kind = "dates" if times.dated else "numbers"
        raise InputError(f"--until {until}, and the times are {kind}", file=source.name,
                         remedy=f"give a time such as {times.text(0)}")  # fmt: skip
    order, sorting = in_order_of_time(times, len(times), in_order, source.name)
    count = int((times.values <= border.values[0]).sum())
    if count in (0, len(order)):
        side = "none" if count == 0 else "all"
        raise InputError(
            f"{side} of {len(order):,} rows are up to {until}", file=source.name,
            remedy=f"times go from {times.text(int(order[0]))} to {times.text(int(order[-1]))}",
        )  # fmt: skip
    parts = (source.space.take(order[:count]), source.space.take(order[count:]))
    before, after = (replace(source, space=part) for part in parts)
    return before, replace(after, notes=tuple(sorting))


class Lines:
    """Key, vector and time of JSON lines such as {"key": "a", "vector": [1, 2], "time": "2024-05-01"}.

    The field of times is `time`, and every line must have it; None: it is "time", where there is one.

    Attributes
    ----------
    items : how many were read; empty lines are none.
    """

    def __init__(self, lines: Iterable[str], time: str | None = None) -> None:
        self._lines, self._time, self._number, self.items = lines, time, 0, 0

    def where(self, _: int) -> tuple[str, str]:
        """Where the item stands that was read last, for errors."""
        return "standard input", f"line {self._number:,}"

    def __iter__(self) -> Iterator[tuple[str, Any, Any]]:
        for line in self._lines:
            self._number += 1
            if line.strip():
                self.items += 1
                yield self._item(line.strip())

    def _item(self, line: str) -> tuple[str, Any, Any]:
        file, row = self.where(0)
        try:
            item = json.loads(line)
        except ValueError as error:
            why = f"{error.msg}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else error
            raise FormatError(
                f"is no JSON: {why}", file=file, row=row, remedy="write an object a line"
            ) from None
        if not isinstance(item, dict) or "vector" not in item:
            raise FormatError(
                f"{shown(item)} holds no vector", file=file, row=row,
                remedy='write {"key": "a", "vector": [1, 2], "time": "2024-05-01"}',
            )  # fmt: skip
        if self._time is not None and item.get(self._time) is None:
            raise InputError(
                f"there is no time {shown(self._time)}", file=file, row=row,
                remedy="fill it in, or leave out --time",
            )  # fmt: skip
        return str(item.get("key", self.items - 1)), item["vector"], item.get(self._time or "time")
