"""`nearer split`, and `nearer evaluate --task links` and `nodes`: the library's figures, and bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cli_running import Run, RunJson

import nearer
from nearer import evaluate

LINKS = ("evaluate", "nodes.space", "--task", "links")
PAIRS = ("--pairs", "test.parquet", "--non-edges", "non_edges.parquet")
NODES = ("evaluate", "nodes.space", "--task", "nodes")


def test_split_writes_what_the_library_splits(here: Path, run_json: RunJson) -> None:
    options = ("--weight", "strength", "--fraction", 0.3, "--seed", 4)
    found = run_json("split", "edges.csv", *options, "-o", "held-out")
    parts = nearer.Graph.read("edges.csv", weight="strength").split(0.3, 4)
    assert found["train"] == parts.train.edges
    assert found["test"] == found["non_edges"] == len(parts.test)
    assert found["nodes"] == 24
    names = ("train", "test", "non_edges")
    for name, table in zip(names, parts.tables(), strict=True):
        assert pq.read_table(here / "held-out" / f"{name}.parquet").equals(table)
    directed = run_json("split", "edges.csv", "--directed", "-o", "held-out", "--overwrite")
    arcs = nearer.Graph.read("edges.csv", directed=True).split()
    assert pq.read_table(here / "held-out" / "non_edges.parquet").equals(arcs.tables()[2])
    assert directed["to"] == "held-out"


def test_split_says_what_comes_next(here: Path, run: Run) -> None:
    shown = run("split", "edges.csv", "-o", "held-out").stdout
    assert "nearer fit graph held-out/train.parquet" in shown
    assert "--pairs held-out/test.parquet --non-edges held-out/non_edges.parquet" in shown


def test_links_are_the_figures_of_the_library(here: Path, run: Run, run_json: RunJson) -> None:
    space = nearer.load("nodes.space")
    found = run_json(*LINKS, *PAIRS, "--seed", 3)
    expected = evaluate.links(space, "test.parquet", "non_edges.parquet", seed=3)
    assert found["links"] == expected.to_dict()
    assert (found["task"], found["identity"]) == ("links", space.identity)
    assert found["links"]["value"] > 0.8
    learn = ("--operator", "hadamard", "--learn-edges", "train.parquet", "--learn-non-edges")
    learned = run_json(*LINKS, *PAIRS, *learn, "non_edges.parquet")["links"]
    twin = evaluate.links(
        space,
        "test.parquet",
        "non_edges.parquet",
        operator="hadamard",
        learn_edges="train.parquet",
        learn_non_edges="non_edges.parquet",
    )
    assert learned == twin.to_dict()
    assert run(*LINKS, *PAIRS).stdout.split() == ["test.parquet", *str(expected_of(space)).split()]


def expected_of(space: nearer.Space) -> evaluate.LinksResult:
    return evaluate.links(space, "test.parquet", "non_edges.parquet")


def test_nodes_are_the_figures_of_the_library(here: Path, run_json: RunJson) -> None:
    space = nearer.load("nodes.space")
    found = run_json(*NODES, "--labels", "groups.tsv", "--fractions", "0.3,0.7", "--shuffles", 4, "--seed", 1)
    expected = evaluate.nodes(space, "groups.tsv", fractions=(0.3, 0.7), shuffles=4, seed=1)
    assert found["nodes"] == json.loads(json.dumps(expected.to_dict()))
    assert found["nodes"]["micro_f1"]["0.7"]["value"] > 0.6
    assert found["nodes"]["labels"] == 3


@pytest.fixture
def broken(here: Path) -> Path:
    (here / "tree.csv").write_text("source,target\na,b\nb,c\nc,d\n")
    (here / "nan.csv").write_text("source,target,weight\na,b,1\nb,c,nan\n")
    (here / "float.csv").write_text("source,target\n1.0,2.0\n")
    (here / "none.csv").write_text("source,target\n")
    (here / "strangers.tsv").write_text("who\twhom\nx\ty\n")
    (here / "same.tsv").write_text("chess0\ta\nchess1\ta\n")
    return here


CASES: dict[str, tuple[tuple[object, ...], int, str]] = {
    "NaN": (
        ("split", "nan.csv", "-o", "new"),
        1,
        "nan.csv, row 1: the weight nan is not a finite number above 0",
    ),
    "floats": (("split", "float.csv", "-o", "new"), 1, "float.csv, row 0: every source is a floating-point"),
    "no edges": (("split", "none.csv", "-o", "new"), 1, "none.csv: there are no edges, and a graph has one"),
    "no file": (("split", "no.csv", "-o", "new"), 1, "no.csv: there is no such file"),
    "a tree": (
        ("split", "tree.csv", "-o", "new"),
        1,
        "2 of 3 edges are to be held out, and only 0 can be spared",
    ),
    "fraction": (
        ("split", "tree.csv", "--fraction", 1, "-o", "new"),
        2,
        "--fraction 1 is not between 0 and 1",
    ),
    "no column": (
        ("split", "edges.csv", "--source", "who", "-o", "new"),
        1,
        "edges.csv: there is no column source='who'; it has from, to, strength",
    ),
    "there already": (("split", "edges.csv", "-o", "."), 1, "train.parquet: already exists; add --overwrite"),
    "a file": (("split", "edges.csv", "-o", "edges.csv"), 1, "edges.csv: cannot be made: File exists"),
    "no non-edges": ((*LINKS, *PAIRS[:2]), 2, "--task links needs --non-edges"),
    "strangers": (
        (*LINKS, "--pairs", "strangers.tsv", *PAIRS[2:]),
        1,
        "the space holds both nodes of 0 of the ",
    ),
    "no pairs": ((*LINKS, "--pairs", "no.tsv", *PAIRS[2:]), 1, "no.tsv"),
    "nothing to learn": ((*LINKS, *PAIRS, "--operator", "l1"), 2, "operator='l1' needs learn_edges"),
    "another's option": ((*LINKS, *PAIRS, "--shuffles", 3), 2, "--shuffles goes with --task nodes, not with"),
    "fractions": (
        (*NODES, "--labels", "groups.tsv", "--fractions", "0.1;0.5"),
        2,
        "--fractions 0.1;0.5 is no list of numbers, as 0.1,0.5,0.9",
    ),
    "share": ((*NODES, "--labels", "groups.tsv", "--fractions", "5"), 2, "5.0 is not between 0 and 1"),
    "one label": ((*NODES, "--labels", "same.tsv"), 1, "2 labelled items have one label, 'a': needs two"),
    "no labels": (NODES, 2, "--task nodes needs --labels"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_line(case: str, broken: Path, run: Run) -> None:
    arguments, code, message = CASES[case]
    before = {path: path.stat().st_mtime_ns for path in broken.iterdir()}
    result = run(*arguments)
    assert message in result.stderr
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (code, "", 1)
    assert {path: path.stat().st_mtime_ns for path in broken.iterdir()} == before
    document = json.loads(run(*arguments, "--json").stdout)
    assert message in document["error"]["message"]
