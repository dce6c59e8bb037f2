"""The pages about calibration and search run from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "least"), [("calibration.md", 6), ("search.md", 5)])
def test_every_example_of_the_page_runs(page: str, least: int) -> None:
    names: dict[str, Any] = {}
    examples = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= least
    for example in examples:
        exec(compile(example, page, "exec"), names)
    if page == "calibration.md":
        assert names["by_rank"].bands.names == ("1 to 200", "201 to 2,000")
        assert names["learned"].probability(0.5, share=0.001) < names["learned"].probability(0.5)
