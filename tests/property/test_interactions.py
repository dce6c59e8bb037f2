"""Reading and splitting interactions is what a slow twin of the rules does."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nearer import Interactions

ROW = st.tuples(st.integers(0, 5), st.integers(0, 7), st.integers(1, 4), st.integers(-5, 5))
ROWS = st.lists(ROW, min_size=1, max_size=40)
Entries = dict[str, list[tuple[Any, ...]]]


def slow_entries(
    rows: list[tuple[Any, ...]], timed: bool, weighted: bool
) -> dict[str, list[tuple[Any, ...]]]:
    """The rules, one row at a time: by user, pairs in the order of their latest time and then row."""
    sums: dict[tuple[int, int], float] = {}
    latest: dict[tuple[int, int], tuple[int, int]] = {}
    for number, (user, item, weight, time) in enumerate(rows):
        sums[user, item] = sums.get((user, item), 0) + (weight if weighted else 1)
        place = (time if timed else 0, number)
        latest[user, item] = max(latest.get((user, item), place), place)
    found: Entries = {}
    for user, item in sorted(latest, key=lambda pair: latest[pair]):
        time = latest[user, item][0] if timed else None
        found.setdefault(str(user), []).append((str(item), sums[user, item], time))
    return found


def entries(data: Interactions) -> Entries:
    found: Entries = {}
    for row, user in enumerate(data.users):
        for place in range(data.indptr[row], data.indptr[row + 1]):
            weight = 1.0 if data.weights is None else float(data.weights[place])
            time = None if data.times is None else int(data.times[place])
            found.setdefault(user, []).append((data.items[data.indices[place]], weight, time))
    return found


@given(ROWS, st.booleans(), st.booleans())
def test_reading(rows: list[tuple[Any, ...]], timed: bool, weighted: bool) -> None:
    columns = {"user": [row[0] for row in rows], "item": [row[1] for row in rows]}
    columns |= {"weight": [row[2] for row in rows]} if weighted else {}
    columns |= {"time": [row[3] for row in rows]} if timed else {}
    import pyarrow as pa  # noqa: PLC0415  (heavy)

    data = Interactions.read(pa.table(columns))
    expected = slow_entries(rows, timed, weighted)
    assert entries(data) == expected
    assert data.merged == len(rows) - sum(map(len, expected.values()))
    assert list(data.users) == sorted(data.users, key=int)
    matrix = data.matrix().toarray()
    assert matrix.sum() == sum(entry[1] for line in expected.values() for entry in line)
    assert (np.diff(data.indptr) > 0).all()


@given(ROWS, st.integers(1, 4))
def test_leave_last_out(rows: list[tuple[Any, ...]], n: int) -> None:
    data = Interactions.read(rows)
    before = entries(data)
    if max(map(len, before.values())) <= n:
        return
    split = data.split_last(n)
    train, test = entries(split.train), entries(split.test)
    for user, line in before.items():
        cut = len(line) - n if len(line) > n else len(line)
        assert train.get(user, []) == line[:cut]
        assert test.get(user, []) == line[cut:]


@given(ROWS, st.integers(-4, 5))
def test_split_by_time(rows: list[tuple[Any, ...]], at: int) -> None:
    data = Interactions.read(rows)
    times = np.asarray(data.times)
    if not (times < at).any() or not (times >= at).any():
        return
    split = data.split_by_time(at)
    for user, line in entries(data).items():
        assert entries(split.train).get(user, []) == [entry for entry in line if entry[2] < at]
        assert entries(split.test).get(user, []) == [entry for entry in line if entry[2] >= at]
