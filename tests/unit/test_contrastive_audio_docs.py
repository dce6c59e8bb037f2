"""The page about sounds, texts and rows by contrast runs from top to bottom, and names every change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nearer.networks import LogMelCNN

PAGE = Path(__file__).parents[2] / "docs" / "contrastive-audio.md"


def test_every_example_of_the_page_runs() -> None:
    pytest.importorskip("torch")
    names: dict[str, Any] = {}
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 3
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), names)
    knn = names["nearer"].evaluate.knn
    assert knn(names["model"].space_, names["kinds"]).value > 0.95
    assert knn(names["table"].space_, [row["colour"] for row in names["rows"]]).value > 0.95
    assert names["hidden"].space_.dim == 128


def test_the_table_of_changes_is_that_of_the_network() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| ([\d.]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: float(strength) for name, strength in rows} == dict(LogMelCNN().changes)
