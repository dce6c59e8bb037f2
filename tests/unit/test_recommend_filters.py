"""Which items `where` allows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearer.errors import InputError, ParameterError, UnknownKey
from nearer.recommend import allowed_items

KEYS = ["a", "b", "c", "d", "e"]
TABLE = pa.table(
    {
        "kind": pa.array(["x", "y", None, "x", "z"]),
        "price": pa.array([1.5, 2.0, 3.0, None, 2.0]),
        "stock": pa.array([3, 0, 7, 3, None]),
        "coded": pa.array(["x", "y", None, "x", "z"]).dictionary_encode(),
        "sold": pa.array([True, False, None, True, True]),
    }
)


def kept(where: Any, table: Any = TABLE) -> str:
    mask = allowed_items(where, KEYS, table)
    assert mask is not None
    assert mask.dtype == np.bool_
    return "".join(key for key, fits in zip(KEYS, mask, strict=True) if fits)


def test_nothing_wished_is_no_mask() -> None:
    assert allowed_items(None, KEYS, TABLE) is None


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"kind": "x"}, "ad"),
        ({"kind": ["x", "z"]}, "ade"),
        ({"kind": ("x",), "stock": 3}, "ad"),
        ({"kind": "x", "price": 1.5}, "a"),
        ({"kind": None}, "c"),
        ({"kind": []}, ""),
        ({"kind": "nosuch"}, ""),
        ({}, "abcde"),
        ({"stock": "3"}, "ad"),  # as a command line has it
        ({"price": "2.0"}, "be"),
        ({"price": 2}, "be"),
        ({"coded": "x"}, "ad"),
        ({"sold": True}, "ade"),
        ({"sold": "true"}, "ade"),
        ({"stock": np.array([0, 7])}, "bc"),
        (pc.field("stock") > 2, "acd"),  # a null is no yes
        ((pc.field("kind") == "x") | (pc.field("price") == 2), "abde"),
        (["b", "a"], "ab"),
        ({"e"}, "e"),
        ([], ""),
        (["a", "a"], "a"),
        ([True, False, False, False, True], "ae"),
        (np.array([False] * 4 + [True]), "e"),
        (np.array(["b", "c"]), "bc"),
    ],
)
def test_conditions(where: Any, expected: str) -> None:
    assert kept(where) == expected


@given(st.lists(st.sampled_from(KEYS)), st.lists(st.sampled_from(["x", "y", "z", "w"]), max_size=3))
def test_is_the_same_as_looking_at_every_item(keys: list[str], kinds: list[str]) -> None:
    assert kept(keys) == "".join(sorted(set(keys)))
    slow = [key for key, kind in zip(KEYS, TABLE["kind"].to_pylist(), strict=True) if kind in kinds]
    assert kept({"kind": kinds}) == "".join(slow)
    assert kept(pc.field("kind").isin(pa.array(kinds, pa.string()))) == "".join(slow)


@pytest.mark.parametrize(
    ("where", "error", "message"),
    [
        ({"size": 1}, InputError, "items have no column 'size'; they have kind, price, stock, coded, sold"),
        ({"stock": "many"}, InputError, "the column 'stock' holds int64 and cannot be compared with 'many'"),
        (pc.field("size") == 1, InputError, "the condition cannot be met"),
        (pc.field("stock") == "many", InputError, "the condition cannot be met"),
        (["a", "A"], UnknownKey, "no item is called 'A'; did you mean 'a'"),
        ("a", ParameterError, "where='a' is no condition"),
        (7, ParameterError, "where=7 is no condition"),
        ([True], ParameterError, r"where has the shape \(1,\), and there are 5 items"),
        (np.ones((5, 1), np.bool_), ParameterError, r"where has the shape \(5, 1\), and there are 5 items"),
    ],
)
def test_what_is_no_condition(where: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        allowed_items(where, KEYS, TABLE)
    assert "\n" not in str(caught.value)


def test_without_a_table_there_are_no_columns() -> None:
    for where in ({"kind": "x"}, pc.field("kind") == "x"):
        with pytest.raises(InputError, match="give a table of items first: describe_items"):
            allowed_items(where, KEYS, None)
    assert kept(["a"], None) == "a"
