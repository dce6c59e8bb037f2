"""The page about graphs runs from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "graphs.md"


def test_every_example_of_the_page_runs() -> None:
    names: dict[str, Any] = {}
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 3
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), names)
    assert names["people"].linked()[1] == ["cy"]
    assert len(names["parts"].test) == len(names["parts"].non_edges) == 23
