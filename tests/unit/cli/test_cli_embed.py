"""`nearer embed`: the library's vectors, what is left out, and bad input in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from cli_running import Run, RunJson

import nearer

ENCODER = ("--encoder", "texts.model")


def test_a_table_becomes_the_space_of_the_library(here: Path, run_json: RunJson) -> None:
    found = run_json("embed", "news.csv", "news.space", *ENCODER, "--column", "body", "--keep", "id")
    encoder, space = nearer.encoder("texts.model"), nearer.load("news.space")
    table = (here / "news.csv").read_text(encoding="utf-8").splitlines()[1:]
    texts = [line.split(",", 1)[1].strip('"') for line in table]
    np.testing.assert_array_equal(space.vectors, encoder.encode_document(texts))
    assert (found["n"], found["dim"], found["identity"]) == (len(texts), 16, encoder.identity)
    assert (found["items"], found["resumed"], found["skipped"]) == (len(texts), 0, [])
    assert space.items is not None
    assert space.items["id"].to_pylist() == space.keys
    assert not (here / "news.space.parts").exists()


def test_a_folder_becomes_a_space_and_what_is_no_text_is_told(
    here: Path, run: Run, run_json: RunJson
) -> None:
    folder = here / "notes" / "deep"
    folder.mkdir(parents=True)
    (folder / "good.txt").write_text("the value of an object", encoding="utf-8")
    (folder.parent / "bad.txt").write_bytes(b"caf\xe9")
    failed = run("embed", "notes", "notes.space", *ENCODER)
    assert failed.exit_code == 1
    assert failed.stderr == "nearer: notes/bad.txt: byte 3 is not UTF-8; save the file as UTF-8\n"
    found = run_json("embed", "notes", "notes.space", *ENCODER, "--on-error", "skip")
    assert found["skipped"] == [
        {"key": "bad.txt", "problem": "notes/bad.txt: byte 3 is not UTF-8; save the file as UTF-8"}
    ]
    assert nearer.load("notes.space").keys == ["deep/good.txt"]
    shown = run("embed", "notes", "notes.space", *ENCODER, "--on-error", "skip", "--overwrite")
    assert shown.exit_code == 0
    assert "bad.txt" in shown.stdout
    assert "nearer map notes.space" in shown.stdout


def test_bad_input_is_one_line(here: Path, run: Run) -> None:
    cases = {
        ("nothing.csv", "a.space", *ENCODER): "nothing.csv: there is no such file",
        ("news.csv", "a.nonsense", *ENCODER): "names no format",
        ("news.csv", "words.space", *ENCODER): "words.space: already exists; add --overwrite to replace it",
        ("news.csv", "a.space", "--encoder", "nonsense"): "is no file, no folder and no known model",
        ("news.csv", "a.space", *ENCODER, "--column", "x"): "there is no column 'x'; it has id, body",
        ("news.csv", "a.space", *ENCODER, "--set", "dim=3"): "dim",
        ("news.csv", "a.space", *ENCODER, "--batch-size", "0"): "batch_size=0 is not a whole number",
    }
    for arguments, message in cases.items():
        failed = run("embed", *arguments)
        assert failed.exit_code in (1, 2), arguments
        assert failed.stderr.count("\n") == 1
        assert message in failed.stderr
    assert not list(here.glob("a.space*"))


def test_a_file_that_is_no_text_is_told_from_a_text_in_another_encoding(here: Path, run: Run) -> None:
    (here / "mixed").mkdir()
    (here / "mixed" / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF\0")
    failed = run("embed", "mixed", "mixed.space", *ENCODER)
    assert failed.exit_code == 1
    remedy = "leave it out, or choose an encoder of such files"
    assert failed.stderr == f"nearer: mixed/photo.jpg: the file is no text; {remedy}\n"
    (here / "mixed" / "photo.jpg").write_bytes("caf\u00e9".encode("utf-16"))
    failed = run("embed", "mixed", "mixed.space", *ENCODER)
    assert failed.stderr.endswith("byte 0 is not UTF-8; save the file as UTF-8\n")
