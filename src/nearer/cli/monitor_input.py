"""What `nearer monitor` reads: spaces, files of plain vectors, and JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nearer
from nearer.cli.identified import carries_identity
from nearer.errors import FormatError, InputError, shown


@dataclass(frozen=True)
class Source:
    """A space, its name, and whether its file says nothing of the encoder that made the vectors."""

    space: nearer.Space
    name: str
    plain: bool


def opened(name: str) -> Source:
    """The space of that name; one that is identified by its own content alone is plain vectors."""
    space = nearer.load(name)
    if Path(name).exists() and not carries_identity(Path(name)):
        return Source(space, name, plain=True)
    content = nearer.Space(space.keys, space.vectors, space.metric).identity
    return Source(space, name, plain=content == space.identity)


def divided(source: Source, time: str, until: str) -> tuple[Source, Source]:
    """Rows up to the time `until`, and those after it, each in the order of time."""
    import numpy as np  # noqa: PLC0415  (verbs start fast)

    from nearer.monitor import time_of, times_of  # noqa: PLC0415

    times, border = times_of(source.space, time, source.name), time_of(until)
    if times.dated != border.dated:
        kind = "dates" if times.dated else "numbers"
        raise InputError(f"--until {until}, and the times are {kind}", file=source.name,
                         remedy=f"give a time such as {times.text(0)}")  # fmt: skip
    order = np.argsort(times.values, kind="stable")
    count = int((times.values <= border.values[0]).sum())
    if count in (0, len(order)):
        side = "none" if count == 0 else "all"
        raise InputError(
            f"{side} of {len(order):,} rows are up to {until}", file=source.name,
            remedy=f"times go from {times.text(int(order[0]))} to {times.text(int(order[-1]))}",
        )  # fmt: skip
    parts = (source.space.take(order[:count]), source.space.take(order[count:]))
    before, after = (Source(part, source.name, source.plain) for part in parts)
    return before, after


def lines_of_vectors(lines: Iterable[str], time: str | None = None) -> Iterator[tuple[str, Any, Any]]:
    """Key, vector and time of JSON lines such as {"key": "a", "vector": [1, 2], "time": "2024-05-01"}.

    The field of times is `time`, and every line must have it; None: it is "time", where there is one.
    """
    for row, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except ValueError as error:
            raise FormatError(
                f"is no JSON: {error}", file="standard input", row=row, remedy="write an object a line"
            ) from None
        if not isinstance(item, dict) or "vector" not in item:
            raise FormatError(
                f"{shown(item)} holds no vector", file="standard input", row=row,
                remedy='write {"key": "a", "vector": [1, 2], "time": "2024-05-01"}',
            )  # fmt: skip
        if time is not None and item.get(time) is None:
            raise InputError(
                f"there is no time {shown(time)}", file="standard input", row=row,
                remedy="fill it in, or leave out --time",
            )  # fmt: skip
        yield str(item.get("key", row)), item["vector"], item.get("time" if time is None else time)
