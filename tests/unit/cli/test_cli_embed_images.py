"""`nearer embed` of images: those that are odd are read, those that are bad are one line each."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_running import Run, RunJson

import nearer
from image_networks import small_network

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

STATED = ("--set", "mean=0.5", "--set", "std=[0.2, 0.2, 0.3]")


def bomb(path: Path) -> None:
    """A file of 70 bytes that says it holds 40,000 x 40,000 pixels."""
    Image.new("1", (8, 8)).save(path)
    data = bytearray(path.read_bytes())
    data[16:24] = (40_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    small_network(tmp_path / "net.onnx")
    photos = tmp_path / "photos"
    photos.mkdir()
    noise: Any = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    image.save(photos / "a.png")
    image.convert("CMYK").save(photos / "b-cmyk.jpg")
    image.convert("P").save(photos / "c-moves.gif", save_all=True, append_images=[image.rotate(180)])
    Image.fromarray(noise[:, :, 0].astype(np.uint16) * 257).save(photos / "d-deep.png")
    Image.new("RGB", (1, 1), "red").save(photos / "e-one.png")
    return photos


def test_odd_images_are_encoded_as_the_library_does(folder: Path, run_json: RunJson) -> None:
    found = run_json("embed", "photos", "photos.space", "--encoder", "net.onnx", *STATED)
    assert (found["n"], found["dim"], found["skipped"]) == (5, 5, [])
    encoder = nearer.encoder("net.onnx", mean=0.5, std=(0.2, 0.2, 0.3))
    space = nearer.load("photos.space")
    assert space.identity == encoder.identity
    paths = [folder / key for key in space.keys]
    np.testing.assert_allclose(space.vectors, encoder.encode(paths), atol=1e-5)


def test_bad_images_are_one_line_each(folder: Path, run: Run, run_json: RunJson) -> None:
    whole = (folder / "a.png").read_bytes()
    (folder / "f-cut.png").write_bytes(whole[:200])
    bomb(folder / "g-bomb.png")
    (folder / "h-text.jpg").write_text("hello")
    failed = run("embed", "photos", "photos.space", "--encoder", "net.onnx", *STATED)
    assert failed.exit_code == 1
    assert failed.stderr.startswith("nearer: photos/f-cut.png: cannot be decoded as PNG: it is cut short")
    assert failed.stderr.count("\n") == 1
    found = run_json(
        "embed", "photos", "photos.space", "--encoder", "net.onnx", *STATED, "--on-error", "skip"
    )
    problems = {skipped["key"]: skipped["problem"] for skipped in found["skipped"]}
    assert problems.pop("f-cut.png").startswith("photos/f-cut.png: cannot be decoded as PNG")
    assert problems.pop("g-bomb.png") == (
        "photos/g-bomb.png: holds 40,000 x 40,000 pixels, most_pixels=89,478,485 is the limit; "
        "if it is to be trusted, raise most_pixels, or make it smaller"
    )
    assert problems.pop("h-text.jpg").startswith("photos/h-text.jpg: is no image of a format that is known")
    assert not problems
    assert found["n"] == 5


def test_what_is_not_stated_or_no_network_is_one_line(folder: Path, run: Run) -> None:
    unstated = run("embed", "photos", "photos.space", "--encoder", "net.onnx")
    assert unstated.exit_code == 2  # how it was called is wrong
    assert unstated.stderr == (
        "nearer: net.onnx: how pixels become the network's input is not stated; "
        "give mean= and std=, of values from 0 to 1 (scale=1: from 0 to 255)\n"
    )
    (folder.parent / "bad.onnx").write_bytes(b"hello")
    broken = run("embed", "photos", "photos.space", "--encoder", "bad.onnx", *STATED)
    assert broken.exit_code == 1
    assert broken.stderr.startswith("nearer: bad.onnx: is no ONNX model that can be run")
    assert broken.stderr.count("\n") == 1


def test_the_limit_of_pixels_can_be_set_as_the_message_says(folder: Path, run: Run) -> None:
    for most, code in ((599, 1), (600, 0)):
        command = ("embed", "photos", f"{most}.space", "--encoder", "net.onnx", *STATED)
        found = run(*command, "--set", f"most_pixels={most}")
        assert found.exit_code == code, found.output
    assert "raise most_pixels" in run(*command, "--set", "most_pixels=1", "--overwrite").stderr


def test_an_empty_file_is_one_line_or_left_out_by_name(folder: Path, run: Run, run_json: RunJson) -> None:
    (folder / "none.png").write_bytes(b"")
    command = ("embed", "photos", "p.space", "--encoder", "net.onnx", *STATED)
    assert run(*command).stderr == "nearer: photos/none.png: is empty, not an image\n"
    found = run_json(*command, "--on-error", "skip")
    assert [skipped["key"] for skipped in found["skipped"]] == ["none.png"]
