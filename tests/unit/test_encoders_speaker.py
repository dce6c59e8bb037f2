"""The speaker encoder: windows, loudness, long files, bad recordings, weights that are others."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearer
from nearer.encoders import known_encoders, recordings
from nearer.encoders.speaker import SHAPES, SPAN, STEP, cut_windows, open_speaker
from nearer.errors import InputError, IntegrityError, ModelNotFound, ParameterError
from sounds import random_speaker, tone, written


def test_unit_vectors_of_every_kind_of_item(tmp_path: Path) -> None:
    data = written(tone(0.5, 8_000), 8_000)
    path = tmp_path / "voice.wav"
    path.write_bytes(data)
    encoder = random_speaker()
    vectors = encoder.encode([path, str(path), data, (tone(0.5, 8_000), 8_000)])
    assert vectors.shape == (4, encoder.dim)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(vectors[0], vectors[1])
    np.testing.assert_allclose(vectors, vectors[[0] * 4], atol=1e-3)


def test_stereo_counts_as_the_mean_of_its_channels() -> None:
    left, right = tone(0.5), tone(0.5, hertz=600)
    encoder = random_speaker()
    found = encoder.encode([(np.stack([left, right], axis=1), 16_000), ((left + right) / 2, 16_000)])
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)


def test_quiet_recordings_are_raised_and_loud_ones_left() -> None:
    encoder = random_speaker()
    noise = np.random.default_rng(0).normal(0, 1, 25_800).astype(np.float32)
    found = encoder.encode([(noise * np.float32(scale), 16_000) for scale in (0.01, 0.001, 0.2)])
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
    assert np.abs(found[0] - found[2]).max() > 1e-3


@pytest.mark.parametrize(
    ("samples", "windows"),
    [(1, 1), (25_599, 1), (STEP + 19_199, 1), (STEP + 19_200, 2), (5 * STEP + 19_200, 6)],
)
@pytest.mark.parametrize("block", [777, STEP, 10**6])
def test_windows_are_cut_from_blocks_of_any_size(samples: int, windows: int, block: int) -> None:
    wave = np.arange(1, samples + 1, dtype=np.float32)
    found = list(cut_windows(wave[start : start + block] for start in range(0, samples, block)))
    assert len(found) == windows
    padded = np.pad(wave, (200, SPAN + STEP))
    for number, window in enumerate(found):
        np.testing.assert_array_equal(window, padded[number * STEP : number * STEP + SPAN])


BAD: dict[str, tuple[Any, str]] = {
    "silence": (
        (np.zeros(8_000, np.float32), 8_000),
        "^item 1: all its 16,000 samples are silence: there is",
    ),
    "nan": (
        (np.full(9, np.nan), 16_000),
        "^item 1: sample 0 is nan, no finite number; mend it or leave it out$",
    ),
    "corrupt": (b"RIFF", "^item 1: not a sound file that can be read"),
    "empty": (b"", "^item 1: the file is empty; leave it out$"),
    "missing": ("no.wav", "^no.wav: there is no such file$"),
    "wrong rate": (
        (tone(0.2, 8_000), 8_000),
        "^item 1: its sampling rate is 8,000 Hz, expected 16,000; record at",
    ),
    "array": (np.zeros(9), "^item 1: .* is no recording; give a path"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_recording_is_named_in_one_line(case: str) -> None:
    item, message = BAD[case]
    encoder = random_speaker(expected_rate=16_000 if case == "wrong rate" else None)
    with pytest.raises(InputError, match=message) as caught:
        encoder.encode([(tone(0.2), 16_000), item])
    assert "\n" not in str(caught.value)


def test_a_silent_file_is_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "hush.flac"
    path.write_bytes(written(np.zeros(1_600, np.float32), 16_000, "flac"))
    with pytest.raises(InputError, match=rf"^{path}: all its 1,600 samples are silence"):
        random_speaker().encode([path])


@pytest.mark.parametrize("items", ["a.wav", Path("a.wav"), b"RIFF", (np.zeros(9), 8_000)])
def test_one_recording_is_no_list(items: Any) -> None:
    with pytest.raises(InputError, match=r"^encode takes a list of recordings .*; put it in \[ \]$"):
        random_speaker().encode(items)


def test_columns_of_arrow_are_read() -> None:
    pa = pytest.importorskip("pyarrow")
    data = written(tone(0.3))
    encoder = random_speaker()
    np.testing.assert_array_equal(encoder.encode(pa.chunked_array([[data]])), encoder.encode([data]))


@pytest.mark.parametrize("minutes", [20, pytest.param(180, marks=pytest.mark.slow)])
def test_long_recordings_are_cut_in_bounded_memory(tmp_path: Path, minutes: int) -> None:
    """The network is left out, whose memory does not depend on the recording: its windows are counted."""
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_16") as file:
        for _ in range(minutes):
            file.write(tone(60.0, 8_000, 200.0))
    program = (
        "import resource, sys\n"
        "from nearer.encoders import speaker\n"
        "from nearer.encoders.recordings import Recording\n"
        "def count(item):\n"
        "    recording = Recording(item, 0, 16000)\n"
        "    recording.moments()\n"
        "    return sum(1 for _ in speaker.cut_windows(recording.blocks(0.77)))\n"
        "count((__import__('numpy').ones(480000) * 0.1, 8000))\n"
        "start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(count(sys.argv[1]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    ).stdout
    windows, kilobytes = map(int, out.split())
    assert windows == 1 + (minutes * 60 * 16_000 - 19_200) // STEP
    assert kilobytes < 25_000  # the wave alone would take 77 MB, of three hours 691 MB


def test_a_long_recording_is_encoded_as_a_held_one(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder, data = random_speaker(), written(tone(4.0, 8_000, 180.0), 8_000)
    held = encoder.encode([data])
    monkeypatch.setattr(recordings, "HELD_SECONDS", 1.0)
    np.testing.assert_allclose(encoder.encode([data]), held, atol=1e-6)


def test_the_identity_changes_with_the_weights_alone() -> None:
    assert random_speaker().identity == random_speaker(expected_rate=8_000).identity
    assert random_speaker(seed=1).identity != random_speaker().identity


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "pretrained.pt"
    tensors = {name: torch.zeros(shape) for name, shape in SHAPES.items()}
    torch.save({"model_state": {**tensors, "linear.bias": torch.zeros(7)}}, path)
    with pytest.raises(
        IntegrityError, match=rf"^{path}: its tensor linear.bias has shape \(7,\), expected \(256,\)$"
    ):
        open_speaker([path])
    del tensors["lstm.bias_hh_l2"]
    torch.save({"model_state": tensors}, path)
    with pytest.raises(IntegrityError, match=r"its tensor lstm.bias_hh_l2 is not there, expected"):
        open_speaker([path])


def test_the_known_name_is_registered() -> None:
    known = {model.name: model for model in known_encoders()}["resemblyzer"]
    assert (known.modality, known.dim, known.licence) == ("audio", 256, "Apache-2.0")
    assert known.install == "pip install --no-deps Resemblyzer==0.1.4"
    with pytest.raises(
        ParameterError, match=r"resemblyzer has no option 'rate'; its options are expected_rate"
    ):
        nearer.encoder("resemblyzer", rate=8_000)


def test_weights_of_another_hash_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere:
        def locate_file(self, name: str) -> Path:
            return tmp_path / Path(name).name

    (tmp_path / "pretrained.pt").write_bytes(b"other weights")
    monkeypatch.setattr(metadata, "distribution", lambda name: Elsewhere())
    with pytest.raises(
        IntegrityError, match=r"pretrained.pt: has SHA-256 [0-9a-f]{64}, expected 39373b86598f"
    ):
        nearer.encoder("resemblyzer")


def test_weights_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(
        ModelNotFound, match=r"resemblyzer.* not installed .*; pip install --no-deps Resemblyzer"
    ):
        nearer.encoder("resemblyzer")
