"""The page about contrast runs from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
PAGE = Path(__file__).parents[2] / "docs" / "contrastive.md"


def test_every_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 3
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), names)
    report = names["model"].report_
    assert report.left_to_right["recall@1"] > 0.8 > 10 * report.left_to_right["chance@1"]
    assert names["joint"].identity == names["model"].identity
