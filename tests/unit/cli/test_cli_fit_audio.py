"""`nearer fit audio`: a folder, or a table of bytes, becomes a model that opens as an encoder."""

from __future__ import annotations

import gzip
import inspect
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli_running import Run, RunJson

import nearer
from nearer.cli.fit.audio import CHANGES, audio
from nearer.networks import LogMelCNN, WaveEncoder
from nearer.signal import Masked, Views

pytest.importorskip("torch")
SMALL = ("--rate", 8_000, "--epochs", 2, "--threads", 1, "--batch-size", 12)


def test_the_options_are_given_to_network_views_and_model(here: Path, run_json: RunJson) -> None:
    options = (*SMALL, "--bands", 16, "--shift", 0.1, "--noise", 0, "--dim", 6, "--seed", 3, "--held-out", 0)
    document = run_json("fit", "audio", "sounds", "-o", "new.model", "--space", "new.space", *options)
    paths = sorted((here / "sounds").rglob("*.wav"))
    keys = [str(path.relative_to(here / "sounds")) for path in paths]
    expected = nearer.Contrastive(
        Views("audio", "key", shift=0.1, noise=0),
        LogMelCNN(8_000, bands=16),
        dim=6,
        held_out=0.0,
        epochs=2,
        patience=None,
        batch_size=12,
        threads=1,
        seed=3,
    ).fit({"key": keys, "audio": [str(path) for path in paths]})
    space, encoder = nearer.load("new.space"), nearer.encoder("new.model")
    assert document["dim"] == space.dim == encoder.dim == 6
    assert document["left_items"] == len(space) == 24
    assert space.keys == keys
    np.testing.assert_allclose(space.vectors, expected.space_.vectors, atol=1e-5)
    np.testing.assert_allclose(encoder.encode([str(paths[3])]), space.vectors[3:4], atol=1e-5)
    assert document["identity"] == space.identity == encoder.identity


def test_a_table_of_bytes_and_hidden_spans_of_waves(here: Path, run: Run) -> None:
    paths = sorted((here / "sounds").rglob("*.wav"))
    table = pa.table({"name": [path.stem for path in paths], "wav": [path.read_bytes() for path in paths]})
    pq.write_table(table, here / "sounds.parquet")
    columns = ("--key", "name", "--audio", "wav", "--network", "wave")
    result = run(
        "fit", "audio", "sounds.parquet", "-o", "waves.model", "--space", "waves.space", *columns, *SMALL
    )
    assert result.exit_code == 0, result.output
    for told in ("24, of 512 dimensions", "2 of 2", "waves.space (24 x 512)"):
        assert told in result.stdout
    saved: Any = nearer.Contrastive.load("waves.model")
    assert saved.signal == Masked("wav", "name")
    assert saved.encoder.settings() == WaveEncoder(8_000).settings()


def test_a_compressed_table_is_a_table(here: Path, run: Run) -> None:
    rows = [f"{path.stem},{path}" for path in sorted((here / "sounds").rglob("*.wav"))]
    (here / "sounds.csv.gz").write_bytes(gzip.compress("\n".join(["name,sound", *rows]).encode()))
    result = run("fit", "audio", "sounds.csv.gz", "-o", "waves.model", "--key", "name", *SMALL)
    assert result.exit_code == 0, result.output


def test_a_glob_names_sounds_below_its_folder(here: Path, run: Run) -> None:
    result = run("fit", "audio", "sounds/*/*.wav", "-o", "g.model", "--space", "g.space", *SMALL)
    assert result.exit_code == 0, result.output
    assert "noise/00.wav" in nearer.load("g.space")
    embedded = run("embed", "sounds/*/*.wav", "e.space", "--encoder", "g.model")
    assert embedded.exit_code == 0, embedded.output
    assert nearer.load("e.space").keys == nearer.load("g.space").keys


def test_every_change_of_the_network_has_an_option() -> None:
    options: Any = inspect.signature(audio).parameters
    assert set(CHANGES) == set(LogMelCNN().changes) <= set(options)
    for name in ("rate", "seconds"):
        assert options[name].default == LogMelCNN().settings()[name]
    assert get_type_hints(audio, include_extras=True)["bands"].__metadata__[0].show_default == str(
        LogMelCNN().bands
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sounds", "--rate", 10), "rate=10 is not a sampling rate in Hz"),
        (("sounds", "--bands", 1), "bands=1 is not a whole number from 4 to 512"),
        (("sounds", "--epochs", 0), "epochs=0"),
        (("sounds", "--shift", -1), "shift=-1.0 is not a number from 0 to 1: it is a share"),
        (("sounds", "--mix", 3), "mix=3.0 is not a number from 0 to 1: it is a share"),
        (("sounds", "--network", "wave", "--time-mask", 0.1), "--time-mask goes with --network logmel"),
        (("sounds", "--network", "wave", "--bands", 8), "--bands goes with --network logmel"),
        (("sounds", "--key", "name"), "--key names a column, and sounds is no table"),
        (("nowhere",), "nowhere: no such file or directory"),
        (("photos",), "photos: no sound among 40 files; sound files end in .aif"),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[object, ...], message: str, here: Path, run: Run) -> None:
    result = run("fit", "audio", *arguments, "-o", "new.model")
    assert result.exit_code != 0
    assert message in result.output
    assert "Traceback" not in result.output
    assert not (here / "new.model").exists()


def test_a_recording_cut_short_is_named(here: Path, run: Run) -> None:
    path = here / "sounds" / "tone" / "05.wav"
    path.write_bytes(path.read_bytes()[:400])
    result = run("fit", "audio", "sounds", "-o", "new.model", *SMALL)
    assert result.exit_code == 1
    assert "sounds/tone/05.wav: " in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_sounds_that_are_all_alike_are_a_failure_of_the_data(here: Path, run: Run) -> None:
    path = next((here / "sounds").rglob("*.wav"))
    for copy in range(12):
        (here / "same").mkdir(exist_ok=True)
        (here / "same" / f"{copy}.wav").write_bytes(path.read_bytes())
    result = run("fit", "audio", "same", "-o", "new.model", "--network", "wave", *SMALL, "--held-out", 0)
    assert result.exit_code == 1
    assert "training collapsed: vectors are all alike" in result.stderr
    assert result.stderr.strip().endswith("; lower --learning-rate or raise --batch-size")
    assert not (here / "new.model").exists()
