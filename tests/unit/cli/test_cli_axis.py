"""`nearer axis`: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cli_running import Run, RunJson

import nearer
from nearer.space import Axis

SIDES = ("--positive", "list,tuple,dict,set,string", "--negative", "@far.txt")


@pytest.fixture(autouse=True)
def far(here: Path) -> None:
    (here / "far.txt").write_text("import\nmodule\n\npackage\nfile\nname\n", encoding="utf-8")


def test_it_says_what_python_says(here: Path, run_json: RunJson) -> None:
    found = run_json("axis", "words.space", *SIDES, "--project", "list,bytes", "-k", 4, "-o", "axis.json")
    space = nearer.load(here / "words.space")
    axis = space.axis(
        ["list", "tuple", "dict", "set", "string"], ["import", "module", "package", "file", "name"]
    )
    assert {name: found[name] for name in axis.to_dict()} == json.loads(json.dumps(axis.to_dict()))
    assert [key for key, _ in found["best"]] == axis.best(4).keys
    assert [key for key, _ in found["worst"]] == axis.worst(4).keys
    np.testing.assert_allclose([score for _, score in found["projected"]], axis.project(["list", "bytes"]))
    np.testing.assert_array_equal(Axis.load(here / "axis.json", space).direction, axis.direction)
    assert found["removal"] is None


def test_it_writes_a_page_and_a_space_without_the_axis(here: Path, run: Run) -> None:
    result = run(
        "axis", "words.space", *SIDES, "-o", "axis.html", "--remove", "left.space", "--project", "list"
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith("verdict")
    for part in (
        "separation",
        "p-value",
        "stability",
        "highest",
        "projected",
        "neighbours kept",
        "ends still",
    ):
        assert part in result.stdout
    assert "next: nearer info left.space" in result.stdout
    left = nearer.load(here / "left.space")
    assert left.provenance["without_axis"]["negative"][0] == "import"
    assert "<svg" in (here / "axis.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        (("--positive", "listt"), 1, ("'listt' is not in this space", "did you mean")),
        (("--positive", "", "--negative", "import"), 2, ("positive is empty",)),
        (("--positive", "list", "--negative", "list"), 2, ("'list' is on both sides",)),
        (("--positive", "@nosuch.txt"), 1, ("nosuch.txt: cannot be read",)),
        (("--positive", "list,tuple", "--negative", "import,module", "--alpha", 0.05), 2,
         ("reach p = 0.333 at best, alpha is 0.05", "at least 4 examples a side")),
        (("--positive", "list", "--alpha", 7), 2, ("alpha is 7.0",)),
        ((*SIDES, "-o", "axis.png"), 1, ("axis.png: no axis is written as '.png'", "end in .html or .json")),
        ((*SIDES, "-o", "corpus.html"), 1, ("corpus.html: already exists", "--overwrite")),
        ((*SIDES, "--remove", "words.space"), 1, ("words.space: already exists", "--overwrite")),
        ((*SIDES, "--method", "svm"), 2, ("--method",)),
        (("--positive", "list,tuple", "--negative", "import", "--method", "pairs"), 2,
         ("are no pairs; give as many of each, in the order of the pairs, or use the method 'means'",)),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(
    arguments: tuple[object, ...], code: int, parts: tuple[str, ...], here: Path, run: Run
) -> None:
    (here / "corpus.html").write_text("mine")
    result = run("axis", "words.space", *arguments)
    assert result.exit_code == code
    assert result.stderr.count("\n") == 1
    for part in parts:
        assert part in result.stderr
    assert (here / "corpus.html").read_text() == "mine"
