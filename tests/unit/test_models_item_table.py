"""Tables of items: by key, from files as those of interactions are read, in the order of the items."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from nearer.errors import FormatError, InputError
from nearer.models.item_table import items_in_order


def test_rows_come_in_the_order_of_the_items_with_nulls_between(tmp_path: Path) -> None:
    path = tmp_path / "items.csv.gz"
    path.write_bytes(gzip.compress(b"Kind,Item\nfood,007\ndrink,tea\nfood,other\n"))
    found = items_in_order(path, None, ["tea", "7", "007"])
    assert found.to_pydict() == {"Kind": ["drink", None, "food"]}


def test_what_is_no_table_of_items_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    path.write_text("no table")
    with pytest.raises(FormatError, match=r"items\.parquet: not a readable table"):
        items_in_order(path, None, ["tea"])
    with pytest.raises(
        InputError,
        match='which column of a table of items holds the key is not clear; name it, as key="NAME"; the c',
    ):
        items_in_order({"kind": ["a"], "price": [2]}, None, ["tea"])
    with pytest.raises(InputError, match="there is no column key='sku'; it has item"):
        items_in_order({"item": ["tea"]}, "sku", ["tea"])
