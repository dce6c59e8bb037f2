"""`nearer fit pairs`: what the library learns, and bad input as one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_running import Run, RunJson

import nearer

pytest.importorskip("torch")
FIT = ("fit", "pairs", "edges.csv", "-o", "it.model", "--left", "from", "--right", "to", "--threads", 1)


def test_it_saves_what_the_library_learns(here: Path, run_json: RunJson) -> None:
    encoders = ("--left-encoder", "nodes.space", "--right-encoder", "nodes.space")
    options = ("--dim", 8, "--epochs", 3, "--matryoshka", "2,4", "--hard-negatives", 2)
    found = run_json(*FIT, *encoders, *options, "--space", "right.space")
    twin = nearer.Contrastive(
        nearer.signal.Pairs("from", "to"),
        left="nodes.space",
        right="nodes.space",
        dim=8,
        epochs=3,
        matryoshka=[2, 4],
        hard_negatives=2,
        threads=1,
    ).fit("edges.csv")
    opened = nearer.encoder("it.model")
    assert found["identity"] == opened.identity == twin.identity
    assert sorted(found["nested"]) == ["2", "4"]
    np.testing.assert_array_equal(nearer.load("right.space").vectors, twin.space_.vectors)
    assert found["left_to_right"]["queries"] > 0


def test_people_read_both_ways_and_chance(here: Path, run: Run) -> None:
    encoders = ("--left-encoder", "nodes.space", "--right-encoder", "nodes.space")
    shown = run(*FIT, *encoders, "--dim", 8, "--epochs", 2)
    assert shown.exit_code == 0, shown.output
    for words in ("left to right", "right to left", "recall@10", "chance", "effective rank"):
        assert words in shown.stdout


def test_what_cannot_be_encoded_is_told_with_its_row(here: Path, run: Run) -> None:
    names = nearer.load("nodes.space").keys
    (here / "odd.csv").write_text(f"left,right\n{names[0]},{names[1]}\n{names[0]},nobody\n")
    fit = ("fit", "pairs", "odd.csv", "-o", "odd.model", "--threads", 1)
    unknown = run(*fit, "--left-encoder", "nodes.space", "--right-encoder", "nodes.space")
    assert unknown.exit_code == 1
    assert unknown.stderr.startswith("nearer: odd.csv, row 1: 'nobody' is not in this space")
    (here / "odd.csv").write_text(f"left,right\n{names[0]},{names[1]}\n{names[0]},\n")
    empty = run(*fit, "--encoder", "nodes.space")
    assert empty.stderr == "nearer: odd.csv, row 1: there is no right; fill it in, or leave it out\n"
    (here / "odd.csv").write_text("left,right\nno.png,a\nno.png,b\n")
    with pytest.raises(nearer.errors.InputError, match=r"odd\.csv, row 0: no\.png: there is no such file"):
        nearer.Contrastive(
            nearer.signal.Pairs(), left=nearer.networks.ResNet(), right="nodes.space", threads=1
        ).fit(here / "odd.csv")


BAD: list[tuple[tuple[Any, ...], int, str]] = [
    ((), 2, "no encoder is given; give --encoder, or --left-encoder and --right-encoder"),
    (("--left-encoder", "nodes.space"), 2, "--left-encoder is given alone; give --right-encoder too"),
    (("--right-encoder", "nodes.space"), 2, "--right-encoder is given alone; give --left-encoder too"),
    (
        ("--encoder", "nodes.space", "--left-encoder", "nodes.space"),
        2,
        "--encoder is given, and one for a side",
    ),
    (("--encoder", "nodes.space", "--matryoshka", "2,x"), 2, "--matryoshka 2,x is not whole numbers"),
    (("--encoder", "nodes.space", "--right", "who"), 1, "edges.csv: there is no column right='who'"),
    (("--encoder", "no-such-encoder"), 1, "no-such-encoder"),
    (("--encoder", "nodes.space", "--temperature", 0), 2, "temperature=0.0 is not allowed"),
]


@pytest.mark.parametrize(("options", "code", "line"), BAD)
def test_bad_input_is_one_line(here: Path, run: Run, options: tuple[Any, ...], code: int, line: str) -> None:
    shown = run(*FIT, *options)
    assert shown.exit_code == code
    assert line in shown.stderr
    assert len(shown.stderr.splitlines()) == 1
    assert not Path("it.model").exists()


def test_what_is_there_is_not_replaced_by_accident(here: Path, run: Run) -> None:
    Path("it.model").mkdir()
    Path("it.model", "mine.txt").write_text("mine")
    shown = run(*FIT, "--encoder", "nodes.space", "--overwrite")
    assert shown.exit_code == 1
    assert "exists and is no saved model" in shown.stderr
