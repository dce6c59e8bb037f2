"""Analogies: sections, coverage, restriction, and files that are malformed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from nearer import Space
from nearer.errors import FormatError, InputError, ParameterError
from nearer.evaluate import analogies
from nearer.evaluate.questions import Question, read_questions

TEXT = """: capital
Athens Greece Paris France
Athens Greece Oslo Norway

: gram1-plural
cat cats dog dogs
"""
QUESTIONS = [
    Question("capital", "Athens", "Greece", "Paris", "France"),
    Question("capital", "Athens", "Greece", "Oslo", "Norway"),
    Question("gram1-plural", "cat", "cats", "dog", "dogs"),
]
QUESTIONS_AS_ROWS = [(q.section, q.a, q.b, q.c, q.d) for q in QUESTIONS]
CAPITALS = {"athens": "greece", "paris": "france", "oslo": "norway"}


@pytest.fixture
def space() -> Space:
    """Capitals lie one step from their country, singulars one step from the wrong plural."""
    vectors = {}
    for number, (city, country) in enumerate(CAPITALS.items()):
        vectors[city] = np.eye(9)[number] + np.eye(9)[6]
        vectors[country] = np.eye(9)[number] + np.eye(9)[7]
    vectors |= {
        "cat": np.eye(9)[3],
        "cats": np.eye(9)[3] + np.eye(9)[8],
        "dog": np.eye(9)[4],
        "dogs": -np.eye(9)[8],
    }
    return Space(list(vectors), np.stack(list(vectors.values())))


def test_by_section_and_in_total(space: Space, tmp_path: Path) -> None:
    file = tmp_path / "questions-words.txt"
    file.write_text(TEXT)
    result = analogies(space, file)
    assert [(one.name, one.correct, one.n) for one in result.sections] == [
        ("capital", 2, 2),
        ("gram1-plural", 0, 1),
    ]
    assert result.semantic is not None
    assert result.syntactic is not None
    assert (result.semantic.correct, result.syntactic.correct, result.total.correct) == (2, 0, 2)
    assert result.value == pytest.approx(2 / 3)
    assert result.interval[0] <= result.value <= result.interval[1]
    assert (result.n, result.coverage, result.oov_rate) == (3, 1, 0)
    for one in (*result.sections, result.semantic, result.syntactic, result.total):
        assert one.estimate is not None
        assert one.estimate.resamples is not None  # so that any of them can be paired


def test_every_form_holds_the_same_questions(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text(TEXT)
    columns = {
        name: [getattr(question, name) for question in QUESTIONS] for name in ("section", "a", "b", "c")
    }
    answers = [question.d for question in QUESTIONS]
    parquet.write_table(pa.table({**columns, "expected": answers}), tmp_path / "q.parquet")
    tuples = QUESTIONS_AS_ROWS
    for source in (tmp_path / "q.txt", tmp_path / "q.parquet", pa.table({**columns, "d": answers}), tuples):
        assert read_questions(source) == QUESTIONS


def test_words_of_the_question_are_never_the_answer(space: Space) -> None:
    repeated = analogies(space, [("s", "cat", "cats", "cat", "cats")])
    assert repeated.total.correct == 0


def test_only_the_first_keys_are_candidates(space: Space) -> None:
    asked = [("capital", q.a, q.b, q.c, q.d) for q in QUESTIONS[:2]]
    assert analogies(space, asked, restrict=None).n == 2
    result = analogies(space, asked, restrict=4)
    assert result.n == 1
    assert result.vocabulary == 4
    assert result.coverage == 0.5
    assert result.oov_rate == pytest.approx(2 / 6)


def test_a_section_without_answers_is_shown_empty(space: Space) -> None:
    result = analogies(space, [("known", "cat", "cats", "dog", "dogs"), ("unknown", "x", "y", "z", "w")])
    assert result.sections[1].estimate is None
    assert result.syntactic is None
    row = next(line for line in str(result).splitlines() if line.startswith("unknown"))
    assert row.split() == ["unknown", "-", "-", "0", "0.0%"]


def test_no_other_word_is_no_answer() -> None:
    space = Space(["a", "b", "c"], np.eye(3))
    for method in ("3cosadd", "3cosmul"):
        assert analogies(space, [("s", "a", "b", "c", "c")], method=method).total.correct == 0  # type: ignore[arg-type]


def test_prints_and_turns_into_json(space: Space) -> None:
    result = analogies(space, QUESTIONS_AS_ROWS)
    text = str(result)
    assert [line.split()[0] for line in text.splitlines()[1:6]] == [
        "capital",
        "gram1-plural",
        "semantic",
        "syntactic",
        "total",
    ]
    assert "3cosadd among the first 10 keys, 0.0% of words unknown" in text
    plain = json.loads(json.dumps(result.to_dict()))
    assert plain["total"]["estimate"]["value"] == result.value
    assert plain["sections"][0]["name"] == "capital"
    assert plain["sections"][0]["coverage"] == 1
    assert (plain["value"], plain["interval"]) == (result.value, list(result.interval))
    assert (plain["n"], plain["coverage"]) == (result.n, result.coverage)
    assert plain["rule"] == "questions with an unknown word are left out"


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_threads_are_checked_whatever_the_method(method: Any, space: Space) -> None:
    with pytest.raises(ParameterError, match="threads=-7 is below 1"):
        analogies(space, QUESTIONS_AS_ROWS, method=method, threads=-7)


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_the_length_of_vectors_decides_nothing(method: Any, space: Space) -> None:
    lengths = np.random.default_rng(0).uniform(0.1, 10, (len(space), 1))
    scaled = Space(space.keys, space.vectors * lengths, "dot")
    expected = analogies(space, QUESTIONS_AS_ROWS, method=method)
    assert analogies(scaled, QUESTIONS_AS_ROWS, method=method) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (": s\na b c d\na b c\n", "row 3: a question of 3 words, expected 4"),
        (": s\na b c d\n:\n", "row 3: a section without a name"),
        (": only a section\n", "holds no questions; expected lines of four words"),
    ],
)
def test_a_malformed_file_is_named_with_its_row(
    text: str, message: str, tmp_path: Path, space: Space
) -> None:
    file = tmp_path / "q.txt"
    file.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        analogies(space, file)
    assert str(caught.value).startswith(str(file))


def test_refusals(space: Space) -> None:
    with pytest.raises(FormatError, match="lacks the column d or expected"):
        analogies(space, pa.table({name: ["x"] for name in ("section", "a", "b", "c")}))
    with pytest.raises(FormatError, match="row 0: None is not a word"):
        analogies(
            space,
            pa.table({name: ["x", None][name == "b" :][:1] for name in ("section", "a", "b", "c", "d")}),
        )
    with pytest.raises(InputError, match=r"^the 10 keys hold .* none of 1 questions; use a space that holds"):
        analogies(space, [("s", "x", "y", "z", "w")])
    with pytest.raises(InputError, match=r"^the first 9 keys hold .*; raise restrict \(--restrict\), or use"):
        analogies(space, [("s", "x", "y", "z", "w")], restrict=9)
    with pytest.raises(ParameterError, match="method='3cosdiv' is unknown; use one of 3cosadd, 3cosmul"):
        analogies(space, [("s", "cat", "cats", "dog", "dogs")], method="3cosdiv")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="restrict=0 is below 1"):
        analogies(space, [("s", "cat", "cats", "dog", "dogs")], restrict=0)
