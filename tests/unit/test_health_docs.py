"""The page about health runs, and speaks of every measure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "health.md"


def test_the_example_runs_and_every_measure_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, str(PAGE), "exec"), names)
    assert "duplicates" in capsys.readouterr().out
    assert names["report"]["duplicates"].examples == (("item 3", "item 7"),)
    assert names["leaked"].value == 1
    assert (tmp_path / "health.html").exists()
    space = names["space"]
    full = names["evaluate"].health(space, test=space, counts="rank", others=[space])
    for measure in full.measures:
        assert measure.name.lower() in text.lower()
