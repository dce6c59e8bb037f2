"""CSV files that cannot be read: the byte or the line is named, for every reader of columns."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from nearer.data.columns import Role, read_columns
from nearer.data.csv_faults import BLOCK, csv_fault
from nearer.errors import EncodingError, FormatError

ROLES = [Role("key", None, ("key",))]
RAGGED = 'key,text\na,"one, with a comma\nand a line"\nb\nc,three\n'


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz"])
def test_a_short_line_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    data = RAGGED.replace(",", "\t").encode() if name == "t.tsv" else RAGGED.encode()
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    with pytest.raises(FormatError, match=rf"{name}, line 4: 1 cell, and the header has 2; put a cell"):
        read_columns(path, ROLES, "a table")


@pytest.mark.parametrize("before", [0, BLOCK - 9, BLOCK - 8, BLOCK - 7, BLOCK])
def test_the_first_byte_that_is_not_utf8_is_named(before: int, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    start = b"key\n" + b"x" * before + "é".encode()
    path.write_bytes(start + b"\xe9\n")  # a long cell may straddle what Arrow reads at once: that is no fault
    with pytest.raises(EncodingError, match=rf"t\.csv: byte {len(start):,} is not UTF-8; save it"):
        read_columns(path, ROLES, "a table")


def test_what_is_no_fault_of_either_kind_is_told_by_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    assert str(csv_fault(path, ",", "too odd")) == f"{path}: not a readable table (too odd)"
