"""What a column gives a row: pieces of numbers, sides of dates, n-grams of texts, what is missing."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest

from mixed_table import mixed_table
from nearer.data.table import TablePlan
from nearer.encoders.table import Prepared, TableParts, pieces
from nearer.encoders.table_texts import TextVectors


def fitted(table: dict[str, list[Any]], bins: int = 8) -> tuple[TableParts, Prepared]:
    plan = TablePlan.infer(table)
    return TableParts.fit(plan, plan.read(table), bins, 0)


def test_a_number_fills_the_bins_below_it_and_shares_its_own() -> None:
    found = pieces(np.array([-1.0, 0.0, 5.0, 10.0, 15.0, 30.0, 99.0]), (0.0, 10.0, 30.0))
    expected = [[0, 0], [0, 0], [0.5, 0], [1, 0], [1, 0.25], [1, 1], [1, 1]]
    np.testing.assert_array_equal(found, np.array(expected, np.float32))


def test_bins_are_cut_at_quantiles_and_never_more_than_there_are_values() -> None:
    parts, _ = fitted({"few": [1, 2, 3, 2], "one": [5.0, 5.0, None, 5.0]}, bins=8)
    assert parts.parts[0].edges == (1.0, 2.0, 3.0)
    assert parts.parts[1].size == 1
    assert parts.parts[1].missing
    parts, _ = fitted({"many": list(range(1000))}, bins=8)
    assert parts.parts[0].size == 8
    assert parts.parts[0].edges[0] == 0
    assert parts.parts[0].edges[-1] == 999


def test_a_date_is_a_year_a_month_and_a_day_of_the_week() -> None:
    days = [datetime.date(1969, 12, 31), datetime.date(2024, 2, 29), None, datetime.date(2024, 3, 4)]
    parts, rows = fitted({"born": days})
    assert [part.name for part in parts.parts] == ["born.year", "born.month", "born.weekday"]
    year, month, weekday = rows.arrays
    assert year[0] == pytest.approx(1970 - 1 / 365.2425)
    assert year[1] == pytest.approx(2024 + 59 / 366, abs=0.01)
    assert month.tolist() == [11, 1, 13, 2]
    assert weekday.tolist() == [day.weekday() if day else 8 for day in days]


def test_texts_that_share_words_lie_near_each_other() -> None:
    texts = ["red wine of Rome", "white wine of Oslo", "a fast red car", "a slow blue car"] * 8
    reader = TextVectors.fit(np.array(texts, object), 0)
    wine, other, car, blank = reader.vectors(np.array(["wine", "wines of Lima", "cars", ""], object))
    assert wine @ other > 3 * abs(wine @ car)
    assert not blank.any()
    spread = reader.vectors(np.array(texts, object))
    np.testing.assert_allclose((spread.astype(np.float64) ** 2).mean(axis=0), 1.0, rtol=1e-3)


def test_parts_are_json_and_read_alike_again() -> None:
    table = mixed_table(40)
    parts, rows = fitted(table)
    again = TableParts.from_json(parts.to_json(), parts.texts)
    assert again.parts == parts.parts
    for one, other in zip(again.prepare(table).arrays, rows.arrays, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_column_of_texts_without_a_word_is_read() -> None:
    table = {"text": ["!", "?", "-", "+", "*", "!!"] * 5, "n": list(range(30))}
    plan = TablePlan.infer(table, kinds={"text": "text"})
    _, rows = TableParts.fit(plan, plan.read(table), 4, 0)
    assert np.isfinite(rows.arrays[0]).all()
