"""`nearer monitor`: windows of tables and streams, alarms by exit code, every fault in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from cli_running import Run
from typer.testing import CliRunner, Result

import nearer
from nearer.cli.app import app

DAYS = "2024-03-31"


def shifted(here: Path) -> nearer.Space:
    """The readings, with the first column moved from May on."""
    readings = nearer.load(here / "readings.parquet")
    rows = readings.vectors.copy()
    assert readings.items is not None
    late = np.asarray(readings.items["day"].to_numpy()) >= np.datetime64("2024-04-15")
    rows[late, 0] += 3 * rows[:, 0].std()
    space = nearer.Space(readings.keys, rows, "euclidean", readings.items)
    space.save(here / "shifted.parquet", overwrite=True)
    return space


def document(result: Result, code: int) -> Any:
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_table_is_divided_watched_and_told(here: Path, run: Run) -> None:
    shifted(here)
    options = ("--time", "day", "--until", DAYS, "--window", "15d", "--tests", "energy,axes")
    told = document(run("monitor", "shifted.parquet", *options, "-o", "page.html", "--json"), 3)
    assert told["alpha"] == 0.05
    assert told["mode"] == "window"
    assert told["file"] == "page.html"
    alarms = [window["end"] for window in told["windows"] if window["alarm"]]
    assert alarms
    assert min(alarms) >= "2024-04-15"
    assert all(start >= "2024-04-01" for start in (window["start"] for window in told["windows"]))
    last = told["windows"][-1]
    assert {outcome["name"] for outcome in last["outcomes"]} == {"energy", "axes"}
    assert last["moved"]
    assert all(key.startswith("r") for part in last["moved"] for key in part["examples"])
    assert told["detectable"]["effects"][0]["name"] == "mean along a random axis"
    page = Path("page.html").read_text(encoding="utf-8")
    for part in ("What moved", "What such a window can show", last["moved"][0]["examples"][0], "-log10 p"):
        assert part in page
    shown = run("monitor", "shifted.parquet", *options, "--no-power")
    assert shown.exit_code == 3
    assert "ALARM" in shown.stdout
    assert "windows raised an alarm" in shown.stdout
    assert "would by chance if nothing had changed" in shown.stdout


def test_nothing_moved_means_exit_code_0(here: Path, run: Run) -> None:
    told = document(run("monitor", "before.space", "after.parquet", "--sequential", "--json"), 0)
    assert told["alarms"] == 0
    assert told["mode"] == "sequential"
    assert [window["n"] for window in told["windows"]] == [200, 100]
    assert "of unchanged streams 5% at most ever raise one, however long" in told["meaning"]


def lines(space: nearer.Space) -> str:
    items = zip(space.keys, space.vectors.tolist(), strict=True)
    return "".join(
        json.dumps({"key": key, "vector": row, "time": place}) + "\n"
        for place, (key, row) in enumerate(items)
    )


def from_stream(text: str, *options: str) -> Result:
    arguments = ["monitor", "before.space", "-", "--window", "100", "--no-power", *options]
    return CliRunner().invoke(app, arguments, input=text)


def test_a_stream_is_told_window_by_window(here: Path) -> None:
    result = from_stream(lines(shifted(here)[600:]), "--json", "--log", "log.jsonl")
    assert result.exit_code == 3
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(window["start"], window["end"]) for window in told] == [("0", "99")]
    assert told[0]["alarm"]
    assert len(Path("log.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    shown = from_stream(lines(shifted(here)[600:]))
    assert shown.stdout.splitlines()[1].split()[:3] == ["1", "0", "100"]
    assert "ALARM" in shown.stdout


def test_a_state_goes_on_where_it_stood(here: Path, run: Run) -> None:
    readings = nearer.load("after.parquet")
    whole = [
        json.loads(line)
        for line in from_stream(lines(readings), "--json", "--sequential").stdout.split("\n")[:3]
    ]
    parts: list[Any] = []
    for start in (0, 100, 200):
        text = "".join(f"{line}\n" for line in lines(readings).splitlines()[start : start + 100])
        result = from_stream(text, "--json", "--sequential", "--state", "kept.monitor")
        parts += [json.loads(line) for line in result.stdout.splitlines()]
    assert [part["p_value"] for part in parts] == [part["p_value"] for part in whole]
    assert [part["window"] for part in parts] == [1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("before.space",), 2, "give STREAM, or --time COLUMN and --until TIME to divide BASELINE"),
        (("before.space", "after.parquet", "--until", "1"), 2, "--until divides BASELINE, and STREAM"),
        (("before.space", "after.parquet", "--time", "date"), 1,
         "after.parquet: there is no column 'date'; it has day"),
        (("readings.parquet", "--time", "day", "--until", "soon"), 1, "'soon' is no time; use numbers"),
        (("readings.parquet", "--time", "day", "--until", "7"), 1,
         "readings.parquet: --until 7, and the times are dates; give a time such as 2024-01-01"),
        (("readings.parquet", "--time", "day", "--until", "2023-01-01"), 1,
         "readings.parquet: none of 720 rows are up to 2023-01-01; times go from 2024-01-01 to 2024-04-29"),
        (("before.space", "after.parquet", "--window", "7d"), 2,
         "the window '7d' is a period; name the column of times"),
        (("before.space", "after.parquet", "--window", "few"), 2, "a window is 'few'; use a number of rows"),
        (("before.space", "after.parquet", "--alpha", "2"), 2, "alpha is 2.0; use a rate between 0 and 1"),
        (("before.space", "after.parquet", "--tests", "magic"), 2, "unknown test 'magic'; use some of mmd"),
        (("before.space", "after.parquet", "-o", "page.pdf"), 1, "page.pdf: no page is written as '.pdf'"),
        (("before.space", "after.parquet", "-o", "readings.parquet/x.html"), 1, "the folder does not exist"),
        (("before.space", "words.vec"), 1, "'words.vec' is no file, no folder and no known model"),
        (("words.space", "after.parquet"), 1, "vectors of different spaces cannot be compared"),
    ],
)  # fmt: skip
def test_faults_are_one_line(
    arguments: tuple[str, ...], code: int, message: str, here: Path, run: Run
) -> None:
    result = run("monitor", *arguments)
    assert result.exit_code == code, result.output
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


def test_the_field_of_times_of_a_stream_is_the_one_named(here: Path) -> None:
    """Days that go backwards are an error, with --in-order or without; the field "time" is another one."""
    later = '{"vector": [1], "day": 5, "time": 1}\n{"vector": [1], "day": 3, "time": 2}\n'
    message = "standard input, line 2: time goes backwards: 3 after 5; sort the items by time"
    fails(from_stream(later, "--time", "day"), 1, message)
    fails(from_stream(later, "--time", "day", "--in-order"), 1, message)
    fails(from_stream('{"vector": [1], "time": 5}\n', "--time", "day"), 1,
          "standard input, line 1: there is no time 'day'; fill it in, or leave out --time")  # fmt: skip
    readings = nearer.load("after.parquet")
    told = from_stream(lines(readings).replace('"time"', '"day"'), "--json", "--time", "day").stdout
    assert [json.loads(line)["end"] for line in told.splitlines()] == ["99", "199", "299"]


def test_the_power_of_a_stream_is_measured_for_its_page_alone(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(monitor: nearer.Monitor, size: int) -> Any:
        asked.append(size)
        return from_watching(monitor, size)

    asked: list[int] = []
    from_watching = nearer.Monitor.detectable
    monkeypatch.setattr(nearer.Monitor, "detectable", measured)
    text = lines(nearer.load("after.parquet")[:30])
    options = ["monitor", "before.space", "-", "--window", "30", "--tests", "energy"]
    assert CliRunner().invoke(app, options, input=text).exit_code in (0, 3)
    assert asked == []
    assert CliRunner().invoke(app, [*options, "-o", "page.html"], input=text).exit_code in (0, 3)
    assert asked == [30]
    assert "What such a window can show" in Path("page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("mode", [(), ("--sequential",)])
def test_the_delay_until_an_alarm_is_told(mode: tuple[str, ...], here: Path, run: Run) -> None:
    rows = nearer.load("after.parquet").vectors
    saved("moved.npz", rows + 3)
    options = ("monitor", "before.space", "after.parquet", "--window", "100", "--no-power", *mode)
    told = json.loads(run(*options, "--delay-for", "moved.npz", "-o", "page.html", "--json").stdout)
    assert told["delay"]["n"] == 100
    assert told["delay"]["median"] == told["delay"]["windows"] == 1
    assert "95% of streams raise an alarm within 1 windows" in Path("page.html").read_text(encoding="utf-8")
    assert "within 1 windows of 100 rows" in run(*options, "--delay-for", "moved.npz").stdout
    saved("few.npz", rows[:150])
    fails(run(*options, "--delay-for", "few.npz"), 1,
          "few.npz: 150 changed rows are too few for windows of 100; pass 200 or more")  # fmt: skip
    fails(
        from_stream("", *mode, "--delay-for", "moved.npz"), 2, "--delay-for is told on the page of a stream"
    )


def saved(name: str, rows: np.ndarray, **columns: list[Any]) -> str:
    keys = [f"k{row}" for row in range(len(rows))]
    nearer.Space(keys, rows, "euclidean", columns or None).save(name)
    return name


def fails(result: Result, code: int, *messages: str) -> None:
    assert result.exit_code == code, result.output
    assert result.stderr.count("\n") == result.stderr.count("nearer: note: ") + 1
    for message in messages:
        assert message in result.stderr


def test_a_window_too_small_for_alpha_is_said_with_the_size_needed(here: Path, run: Run) -> None:
    rows = np.random.default_rng(1).standard_normal((40, 6))
    saved("few.npz", rows)
    result = run("monitor", "few.npz", "after.parquet", "--window", "1", "--alpha", "0.001", "--no-power")
    fails(
        result,
        1,
        "a window of 1 rows against 30 can never reach alpha = 0.001; pass windows of at least 3 rows",
    )


def test_another_identity_names_both(here: Path, run: Run) -> None:
    rows = nearer.load("after.parquet").vectors
    keys = [f"k{row}" for row in range(len(rows))]
    ours, other = "a" * 64, "b" * 64
    nearer.Space(keys, rows, "euclidean", identity=ours).save("ours.space")
    nearer.Space(keys, rows, "euclidean", identity=other).save("other.space")
    fails(run("monitor", "ours.space", "other.space", "--no-power"), 1, "aaaaaaaa", "bbbbbbbb")


def test_constant_and_single_vectors_are_no_baseline(here: Path, run: Run) -> None:
    saved("constant.npz", np.ones((100, 6)))
    saved("one.npz", np.ones((1, 6)))
    fails(run("monitor", "constant.npz", "after.parquet"), 1, "all 100 rows are the same vector")
    fails(run("monitor", "one.npz", "after.parquet"), 1, "1 row is no baseline; pass at least 8 rows")
    fails(run("monitor", "before.space", "constant.npz", "--window", "100"), 1, "rows are the same vector")


def test_nan_is_named_with_its_row(here: Path) -> None:
    vector = json.dumps([1.0] * 6)
    fails(
        from_stream(f'{{"vector": {vector}}}\n{{"key": "b", "vector": [NaN, 1, 1, 1, 1, 1]}}\n'), 1,
        "standard input, line 2: the vector of 'b' holds NaN or infinity; remove it",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"vector": [1], "time": 5}\n{"vector": [1], "time": 3}\n',
         "standard input, line 2: time goes backwards: 3 after 5; sort the items by time"),
        ('{"vector": [1], "time": 5}\n{"vector": [1], "time": "2024-01-01"}\n',
         "standard input, line 2: the time 2024-01-01 is of another kind than 5"),
        ('{"vector": [1], "time": "soon"}\n', "standard input, line 1: 'soon' is no time"),
        ('{"vector": "x"}\n', "standard input, line 1: 'x' is no vector"),
        ('{"vector": []}\n', "standard input, line 1: [] is no vector"),
        ("[1, 2]\n", 'standard input, line 1: [1, 2] holds no vector; write {"key": "a"'),
        ("nonsense\n", "standard input, line 1: is no JSON"),
        ("", "standard input: the stream ended before its first window was full"),
        ('{"vector": [1]}\n' * 100, "the window has 1 columns, the baseline 6"),
        ('{"vector": [1]}\n' * 99 + '{"vector": [1, 2]}\n', "standard input, line 100: 2 values after 1"),
    ],
)  # fmt: skip
def test_faults_of_a_stream_name_the_row(text: str, message: str, here: Path) -> None:
    fails(from_stream(text), 1, message)


def test_time_that_goes_backwards_is_sorted_or_refused(here: Path, run: Run) -> None:
    rows = nearer.load("after.parquet").vectors
    saved("mixed.parquet", rows, n=[*range(150), *range(100, 250)])
    arguments = ("monitor", "before.space", "mixed.parquet", "--time", "n", "--no-power", "--tests", "energy")
    fails(run(*arguments, "--in-order"), 1, "mixed.parquet, row 150: time goes backwards: 100 after 149")
    told = json.loads(run(*arguments, "--json").stdout)
    assert "rows were sorted by time: 98 stood elsewhere" in told["notes"]


def test_an_unparsable_time_is_named_with_its_row(here: Path, run: Run) -> None:
    saved("odd.parquet", np.ones((9, 6)), when=["2024-01-01"] * 8 + ["later"])
    fails(
        run("monitor", "before.space", "odd.parquet", "--time", "when"),
        1,
        "odd.parquet, row 8: 'later' is no time",
    )
    table = pa.table({"key": ["a"], "vector": [[1.0] * 6], "when": pa.array([None], pa.date32())})
    pa.parquet.write_table(table, "null.parquet")
    fails(
        run("monitor", "before.space", "null.parquet", "--time", "when"),
        1,
        "null.parquet, row 0: there is no time",
    )
