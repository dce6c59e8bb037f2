"""Typed columns of a table: what they are taken for, how they are read, and what is refused."""

from __future__ import annotations

import datetime
import decimal
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nearer.data.table import TablePlan, quantiles
from nearer.errors import InputError, NearerError, ParameterError

ROWS: list[dict[str, Any]] = [
    {"age": 31, "town": "Rome", "born": "1993-05-01", "member": True, "note": None, "unit": "cm"},
    {"age": 25, "town": None, "born": "1999-12-31T06:00:00Z", "member": None, "note": None, "unit": "cm"},
    {"age": None, "town": "Oslo", "born": "", "member": False, "note": None, "unit": "cm"},
    {"age": 31, "town": "Rome", "born": "1970-01-02", "member": True, "note": None, "unit": "cm"},
]
COLUMNS = {name: [row[name] for row in ROWS] for name in ROWS[0]}


def kinds_of(plan: TablePlan) -> dict[str, str]:
    return {column.name: column.kind for column in plan.columns}


def test_kinds_are_told_from_values_and_what_says_nothing_is_left_out() -> None:
    plan = TablePlan.infer(ROWS)
    assert kinds_of(plan) == {"age": "number", "town": "category", "born": "date", "member": "boolean"}
    assert plan.ignored == {"note": "every value is missing", "unit": "every value is the same"}
    assert plan.columns[0].quantiles == (25.0, 31.0)
    assert plan.columns[1].categories == ("Rome", "Oslo")  # the most frequent first


def test_values_are_arrays_and_missing_is_one() -> None:
    read = TablePlan.infer(ROWS).read(ROWS)
    assert len(read) == 4
    np.testing.assert_array_equal(read["age"].values, [31, 25, 0, 31])
    np.testing.assert_array_equal(read["age"].missing, [False, False, True, False])
    np.testing.assert_array_equal(read["town"].values, [0, 3, 1, 0])
    np.testing.assert_array_equal(read["member"].values, [1, 3, 0, 1])
    day = (datetime.date(1993, 5, 1) - datetime.date(1970, 1, 1)).days
    np.testing.assert_array_equal(read["born"].values, [day, 10956.25, 0, 1])
    np.testing.assert_array_equal(read["born"].missing, [False, False, True, False])
    np.testing.assert_array_equal(read.take(slice(1, 3))["age"].values, [25, 0])
    assert len(read.take(slice(1, 3))) == 2


@pytest.mark.parametrize("form", ["mappings", "columns", "arrow", "pandas", "parquet", "csv", "csv.gz"])
def test_a_table_may_come_in_any_form(form: str, tmp_path: Path) -> None:
    plan = TablePlan.infer(ROWS)
    text = "age,town,born,member\n31,Rome,1993-05-01,true\n25,,1999-12-31T06:00:00Z,\n,Oslo,,false\n"
    text += "31,Rome,1970-01-02,true\n"
    source: Any
    if form == "pandas":
        source = pytest.importorskip("pandas").DataFrame(COLUMNS)
    else:
        source = {"mappings": ROWS, "columns": COLUMNS}.get(form, pa.table(COLUMNS))
    if form in ("parquet", "csv", "csv.gz"):
        source = tmp_path / f"rows.{form}"
        if form == "parquet":
            pq.write_table(pa.table(COLUMNS), source)
        else:
            source.write_bytes(gzip.compress(text.encode()) if form == "csv.gz" else text.encode())
    expected, read = plan.read(ROWS), plan.read(source)
    for name in plan.names:
        np.testing.assert_array_equal(read[name].values, expected[name].values)
        np.testing.assert_array_equal(read[name].missing, expected[name].missing)


def test_an_array_has_columns_without_names() -> None:
    plan = TablePlan.infer(np.array([[1.0, 5.0], [2.0, np.nan]]))
    assert kinds_of(plan) == {"x0": "number", "x1": "number"}
    assert plan.read(np.array([[7, 8]]))["x1"].values.tolist() == [8.0]


