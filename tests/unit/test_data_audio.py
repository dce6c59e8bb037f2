"""Recordings of every kind become mono waves at the rate that is asked for; bad ones are named."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nearer.data.audio import list_audio, read_audio, read_blocks
from nearer.data.mpeg_frames import unannounced_samples
from nearer.errors import InputError, MissingExtra, ParameterError
from sounds import FORMATS, tone, written

CLOSE = {"wav": 1e-4, "float": 0.0, "flac": 1e-4, "aiff": 1e-4, "ogg": 0.1, "opus": 0.1, "mp3": 0.1}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_read_from_bytes_and_from_a_file(kind: str, tmp_path: Path) -> None:
    wave = tone(0.5)
    data = written(wave, kind=kind)
    found = read_audio(data, 16_000)
    assert found.dtype == np.float32
    assert found.shape == wave.shape
    np.testing.assert_allclose(found, wave, atol=CLOSE[kind])
    path = tmp_path / f"note.{kind}"
    path.write_bytes(data)
    for source in (path, str(path), bytearray(data), memoryview(data)):
        np.testing.assert_array_equal(read_audio(source, 16_000), found)


def test_channels_are_averaged() -> None:
    left, right = tone(0.2), tone(0.2, hertz=300)
    both = np.stack([left, right], axis=1)
    for source in (written(both, kind="float"), (both, 16_000)):
        np.testing.assert_allclose(read_audio(source, 16_000), (left + right) / 2, atol=1e-7)


@pytest.mark.parametrize(("found", "rate"), [(8_000, 16_000), (44_100, 16_000), (48_000, 8_000)])
def test_other_rates_are_resampled(found: int, rate: int) -> None:
    wave = read_audio((tone(0.5, found), found), rate)
    expected = tone(0.5, rate)
    assert abs(len(wave) - len(expected)) <= 1
    n = min(len(wave), len(expected))
    assert np.abs(wave[:n] - expected[:n]).max() < 1e-3


@pytest.mark.parametrize(
    ("dtype", "scale", "middle"), [(np.int16, 2**15, 0), (np.int32, 2**31, 0), (np.uint8, 2**7, 128)]
)
def test_whole_numbers_are_scaled_as_wav_files_hold_them(dtype: type, scale: int, middle: int) -> None:
    samples = np.array([middle, middle + scale // 2, middle - scale], dtype=dtype)
    np.testing.assert_allclose(read_audio((samples, 8_000), 8_000), [0, 0.5, -1])


@pytest.mark.parametrize("rate", [16_000, 8_000, 22_050])
@pytest.mark.parametrize("seconds", [0.05, 0.33, 5.0])
def test_blocks_end_to_end_are_the_whole(rate: int, seconds: float) -> None:
    data = written(tone(1.0, 16_000))
    blocks = list(read_blocks(data, rate, seconds))
    assert {len(block) for block in blocks[:-1]} <= {round(seconds * rate)}
    assert 0 < len(blocks[-1]) <= round(seconds * rate)
    np.testing.assert_array_equal(np.concatenate(blocks), read_audio(data, rate))


def test_blocks_do_not_hold_on_to_each_other() -> None:
    blocks = list(read_blocks((tone(0.5), 16_000), 16_000, 0.1))
    whole = np.concatenate(blocks)
    blocks[0][:] = 7
    np.testing.assert_array_equal(np.concatenate(blocks[1:]), whole[len(blocks[0]) :])


def test_silence_is_read_as_zeros() -> None:
    wave = read_audio(written(np.zeros(800, dtype=np.float32), 8_000, "flac"), 16_000)
    assert len(wave) == 1600
    assert not wave.any()


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.9, 0.4, 0.02])
def test_a_file_that_is_cut_short_is_named(kind: str, share: float, tmp_path: Path) -> None:
    data = written(np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32), kind=kind)
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=rf"^{path}: .*(cut short|not a sound file)") as caught:
        read_audio(path, 16_000)
    assert caught.value.file == str(path)


def test_a_wav_whose_size_was_never_written_is_read_to_its_end() -> None:
    data = bytearray(written(tone(0.1)))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"  # as programs leave it that write to a pipe
    np.testing.assert_array_equal(read_audio(bytes(data), 16_000), read_audio(written(tone(0.1)), 16_000))


def test_corrupt_bytes_inside_are_named() -> None:
    data = bytearray(written(tone(2.0), kind="flac"))
    data[len(data) // 2 : len(data) // 2 + 300] = b"\x55" * 300
    with pytest.raises(InputError, match=r"^item 3: corrupt or cut short"):
        read_audio(bytes(data), 16_000, place="item 3")


BAD: dict[str, tuple[Any, str]] = {
    "missing": ("no/such.wav", "^no/such.wav: there is no such file$"),
    "folder": (".", r"^\.: cannot be read \(Is a directory\)$"),
    "zero character": ("a\0b", r"cannot be read"),
    "empty file": (b"", "^item 3: the file is empty; leave it out$"),
    "text": (b"no sound at all", r"^item 3: not a sound file that can be read \(.*\); wav, flac, ogg, mp3"),
    "no samples": ((np.empty(0), 8_000), "^item 3: the recording holds no sample; leave it out$"),
    "nan": (
        (np.array([0, np.nan]), 8_000),
        "^item 3: sample 1 is nan, no finite number; mend it or leave it out$",
    ),
    "overflow": ((np.array([1e300]), 8_000), "^item 3: sample 0 is inf, no finite number"),
    "channels first": (
        (np.zeros((2, 9_000)), 8_000),
        r"^item 3: samples of shape \(2, 9000\) .*; transpose them",
    ),
    "three axes": ((np.zeros((2, 2, 2)), 8_000), r"^item 3: samples of shape \(2, 2, 2\)"),
    "swapped": ((8_000, np.zeros(9)), r"^item 3: the rate comes before the samples; give \(samples, rate\)$"),
    "complex": (
        (np.zeros(3, complex), 8_000),
        "^item 3: samples of type complex128 are no sound; give floats",
    ),
    "ragged": (([[1.0], [1.0, 2.0]], 8_000), "^item 3: .* holds no samples"),
    "rate of text": ((np.zeros(9), "8k"), "^item 3: the rate '8k' is no whole number of Hz"),
    "fractional rate": ((np.zeros(9), 8_000.5), "^item 3: the rate 8000.5 is no whole number of Hz"),
    "rate in kHz": ((np.zeros(9), 8), "^item 3: its sampling rate is 8 Hz, outside 1,000 to 1,000,000"),
    "bare array": (np.zeros(9), r"^item 3: .* is no recording; give a path, the bytes of a file, or"),
    "nothing": (None, "^item 3: None is no recording"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_is_named_in_one_line(case: str) -> None:
    source, message = BAD[case]
    with pytest.raises(InputError, match=message) as caught:
        read_audio(source, 16_000, place="item 3")
    assert "\n" not in str(caught.value)


def test_what_only_ends_like_an_mp3_is_refused_before_the_decoder_complains(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "text.mp3"
    path.write_bytes(b"no sound at all" * 99)
    with pytest.raises(
        InputError, match=rf"^{path}: not a sound file that can be read \(no frame of an mp3\)"
    ):
        read_audio(path, 8_000)
    assert capfd.readouterr().err == ""
    path.write_bytes(bytes(2_000) + written(tone(0.3), kind="mp3"))  # as some recorders write it
    assert len(read_audio(path, 8_000)) > 1_000


def headless_mp3(variable: bool) -> tuple[bytes, int]:
    """An mp3 without the frame that says its length, and how many samples its frames hold."""
    soundfile = pytest.importorskip("soundfile")
    file = io.BytesIO()
    noise = np.random.default_rng(0).normal(0, 0.2, 64_000)
    wave = np.concatenate([noise, np.zeros(64_000), noise]).astype(np.float32)
    mode = "VARIABLE" if variable else "CONSTANT"
    soundfile.write(file, wave, 16_000, format="MP3", bitrate_mode=mode, compression_level=0.5)
    data = file.getvalue()
    assert unannounced_samples(io.BytesIO(data)) is None
    second = data.find(data[:2], 100)  # the first frame holds nothing else
    return data[second:], len(wave)


def test_an_mp3_that_would_be_read_too_short_is_refused() -> None:
    data, samples = headless_mp3(variable=True)
    counted = unannounced_samples(io.BytesIO(data))
    assert counted is not None
    assert abs(counted - samples) < 3 * 1152
    with pytest.raises(
        InputError, match=rf"^item 3: an mp3 whose header .* of {counted:,} samples can be read; w"
    ):
        read_audio(data, 16_000, place="item 3")


def test_an_mp3_of_constant_rate_needs_no_header() -> None:
    data, samples = headless_mp3(variable=False)
    tag = b"ID3\x04\0\0\0\0\x02\x01" + bytes(257)  # of 2 * 128 + 1 bytes
    for whole in (data, tag + data):
        assert abs((unannounced_samples(io.BytesIO(whole)) or 0) - samples) < 3 * 1152
        assert abs(len(read_audio(whole, 16_000)) - samples) < 3 * 1152


def test_a_rate_that_must_be_is_enforced() -> None:
    data = written(tone(0.1, 8_000), 8_000)
    assert len(read_audio(data, 8_000, expected_rate=8_000)) == 800
    with pytest.raises(
        InputError,
        match=r"^item 0: its sampling rate is 8,000 Hz, expected 16,000; record at 16,000 Hz, or leave",
    ):
        read_audio(data, 16_000, expected_rate=16_000, place="item 0")


@pytest.mark.parametrize("rate", [0, 999, 10**7, 16_000.5, "16k", True, None, float("nan")])
def test_a_rate_that_is_none_is_refused(rate: Any) -> None:
    with pytest.raises(
        ParameterError, match=r"^rate=.* is not a sampling rate in Hz from 1,000 to 1,000,000$"
    ):
        read_audio((np.zeros(9), 8_000), rate)


def test_blocks_shorter_than_a_sample_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"^seconds=0 is shorter than a sample at 8,000 Hz$"):
        next(read_blocks((np.zeros(9), 8_000), 8_000, 0))


def test_three_hours_are_read_in_the_memory_of_a_block(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_16") as file:
        minute = tone(60.0, 8_000, 200.0)
        for _ in range(180):
            file.write(minute)
    program = (
        "import resource, sys\n"
        "from nearer.data.audio import read_blocks\n"
        "next(read_blocks((__import__('numpy').zeros(16000), 16000), 8000, 1.0))\n"
        "start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(sum(map(len, read_blocks(sys.argv[1], 4000, 10.0))))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    ).stdout
    samples, kilobytes = map(int, out.split())
    assert samples == 3 * 3600 * 4000
    assert kilobytes < 20_000  # the wave alone would take 173 MB


def test_folders_globs_and_columns_are_listed(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    data = written(tone(0.1))
    names = ["b/two.FLAC", "a.wav", "b/.hidden.wav", ".c/d.wav", "b/notes.txt"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert list_audio(tmp_path) == [tmp_path / "a.wav", tmp_path / "b/two.FLAC"]
    assert list_audio(str(tmp_path / "b/*")) == [tmp_path / "b/two.FLAC"]
    assert list_audio(tmp_path / "b/notes.txt") == [tmp_path / "b/notes.txt"]
    assert list_audio(tmp_path / "a.wav") == [tmp_path / "a.wav"]
    assert list_audio(pa.chunked_array([[data], [data]])) == [data, data]
    assert list_audio(pa.array([data])) == [data]
    hugging = pa.array([{"bytes": data, "path": "x.wav"}, {"bytes": None, "path": "a.wav"}])
    assert list_audio(hugging) == [data, "a.wav"]
    assert list_audio(iter([data, "a.wav"])) == [data, "a.wav"]


def test_rows_of_hugging_face_are_read(tmp_path: Path) -> None:
    wave, data = tone(0.1), written(tone(0.1))
    (tmp_path / "a.wav").write_bytes(data)
    for row in (
        {"bytes": data, "path": "elsewhere.wav"},
        {"bytes": None, "path": str(tmp_path / "a.wav")},
        {"array": wave, "path": None, "sampling_rate": 16_000},
    ):
        np.testing.assert_allclose(read_audio(row, 16_000), wave, atol=1e-4)
        np.testing.assert_allclose(read_audio(list_audio([row])[0], 16_000), wave, atol=1e-4)
    with pytest.raises(InputError, match=r"^item 2: \{'text': 'a'\} is no recording"):
        read_audio({"text": "a"}, 16_000, place="item 2")


def test_what_lists_nothing_is_named(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(InputError, match=rf"^{tmp_path}: no file in this directory$"):
        list_audio(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    for place in (str(tmp_path), f"{tmp_path}/*"):
        with pytest.raises(InputError, match=r": no sound among 1 files; sound files end in .aif, "):
            list_audio(place)
    with pytest.raises(InputError, match=r"^nowhere/\*: no file matches$"):
        list_audio("nowhere/*")
    with pytest.raises(InputError, match=r"^a song of my own.wav: no such file or directory$"):
        list_audio("a song of my own.wav")
    with pytest.raises(InputError, match=r"is no list of recordings; give a folder"):
        list_audio(b"RIFF")
    with pytest.raises(InputError, match=r"^row 1: None is no recording"):
        list_audio(pa.array([b"RIFF", None]))
    with pytest.raises(InputError, match=r"^a table of the columns id, sound; give the one that holds"):
        list_audio(pa.table({"id": [1], "sound": [b"x"]}))


def test_a_missing_library_is_named_with_its_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    data = written(tone(0.1))
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(
        MissingExtra, match=r'^reading sound files needs soundfile, .*; pip install "nearer\[audio\]"$'
    ):
        read_audio(data, 8_000)
    monkeypatch.setitem(sys.modules, "soxr", None)
    with pytest.raises(MissingExtra, match=r"^resampling from 16,000 Hz to 8,000 Hz needs soxr"):
        read_audio((tone(0.1), 16_000), 8_000)
