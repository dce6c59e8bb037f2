"""Semantic textual similarity: encoders and spaces, the forms of pairs, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

import nearer
from nearer import Space
from nearer.encoders import Lookup
from nearer.errors import InputError, ParameterError, UnknownKey
from nearer.evaluate import sts
from nearer.evaluate.text_pairs import TextPair, read_text_pairs

ROWS = [
    ("A cat, asleep", "A cat: it sleeps", 5.0),
    ("A cat, asleep", "# stocks fell", 0.5),
    ("Rates\u2028rose", "# stocks fell", 3.0),
    ("Rates\u2028rose", 'It "sleeps"', 0.0),
]
PAIRS = [TextPair(*row) for row in ROWS]
TEXTS = ["A cat, asleep", "A cat: it sleeps", "# stocks fell", "Rates\u2028rose", 'It "sleeps"']
VECTORS = [[1, 0], [1, 0], [0.2, 1], [0.6, 1], [-1, 0.1]]  # in the order of the ratings


class Counting:
    """An encoder of these texts that remembers what it was asked."""

    def __init__(self, vectors: Any = VECTORS) -> None:
        self.vectors, self.asked = dict(zip(TEXTS, vectors, strict=True)), list[str]()

    def encode(self, items: list[str]) -> np.ndarray:
        self.asked += items
        return np.array([self.vectors[item] for item in items], dtype=np.float32)


def test_scores_in_the_order_of_the_ratings_correlate_wholly() -> None:
    encoder = Counting()
    result = sts(encoder, ROWS)
    assert result.value == 1
    assert 0.8 < result.pearson.value < 1
    assert (result.n, result.pairs, result.coverage, result.oov_rate, result.metric) == (4, 4, 1, 0, "cosine")
    assert encoder.asked == TEXTS  # each text once
    assert sts(encoder, [(a, b, -score) for a, b, score in ROWS]).value == -1
    assert sts(encoder, ROWS) == result


def test_spaces_and_lookups_score_alike() -> None:
    space = Space(TEXTS, VECTORS)
    assert sts(space, ROWS) == sts(Lookup(space), ROWS) == sts(Counting(), ROWS)
    assert sts(Space(TEXTS, VECTORS, "euclidean"), ROWS).metric == "euclidean"
    assert sts(Counting(), ROWS, metric="dot") == sts(Space(TEXTS, VECTORS, "dot"), ROWS)
    with pytest.raises(ParameterError, match="metric='l2' is unknown; use one of cosine, dot, euclidean"):
        sts(space, ROWS, metric="l2")  # type: ignore[arg-type]


def test_texts_that_a_space_lacks_are_counted() -> None:
    rows = [*ROWS, ("A cat, asleep", "unheard of", 1.0)]
    result = sts(Space(TEXTS, VECTORS), rows)
    assert (result.n, result.pairs, result.coverage) == (4, 5, 0.8)
    assert result.missing == ["unheard of"]
    assert result.oov_rate == pytest.approx(1 / 6)
    with pytest.raises(UnknownKey, match="unheard of"):
        sts(Lookup(Space(TEXTS, VECTORS)), rows)
    with pytest.raises(
        InputError, match=r"^pairs: vectors for both texts of 2 of 4 pairs: a correlation needs 3"
    ):
        sts(Space(TEXTS[:3], VECTORS[:3]), ROWS)


def test_texts_without_a_vector_are_counted() -> None:
    result = sts(Counting([*VECTORS[:4], [0, 0]]), ROWS)
    assert (result.without_vector, result.n) == (1, 4)
    assert "1 of them with a text whose vector is zero" in str(result)


def test_constant_scores_and_ratings_have_no_correlation() -> None:
    with pytest.raises(InputError, match="the scores of all 4 pairs are equal: no correlation is defined"):
        sts(Counting([[1, 0]] * 5), ROWS)
    with pytest.raises(InputError, match="the ratings of all 4 pairs are equal"):
        sts(Counting(), [(a, b, 2.0) for a, b, _ in ROWS])


def test_encoders_that_give_no_vectors() -> None:
    with pytest.raises(InputError, match="the encoder gives NaN or infinity for 'A cat: it sleeps'"):
        sts(Counting([[1, 0], [np.nan, 0], *VECTORS[2:]]), ROWS)
    with pytest.raises(InputError, match=r"the encoder gives shape \(5,\) for 5 texts; expected \(n, dim\)"):
        sts(Counting([1, 2, 3, 4, 5]), ROWS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsv", "".join(f"{a}\t{b}\t{s}\n" for a, b, s in ROWS)),
        ("a.txt", "\ufeff" + "\r\n".join(f"{a}\t{b}\t{s}" for a, b, s in ROWS)),
        (
            "a.tsv",
            "score\tindex\tsentence2\tsentence1\n" + "".join(f"{s}\t7\t{b}\t{a}\n" for a, b, s in ROWS),
        ),
    ],
)
def test_text_in_every_usual_form(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text.encode())
    assert read_text_pairs(tmp_path / name)[1] == PAIRS


def test_tables_in_every_usual_form(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS, columns=["sentence1", "sentence2", "score"])
    table = pa.Table.from_pandas(frame)
    parquet.write_table(table, tmp_path / "a.parquet")
    frame.to_csv(tmp_path / "a.csv", index=False)
    for source in (
        frame,
        table,
        pl.DataFrame(table),
        tmp_path / "a.parquet",
        tmp_path / "a.csv",
        ROWS,
        iter(ROWS),
    ):
        assert read_text_pairs(source)[1] == PAIRS
    other = table.rename_columns(["x", "y", "z"]).append_column("w", pa.array([9] * 4))
    assert read_text_pairs(other, ("x", "y", "z"))[1] == PAIRS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a b\tc\tnan\n",
            "row 1: 'nan' is not a finite number; leave the pair out, or name the columns by columns=",
        ),
        ("a b\tc\t1\n\tc\t1\n", "row 2: '' is not a text; leave the pair out"),
        ("a b\t  \t1\n", "row 1: '  ' is not a text"),
        ("a b\tc\t1\na\n", "row 2: has 1 cell, expected 3 as in the first line"),
        ("a b c 1\n", "row 1: has 1 cell, expected first text, second text and score; separate them by tabs"),
        ("sentence1\tsentence2\tscore\n", "holds no pairs; expected first text, second text and score"),
    ],
)
def test_a_malformed_file_is_named_with_its_row(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "pairs.tsv"
    file.write_text(text)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        sts(Counting(), file)
    assert str(caught.value).startswith(str(file))


def test_a_broken_csv_is_named_with_its_row(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text('a,b,1\n"a"x,b,2\n')
    with pytest.raises(InputError, match=r"pairs\.csv, row 2: is no comma-separated line"):
        read_text_pairs(file)


def test_prints_and_turns_into_json() -> None:
    result = nearer.evaluate.sts(Counting(), ROWS)
    assert str(result).splitlines()[1].split()[:2] == ["spearman", "1.000"]
    plain = json.loads(json.dumps(result.to_dict()))
    assert (plain["value"], plain["spearman"]["n"], plain["without_vector"], plain["coverage"]) == (
        1,
        4,
        0,
        1,
    )
