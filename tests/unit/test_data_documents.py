"""Documents by key from everything they may come in; what is no document is named with its place."""

from __future__ import annotations

import gzip
from collections import namedtuple
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nearer.data.documents import Document, read_documents
from nearer.errors import FormatError, InputError

TaggedDocument = namedtuple("TaggedDocument", "words tags")  # as gensim makes it
COLUMNS = {"id": ["a", "b"], "text": ["one", "two"], "topic": ["x", "y"]}


def read(documents: Any, **columns: str) -> list[tuple[str, tuple[str, ...], object]]:
    return [(d.key, d.tags, d.content) for d in read_documents(documents, **columns)]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ({"a": "one", "b": ["two", "three"]}, [("a", ("a",), b"one"), ("b", ("b",), ["two", "three"])]),
        ([("a", "one"), (7, "two")], [("a", ("a",), b"one"), ("7", ("7",), b"two")]),
        ((pair for pair in [("a", ["x", "y"], "one")]), [("a", ("x", "y"), b"one")]),
        ([("a", ["x", "x", 3], ["one"])], [("a", ("x", "3"), ["one"])]),
        (
            [TaggedDocument(["one"], [0]), TaggedDocument(["two"], ["t"])],
            [("0", ("0",), ["one"]), ("1", ("t",), ["two"])],
        ),
        (["one", ["two"]], [("0", ("0",), b"one"), ("1", ("1",), ["two"])]),
        (pa.array(["one", "two"]), [("0", ("0",), b"one"), ("1", ("1",), b"two")]),
    ],
)
def test_what_documents_may_be(documents: Any, expected: list[Any]) -> None:
    assert read(documents) == expected


@pytest.mark.parametrize("make", [pa.table, pd.DataFrame, pl.DataFrame], ids=["arrow", "pandas", "polars"])
def test_tables(make: Any) -> None:
    assert read(make(COLUMNS)) == [("a", ("a",), b"one"), ("b", ("b",), b"two")]
    assert read(make(COLUMNS), key="text", text="topic", tags="id")[1] == ("two", ("b",), b"y")


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".tsv"])
def test_table_files(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"news{ending}"
    if ending == ".parquet":
        pq.write_table(pa.table(COLUMNS), path)
    else:
        pd.DataFrame(COLUMNS).to_csv(path, sep="\t" if ending == ".tsv" else ",", index=False)
    assert read(path) == [("a", ("a",), b"one"), ("b", ("b",), b"two")]
    assert read(str(path), text="topic", key="text")[0] == ("one", ("one",), b"x")


def test_keys_in_csv_are_the_text_they_are_written_as(tmp_path: Path) -> None:
    path = tmp_path / "news.csv"
    path.write_text('id,text\n007,"one\nmore"\n7,two\n')
    assert read(path) == [("007", ("007",), b"one\nmore"), ("7", ("7",), b"two")]


def test_tags_in_a_column_of_lists() -> None:
    table = pa.table({"key": [1, 2], "text": ["one", "two"], "tags": [["x", "y"], ["x"]]})
    assert [tags for _, tags, _ in read(table, tags="tags")] == [("x", "y"), ("x",)]


def test_a_line_a_document(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt.gz"
    path.write_bytes(gzip.compress("eins\r\n\nzwei ä\n drei".encode()))
    lines = list(read_documents(path))
    assert [(d.key, d.row, d.offset) for d in lines] == [("1", 1, 0), ("2", 2, 6), ("3", 3, 7), ("4", 4, 15)]
    assert [d.content for d in lines] == [b"eins\r\n", b"\n", "zwei ä\n".encode(), b" drei"]


def test_lines_longer_than_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nearer.data.text.BLOCK_BYTES", 16)
    path = tmp_path / "lines.txt"
    path.write_text("a few words and more words and yet more\nshort\n" * 3)
    found = [d.content for d in read_documents(path)]
    assert found == [b"a few words and more words and yet more\n", b"short\n"] * 3


def test_a_file_a_document(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text("one\ntwo")
    (tmp_path / "sub" / "b.txt").write_text("three")
    assert read(tmp_path) == [("a.txt", ("a.txt",), b"one\ntwo"), ("sub/b.txt", ("sub/b.txt",), b"three")]


@pytest.mark.parametrize(
    ("documents", "columns", "message"),
    [
        (
            [("a", "one"), ("b", "two"), ("a", "three")],
            {},
            r"^row 2: the key 'a' names a document already, in row 0; ",
        ),
        ([("a", 7)], {}, "^row 0: 7 is neither a text nor a list of tokens"),
        ([("a", "x", "y", "z")], {}, r"^row 0: \('a', 'x', 'y', 'z'\) is no document; give \(key, text\)"),
        ([(None, "one")], {}, "^row 0: None is no key; use a string or a whole number"),
        ([("a", [], "one")], {}, "^row 0: the document has no tag; give one at least"),
        ([("a", ["x"], "\ud800")], {}, "^row 0: a lone surrogate"),
        ([], {}, "^there is no document"),
        (7, {}, "^documents cannot be read from 7; give"),
        ("", {}, "^the path of the documents is empty"),
        (
            [("a", "one")],
            {"text": "body"},
            "^the column text='body' is named for documents that are no table; ",
        ),
        (
            pa.table(COLUMNS),
            {"text": "body"},
            "^the table: there is no column text='body'; it has id, text, topic$",
        ),
        (
            pa.table({"a": ["x"], "b": ["y"]}),
            {},
            "^the table: which column holds the texts is not clear: found a, b; ",
        ),
        (pa.table({"n": [1]}), {}, "not clear: found none; name it, as text="),
        (pa.table({"id": [None], "key": ["a"], "text": ["x"]}), {"key": "id"}, "^row 0: None is no key"),
        (pa.table({"id": [1.5], "text": ["x"]}), {}, "^row 0: 1.5 is no key"),
    ],
)
def test_bad_documents_end_in_one_line(documents: Any, columns: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(documents, **columns)
    assert "\n" not in str(caught.value)


def test_bad_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "news.csv"
    path.write_text("id,text\n1,one\n1,two\n")
    with pytest.raises(InputError, match=r"news\.csv, row 1: the key '1' names a document already, in row 0"):
        read(path)
    path.write_text("id,text\n1,one,two\n")
    with pytest.raises(FormatError, match=r"news\.csv, line 2: 3 cells, and the header has 2"):
        read(path)
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        read(tmp_path / "none.csv")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 cut short")
    with pytest.raises(FormatError, match="not a readable Parquet file"):
        read(tmp_path / "broken.parquet")
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG and more")
    with pytest.raises(InputError, match="this is a PNG image"):
        read(tmp_path / "picture.txt")


def test_a_document_is_what_it_was_given_as() -> None:
    (document,) = read_documents({"a": "one"})
    assert document == Document("a", ("a",), b"one", None, 0)
