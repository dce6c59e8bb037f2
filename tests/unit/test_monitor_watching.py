"""Watching tables and streams: every window is checked in the order of time, told, and drawn on one page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearer
from nearer.errors import InputError, ParameterError, SpaceMismatch
from nearer.monitor import Detectable, Effect, Watched, stream, watch

DIM, CHANGE = 5, 500


def readings(n: int = 1_000, seed: int = 0) -> nearer.Space:
    """Rows that shift by 1.5 on the first column from row `CHANGE` on, a row an hour."""
    rows = np.random.default_rng(seed).standard_normal((n, DIM))
    rows[CHANGE:, 0] += 1.5
    hours = np.datetime64("2024-01-01T00", "us") + np.arange(n) * np.timedelta64(1, "h")
    return nearer.Space([f"k{row}" for row in range(n)], rows, "euclidean", {"hour": hours})


def monitor(**options: Any) -> nearer.Monitor:
    return nearer.Monitor(readings()[:400], tests=["energy", "axes"], **options)


@pytest.fixture(scope="module")
def watched() -> Watched:
    return watch(monitor(), readings()[400:], 100, time="hour")


def test_windows_are_checked_in_the_order_of_time(watched: Watched) -> None:
    assert [told.verdict.alarm for told in watched.told] == [False, True, True, True, True, True]
    assert [told.window for told in watched.told] == [1, 2, 3, 4, 5, 6]
    assert watched.told[1].start == "2024-01-21T20:00:00"
    assert len(watched.alarms) == 5
    assert "5 of 6 windows raised an alarm; 0.3 would by chance" in watched.meaning
    first = watched.alarms[0].verdict
    assert any(part.kind == "axis" for part in first.moved)
    assert {key for part in first.moved for key in part.examples} <= {f"k{row}" for row in range(500, 600)}


def test_the_order_of_rows_does_not_matter_where_there_is_time(watched: Watched) -> None:
    order = np.random.default_rng(1).permutation(600)
    mixed = watch(monitor(), readings()[400:].take(order), 100, time="hour")
    assert [told.to_dict() for told in mixed.told] == [told.to_dict() for told in watched.told]
    assert mixed.notes[0].startswith("rows were sorted by time: ")


def test_a_stream_says_what_a_table_says(watched: Watched) -> None:
    space = readings()[400:]
    assert space.items is not None
    times = space.items["hour"].to_pylist()
    items = zip(space.keys, space.vectors, times, strict=True)
    told = list(stream(monitor(), items, 100))
    assert [one.to_dict() for one in told] == [one.to_dict() for one in watched.told]


def test_vectors_alone_are_numbered_and_a_rest_is_no_window() -> None:
    told = list(stream(monitor(), readings().vectors[400:650], 100))
    assert [(one.start, one.end) for one in told] == [("row 0", "row 99"), ("row 100", "row 199")]


def test_a_stream_is_lazy() -> None:
    taken = []

    def items() -> Any:
        for row in readings().vectors[400:]:
            taken.append(1)
            yield row

    told = stream(monitor(), items(), 100)
    next(told)
    assert len(taken) == 100


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ((1, 2, 3, 4), "stream, row 0: (1, 2, 3, 4) is no item; give a vector, (key, vector)"),
        (("a", np.ones((2, 2))), "is no vector; give numbers, shape (dim,)"),
        (("a", [1.0, np.nan]), "stream, row 0: the vector of 'a' holds NaN or infinity; remove it"),
        ("word", "stream, row 0: 'word' is no vector"),
    ],
)
def test_what_is_no_item_is_named(item: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        list(stream(monitor(), [item], 1))
    assert message in str(caught.value)


def test_a_stream_has_windows_of_rows() -> None:
    with pytest.raises(ParameterError, match="window is '7d'; use a number of rows for a stream"):
        list(stream(monitor(), [], "7d"))


def test_another_identity_is_refused_unless_rows_are_taken_for_vectors() -> None:
    other = nearer.Space(readings().keys, readings().vectors, "euclidean", identity="a" * 64)
    with pytest.raises(SpaceMismatch, match="aaaaaaaa"):
        watch(monitor(), other, 100)
    assert len(watch(monitor(), other, 500, as_vectors=True).told) == 2


def test_the_result_is_plain_and_its_page_whole(watched: Watched, tmp_path: Path) -> None:
    document = json.loads(json.dumps(watched.to_dict(), allow_nan=False))
    assert [window["window"] for window in document["windows"]] == [1, 2, 3, 4, 5, 6]
    assert document["alarms"] == 5
    watched.save(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.count("<svg") == 2
    assert text.count("<circle") == 12
    assert watched.alarms[0].verdict.moved[0].examples[0] in text
    assert "<script" not in text


def test_what_windows_can_show_stands_on_the_page(watched: Watched) -> None:
    effects = (Effect("a shift", "sd", 0.5, 0.9, (0.8, 1.0)), Effect("a loss", "share", None, None, None))
    text = watched.with_detectable(Detectable(100, 100, 0.05, 0.8, 0.1, effects)).page().html()
    for part in ("a shift", "0.90", "0.80 to 1.00", "none", "the lost cluster holds 10.0%"):
        assert part in text


def test_a_sequential_watch_says_what_its_alpha_means() -> None:
    quiet = watch(monitor(mode="sequential"), readings()[400:500], 50)
    assert quiet.alarms == ()
    assert "of unchanged streams 5% at most ever raise one, however long" in quiet.meaning
    assert "would by chance" not in quiet.meaning
    loud = watch(monitor(mode="sequential"), readings()[400:], 50)
    assert loud.alarms
    assert min(told.window for told in loud.alarms) > 2
