"""docs/cli.md is what the program says."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


def test_page_is_in_step_with_the_program() -> None:
    made = runpy.run_path(str(DOCS / "make_cli_page.py"))["page"]()
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == made, "run: python docs/make_cli_page.py"


def test_page_has_every_verb() -> None:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    for verb in (
        "tour",
        "fit words",
        "info",
        "neighbors",
        "analogy",
        "evaluate",
        "health",
        "dims",
        "search",
        "map",
        "convert",
        "models",
    ):
        assert f"## `nearer {verb}`" in page
