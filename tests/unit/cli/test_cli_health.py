"""`nearer health`: the table, the document, the page, and one line for bad input."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from cli_running import Run, RunJson

import nearer
from nearer.cli.health import health


@pytest.fixture
def spaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """a.space with planted faults, b.space of another seed, one.space, test.npy, text.txt."""
    generator = np.random.default_rng(0)
    vectors = generator.standard_normal((200, 8))
    vectors[7] = vectors[3]
    vectors[9] = 0
    parts = ["train"] * 150 + ["test"] * 50
    names = [f"k{row}" for row in range(200)]
    nearer.Space(names, vectors, items={"often": np.arange(200)[::-1], "part": parts}).save("a.space")
    nearer.Space(names, generator.standard_normal((200, 8))).save("b.space")
    nearer.Space(["only"], np.ones((1, 8))).save("one.space")
    np.save("test.npy", vectors[:3].astype(np.float32))
    np.save("wide.npy", np.ones((2, 7), np.float32))
    np.save("nan.npy", np.vstack([np.ones(8), np.full(8, np.nan)]))
    Path("text.npy").write_text("a few words\n")
    Path("text.txt").write_text("a few words\n")
    return tmp_path


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_table_says_what_to_do(spaces: Path, run: Run) -> None:
    result = run("health", "a.space", "--counts", "often", "--compare", "b.space")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["measure", "value", "95", "%", "reference", "verdict"]
    duplicates = next(line for line in lines if line.startswith("duplicates"))
    assert "0.005" in duplicates
    assert "look" in duplicates
    said = next(line for line in lines if line.startswith("look: duplicates: "))
    assert "Keep one of each group" in said
    table = lines[: next(place for place, line in enumerate(lines) if not line)]
    assert max(map(len, table)) <= 100
    assert "Nothing." not in result.stdout
    assert "duplicates: k3 = k7" in lines
    assert "zero vectors: k9" in lines
    assert any(line.startswith("neighbour overlap") and "bad" in line for line in lines)
    assert "200 items x 8, cosine, 198 distinct; neighbours (k=10) and axes of 198 of them" in lines


def test_a_terminal_is_not_wider_than_it_is(
    spaces: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    health(space="a.space", compare=["b.space"], counts="often")
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "look: duplicates: " in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_document_has_every_measure(spaces: Path, run_json: RunJson) -> None:
    document = run_json("health", "a.space", "--split", "part", "--seed", 3, "--examples", 1)
    assert (document["verdict"], document["n"], document["seed"]) == ("look", 200, 3)
    by_name = {measure["name"]: measure for measure in document["measures"]}
    assert by_name["duplicates"]["examples"] == [["k3", "k7"]]
    assert by_name["leakage"]["n"] == 50
    assert set(by_name["IsoScore"]) == {
        *("group", "name", "value", "interval", "n", "unit", "verdict", "rule", "meaning", "advice"),
        *("reference", "reference_of", "examples"),
    }
    assert {one["name"] for one in document["skipped"]} >= {"norm and frequency"}
    assert len(document["charts"]["spectrum"]) == 8


def test_vectors_without_identity_may_be_the_test_items(spaces: Path, run_json: RunJson) -> None:
    document = run_json("health", "a.space", "--test", "test.npy")
    leaked = next(measure for measure in document["measures"] if measure["name"] == "leakage")
    assert leaked["value"] == 1


def test_the_page_is_written_once(spaces: Path, run: Run) -> None:
    assert run("health", "a.space", "-o", "report.html").exit_code == 0
    before = Path("report.html").read_bytes()
    again = run("health", "a.space", "-o", "report.html")
    assert again.exit_code == 1
    assert again.stderr == "nearer: report.html: already exists; add --overwrite to replace it\n"
    assert run("health", "a.space", "-o", "report.html", "--overwrite").exit_code == 0
    assert Path("report.html").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("one.space",), "the space holds 1 item; health needs at least two"),
        (("a.space", "--test", "b.space"), "the test items have identity "),
        (("a.space", "--test", "wide.npy"), "test vectors have 7 columns, those of the space 8"),
        (("a.space", "--test", "nan.npy"), "test, row 1: the vector holds NaN or infinity; remove the row"),
        (("a.space", "--test", "text.npy"), "text.npy: is no NumPy array of numbers"),
        (("a.space", "--split", "half"), "split='half' is none of the payload columns ['often', 'part']"),
        (("a.space", "--split", "often"), "the column 'often' holds ['0', '1'"),
        (("a.space", "--counts", "part"), "part holds no number for each of 200 items"),
        (("a.space", "--compare", "one.space"), "space 1 to compare with shares 0 keys with this one"),
        (("a.space", "--sample", "1"), "Invalid value for '--sample'"),
        (("a.space", "-o", "report.pdf"), "report.pdf: no report is written as '.pdf'; end in .html"),
        (("text.txt",), "text.txt"),
        (("nothing.space",), "nothing.space"),
    ],
)
def test_bad_input_is_one_line(spaces: Path, run: Run, arguments: tuple[str, ...], line: str) -> None:
    result = run("health", *arguments)
    assert result.exit_code in (1, 2)
    assert result.stdout == ""
    assert result.stderr.startswith("nearer: ")
    assert line in result.stderr
    assert result.stderr.count("\n") == 1
