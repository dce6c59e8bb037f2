"""The tables of benchmarks/report.py, and the page they go to."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    file = Path(__file__).parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return loaded("report", monkeypatch)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return loaded("page", monkeypatch)


def test_a_row_a_claim_under_machine_and_date(report: ModuleType) -> None:
    kept = report.Row("fast | small", "1.0 s", "3.5 s", 3.5, 3.0, "same ids")
    missed = report.Row("slow", "2.0 s", "1.0 s", 0.5, 1.0, "-")
    assert (kept.kept, missed.kept) == (True, False)
    lines = report.render([kept, missed]).splitlines()
    assert lines[0].startswith("Measured 20")
    assert report.machine() in lines[0]
    assert lines[2] == "| claim | Nearer | peer | ratio | target | quality |"
    assert lines[4] == "| fast \\| small | 1.0 s | 3.5 s | 3.50 x | 3 x | same ids |"
    assert lines[5] == "| slow | 2.0 s | 1.0 s | 0.50 x (missed) | 1 x | - |"


def test_a_grid_has_its_own_columns(report: ModuleType) -> None:
    grid = report.Grid(("method", "seconds"), [("a|b", "1.0"), ("c", "2.0")])
    lines = report.render(grid).splitlines()
    assert lines[0].startswith("Measured 20")
    assert lines[2:] == ["| method | seconds |", "| --- | ---: |", "| a\\|b | 1.0 |", "| c | 2.0 |"]
    assert report.kept(grid)
    assert not report.kept([report.Row("slow", "2 s", "1 s", 0.5, 1.0, "-")])


def test_a_run_replaces_only_the_sections_it_measured(page: ModuleType) -> None:
    order = ["Words", "Graphs", "Search"]
    first = page.updated("", {"Words": "old\n", "Search": "kept\n", "Gone": "x"}, [*order, "Gone"])
    text = page.updated(first, {"Words": "new\n", "Graphs": "added"}, order)
    assert page.sections(text) == {"Words": "new", "Graphs": "added", "Search": "kept"}
    assert list(page.sections(text)) == order
    assert text == page.updated(text, {}, order)
    assert text.startswith("# Benchmarks\n")


def test_the_page_that_is_kept_is_one_that_the_program_writes(page: ModuleType) -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.updated(text, {}, list(page.sections(text))) == text
