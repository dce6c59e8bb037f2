"""Tables of features on disk: keys and numbers, keys and lists."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nearer.data.features import read_features
from nearer.errors import FormatError, InputError


@pytest.mark.parametrize(("name", "delimiter"), [("f.csv", ","), ("f.tsv", "\t")])
def test_numbers_of_a_text_file_are_read_by_key(name: str, delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("\n".join(delimiter.join(row) for row in (("key", "x", "y"), ("007", "1.5", "2.5"))))
    found = read_features(path)
    assert found.keys == ["007"]
    np.testing.assert_array_equal(found.matrix, [[1.5, 2.5]])


def test_lists_of_a_parquet_file_are_names_of_features(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"node": [1, 2], "words": [["a", "b"], ["b"]]}), path)
    found = read_features(path)
    assert found.keys == ["1", "2"]
    assert found.names == ["a", "b"]
    assert found.matrix.toarray().tolist() == [[1, 1], [0, 1]]


def test_a_file_that_is_no_table_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    path.write_text("no table")
    with pytest.raises(FormatError, match=r"f\.parquet"):
        read_features(path)
    text = tmp_path / "f.csv"
    text.write_text("x,y\n1.5,2.5\n")
    with pytest.raises(
        InputError, match=r"f\.csv: which column of a table of features holds the key is not clear; name it"
    ):
        read_features(text)


def test_a_compressed_file_and_names_in_capitals_are_read(tmp_path: Path) -> None:
    path = tmp_path / "f.csv.gz"
    path.write_bytes(gzip.compress(b"x,ID\n1.5,007\n"))
    found = read_features(path)
    assert found.keys == ["007"]
    np.testing.assert_array_equal(found.matrix, [[1.5]])
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(FormatError, match=r"f\.csv\.gz: not a readable table"):
        read_features(path)


@pytest.mark.parametrize("source", ["x.json", Path("x.json"), None, 5])
def test_what_holds_no_features_is_one_line(source: Any) -> None:
    with pytest.raises(InputError, match=r"is no table of features|holds no features; give") as caught:
        read_features(source)
    assert "\n" not in str(caught.value)
