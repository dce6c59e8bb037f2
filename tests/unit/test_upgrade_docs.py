"""The page about changing the model runs from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "upgrade.md"


def test_every_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for example in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(example, str(PAGE), "exec"), names)
    assert (tmp_path / "report.html").is_file()
    assert names["hits"].keys[0][0] == "item 5"
    assert round(names["half"].share, 2) == 0.27
    assert names["result"].decision in {"align", "dual-read"}
