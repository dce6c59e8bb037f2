"""Raw items that a signal joins: what is a table and what a column, ids as they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import nearer
from nearer.data.columns import ending
from nearer.signal import Masked, Neighbors, Pairs, SameLabel, Together, Views
from nearer.signal.items import is_table, listed

WORDS = ["007", "7", "08", "8"]


def written(path: Path, *columns: tuple[str, list[Any]]) -> Path:
    """A table of text with these columns."""
    separator = "\t" if ending(path) == ".tsv" else ","
    names, values = zip(*columns, strict=True)
    rows = [names, *zip(*values, strict=True)]
    path.write_text("".join(separator.join(map(str, row)) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
def test_ids_of_a_file_stay_as_they_are_written(name: str, tmp_path: Path) -> None:
    others = ["01", "1", "02", "2"]
    path = written(tmp_path / name, ("item", WORDS), ("key", others), ("label", [0, 0, 1, 1]), ("n", others))
    pairs = Pairs("item", "n", left_key="key", right_key="item").read(path, (False, False))
    assert pairs.right is not None
    assert (pairs.left.values, pairs.right.values) == (WORDS, others)
    assert (pairs.left.keys, pairs.right.keys) == (others, WORDS)
    signals = (SameLabel(key="key"), Views(key="key"), Masked("item", "key"), Neighbors([("01", "2")], "key"))
    for signal in signals:
        found = signal.read(path, (False, False)).left
        assert (found.values, found.keys) == (WORDS, others)
    assert Together("label").read(path, (False, False)).left.keys == WORDS


def test_numbers_in_rows_that_are_items_stay_numbers(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", ("left", [1, 2]), ("right", [3, 4]), ("label", [0, 0]))
    pairs = Pairs().read(path, (True, True))
    assert pairs.right is not None
    of_label = SameLabel("left").read(path, (True, True))
    for table in (pairs.left.values, pairs.right.values, of_label.left.values):
        assert pa.types.is_int64(table.column(0).type)


def series(kind: str, values: list[Any]) -> Any:
    if kind == "chunked":
        return pa.chunked_array([values])
    return pytest.importorskip(kind).Series(values)


@pytest.mark.parametrize("kind", ["pandas", "polars", "chunked"])
def test_a_series_is_a_column_of_items(kind: str) -> None:
    items = series(kind, WORDS)
    assert not is_table(items)
    assert listed(items) == WORDS
    assert Views().read(items, (False, False)).left.values == WORDS
    pairs = Pairs().read((items, items), (False, False))
    assert pairs.left.values == WORDS
    assert SameLabel().read((items, [0, 0, 1, 1]), (False, False)).left.values == WORDS
    assert Neighbors([("7", "8")]).read(items, (False, False)).left.keys == WORDS


def test_a_series_of_objects_is_a_column_too() -> None:
    pictures = [np.zeros((2, 2, 3), np.uint8), np.ones((3, 2, 3), np.uint8)]
    items = series("pandas", pictures)
    assert not is_table(items)
    assert all(found is picture for found, picture in zip(listed(items), pictures, strict=True))


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_a_frame_and_a_stream_of_batches_are_tables(kind: str) -> None:
    frame = pytest.importorskip(kind).DataFrame({"text": WORDS})
    stream = pa.RecordBatchReader.from_stream(frame)
    assert is_table(frame)
    assert is_table(stream)
    assert [str(value) for value in Views().read(stream, (False, False)).left.values] == WORDS


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_a_series_is_trained_on_and_encoded(kind: str) -> None:
    pytest.importorskip("torch")
    space = nearer.Space(WORDS, np.eye(4, dtype=np.float32))
    model = nearer.Contrastive(Views(noise=0.1), space, epochs=1, held_out=0, threads=1)
    assert model.fit(series(kind, WORDS)).space_.keys == WORDS
    np.testing.assert_array_equal(model.encode(series(kind, WORDS)), model.encode(WORDS))
