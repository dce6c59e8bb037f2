"""`nearer monitor` after a kill, beside other identities, on plain arrays, and what it says of alarms."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import nearer
from nearer.cli.app import app

FAST = ("--window", "40", "--no-power", "--tests", "energy")


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save("before.space", 0, 120)
    save("after.space", 1, 320)
    return tmp_path


def save(name: str, seed: int, n: int, shift: float = 0, metric: str = "euclidean", **options: Any) -> str:
    rows = np.random.default_rng(seed).standard_normal((n, 4)).astype(np.float32)
    rows[n // 2 :, 0] += shift
    nearer.Space([f"k{seed}-{row}" for row in range(n)], rows, metric, **options).save(name)  # type: ignore[arg-type]
    return name


def monitor(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(app, ["monitor", *arguments], input=text)


def told(*arguments: str) -> Any:
    result = monitor(*arguments, "--json")
    assert result.exit_code in (0, 3), result.output
    return json.loads(result.stdout)


def refused(result: Result, *messages: str) -> None:
    assert result.exit_code == 1, result.output
    for message in messages:
        assert message in result.stderr


def test_who_is_killed_goes_on_and_counts_no_row_twice(there: Path) -> None:
    mode = ("--sequential",)
    whole = told("before.space", "after.space", *FAST, *mode)["windows"]
    command = ("before.space", "after.space", *FAST, *mode, "--state", "kept", "--log", "log.jsonl")
    slow = (
        "import sys, time\nfrom nearer.monitor import monitor\nfrom nearer.cli import main\n"
        "check = monitor.Monitor.check\n"
        "def late(*given, **named):\n    time.sleep(0.5)\n    return check(*given, **named)\n"
        "monitor.Monitor.check = late\nsys.argv = ['nearer', 'monitor', *sys.argv[1:]]\nmain()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", slow, *command], stdout=subprocess.DEVNULL, env=os.environ
    )
    log = there / "log.jsonl"
    until = time.monotonic() + 120
    while not log.exists() or log.read_bytes().count(b"\n") < 2:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = json.loads((there / "kept" / "state.json").read_bytes())["windows"]
    again = told(*command)
    rest = again["windows"]
    assert before in (1, 2, 3)
    assert [one["window"] for one in rest] == list(range(before + 1, 9))
    assert [one["p_value"] for one in rest] == [one["p_value"] for one in whole[before:]]
    assert rest[0]["start"] == f"row {before * 40}"
    assert f"the first {before * 40} rows of after.space were checked before" in again["notes"][-1]
    lines = [json.loads(line)["window"] for line in log.read_text(encoding="utf-8").splitlines()]
    assert set(lines) == set(range(1, 9))
    assert len(lines) <= 9  # who is killed between log and state writes one line twice
    done = told(*command)
    assert done["windows"] == []
    assert "all 320 rows of after.space were checked before: nothing is new" in done["notes"]
    assert json.loads((there / "kept" / "state.json").read_bytes())["windows"] == 8


def test_another_file_follows_and_every_file_is_known_again(there: Path) -> None:
    save("next.space", 2, 80)
    kept = (*FAST, "--state", "kept")
    told("before.space", "after.space", *kept)
    second = told("before.space", "next.space", *kept)
    assert [one["window"] for one in second["windows"]] == [9, 10]
    assert "next.space is taken for what follows the 8 windows checked before" in second["notes"]
    assert told("before.space", "after.space", *kept)["windows"] == []


def test_spaces_of_other_encoders_and_metrics_are_refused_and_plain_ones_told(there: Path) -> None:
    save("given.space", 3, 80, identity="a" * 64)
    save("cosine.space", 3, 80, metric="cosine")
    refused(
        monitor("before.space", "given.space", *FAST), "aaaaaaaaaaaa", "different spaces cannot be compared"
    )
    refused(
        monitor("given.space", "after.space", *FAST), "aaaaaaaaaaaa", "different spaces cannot be compared"
    )
    refused(
        monitor("before.space", "cosine.space", *FAST), "are compared by cosine, those of before.space by"
    )
    notes = told("before.space", "after.space", *FAST)["notes"]
    assert "neither before.space nor after.space names an encoder: both are taken for vectors" in notes[0]


def test_plain_arrays_are_read_and_their_faults_named(there: Path) -> None:
    rows = np.random.default_rng(5).standard_normal((80, 4))
    np.save("rows.npy", rows)
    found = told("before.space", "rows.npy", *FAST)
    assert len(found["windows"]) == 2
    assert "rows.npy does not say which encoder made its vectors" in found["notes"][0]
    rows[7, 2] = np.nan
    np.save("nan.npy", rows)
    np.save("none.npy", np.empty((0, 4)))
    refused(monitor("before.space", "nan.npy", *FAST), "nan.npy, row 7: the vector holds nan in column 2")
    refused(monitor("before.space", "none.npy", *FAST), "none.npy: holds an array of shape (0, 4)")


def test_sorting_before_until_is_told_or_refused(there: Path) -> None:
    days = [*range(60), *range(200, 100, -1)]
    save("mixed.parquet", 6, 160, items={"day": days})
    divided = ("mixed.parquet", "--time", "day", "--until", "59", *FAST)
    assert "rows were sorted by time: 100 stood elsewhere" in told(*divided)["notes"]
    refused(monitor(*divided, "--in-order"), "mixed.parquet, row 61: time goes backwards: 199 after 200")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ('{"vector": [1, 2, 3, 4]}', "standard input, line 3: there is no time, and the first item has one"),
        ('{"vector": [1, 2, 3, 4], "time": 3}', "standard input, line 3: time goes backwards: 3 after 5"),
        ("nonsense", "standard input, line 3: is no JSON: Expecting value, column 1; write an object a line"),
        ('{"vector": [1], "time": 6}', "standard input, line 3: 1 values after 4"),
    ],
)
def test_faults_of_standard_input_name_the_line(second: str, message: str, there: Path) -> None:
    first = '{"vector": [1, 2, 3, 4], "time": 5}\n\n'
    refused(monitor("before.space", "-", *FAST, text=f"{first}{second}\n"), message)


def test_a_stream_has_a_head_an_end_and_its_rest_is_told(there: Path) -> None:
    rows = np.random.default_rng(7).standard_normal((50, 4))
    text = "".join(json.dumps({"vector": row.tolist()}) + "\n" for row in rows)
    result = monitor("before.space", "-", *FAST, text=text)
    assert result.stdout.splitlines()[0].split() == ["window", "from", "rows", "p", "effect", "moved"]
    assert "windows raised an alarm; " in result.stdout
    assert "the last 10 rows fill no window: not checked" in result.stderr


def test_an_alarm_says_what_moved_with_texts_and_what_to_do(there: Path) -> None:
    texts = [f"reading of pump {row}" for row in range(320)]
    save("moved.space", 8, 320, shift=3, items={"text": texts})
    options = ("--window", "40", "--no-power", "--tests", "energy,axes", "-o", "page.html")
    result = monitor("before.space", "moved.space", *options)
    assert result.exit_code == 3, result.output
    assert "(reading of pump " in result.stdout
    assert "axis axis" not in result.stdout
    assert "the first alarm of " in result.stdout
    assert "What to do: " in result.stdout
    page = Path("page.html").read_text(encoding="utf-8")
    assert "(reading of pump " in page
    assert "What to do: " in page
    spread = monitor("before.space", "moved.space", *FAST)  # energy alone names no part
    assert "spread over many parts" in spread.stdout
