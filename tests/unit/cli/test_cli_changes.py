"""`nearer changes`: verdict, JSON, report, and one line for what cannot be compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from cli_running import Run, RunJson

from nearer import Space, load


def test_changes_tells_the_words_that_moved(here: Path, run: Run, run_json: RunJson) -> None:
    told = run_json("changes", "words.space", "later.space", "-k", 30, "-o", "changes.html")
    assert told["verdict"] == "turned and items changed"
    moved = set(load("words.space").keys[100:125])
    hits = len(moved & set(told["changed"]))
    assert hits >= 0.9 * len(moved)
    assert hits >= 0.9 * len(told["changed"])
    assert told["items"][0]["flagged"]
    assert len(told["items"][0]["before"]) == 25
    assert "Data or space" not in (here / "changes.html").read_text()
    assert "Changes from words.space to later.space" in (here / "changes.html").read_text()
    shown = run("changes", "words.space", "retrained.space", "--overwrite", "-o", "changes.html")
    assert shown.exit_code == 0
    assert "verdict          same." in shown.stdout
    assert "open changes.html in a browser" in shown.stdout


def test_changes_takes_repeats(here: Path, run_json: RunJson) -> None:
    told = run_json("changes", "words.space", "later.space", "--repeat-before", "retrained.space")
    assert (told["null"], told["splits"], told["together"]) == ("repeats", 2, 10)


def test_what_cannot_be_compared_is_one_line(here: Path, run: Run) -> None:
    words = load("words.space")
    Space(["no such word"], np.ones((1, 3))).save("other.space")
    Space(words.keys, np.ones((len(words), 3))).save("same.space")
    words[:20].save("few.space")
    (here / "nan.txt").write_text("king 1 2\nqueen nan 1\n")
    for other, said in (
        ("other.space", "the spaces share no keys; name the same items alike in both"),
        ("few.space", "20 shared keys: an orthogonal map from 32 to 32 dimensions is decided by 39 or more"),
        ("same.space", "vectors of the space after are all the same"),
        ("nan.txt", "nan.txt, row 2: "),
    ):
        failed = run("changes", "words.space", other)
        assert failed.exit_code == 1
        assert said in failed.stderr
        assert len(failed.stderr.strip().splitlines()) == 1
    failed = run("changes", "words.space", "later.space", "-o", "changes.png")
    assert "no report is written as '.png'; end in .html" in failed.stderr
    failed = run("changes", "words.space", "later.space", "--fdr", "2")
    assert failed.exit_code == 2
    assert "fdr is 2.0; use a rate between 0 and 1" in failed.stderr
