"""The table of benchmarks/report.py."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    file = Path(__file__).parents[2] / "benchmarks" / "report.py"
    spec = importlib.util.spec_from_file_location("benchmarks_report", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


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
