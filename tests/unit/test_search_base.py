"""Hits print, iterate and turn into JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nearer import Space
from nearer.errors import InputError
from nearer.search import Exact, nearest, recall


def test_hits_print_and_turn_into_json() -> None:
    space = Space(["a", "b\n"], [[1, 0], [0, 1]])
    hits = nearest(space, ["a"], 2)
    assert str(hits).splitlines() == ["query  score    key", "    0   1.0000  a", "    0   0.0000  b\\n"]
    assert json.loads(json.dumps(hits.to_dict())) == {
        "keys": [["a", "b\n"]],
        "scores": [[1.0, 0.0]],
        "rows": [[0, 1]],
    }


def test_a_long_answer_prints_short() -> None:
    space = Space([f"k{i}" for i in range(25)], np.eye(25, dtype=np.float32))
    text = str(Exact(space).search(space, 25))
    assert text.endswith("... 15 more queries")
    assert len(text.splitlines()) == 102


def test_recall_needs_queries() -> None:
    space = Space(["a"], [[1.0]])
    with pytest.raises(InputError, match="no queries to measure recall with"):
        recall(Exact(space), queries=[])
