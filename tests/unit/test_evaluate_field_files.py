"""The test sets of the field, where NEARER_DATA says they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nearer.evaluate.pairs import read_pairs
from nearer.evaluate.questions import read_questions

DATA = os.environ.get("NEARER_DATA")

pytestmark = pytest.mark.skipif(DATA is None, reason="NEARER_DATA does not name the folder of test sets")


@pytest.mark.parametrize(
    ("name", "count"), [("wordsim353_all", 353), ("simlex999", 999), ("rg65", 65), ("wordsim353_rel", 252)]
)
def test_every_pair_is_read(name: str, count: int) -> None:
    assert len(read_pairs(Path(DATA or "") / "words" / f"{name}.parquet")) == count


def test_every_analogy_is_read() -> None:
    questions = read_questions(Path(DATA or "") / "words" / "google_analogies.parquet")
    assert len(questions) == 19_544
    assert len({question.section for question in questions}) == 14
    assert sum(question.syntactic for question in questions) == 10_675
