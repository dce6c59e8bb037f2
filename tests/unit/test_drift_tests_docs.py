"""The code of docs/drift-tests.md runs, and shows what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from nearer.monitor import TESTS

PAGE = (Path(__file__).parents[2] / "docs" / "drift-tests.md").read_text(encoding="utf-8")


def test_the_example_finds_the_axis_that_was_moved() -> None:
    names: dict[str, Any] = {}
    for block in re.findall("```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(block, names)
    found = names["found"]
    assert found.p_value <= 0.05
    assert found.axes_p.argmin() == 0
    assert found.axes_p[0] <= 0.05


def test_the_page_tells_of_every_test_in_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)
    assert rows == list(TESTS)
