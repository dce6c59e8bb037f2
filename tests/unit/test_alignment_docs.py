"""The page about alignment runs from top to bottom, and its table of repeats is right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nearer.evaluate.changes_repeats import least_together, splits_of

PAGE = Path(__file__).parents[2] / "docs" / "alignment.md"


def test_every_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 3
    exec(compile(examples[0], str(PAGE), "exec"), names)
    moved = {f"word{row}" for row in range(40)}
    assert names["result"].verdict == "turned and items changed"
    assert len(moved & set(names["result"].changed)) >= 38
    exec(compile(examples[1], str(PAGE), "exec"), names)
    result = names["result"]
    assert (result.null, result.splits, result.together) == ("repeats", 9, 3)
    assert len(moved & set(result.changed)) >= 38
    exec(compile(examples[2], str(PAGE), "exec"), names)
    assert names["alignment"].fit.cosine > 0.9
    assert names["carried"].identity == names["alignment"].identity


def test_the_table_of_repeats_is_right() -> None:
    rows = re.findall(r"^\| ([\d+, ]+) \| (\d+) \| (\d+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == 3
    for groups, ways, together in rows:
        for pair in groups.split(", "):
            before, after = map(int, pair.split(" + "))
            assert len(splits_of(before, after, 0)) - 1 == int(ways)
            assert least_together(20_000, int(ways), 0.05) == int(together)