def test_kinds_that_are_given_go_before_what_values_say(tmp_path: Path) -> None:
    table = {"zip": ["007", "010", "007"], "count": [1, 2, 1], "flag": [1, 0, None], "n": ["1.5", "x", ""]}
    plan = TablePlan.infer(table, kinds={"zip": "text", "count": "category", "flag": "boolean"}, ignore=["n"])
    assert kinds_of(plan) == {"zip": "text", "count": "category", "flag": "boolean"}
    assert plan.ignored == {"n": "as asked"}
    read = plan.read(table)
    assert read["zip"].values.tolist() == ["007", "010", "007"]
    assert plan.columns[1].categories == ("1", "2")
    assert read["flag"].values.tolist() == [1, 0, 3]
    numbers = TablePlan.infer({"n": ["1.5", "-2e3", ""]}, kinds={"n": "number"})
    assert numbers.read({"n": ["4", " 7 ", ""]})["n"].values.tolist() == [4.0, 7.0, 0.0]
    file = tmp_path / "zips.csv"
    file.write_text("zip,other\n007,1\n010,2\n007,3\n")
    as_written = TablePlan.infer(file, kinds={"zip": "category"})
    assert as_written.columns[0].categories == ("007", "010")
    assert as_written.read(file)["zip"].values.tolist() == [0, 1, 0]


def test_categories_of_numbers_are_written_alike_whether_or_not_some_are_missing() -> None:
    plan = TablePlan.infer({"n": [1, 2, 1]}, kinds={"n": "category"})
    assert plan.read({"n": [1.0, np.nan, 2.0]})["n"].values.tolist() == [0, 3, 1]


def test_texts_are_categories_where_they_come_again_and_ids_where_they_do_not() -> None:
    many = [f"{i} words" for i in range(60)]
    table = {
        "id": [f"u{i}" for i in range(60)],
        "few": [f"c{i % 20}" for i in range(60)],
        "twice": [f"c{i % 30}" for i in range(60)],
        "seldom": [f"c{i % 31}" for i in range(60)],
        "texts": many,
        "x": range(60),
    }
    plan = TablePlan.infer(table)
    assert kinds_of(plan) == {
        "few": "category",
        "twice": "category",
        "seldom": "text",
        "texts": "text",
        "x": "number",
    }
    assert list(plan.ignored) == ["id"]
    assert "ids" in plan.ignored["id"]
    assert kinds_of(TablePlan.infer(table, kinds={"id": "text"}))["id"] == "text"


def test_texts_of_truth_are_booleans_only_where_there_are_no_others() -> None:
    truths = ["true", "True", "TRUE", "false", "False", "FALSE"]
    assert kinds_of(TablePlan.infer({"b": truths})) == {"b": "boolean"}
    assert kinds_of(TablePlan.infer({"b": [*truths, "perhaps"]})) == {"b": "category"}
    assert kinds_of(TablePlan.infer({"b": ["Yes", "no", ""]})) == {"b": "boolean"}


def test_the_index_of_a_pandas_table_is_no_column() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(COLUMNS)
    assert TablePlan.infer(frame.iloc[[3, 1, 2]]).names == ("age", "town", "born", "member")


def test_rows_may_come_one_after_the_other() -> None:
    read = TablePlan.infer(ROWS).read(row for row in ROWS)
    assert read["age"].values.tolist() == [31, 25, 0, 31]


def test_an_unseen_category_has_a_place_of_its_own() -> None:
    plan = TablePlan.infer({"town": ["Rome", "Oslo"]})
    assert plan.read({"town": ["Oslo", "Lima", None]})["town"].values.tolist() == [0, 2, 3]


def test_arrow_types_are_read_as_their_kind() -> None:
    day = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "code": pa.array(["a", "b", "a"]).dictionary_encode(),
            "stamp": pa.array([day, None, day], pa.timestamp("ns", "Europe/Rome")),
            "clock": pa.array([datetime.time(1), datetime.time(2), None]),
            "span": pa.array([datetime.timedelta(seconds=5), None, datetime.timedelta(hours=1)]),
            "price": pa.array([decimal.Decimal("1.5"), None, decimal.Decimal(3)]),
        }
    )
    plan = TablePlan.infer(table)
    assert kinds_of(plan) == {
        "code": "category",
        "stamp": "date",
        "clock": "number",
        "span": "number",
        "price": "number",
    }
    read = plan.read(table)
    assert read["stamp"].values[0] == 19844.5
    assert read["clock"].values.tolist() == [3600.0, 7200.0, 0.0]
    assert read["span"].values.tolist() == [5.0, 0.0, 3600.0]


