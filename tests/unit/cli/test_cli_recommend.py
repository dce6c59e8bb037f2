"""`nearer recommend`: what it answers, and one line for what it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cli_running import Run, RunJson

import nearer

ITEMS = ("recommend", "items.model")


def test_known_users_are_answered_as_the_model_answers(here: Path, run_json: RunJson) -> None:
    document = run_json(*ITEMS, "--user", "ann", "--user", "coffee-0", "-k", 3, "--why", 2)
    expected = nearer.recommender("items.model").recommend(["ann", "coffee-0"], 3, why=2)
    assert document["kind"] == "Svd"
    assert [answer["user"] for answer in document["answers"]] == ["ann", "coffee-0"]
    for answer, line in zip(document["answers"], expected, strict=True):
        assert [found["item"] for found in answer["suggestions"]] == [found.item for found in line]
        assert [found["score"] for found in answer["suggestions"]] == [found.score for found in line]
        assert answer["suggestions"][0]["why"] == [vars(reason) for reason in line[0].why]
    assert {found["item"] for found in document["answers"][0]["suggestions"][:2]} == {"scones", "cream"}


def test_a_table_for_people_says_why(here: Path, run: Run) -> None:
    result = run(*ITEMS, "--user", "ann", "-k", 2, "--why", 2)
    assert result.exit_code == 0, result.output
    assert result.stdout.split("\n")[0].split() == ["user", "rank", "item", "score", "because", "of"]
    assert "tea" in result.stdout
    assert "%" in result.stdout


def test_somebody_new_and_what_is_not_known(here: Path, run: Run, run_json: RunJson) -> None:
    (answer,) = run_json(*ITEMS, "--items", "tea, nosuch", "-k", 2, "--allow-unknown")["answers"]
    assert (answer["source"], answer["skipped"], answer["user"]) == ("model", 1, "new")
    assert "tea" not in [found["item"] for found in answer["suggestions"]]
    with_tea = run_json(*ITEMS, "--items", "tea", "-k", 8, "--include-seen")["answers"][0]["suggestions"]
    assert "tea" in [found["item"] for found in with_tea]
    result = run(*ITEMS, "--user", "cold", "--user", "nobody", "-k", 1, "--allow-unknown")
    assert result.stdout.count("(nothing is known of this user: most popular)") == 2


def test_conditions_are_kept(here: Path, run: Run, run_json: RunJson) -> None:
    (answer,) = run_json(*ITEMS, "--user", "coffee-1", "--where", "kind=drink")["answers"]
    assert {found["item"] for found in answer["suggestions"]} == {"tea", "milk"}
    either = run_json(*ITEMS, "--user", "coffee-1", "--where", "kind=drink", "--where", "kind=food")
    assert len(either["answers"][0]["suggestions"]) == 5
    (here / "prices.csv").write_text("item,price\ntea,3\nmilk,1\ncake,3\n")
    (answer,) = run_json(
        *ITEMS, "--user", "coffee-1", "--item-table", "prices.csv", "--where", "price=3", "--diversity", "0.5"
    )["answers"]
    assert [found["item"] for found in answer["suggestions"]] == ["tea"]
    result = run(*ITEMS, "--user", "coffee-1", "--where", "kind=tool")
    assert result.exit_code == 0
    assert "coffee-1: no item is left to suggest" in result.stdout


def test_what_is_alike(here: Path, run_json: RunJson) -> None:
    document = run_json(*ITEMS, "--similar", "scones", "--similar", "cake", "-k", 2)
    scones, cake = document["answers"]
    assert scones["neighbors"][0]["item"] in ("cream", "jam")
    assert {near["item"] for near in cake["neighbors"]} == {"coffee", "biscuits"}


def test_all_users_go_to_a_file(here: Path, run: Run, run_json: RunJson) -> None:
    document = run_json(*ITEMS, "--all", "-o", "all.parquet", "-k", 2, "--why", 1, "--threads", 1)
    table = pq.read_table("all.parquet")
    assert document == {
        "model": "items.model",
        "kind": "Svd",
        "out": "all.parquet",
        "users": 12,
        "rows": len(table),
    }
    assert table.equals(nearer.recommender("items.model").recommend(k=2, why=1).to_arrow())
    assert "popularity" in table["source"].to_pylist()
    assert run(*ITEMS, "--user", "ann", "-o", "all.parquet", "--overwrite", "-k", 3).exit_code == 0
    assert pq.read_table("all.parquet")["user"].to_pylist() == ["ann"] * 3


BAD: dict[str, tuple[tuple[object, ...], int, tuple[str, ...]]] = {
    "unknown user": ((*ITEMS, "--user", "anne"), 1, ("no user is called 'anne'", "did you mean 'ann'")),
    "unknown item": ((*ITEMS, "--items", "tea,scone"), 1, ("no item is called 'scone'", "'scones'")),
    "unknown similar": ((*ITEMS, "--similar", "scone"), 1, ("'scone'", "did you mean 'scones'")),
    "no model": (
        ("recommend", "nosuch", "--user", "ann"),
        1,
        ("'nosuch' is no saved model", "give the folder"),
    ),
    "a space": (("recommend", "words.space", "--user", "ann"), 1, ("words.space", "no saved model")),
    "k 0": ((*ITEMS, "--user", "ann", "-k", 0), 2, ("k=0 is no whole number from 1 up",)),
    "similar k 0": ((*ITEMS, "--similar", "tea", "-k", 0), 2, ("k is 0", "at least 1")),
    "diversity 2": ((*ITEMS, "--user", "ann", "--diversity", 2), 2, ("diversity=2.0", "from 0 to 1")),
    "why -1": ((*ITEMS, "--user", "ann", "--why", -1), 2, ("why=-1", "from 0 up")),
    "no column": ((*ITEMS, "--user", "ann", "--where", "size=3"), 1, ("no column 'size'", "they have kind")),
    "no condition": ((*ITEMS, "--user", "ann", "--where", "drink"), 2, ("--where 'drink'", "COLUMN=VALUE")),
    "no table": ((*ITEMS, "--user", "ann", "--item-table", "no.csv"), 1, ("no.csv", "no such file")),
    "a table of others": (
        (*ITEMS, "--user", "ann", "--item-table", "queries.npy"),
        1,
        ("queries.npy", "a table ends in .parquet, .csv, .tsv"),
    ),
    "nothing asked": (ITEMS, 2, ("nothing is asked for", "--user, --items, --all, --similar")),
    "two questions": ((*ITEMS, "--user", "ann", "--all"), 2, ("--user and --all are two questions",)),
    "all without a file": ((*ITEMS, "--all"), 2, ("--all goes into a file", "-o NAME.parquet")),
    "alike into a file": ((*ITEMS, "--similar", "tea", "-o", "a.parquet"), 2, ("leave out -o",)),
    "no items": ((*ITEMS, "--items", " , "), 2, ("items is empty",)),
    "in no folder": ((*ITEMS, "--all", "-o", "no/all.parquet"), 1, ("no", "create it first")),
    "unwritable": ((*ITEMS, "--all", "-o", "/proc/all.parquet"), 1, ("/proc", "written")),
    "another ending": ((*ITEMS, "--all", "-o", "all.csv"), 1, ("all.csv", "end in .parquet")),
    "over a file": ((*ITEMS, "--all", "-o", "there.parquet"), 1, ("there.parquet", "add --overwrite")),
    "no threads": ((*ITEMS, "--user", "ann", "--threads", 0), 2, ("threads",)),
}


@pytest.mark.parametrize(("arguments", "code", "parts"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line(
    arguments: tuple[object, ...], code: int, parts: tuple[str, ...], here: Path, run: Run
) -> None:
    (here / "there.parquet").write_bytes(b"mine")
    before = sorted(here.rglob("*"))
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("nearer: ")
    assert result.stderr.count("\n") == 1
    for part in parts:
        assert part in result.stderr
    assert sorted(here.rglob("*")) == before
    assert (here / "there.parquet").read_bytes() == b"mine"
    error = json.loads(run(*arguments, "--json").stdout)["error"]
    assert all(part in error["message"] for part in parts)
