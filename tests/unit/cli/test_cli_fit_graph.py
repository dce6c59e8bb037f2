"""`nearer fit graph` by ProNE and GraphSAGE: the library's vectors, and bad input before training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cli_running import Run, RunJson

import nearer

READ = ("fit", "graph", "edges.csv", "-o", "new.space", "--weight", "strength", "--threads", 1)
SAGE = (*READ, "--method", "graphsage", "--dim", 8, "--epochs", 2)


@pytest.fixture
def clubs(here: Path) -> Path:
    """A file of features: which club a member is of, and some noise."""
    keys = nearer.Graph.read("edges.csv", weight="strength").keys
    noise = np.random.default_rng(0).random(len(keys))
    rows = [
        f"{key},{float(key.startswith('chess'))},{float(key.startswith('rugby'))},{x}"
        for key, x in zip(keys, noise, strict=True)
    ]
    path = here / "features.csv"
    path.write_text("\n".join(["node,chess,rugby,noise", *rows, ""]))
    return path


def test_prone_writes_what_the_library_learns(here: Path, run_json: RunJson) -> None:
    found = run_json(*READ, "--method", "prone", "--dim", 8, "--order", 6, "--mu", 0.1, "--theta", 0.4)
    graph = nearer.Graph.read("edges.csv", weight="strength")
    twin = nearer.ProNE(8, order=6, mu=0.1, theta=0.4, threads=1).fit(graph).space_
    written = nearer.load("new.space")
    np.testing.assert_array_equal(written.vectors, twin.vectors)
    assert written.keys == twin.keys
    assert found["identity"] == written.identity


def test_graphsage_writes_what_the_library_learns(clubs: Path, run_json: RunJson) -> None:
    run_json(*SAGE, "--features", clubs, "--layers", 1, "--negative", 16, "--model", "sage.model")
    graph = nearer.Graph.read("edges.csv", weight="strength")
    twin = nearer.GraphSAGE(8, layers=1, negative=16, epochs=2, threads=1).fit(graph, clubs)
    written = nearer.load("new.space")
    np.testing.assert_array_equal(written.vectors, twin.space_.vectors)
    new = {"stranger": [1.0, 0.0, 0.5]}
    loaded = nearer.GraphSAGE.load("sage.model")
    np.testing.assert_array_equal(loaded.encode(new), twin.encode(new))


CASES: dict[str, tuple[tuple[object, ...], str]] = {
    "no features": (SAGE, "--features"),
    "features for prone": ((*READ, "--method", "prone", "--features", "features.csv"), "--features"),
    "no file": ((*SAGE, "--features", "no.csv"), "no.csv: there is no such file"),
    "no table": ((*SAGE, "--features", "groups.json"), "groups.json"),
    "too many dimensions": ((*READ, "--method", "prone", "--dim", 24), "dim=24 is not below"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_line(case: str, clubs: Path, run: Run) -> None:
    arguments, message = CASES[case]
    result = run(*arguments)
    assert message in result.stderr
    assert (result.exit_code > 0, result.stdout, result.stderr.count("\n")) == (True, "", 1)
    assert not (clubs.parent / "new.space").exists()


def test_columns_of_features_may_be_named(here: Path, run: Run) -> None:
    rows = "".join(
        f"{team}{i},{int(team == 'a')},{int(team == 'b')},{team}\n" for team in "ab" for i in range(6)
    )
    (here / "ints.csv").write_text(f"node,x,y,team\n{rows}", encoding="utf-8")
    pairs = [(f"{team}{i}", f"{team}{(i + step) % 6}") for team in "ab" for i in range(6) for step in (1, 2)]
    lines = "".join(f"{a},{b}\n" for a, b in pairs)
    (here / "teams.csv").write_text(f"source,target\n{lines}", encoding="utf-8")
    common = ("fit", "graph", "teams.csv", "--method", "graphsage", "--features", "ints.csv", "--dim", "8")
    done = run(*common, "-o", "teams.space", "--columns", "x,y", "--threads", "1", "--epochs", "200")
    assert done.exit_code == 0, done.stderr
    refused = run(*common, "-o", "other.space")
    assert refused.exit_code != 0
    assert "which columns hold features is not clear" in refused.stderr
