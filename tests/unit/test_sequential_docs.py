"""The page about sequential monitoring runs from top to bottom, and says what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "sequential.md"


def test_every_example_of_the_page_runs() -> None:
    names: dict[str, Any] = {}
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 4
    for place, example in enumerate(examples):
        exec(compile(example, str(PAGE), "exec"), names)
        if place == 0:
            assert names["verdict"].alarm
            assert names["week"] >= 6
            assert "low - high" in {part.name for part in names["verdict"].moved}
        if place == 1:
            assert names["watcher"].windows == 1
    assert [item.key for item in names["watcher"].check(names["window"]).unusual][:1] == ["7"]
