"""Recordings on the command line: a folder and a column become a space; what is bad is one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cli_running import Run, RunJson

import nearer
from nearer.encoders import known_encoders
from sounds import tone, written

pytestmark = pytest.mark.skipif(
    not {model.name: model for model in known_encoders()}["resemblyzer"].here,
    reason="the weights of Resemblyzer are not installed",
)
SPEAKER = ("--encoder", "resemblyzer")
BAD = {
    "cut.wav": (written(tone(0.5))[:900], "calls/cut.wav: cut short: it holds 900 of 16,044 bytes"),
    "empty.ogg": (b"", "calls/empty.ogg: the file is empty; leave it out"),
    "hush.wav": (
        written(np.zeros(800, np.float32)),
        "calls/hush.wav: all its 800 samples are silence: there is nothing to encode; leave it out",
    ),
    "nan.wav": (
        written(np.array([0.1, np.nan] * 800, np.float32), kind="float"),
        "calls/nan.wav: sample 1 is nan, no finite number; mend it or leave it out",
    ),
    "text.mp3": (
        b"no sound at all",
        "calls/text.mp3: not a sound file that can be read (no frame of an mp3); wav, flac, ogg, mp3 and "
        "aiff can be read",
    ),
}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two recordings, one of them stereo at another rate, in the current folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "calls"
    (folder / "deep").mkdir(parents=True)
    (folder / "ann.wav").write_bytes(written(tone(0.5)))
    stereo = np.stack([tone(0.5, 44_100, 200.0), tone(0.5, 44_100, 300.0)], axis=1)
    (folder / "deep" / "bob.flac").write_bytes(written(stereo, 44_100, "flac"))
    return folder


def test_a_folder_of_recordings_becomes_the_space_of_the_library(calls: Path, run_json: RunJson) -> None:
    found = run_json("embed", "calls", "calls.space", *SPEAKER)
    assert (found["n"], found["dim"], found["skipped"]) == (2, 256, [])
    space, encoder = nearer.load("calls.space"), nearer.encoder("resemblyzer")
    assert space.keys == ["ann.wav", "deep/bob.flac"]
    assert space.identity == encoder.identity
    wanted = encoder.encode([calls / "ann.wav", calls / "deep" / "bob.flac"])
    np.testing.assert_allclose(space.vectors, wanted, atol=1e-5)


def test_a_column_of_bytes_becomes_a_space(calls: Path, run_json: RunJson) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    data = [path.read_bytes() for path in (calls / "ann.wav", calls / "deep" / "bob.flac")]
    pq.write_table(pa.table({"id": ["a", "b"], "flac": data}), "calls.parquet")
    run_json("embed", "calls.parquet", "calls.space", *SPEAKER, "--column", "flac")
    assert nearer.load("calls.space").keys == ["a", "b"]


def test_bad_recordings_are_one_line_each_or_left_out(calls: Path, run: Run, run_json: RunJson) -> None:
    for name, (data, line) in BAD.items():
        (calls / name).write_bytes(data)
        failed = run("embed", "calls", "out.space", *SPEAKER, "--overwrite")
        assert (failed.exit_code, failed.stderr) == (1, f"nearer: {line}\n")
        (calls / name).rename(calls / f"{name}.kept")
    for name in BAD:
        (calls / f"{name}.kept").rename(calls / name)
    found = run_json("embed", "calls", "skipped.space", *SPEAKER, "--on-error", "skip")
    assert found["n"] == 2
    lines = {name: line for name, (_, line) in BAD.items()}
    assert {skipped["key"]: skipped["problem"] for skipped in found["skipped"]} == lines


def test_a_rate_that_must_be_is_enforced(calls: Path, run: Run) -> None:
    failed = run("embed", "calls", "out.space", *SPEAKER, "--set", "expected_rate=16000")
    assert failed.exit_code == 1
    assert failed.stderr == (
        "nearer: calls/deep/bob.flac: its sampling rate is 44,100 Hz, expected 16,000; record at 16,000 Hz, "
        "or leave the expected rate out to have it resampled\n"
    )
