"""Word similarity: the forms that pairs come in, coverage, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from nearer import Space
from nearer.errors import EncodingError, FormatError, InputError, ParameterError
from nearer.evaluate import similarity
from nearer.evaluate.pairs import Pair, read_pairs

WORDS = ["cat", "dog", "car", "bus", "sun"]
ROWS = [("cat", "dog", 9.0), ("car", "bus", 8.0), ("cat", "sun", 1.5), ("dog", "bus", 2.0)]
PAIRS = [Pair(*row) for row in ROWS]


@pytest.fixture
def space() -> Space:
    return Space(WORDS, np.random.default_rng(0).standard_normal((5, 4)))


def as_text(separator: str, header: str = "") -> str:
    lines = [separator.join(map(str, row)) for row in ROWS]
    return "\n".join([header, *lines] if header else lines) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        as_text("\t"),
        as_text(","),
        as_text(";"),
        as_text(" "),
        as_text("   "),
        as_text("\t", "word1\tword2\tscore"),
        as_text(",", "Word 1,Word 2,Human (mean)"),
        "# a comment\n\n" + as_text("\t") + "\n",
        "\ufeff" + as_text("\t"),
        as_text("\t").replace("\n", "\r\n"),
        "word1\tword2\tPOS\tSimLex999\n" + "".join(f"{a}\t{b}\tN\t{s}\n" for a, b, s in ROWS),
    ],
)
def test_text_in_every_usual_form(text: str, tmp_path: Path) -> None:
    file = tmp_path / "pairs.txt"
    file.write_bytes(text.encode())
    assert read_pairs(file) == PAIRS
    assert read_pairs(str(file)) == PAIRS


def test_tables_in_every_usual_form(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS, columns=["word1", "word2", "score"])
    table = pa.Table.from_pandas(frame)
    parquet.write_table(table, tmp_path / "a.parquet")
    feather.write_feather(table, tmp_path / "a.arrow", compression="uncompressed")
    for source in (
        frame,
        table,
        pl.DataFrame(table),
        tmp_path / "a.parquet",
        tmp_path / "a.arrow",
        ROWS,
        iter(ROWS),
    ):
        assert read_pairs(source) == PAIRS


def test_the_column_of_ratings_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "pairs.tsv"
    file.write_text("a\tb\tx\ty\n" + "".join(f"{a}\t{b}\t0\t{s}\n" for a, b, s in ROWS))
    assert read_pairs(file, score="y") == PAIRS
    with pytest.raises(ParameterError, match="score='z' is not a column of"):
        read_pairs(file, score="z")
    file.write_text(as_text("\t"))
    with pytest.raises(ParameterError, match="has no header"):
        read_pairs(file, score="y")


def test_a_first_row_without_a_rating_is_no_header(tmp_path: Path) -> None:
    file = tmp_path / "pairs.tsv"
    file.write_text("apple\tpear\tn/a\n" + as_text("\t"))
    with pytest.raises(FormatError, match=r"pairs.tsv, row 1: 'n/a' is not a finite number"):
        read_pairs(file)


def test_unknown_words_are_counted_and_left_out(space: Space) -> None:
    result = similarity(space, [*ROWS, ("cat", "unicorn", 3.0)])
    assert result.n == 4
    assert result.pairs == 5
    assert result.coverage == 0.8
    assert result.oov_rate == pytest.approx(1 / 6)
    assert result.missing == ["unicorn"]
    assert result.value == similarity(space, ROWS).value


@pytest.mark.parametrize(
    ("keys", "lowercase", "covered"),
    [
        (["cat", "dog", "car"], "auto", 3),
        (["Cat", "dog", "car"], "auto", 0),
        (["cat", "dog", "car"], False, 0),
        (["Cat", "dog", "car"], True, 1),
    ],
)
def test_case_follows_the_space(keys: list[str], lowercase: Any, covered: int) -> None:
    space = Space([*keys, "a", "b", "c"], np.random.default_rng(0).standard_normal((6, 3)))
    lower = [("a", "b", 1.0), ("b", "c", 2.0), ("a", "c", 3.0)]
    result = similarity(
        space, [("CAT", "DOG", 1.0), ("Cat", "Car", 4.0), ("DOG", "car", 2.0), *lower], lowercase=lowercase
    )
    assert result.n == 3 + covered


def test_same_seed_same_interval(space: Space) -> None:
    generator = np.random.default_rng(0)
    pairs = [(*generator.choice(WORDS, 2).tolist(), float(generator.normal())) for _ in range(30)]
    assert similarity(space, pairs, seed=1) == similarity(space, pairs, seed=1)
    assert similarity(space, pairs, seed=1).interval != similarity(space, pairs, seed=2).interval


def test_prints_and_turns_into_json(space: Space) -> None:
    result = similarity(space, ROWS)
    lines = str(result).splitlines()
    assert lines[0].split() == ["similarity", "value", "95", "%", "n"]
    assert lines[1].split()[:2] == ["spearman", f"{result.value:.3f}"]
    assert "coverage 100.0% of 4 pairs, 0.0% of words unknown" in lines[3]
    plain = json.loads(json.dumps(result.to_dict()))
    assert plain["spearman"]["value"] == result.value
    assert plain["spearman"]["interval"] == list(result.interval)
    assert (plain["value"], plain["interval"], plain["n"]) == (result.value, list(result.interval), 4)
    assert (plain["coverage"], plain["rule"]) == (1, "pairs with an unknown word are left out")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cat\tdog\t1\ncat\tdog\n", r"row 2: has 2 cells, expected two words and a score"),
        (
            "cat\tdog\t1\ncat\tdog\tmany\n",
            r"row 2: 'many' is not a finite number; head the columns word1, word2 and score, or in Python",
        ),
        ("cat\tdog\t1\ncat\tdog\tnan\n", r"row 2: 'nan' is not a finite number"),
        ("cat\tdog\t1\n\tdog\t2\n", r"row 2: '' is not a word"),
        ("", "holds no pairs; expected lines of two words and a number"),
        ("word1\tword2\tscore\n", "holds no pairs"),
    ],
)
def test_a_malformed_file_is_named_with_its_row(
    text: str, message: str, tmp_path: Path, space: Space
) -> None:
    file = tmp_path / "pairs.txt"
    file.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        similarity(space, file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path, space: Space) -> None:
    with pytest.raises(InputError, match=r"none\.txt: cannot be read: No such file"):
        similarity(space, tmp_path / "none.txt")
    with pytest.raises(InputError, match=r"none\.parquet: cannot be read: No such file"):
        similarity(space, tmp_path / "none.parquet")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(FormatError, match=r"bad\.parquet: is not a table that PyArrow can read"):
        similarity(space, tmp_path / "bad.parquet")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\tdog\t1\n")
    with pytest.raises(EncodingError, match=r"latin\.txt: byte 3 is not UTF-8; save the file as UTF-8"):
        similarity(space, tmp_path / "latin.txt")
    with pytest.raises(FormatError, match="has 2 columns, expected two words and a score"):
        similarity(space, pa.table({"a": ["cat"], "b": ["dog"]}))


def test_sequences_that_are_no_pairs(space: Space) -> None:
    with pytest.raises(InputError, match=r"^pairs, row 1: \('cat', 'dog'\) does not have 3 values"):
        similarity(space, [("cat", "dog", 1), ("cat", "dog")])
    with pytest.raises(InputError, match="7 is neither a file, a table nor a sequence"):
        similarity(space, 7)


def test_too_little_to_correlate(space: Space) -> None:
    with pytest.raises(InputError, match="holds both words of 2 of 3 pairs: a correlation needs 3"):
        similarity(space, [*ROWS[:2], ("cat", "x", 1.0)])
    with pytest.raises(InputError, match="the ratings of all 4 pairs are equal"):
        similarity(space, [(a, b, 1.0) for a, b, _ in ROWS])
    with pytest.raises(ParameterError, match="lowercase='yes' is unknown"):
        similarity(space, ROWS, lowercase="yes")  # type: ignore[arg-type]
