"""`nearer fit items`: any recommender from a table, saved for `nearer recommend`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_running import Run, RunJson

import nearer
from nearer.cli.fit.items import METHODS

FIT = ("fit", "items", "orders.csv")
TO = ("-o", "new.model")
SMALL: dict[str, tuple[object, ...]] = {
    "als": ("--dim", 4, "--epochs", 3, "--seed", 2),
    "bpr": ("--dim", 4, "--epochs", 3, "--seed", 2, "--set", "negatives=popular"),
    "ease": ("--set", "regularization=2.5"),
    "item2vec": ("--dim", 4, "--epochs", 3, "--seed", 2, "--set", "window=3"),
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "als": {"dim": 4, "iterations": 3, "seed": 2},
    "bpr": {"dim": 4, "epochs": 3, "seed": 2, "negatives": "popular"},
    "ease": {"regularization": 2.5},
    "item2vec": {"dim": 4, "epochs": 3, "seed": 2, "window": 3},
}


@pytest.mark.parametrize("method", METHODS)
def test_the_options_are_given_to_the_model(method: str, here: Path, run_json: RunJson) -> None:
    document = run_json(*FIT, *TO, "--method", method, *SMALL[method], "--threads", 1)
    expected = getattr(nearer, METHODS[method])(**PARAMETERS[method], threads=1).fit("orders.csv")
    saved = nearer.recommender("new.model")
    assert saved.get_params() == expected.get_params()
    assert document["kind"] == type(saved).__name__ == METHODS[method]
    assert document["model"] == "new.model"
    assert [document[name] for name in ("users", "items", "interactions")] == [11, 8, 36]
    assert list(saved.recommend(k=3)) == list(expected.recommend(k=3))


def test_columns_item_table_and_vectors(here: Path, run_json: RunJson) -> None:
    (here / "log.tsv").write_text("who\twhat\tmuch\twhen\na\tx\t2\t5\na\ty\t1\t4\na\tx\t1\t6\nb\ty\t1\t1\n")
    (here / "sold.csv").write_text("item,kind\nx,drink\ny,food\n")
    columns = ("--user", "who", "--item", "what", "--weight", "much", "--time", "when")
    options = ("--item-table", "sold.csv", "--space", "items.space", "--dim", 3)
    document = run_json("fit", "items", "log.tsv", *TO, *columns, *options)
    assert (document["merged"], document["space"]) == (1, "items.space")
    saved = nearer.recommender("new.model")
    assert saved.interactions_.weights is not None
    assert saved.interactions_.weights.tolist() == [1, 3, 1]
    assert np.asarray(saved.interactions_.times).tolist() == [4, 6, 1]
    assert saved.recommend("b", where={"kind": "drink"}).of(0)[0].item == "x"
    assert nearer.load("items.space").identity == saved.item_space_.identity


def test_people_are_told_what_comes_next(here: Path, run: Run) -> None:
    result = run(*FIT, *TO, "--dim", 4)
    assert result.exit_code == 0, result.output
    lines = result.stdout.split("\n")
    commands = [line.removeprefix("next:").strip() for line in lines if "nearer recommend" in line]
    assert len(commands) == 2
    for command in commands:
        assert run(*command.split()[1:]).exit_code == 0


def test_what_is_there_is_replaced_on_request(here: Path, run: Run) -> None:
    assert run(*FIT, *TO, "--method", "ease").exit_code == 0
    assert run(*FIT, *TO, "--method", "ease").exit_code == 1
    assert run(*FIT, *TO, "--method", "als", "--dim", 4, "--overwrite").exit_code == 0
    assert type(nearer.recommender("new.model")) is nearer.ALS


def test_ctrl_c_saves_what_was_learned(here: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = nearer.BPR.fit

    def stopped(self: nearer.BPR, interactions: Any, y: None = None) -> nearer.BPR:
        whole(self, interactions)
        raise KeyboardInterrupt

    monkeypatch.setattr(nearer.BPR, "fit", stopped)
    result = run(*FIT, *TO, "--method", "bpr", "--dim", 4, "--epochs", 1)
    assert result.exit_code == 1
    assert "interrupted" in result.stderr
    assert "what was learned so far is saved in new.model" in result.stderr
    assert nearer.recommender("new.model").recommend("ann", 1).sources == ["model"]


BAD: dict[str, tuple[tuple[object, ...], int, tuple[str, ...]]] = {
    "missing table": (("fit", "items", "no.csv", *TO), 1, ("no.csv", "there is no such file")),
    "another ending": (("fit", "items", "corpus.txt", *TO), 1, ("corpus.txt", "a table ends in")),
    "empty table": (("fit", "items", "none.csv", *TO), 1, ("none.csv", "there are no interactions")),
    "float ids": (("fit", "items", "floats.csv", *TO), 1, ("floats.csv", "floating-point number, as '1.0'")),
    "an id missing": (("fit", "items", "gap.csv", *TO), 1, ("gap.csv, row 1", "item")),
    "negative weight": (("fit", "items", "minus.csv", *TO), 1, ("minus.csv, row 0", "the weight -1.0")),
    "NaN weight": (("fit", "items", "nan.csv", *TO), 1, ("nan.csv, row 0", "the weight nan")),
    "no column": ((*FIT, *TO, "--user", "who"), 1, ("user='who'", "it has user, item")),
    "unknown method": ((*FIT, *TO, "--method", "knn"), 2, ("--method", "item2vec")),
    "dim 0": ((*FIT, *TO, "--dim", 0), 2, ("dim=0", "from 1")),
    "dim of EASE": ((*FIT, *TO, "--method", "ease", "--dim", 8), 2, ("EASE has no parameter 'dim'",)),
    "no setting": ((*FIT, *TO, "--set", "alpha"), 2, ("--set alpha is not NAME=VALUE",)),
    "unknown setting": ((*FIT, *TO, "--set", "alfa=3"), 2, ("ALS has no parameter 'alfa'", "alpha")),
    "bad setting": ((*FIT, *TO, "--set", "alpha=-1"), 2, ("alpha=-1 is not allowed",)),
    "set twice": ((*FIT, *TO, "--dim", 8, "--set", "dim=9"), 2, ("dim is set twice",)),
    "EASE without room": (
        (*FIT, *TO, "--method", "ease", "--set", "memory=100"),
        1,
        ("the weights of 8 items", "keep fewer items"),
    ),
    "EASE without vectors": ((*FIT, *TO, "--method", "ease", "--space", "v.space"), 2, ("no vectors",)),
    "no such item table": ((*FIT, *TO, "--item-table", "no.csv"), 1, ("no.csv", "no such file")),
    "item table without a key": ((*FIT, *TO, "--item-table", "names.csv"), 1, ("names.csv", "item")),
    "output exists": ((*FIT, "-o", "items.model"), 1, ("items.model", "add --overwrite")),
    "output is foreign": ((*FIT, "-o", "words.space", "--overwrite"), 1, ("words.space", "no saved model")),
    "output in no folder": ((*FIT, "-o", "no/new.model"), 1, ("no", "create it first")),
    "unwritable": ((*FIT, "-o", "/proc/new.model"), 1, ("/proc", "written")),
    "two in one place": ((*FIT, *TO, "--space", "new.model"), 2, ("would be lost", "name two places")),
}


@pytest.mark.parametrize(("arguments", "code", "parts"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line(
    arguments: tuple[object, ...], code: int, parts: tuple[str, ...], here: Path, run: Run
) -> None:
    (here / "none.csv").write_text("user,item\n")
    (here / "names.csv").write_text("name,price\nx,1\n")
    (here / "floats.csv").write_text("user,item\n1.0,2\n")
    (here / "gap.csv").write_text("user,item\na,x\nb,\n")
    (here / "minus.csv").write_text("user,item,weight\na,x,-1\n")
    (here / "nan.csv").write_text("user,item,weight\na,x,nan\n")
    before = sorted(here.rglob("*"))
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("nearer: ")
    assert result.stderr.count("\n") == 1
    for part in parts:
        assert part in result.stderr
    assert sorted(here.rglob("*")) == before
