"""The monitor: what it refuses, what it says, and that a kill changes no verdict."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearer
from nearer.errors import InputError, IntegrityError, NearerError, ParameterError, SpaceMismatch, StorageError
from nearer.monitor import Baseline, Verdict

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(300, 5))
WINDOW = RNG.normal(size=(60, 5))
KEYS = [f"row {i}" for i in range(300)]


def monitor(**settings: Any) -> nearer.Monitor:
    return nearer.Monitor(ROWS, **{"tests": ("energy",), **settings})


def moved_rows(count: int, by: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 5)) + by


@pytest.mark.parametrize("mode", ["window", "sequential"])
def test_a_change_alarms_and_says_what_moved(mode: str) -> None:
    watcher = nearer.Monitor(ROWS, mode=mode, axes={"low - high": np.ones(5)})  # type: ignore[arg-type]
    same = watcher.check(moved_rows(150, 0))
    assert (same.alarm, same.moved, same.window, same.mode) == (False, (), 1, mode)
    changed = watcher.check(
        moved_rows(150, 0.8), keys=[f"new {i}" for i in range(150)], time=date(2024, 5, 1)
    )
    assert changed.alarm
    assert changed.p_value <= 0.05
    assert changed.effect > same.effect
    assert (changed.window, changed.time, watcher.windows) == (2, "2024-05-01", 2)
    named = next(part for part in changed.moved if "low - high" in part.name)
    assert named.after > named.before
    assert named.p_value <= 0.05
    assert all(key.startswith("new ") for key in named.examples)
    assert "ALARM" in str(changed)
    assert "low - high" in str(changed)
    json.dumps(changed.to_dict(), allow_nan=False)


def test_same_seed_same_verdicts() -> None:
    for mode in ("window", "sequential"):
        a, b = (nearer.Monitor(ROWS, mode=mode) for _ in range(2))  # type: ignore[arg-type]
        for shift in (0.0, 0.3):
            assert a.check(moved_rows(70, shift)) == b.check(moved_rows(70, shift))


def test_single_items_are_windows_of_a_sequential_monitor() -> None:
    watcher = monitor(mode="sequential")
    for row in moved_rows(80, 1.5):
        verdict = watcher.check(row[None])
    assert verdict.alarm
    assert verdict.n == 1


@pytest.mark.parametrize(
    ("window", "options", "kind", "line"),
    [
        (
            np.where(np.arange(300).reshape(60, 5) == 17, np.nan, WINDOW),
            {},
            InputError,
            "window, row 3: the vector holds nan in column 2; remove the row, or repair what made it",
        ),
        (
            np.ones((60, 5)),
            {},
            InputError,
            "window: all 60 rows are the same vector; look at what made them: "
            "an encoder that answers everything alike is broken",
        ),
        (
            WINDOW[:, :4],
            {},
            SpaceMismatch,
            "the window has 4 columns, the baseline 5; encode both with one encoder",
        ),
        (np.zeros((0, 5)), {}, InputError, "window: 0 rows; pass at least 1"),
        (WINDOW, {"keys": ["a"]}, InputError, "1 keys for 60 vectors; pass one key a vector"),
        (
            WINDOW,
            {"time": "2024-01-01"},
            InputError,
            "window: time goes backwards: 2024-01-01 after 2024-03-01 of the window before; "
            "check windows in the order of time",
        ),
        (
            WINDOW[:2],
            {"time": ["2024-05-02", "2024-05-01"]},
            InputError,
            "window, row 1: time goes backwards: 2024-05-01 after 2024-05-02; sort the rows by time",
        ),
        (
            WINDOW,
            {"time": 7},
            InputError,
            "window: the time '7' is of another kind than '2024-03-01'; give all numbers or all dates",
        ),
        (WINDOW, {"time": ["2024-05-02"] * 3}, ParameterError, "3 times for 60 rows; pass one, or one a row"),
    ],
)
@pytest.mark.parametrize("mode", ["window", "sequential"])
def test_a_bad_window_is_one_line_and_is_not_counted(
    mode: str, window: np.ndarray, options: dict[str, Any], kind: type[NearerError], line: str
) -> None:
    watcher = monitor(mode=mode)
    watcher.check(WINDOW, time=np.datetime64("2024-03-01"))
    with pytest.raises(kind) as caught:
        watcher.check(window, **options)
    assert str(caught.value) == line
    assert watcher.windows == 1


def test_a_window_too_small_for_alpha_names_the_size_needed() -> None:
    few = Baseline.of(ROWS[:9])
    with pytest.raises(InputError, match=r"a window of 1 rows against 7 .* windows of at least 2 rows"):
        nearer.Monitor(few, tests=("energy",)).check(WINDOW[:1])
    with pytest.raises(InputError, match=r"window: 4 rows: not one whole block of 5; pass at least 5"):
        monitor(block=5).check(WINDOW[:4])


def test_another_identity_is_refused_by_both_names() -> None:
    space = nearer.Space(KEYS, ROWS, identity="a" * 64)
    watcher = nearer.Monitor(space, tests=("energy",))
    assert watcher.check(space.take(np.arange(50))).n == 50
    with pytest.raises(SpaceMismatch) as caught:
        watcher.check(nearer.Space(KEYS, ROWS, identity="b" * 64))
    assert str(caught.value) == (
        "the window has identity bbbbbbbbbbbb, the baseline aaaaaaaaaaaa: vectors of different spaces cannot "
        "be compared; encode both with one encoder; after a change of model, `nearer align OLD NEW`, or make "
        "the baseline anew"
    )
    with pytest.raises(SpaceMismatch, match="the window is compared by dot, the baseline by cosine"):
        watcher.check(nearer.Space(KEYS, ROWS, "dot", identity="a" * 64))


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"mode": "often"}, "mode is 'often'; use 'window' or 'sequential'"),
        ({"alpha": 1.5}, "alpha is 1.5; use a rate between 0 and 1, such as 0.05"),
        ({"seed": -1}, "seed is -1; use a whole number of at least 0"),
        ({"fdr": 0}, "fdr is 0; use a rate between 0 and 1, such as 0.1"),
        ({"block": 0}, "block is 0; use a whole number of at least 1"),
        ({"tests": ("luck",)}, "unknown test 'luck'"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], line: str) -> None:
    with pytest.raises(ParameterError) as caught:
        monitor(**settings)
    assert str(caught.value).startswith(line)


def test_settings_of_a_baseline_that_is_made_are_not_ignored() -> None:
    made = Baseline.of(ROWS, block=5)
    assert nearer.Monitor(made).baseline.block == 5
    with pytest.raises(ParameterError, match="block is 3, the baseline was made with 5"):
        nearer.Monitor(made, block=3)
    with pytest.raises(ParameterError, match="axes are"):
        nearer.Monitor(made, axes={"up": np.ones(5)})


def test_a_baseline_may_be_a_path(tmp_path: Path) -> None:
    space = nearer.Space(KEYS, ROWS)
    space.save(tmp_path / "a.space")
    Baseline.of(space).save(tmp_path / "a.baseline")
    verdicts = {
        nearer.Monitor(source, tests=("energy",)).check(WINDOW)
        for source in (space, tmp_path / "a.space", str(tmp_path / "a.baseline"))
    }
    assert len(verdicts) == 1


def test_alarms_go_to_log_file_and_callback(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told: list[Verdict] = []
    path = tmp_path / "alarms.jsonl"
    path.write_text('{"cut sho')
    watcher = monitor(log=path, on_alarm=told.append)
    with caplog.at_level(logging.INFO, "nearer.monitor"):
        quiet, loud = watcher.check(WINDOW), watcher.check(WINDOW + 5)
    assert told == [loud]
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING"]
    cut, *lines = path.read_text().splitlines()
    assert cut == '{"cut sho'
    assert [json.loads(line) for line in lines] == [
        json.loads(json.dumps(verdict.to_dict())) for verdict in (quiet, loud)
    ]


def test_a_callback_that_fails_loses_nothing(tmp_path: Path) -> None:
    def fail(verdict: Verdict) -> None:
        raise RuntimeError("pager is down")

    watcher = monitor(state=tmp_path / "m", log=tmp_path / "log.jsonl", on_alarm=fail)
    with pytest.raises(RuntimeError, match="pager is down"):
        watcher.check(WINDOW + 5)
    assert watcher.windows == nearer.Monitor.open(tmp_path / "m").windows == 1
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 1


PROGRAM = """
import os, signal, sys
import numpy as np
import nearer
folder, until, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
rows = np.random.default_rng(0).normal(size=(300, 5))
watcher = nearer.Monitor(rows, mode=mode, tests=("energy",), state=folder, log=folder + ".jsonl")
while watcher.windows < 8:
    window = watcher.windows
    drawn = np.random.default_rng(window + 1).normal(size=(37, 5)) + 0.5 * (window >= 4)
    watcher.check(drawn, time=window)
    if watcher.windows == until:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("mode", ["window", "sequential"])