def test_a_plan_is_json_and_the_same_again() -> None:
    plan = TablePlan.infer(ROWS)
    again = TablePlan.from_json(json.loads(json.dumps(plan.to_json())))
    assert again == plan
    assert TablePlan.infer(list(reversed(ROWS))).columns == plan.columns  # whatever the order of rows


def test_quantiles_cut_bins_of_equal_counts_and_keep_what_is_frequent() -> None:
    assert quantiles(np.array([3.0, 1.0, 3.0])).tolist() == [1.0, 3.0]
    even = quantiles(np.arange(1001.0), 11)
    assert even.tolist() == np.arange(0, 1001, 100).tolist()
    skewed = quantiles(np.concatenate([np.zeros(900), np.arange(1.0, 101.0)]), 11)
    assert skewed[0] == 0
    assert len(skewed) == 11  # the zeros take one place, not nine tenths of them
    assert skewed[-1] == 100


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([{"a": 1}, {"a": "x"}], "row 1: column 'a': 'x' is of another type than 1 before it"),
        ({"a": [1, 2], "b": [1]}, "column 'b' has 1 values, the first column has 2"),
        ({"a": [1.0, float("inf")]}, "row 1: column 'a': inf is no finite number; leave it empty"),
        ({"a": [[1], [2]]}, "column 'a' holds list<item: int64>"),
        ({"a": [b"x", b"y"]}, "column 'a' holds binary"),
        ({"a": [None, None]}, "no column of the table tells rows apart; 'a': every value is missing"),
        ({"a": "text"}, "column 'a' is 'text', no sequence of values"),
        ([1], "row 0: 1 is no row"),
        (5, "5 is no table"),
        ([], "the table has no rows"),
        ({"a": ["2024-05-01", "2024-13-01"]}, "row 1: column 'a': '2024-13-01' is no date"),
        (np.zeros(3), "an array of shape (3,) and type float64 is no table"),
        ("nothing.csv", "nothing.csv: there is no such file"),
    ],
)
def test_what_is_no_table_is_one_line(table: Any, message: str) -> None:
    with pytest.raises(InputError) as raised:
        TablePlan.infer(table)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"town": ["Rome"]}, "the table: there is no column 'age', which the model was fitted with; it has"),
        (
            {**COLUMNS, "age": ["x"] * 4},
            "row 0: column 'age': 'x' is no number; mend it, or fit with the column as another kind",
        ),
        ({**COLUMNS, "born": [1, 2, 3, 4]}, "column 'born' holds int64, no dates"),
        ({**COLUMNS, "born": ["2024-05-01", "May", "", ""]}, "row 1: column 'born': 'May' is no date"),
        ({**COLUMNS, "member": [None, "perhaps", "", "no"]}, "row 1: column 'member': 'perhaps' is neither"),
        ({**COLUMNS, "age": [datetime.date(2024, 5, 1)] * 4}, "column 'age' holds date32[day], no numbers"),
    ],
)
def test_a_value_of_another_kind_is_named(table: Any, message: str) -> None:
    with pytest.raises(InputError) as raised:
        TablePlan.infer(ROWS).read(table)
    assert str(raised.value).startswith(message)


def test_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("age,town,born,member\n31,Rome,May,true\n")
    with pytest.raises(InputError, match=r"rows\.csv, row 0: column 'born': 'May' is no date"):
        TablePlan.infer(ROWS).read(file)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": {"age": "float"}}, "the kind of column 'age', 'float', is none; give number, category"),
        ({"kinds": {"agee": "number"}}, "the table: there is no column 'agee'; it has age, town"),
        ({"ignore": ["agee"]}, "the table: there is no column 'agee'; it has age, town"),
        ({"kinds": {"town": "number"}}, "row 0: column 'town': 'Rome' is no number"),
    ],
)
def test_options_that_do_not_fit_are_named(options: Any, message: str) -> None:
    with pytest.raises(NearerError) as raised:
        TablePlan.infer(ROWS, **options)
    assert isinstance(raised.value, ParameterError | InputError)
    assert str(raised.value).startswith(message)
