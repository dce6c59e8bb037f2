"""The page about images by contrast runs from top to bottom, and names every change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nearer.networks import ResNet

PAGE = Path(__file__).parents[2] / "docs" / "contrastive-images.md"


def test_every_example_of_the_page_runs() -> None:
    pytest.importorskip("torch")
    names: dict[str, Any] = {}
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), names)
    found, labelled = names["model"], names["labelled"]
    knn = names["nearer"].evaluate.knn
    assert knn(found.space_, names["digits"].target).value > 0.9
    assert knn(labelled.space_, names["digits"].target).value > 0.95


def test_the_table_of_changes_is_that_of_the_network() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| ([\d.]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: float(strength) for name, strength in rows} == dict(ResNet().changes)
