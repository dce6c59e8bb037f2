"""The core install works without torch and every other optional library; what needs one says which line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("bare_environment.py")
WORKS = {
    "words": 4,
    "subwords": [1, 4],
    "graphs": 3,
    "recommendations": 1,
    "documents_embedded_and_judged": [30, 30, True],
    "rows_of_a_table": [[1, 3], 2],
    "static_texts": [1, 256],
    "wave_of_samples": [1600],
}
NEEDS = {
    "transformer": 'ctranslate2, which is not installed; pip install "nearer[text]"',
    "photos": 'which is not installed; pip install "nearer[images]"',
    "image": 'reading images needs PIL, which is not installed; pip install "nearer[images]"',
    "sound_file": 'reading sound files needs soundfile, which is not installed; pip install "nearer[audio]"',
    "other_rate": 'needs soxr, which is not installed; pip install "nearer[audio]"',
    "contrast": 'Contrastive needs torch, which is not installed; pip install "nearer[torch]"',
}


@pytest.fixture(scope="module")
def bare() -> dict[str, Any]:
    """What works in a process that has no optional library."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_nothing_optional_was_loaded(bare: dict[str, Any]) -> None:
    assert bare["loaded"] == []
    assert set(bare["cases"]) == set(WORKS) | set(NEEDS)


@pytest.mark.parametrize("case", WORKS)
def test_the_core_works(case: str, bare: dict[str, Any]) -> None:
    found = bare["cases"][case]
    if "no weights" in found:
        pytest.skip(found["no weights"])
    assert found == {"value": WORKS[case]}


@pytest.mark.parametrize("case", NEEDS)
def test_what_needs_more_is_one_line_with_the_command(case: str, bare: dict[str, Any]) -> None:
    found = bare["cases"][case]
    if "no weights" in found:
        pytest.skip(found["no weights"])
    assert set(found) == {"missing"}, found
    assert NEEDS[case] in found["missing"]
    assert "\n" not in found["missing"]


def test_the_hook_hides_what_is_there() -> None:
    code = f"import runpy; runpy.run_path({str(SCRIPT)!r}); import torch"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert "ModuleNotFoundError: No module named 'torch'" in done.stderr
