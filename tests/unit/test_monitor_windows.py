"""Windows of tables: every row in one of them, in the order of time, as many as asked for."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nearer
from nearer.errors import InputError, NearerError, ParameterError
from nearer.monitor import Windows, read_times, time_of, times_of, windows

DAYS = ["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01", "2025-01-01"]


def rows(found: Windows) -> list[list[int]]:
    return [window.rows.tolist() for window in found]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (4, [[0, 1, 2, 3], [4, 5]]),
        ("4", [[0, 1, 2, 3], [4, 5]]),
        ("1mo", [[0, 1], [2, 3], [4], [5]]),
        ("2mo", [[0, 1, 2, 3], [4], [5]]),
        ("1y", [[0, 1, 2, 3, 4], [5]]),
        ("2d", [[0, 1], [2], [3, 4], [5]]),  # from 1970-01-01, two by two: 01-30 is day 19,752
        ("1w", [[0, 1, 2], [3, 4], [5]]),
    ],
)
def test_periods_are_those_of_the_calendar(size: int | str, expected: list[list[int]]) -> None:
    assert rows(windows(6, size, read_times(DAYS))) == expected


def test_weeks_start_on_monday() -> None:
    monday = datetime.date(2024, 1, 1)
    days = [monday + datetime.timedelta(n - 1) for n in range(9)]  # Sunday, a whole week, Monday
    assert rows(windows(9, "1w", read_times(days))) == [[0], [1, 2, 3, 4, 5, 6, 7], [8]]


def test_rows_are_sorted_by_time_and_it_is_said() -> None:
    found = windows(4, 2, read_times([3, 1, 2, 1]))
    assert rows(found) == [[1, 3], [2, 0]]
    assert found.notes == ("rows were sorted by time: 3 stood elsewhere",)
    assert [(window.start, window.end) for window in found] == [("1", "1"), ("2", "3")]
    with pytest.raises(
        InputError, match=r"^t.csv, row 1: time goes backwards: 1 after 3; sort the rows by time$"
    ):
        windows(4, 2, read_times([3, 1, 2, 1]), in_order=True, where="t.csv")


def test_a_small_rest_is_joined_and_it_is_said() -> None:
    found = windows(1_050, 200)
    assert [len(window) for window in found] == [200, 200, 200, 200, 250]
    assert found.notes == ("the last 50 rows were joined with the window before them",)
    assert [len(window) for window in windows(1_150, 200)] == [200] * 5 + [150]
    assert [len(window) for window in windows(150, 200)] == [150]
    found = windows(6, "1mo", read_times(DAYS), least=2)
    assert rows(found) == [[0, 1], [2, 3], [4, 5]]
    assert found.notes == ("1 windows of fewer than 2 rows were joined with their neighbours",)


def test_numbers_are_cut_by_units_and_years() -> None:
    years = read_times([1999, 2000, 2009, 2010])
    assert rows(windows(4, "10y", years)) == [[0], [1, 2], [3]]
    assert rows(windows(4, "1u", read_times([0.5, 0.7, 1.0, 3.0]))) == [[0, 1], [2], [3]]
    with pytest.raises(
        ParameterError, match=r"^a window is '7d', and the times are plain numbers; use a number"
    ):
        windows(4, "7d", years)
    with pytest.raises(ParameterError, match="the times are dates; use a period such as 7d"):
        windows(6, "3u", read_times(DAYS))


@pytest.mark.parametrize("size", [0, -1, "0", "d", "7 days", "1.5", True, None, 2.0])
def test_what_is_no_size_is_named(size: object) -> None:
    with pytest.raises(ParameterError, match=r"^a window is .*; use a number of rows \(200\), a period"):
        windows(4, size)  # type: ignore[arg-type]  # on purpose


def test_a_period_needs_times_and_a_window_rows() -> None:
    with pytest.raises(ParameterError, match="the window '7d' is a period; name the column of times"):
        windows(4, "7d")
    with pytest.raises(InputError, match=r"^a.csv: 4 rows are no window; at least 20 are needed$"):
        windows(4, 2, least=20, where="a.csv")


@given(
    st.lists(st.integers(-5_000, 5_000), min_size=1, max_size=60),
    st.sampled_from([1, 2, 7, 100, "1u", "10u", "1y"]),
    st.integers(1, 12),
)
def test_every_row_is_in_one_window(times: list[int], size: int | str, least: int) -> None:
    read = read_times(times)
    if len(times) < least:
        with pytest.raises(InputError):
            windows(len(times), size, read, least=least)
        return
    found = windows(len(times), size, read, least=least)
    order = np.concatenate([window.rows for window in found])
    assert sorted(order.tolist()) == list(range(len(times)))
    assert (np.diff(read.values[order]) >= 0).all()
    if isinstance(size, str):
        assert min(len(window) for window in found) >= least


@pytest.mark.parametrize(
    ("given_times", "dated", "texts"),
    [
        ([1946, 1947], False, ["1946", "1947"]),
        (["1946", "1947"], False, ["1946", "1947"]),
        ([0.5, 1.0], False, ["0.5", "1"]),
        (["0.5", "1"], False, ["0.5", "1"]),
        (["2024-05-01", "2024-05-01T12:00"], True, ["2024-05-01", "2024-05-01T12:00:00"]),
        (["2024-05-01T02:00+02:00"], True, ["2024-05-01"]),
        ([datetime.date(2024, 5, 1)], True, ["2024-05-01"]),
        ([datetime.datetime(2024, 5, 1, 1, 2, 3, 4)], True, ["2024-05-01T01:02:03.000004"]),
        (np.array(["2024-05-01T12:00"], "datetime64[ns]"), True, ["2024-05-01T12:00:00"]),
        (pa.array(["2024-05-01"]).dictionary_encode(), True, ["2024-05-01"]),
        (pa.chunked_array([["7"], ["8"]]), False, ["7", "8"]),
    ],
)
def test_times_are_read_as_they_are_written(given_times: object, dated: bool, texts: list[str]) -> None:
    read = read_times(given_times)
    assert read.dated is dated
    assert [read.text(row) for row in range(len(read))] == texts


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([1, None], "t.csv, row 1: there is no time; fill it in, or remove the row"),
        ([1.0, float("nan")], "t.csv, row 1: there is no time; fill it in, or remove the row"),
        ([1.0, float("inf")], "t.csv, row 1: the time inf is no time; correct the row"),
        (["2024-01-01", "soon"], "t.csv, row 1: 'soon' is no time; use numbers, or ISO 8601"),
        ([[1]], "t.csv: a time is list<item: int64>; use numbers, dates, timestamps or texts of ISO 8601"),
    ],
)
def test_what_is_no_time_is_named_with_its_row(wrong: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_times(wrong, "t.csv")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("wrong", ["soon", object(), [1], 1 << 80, None])
def test_a_single_time_that_is_none_is_named(wrong: object) -> None:
    with pytest.raises(NearerError):
        time_of(wrong)


def test_an_unknown_column_is_named_with_those_there_are() -> None:
    space = nearer.Space(["a"], [[1.0]], items={"day": ["2024-01-01"], "size": [3]})
    assert times_of(space, "day").dated
    with pytest.raises(InputError, match=r"^s.parquet: there is no column 'date'; it has day, size$"):
        times_of(space, "date", "s.parquet")
    with pytest.raises(InputError, match="there is no column 'date'; it has no payload columns: make"):
        times_of(nearer.Space(["a"], [[1.0]]), "date")
