"""Interactions: sources, rules, splits, and one line for what cannot be read."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.sparse import csr_array

from nearer import Interactions
from nearer.data.interactions import as_interactions
from nearer.errors import FormatError, InputError, ParameterError

ROWS = [("ann", "tea"), ("bob", "jam"), ("ann", "jam"), ("ann", "tea")]
COLUMNS = {"user": [row[0] for row in ROWS], "item": [row[1] for row in ROWS]}


def entries(data: Interactions) -> list[tuple[Any, ...]]:
    """User, item, weight and time of every entry, in order."""
    found = []
    for row, user in enumerate(data.users):
        for place in range(data.indptr[row], data.indptr[row + 1]):
            weight = 1.0 if data.weights is None else float(data.weights[place])
            time = None if data.times is None else int(data.times[place])
            found.append((user, data.items[data.indices[place]], weight, time))
    return found


EXPECTED = [("ann", "jam", 1.0, None), ("ann", "tea", 2.0, None), ("bob", "jam", 1.0, None)]


def sources(folder: Path) -> dict[str, Any]:
    text = "user,item\n" + "".join(f"{user},{item}\n" for user, item in ROWS)
    (folder / "a.csv").write_text(text)
    (folder / "a.tsv").write_text(text.replace(",", "\t"))
    (folder / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    table = pa.table(COLUMNS)
    pq.write_table(table, folder / "a.parquet")
    found: dict[str, Any] = {name: folder / name for name in ("a.csv", "a.tsv", "a.csv.gz", "a.parquet")}
    found |= {"text path": str(folder / "a.csv"), "arrow": table, "tuples": ROWS, "iterator": iter(ROWS)}
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    categories = pandas.DataFrame(COLUMNS).astype("category")
    return found | {
        "pandas": pandas.DataFrame(COLUMNS), "categories": categories, "polars": polars.DataFrame(COLUMNS),
    }  # fmt: skip


def test_every_source_gives_the_same(tmp_path: Path) -> None:
    for name, source in sources(tmp_path).items():
        data = Interactions.read(source)
        assert entries(data) == EXPECTED, name
        assert (list(data.users), list(data.items)) == (["ann", "bob"], ["tea", "jam"]), name
        assert (data.merged, data.skipped, len(data)) == (1, 0, 3)
        assert (data.indptr.dtype, data.indices.dtype) == (np.int64, np.uint32)


def test_whole_numbers_are_in_order_and_written_in_decimal() -> None:
    data = Interactions.read(np.array([[10, 7], [9, 7], [10, -3]]))
    assert (list(data.users), list(data.items)) == (["9", "10"], ["-3", "7"])
    assert data.weights is None
    text = Interactions.read(pa.table({"user": [10, 9, 10], "item": ["x", "y", "007"]}))
    assert (list(text.users), list(text.items)) == (["9", "10"], ["x", "y", "007"])


def test_ids_in_text_files_stay_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "user_id,item_id,weight,timestamp\n007,1,2.5,50\n7,01,1,40\n007,01,1,30\n"
    )
    data = Interactions.read(tmp_path / "a.csv")
    assert entries(data) == [("007", "01", 1.0, 30), ("007", "1", 2.5, 50), ("7", "01", 1.0, 40)]


def test_repeated_rows_add_up_and_the_latest_time_stays() -> None:
    rows = [("ann", "tea", 2.0, 30), ("ann", "jam", 1.0, 20), ("ann", "tea", 0.5, 10)]
    assert entries(Interactions.read(rows)) == [("ann", "jam", 1.0, 20), ("ann", "tea", 2.5, 30)]
    named = pa.table({"who": ["a", "a"], "what": ["x", "x"], "stars": [1, 3], "when": [5, 4]})
    data = Interactions.read(named, user="who", item="what", weight="stars", time="when")
    assert entries(data) == [("a", "x", 4.0, 5)]


def test_times_of_every_kind_keep_their_order() -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    for times, difference in (
        ([3.5, 1.25], 2_250_000),
        ([moment.replace(second=1), moment], 1_000_000),
        (["2024-01-01T00:00:01", "2024-01-01T00:00:00"], 1_000_000),
        (np.array(["2024-01-02", "2024-01-01"], "datetime64[D]"), 86_400_000_000),
    ):
        data = Interactions.read(pa.table({"user": ["a", "a"], "item": ["x", "y"], "time": pa.array(times)}))
        assert data.times is not None
        assert [data.items[item] for item in data.indices] == ["y", "x"]
        assert np.diff(data.times).tolist() == [difference]


def test_given_users_and_items_stay_in_their_order_and_others_may_be_left_out() -> None:
    data = Interactions.read(ROWS, users=["cid", "bob", "ann"], items=["jam", "milk", "tea"])
    assert list(data.users) == ["cid", "bob", "ann"]
    assert data.indptr.tolist() == [0, 0, 1, 3]
    kept = Interactions.read(ROWS, users=["ann"], items=["jam"], unknown="skip")
    assert (entries(kept), kept.skipped) == ([("ann", "jam", 1.0, None)], 3)


def test_a_sparse_matrix_is_users_by_items() -> None:
    matrix = csr_array(np.array([[0, 2, 0], [1, 0, 3]], np.float32))
    data = Interactions.read(matrix, users=["ann", "bob"])
    assert entries(data) == [("ann", "1", 2.0, None), ("bob", "0", 1.0, None), ("bob", "2", 3.0, None)]
    assert (data.matrix() != matrix).nnz == 0
    assert Interactions.read(matrix > 0).weights is None
    stored = csr_array((np.array([0.0, 1.0]), [0, 1], [0, 2, 2]), shape=(2, 2))
    assert entries(Interactions.read(stored)) == [("0", "1", 1.0, None)]


def test_the_matrix_leaves_weights_with_their_items() -> None:
    rows = [("ann", "z", 3.0, 1), ("ann", "y", 2.0, 2), ("bob", "y", 5.0, 1), ("ann", "x", 1.0, 3)]
    data = Interactions.read(rows, items=["x", "y", "z"])
    before = entries(data)
    assert data.matrix().toarray().tolist() == [[1, 2, 3], [0, 5, 0]]
    assert entries(data) == before


def test_what_is_read_already_is_taken_as_it_is() -> None:
    data = Interactions.read(ROWS)
    assert as_interactions(data) is data
    assert entries(as_interactions(ROWS)) == EXPECTED


TIMED = [
    ("a", "x", 1.0, 10),
    ("a", "y", 1.0, 30),
    ("a", "z", 1.0, 20),
    ("b", "x", 1.0, 40),
    ("c", "y", 2.0, 5),
]


def test_leave_last_out() -> None:
    split = Interactions.read(TIMED).split_last()
    assert entries(split.test) == [("a", "y", 1.0, 30)]
    assert entries(split.train) == [
        ("a", "x", 1.0, 10),
        ("a", "z", 1.0, 20),
        ("b", "x", 1.0, 40),
        ("c", "y", 2.0, 5),
    ]
    assert split.train.users == split.test.users
    assert entries(Interactions.read(TIMED).split_last(2).test) == [("a", "z", 1.0, 20), ("a", "y", 1.0, 30)]


def test_split_by_time() -> None:
    data = Interactions.read(TIMED)
    split = data.split_by_time(at=20)
    assert {entry[3] for entry in entries(split.train)} == {5, 10}
    assert {entry[3] for entry in entries(split.test)} == {20, 30, 40}
    latest = data.split_by_time(fraction=0.4)
    assert {entry[3] for entry in entries(latest.test)} == {30, 40}


def test_split_at_random() -> None:
    random = np.random.default_rng(0)
    rows = [(f"u{user}", f"i{item}") for user in range(30) for item in random.permutation(50)[: user + 1]]
    data = Interactions.read(rows)
    split = data.split_random(0.25, seed=3)
    assert np.diff(split.test.indptr).tolist() == [(user + 1) // 4 for user in range(30)]
    assert sorted(entries(split.train) + entries(split.test)) == sorted(entries(data))
    again, other = data.split_random(0.25, seed=3), data.split_random(0.25, seed=4)
    assert entries(again.test) == entries(split.test) != entries(other.test)


SPLITS: dict[str, tuple[Any, type[Exception], str]] = {
    "n 0": (lambda data: data.split_last(0), ParameterError, "n=0 is no whole number from 1 up"),
    "n too large": (lambda data: data.split_last(3), InputError, "no user has more than 3 entries"),
    "no times": (lambda _: Interactions.read(ROWS).split_by_time(at=1), InputError, "no times to split by"),
    "neither": (lambda data: data.split_by_time(), ParameterError, "give one"),
    "both": (lambda data: data.split_by_time(1, fraction=0.5), ParameterError, "give one"),
    "fraction 1": (lambda data: data.split_by_time(fraction=1.0), ParameterError, "between 0 and 1"),
    "before all": (lambda data: data.split_by_time(at=0), InputError, "one side of the split is empty"),
    "random 0": (lambda data: data.split_random(0.0), ParameterError, "fraction=0.0 is not between 0 and 1"),
    "too few": (lambda data: data.split_random(0.01), InputError, "no user has entries enough"),
}


@pytest.mark.parametrize(("call", "error", "message"), SPLITS.values(), ids=SPLITS)
def test_what_cannot_be_split(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call(Interactions.read(TIMED))


def table(**columns: Any) -> pa.Table:
    return pa.table({"user": ["a", "b"], "item": ["x", "y"], **columns})


BAD: dict[str, tuple[Any, str]] = {
    "no rows": (table().slice(0, 0), "there are no interactions, and one at least is needed"),
    "no tuples": ([], "there are no interactions"),
    "float users": (table(user=[1.0, 2.0]), "row 0: the user 1.0 is a floating-point number"),
    "float array": (np.ones((2, 2)), "the user 1.0 is a floating-point number"),
    "float tuples": ([(1.5, "x")], "floating-point number"),
    "null item": (table(item=["x", None]), "row 1: there is no item"),
    "empty user": (table(user=["a", ""]), "row 1: the user is empty"),
    "NaN weight": (table(weight=[1.0, float("nan")]), "row 1: the weight nan is not a finite number above 0"),
    "null weight": (table(weight=[1.0, None]), "row 1: the weight nan is not a finite number above 0"),
    "zero weight": (table(weight=[0, 1]), "row 0: the weight 0.0 is not a finite number above 0"),
    "negative weight": (table(weight=[1, -2]), "row 1: the weight -2.0 is not a finite number above 0"),
    "infinite weight": (table(weight=[1.0, float("inf")]), "row 1: the weight inf is not a finite"),
    "huge weight": (table(weight=[1.0, 1e39]), "row 1: the weight 1e+39 is too large for single precision"),
    "huge sum": (
        [("a", "x", 3e38), ("a", "x", 3e38)],
        "the weights of repeated rows add up to more than single",
    ),
    "text weight": (table(weight=["1", "2"]), "weights are numbers, and this column is of the type string"),
    "null time": (table(time=[1, None]), "row 1: there is no time"),
    "NaN time": (table(time=[1.0, float("nan")]), "row 1: the time nan is no time"),
    "words as times": (table(time=["soon", "late"]), "the times are no times"),
    "booleans": (
        table(item=[True, False]),
        "the item is of the type bool, and ids are text",
    ),
    "no columns": (pa.table({"a": [1], "b": [2], "c": [3], "d": [4]}), "holds the user is not clear"),
    "one column": (pa.table({"user": [1]}), "holds the item is not clear"),
    "wide array": (np.ones((2, 5), np.int64), "an array of shape (2, 5) is no interactions"),
    "short tuple": ([("a",)], "row 0: ('a',) is no row of interactions"),
    "ragged": ([("a", "x"), ("a", "x", 1.0)], "row 1: ('a', 'x', 1.0) is not as long as the rows before it"),
    "nothing of the kind": (7, "7 is no interactions; give a .parquet, .csv or .tsv file"),
    "negative matrix": (csr_array(np.array([[-1.0, 0]])), "the weight -1.0 is not a finite number above 0"),
    "empty matrix": (csr_array((2, 2)), "there are no interactions"),
}


@pytest.mark.parametrize(("source", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line(source: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Interactions.read(source)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_are_named_with_their_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for text, message in (
        ("", "the file is empty"),
        ("1,2\n3,4\n", "line 1: the first line, '1,2', holds numbers where names of columns belong"),
        ("user,item\na,x\nb,\n", "row 1: "),
        ("user,item,weight\na,x,1\nb,y,-1\n", "row 1: the weight -1.0 is not a finite number above 0"),
        ("user,item\n1.0,2\n2.0,3\n", "row 0: every user is a floating-point number, as '1.0'"),
    ):
        path.write_text(text)
        with pytest.raises(InputError) as caught:
            Interactions.read(path)
        assert str(caught.value).startswith(f"{path}")
        assert message in str(caught.value)
    path.write_text("user,item\na,x,3\n")
    with pytest.raises(FormatError, match="line 2: 3 cells, and the header has 2"):
        Interactions.read(path)
    with pytest.raises(InputError, match="there is no such file"):
        Interactions.read(tmp_path / "nosuch.csv")
    (tmp_path / "a.txt").write_text("user item\n")
    with pytest.raises(InputError, match=r"the ending \.txt says nothing about interactions"):
        Interactions.read(tmp_path / "a.txt")


def test_a_test_item_that_was_never_seen_in_training() -> None:
    train = Interactions.read(ROWS)
    test = [("ann", "jam"), ("bob", "milk")]
    with pytest.raises(InputError, match="row 1: the item 'milk' is not among the 2 that are known"):
        Interactions.read(test, users=train.users, items=train.items)
    with pytest.raises(InputError, match="row 0: the user 'cid' is not among the 2 that are known"):
        Interactions.read([("cid", "jam")], users=train.users, items=train.items)
    with pytest.raises(ParameterError, match="unknown='no' is unknown; use one of error, skip"):
        Interactions.read(test, unknown="no")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="the matrix has 2 users, and 1 keys of users are given"):
        Interactions.read(csr_array(np.eye(2)), users=["a"])
    with pytest.raises(InputError, match="there is no column weight='stars'; it has user, item"):
        Interactions.read(pa.table(COLUMNS), weight="stars")