def test_killed_and_started_again_gives_the_same_verdicts(tmp_path: Path, mode: str) -> None:
    def run(name: str, until: int) -> int:
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / name), str(until), mode]
        return subprocess.run(command, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}).returncode

    assert run("whole", -1) == 0
    assert run("killed", 3) == -signal.SIGKILL
    assert run("killed", -1) == 0
    whole, killed = (
        [json.loads(line) for line in (tmp_path / f"{name}.jsonl").read_text().splitlines()]
        for name in ("whole", "killed")
    )
    assert whole == killed
    assert [line["window"] for line in whole] == list(range(1, 9))
    assert whole[-1]["alarm"]
    assert (tmp_path / "whole/state.json").read_bytes() == (tmp_path / "killed/state.json").read_bytes()


def test_a_state_of_another_baseline_or_other_settings_is_refused(tmp_path: Path) -> None:
    watcher = monitor(state=tmp_path / "m", mode="sequential")
    watcher.check(WINDOW, time=5)
    again = nearer.Monitor.open(tmp_path / "m")
    assert (again.windows, again.mode, again.tests) == (1, "sequential", ("energy",))
    assert again.check(WINDOW, time=6) == watcher.check(WINDOW, time=6)
    with pytest.raises(InputError, match="time goes backwards: 4 after 6"):
        nearer.Monitor.open(tmp_path / "m").check(WINDOW, time=4)
    with pytest.raises(SpaceMismatch, match=r"m: the state belongs to baseline \w{12}, not \w{12}"):
        nearer.Monitor(ROWS[:200], mode="sequential", tests=("energy",), state=tmp_path / "m")
    with pytest.raises(ParameterError, match=r"m: alpha is 0\.01, the state was made with 0\.05"):
        monitor(state=tmp_path / "m", mode="sequential", alpha=0.01)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/a.txt").write_text("a")
    with pytest.raises(StorageError, match="exists and is no state of a monitor"):
        monitor(state=tmp_path / "letters")


def test_a_state_that_was_changed_is_refused(tmp_path: Path) -> None:
    monitor(state=tmp_path / "m").check(WINDOW)
    path = tmp_path / "m/state.json"
    told = path.read_text()
    for old, new, line in (
        ('"windows": 1', '"windows": 0', "was edited"),
        ('"version": 1', '"version": 9', "is of version 9, this release reads version 1"),
        (told[200:], "", "is not whole JSON"),
    ):
        path.write_text(told.replace(old, new))
        with pytest.raises(IntegrityError, match=line):
            nearer.Monitor.open(tmp_path / "m")
    with pytest.raises(IntegrityError, match=r"holds no baseline\.json"):
        nearer.Monitor.open(tmp_path / "nowhere")
