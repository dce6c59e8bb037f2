"""`nearer calibrate`, and `nearer search` that says "no match"."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_running import Run, RunJson

import nearer
from nearer.search import CSLS, MutualProximity
from nearer.space import Calibration

SPACE = ("calibrate", "words.space")
QUICK = ("--sample", 2000, "--queries", 300)


@pytest.mark.usefixtures("here")
def test_a_score_is_told_in_words_and_numbers(run: Run, run_json: RunJson) -> None:
    result = run(*SPACE, "matches.tsv", "--score", 0.7, "--score", 0.2, "--frequency", "rank", *QUICK)
    assert result.exit_code == 0, result.output
    assert "0.7 is higher than " in result.stdout
    assert "% of queries without a match; a pair of this score is a match with probability" in result.stdout
    assert "pairs of ranks 1 to " in result.stdout
    assert "next: nearer search words.space QUERY --false-match-rate 0.01" in result.stdout
    document = run_json(*SPACE, "matches.tsv", "--score", 0.7, "--frequency", "count", *QUICK)
    made = nearer.load("words.space").calibrate(sample=2000, queries=300)
    told = document["scores"][0]
    assert told["percentile"] == made.percentile(0.7)
    assert told["p_value"] == made.p_value(0.7)
    assert 0 < told["probability"] < 1
    assert len(document["bands"]) >= 3
    assert document["false_match"]["rate"] == 0.01


def test_few_keys_have_a_larger_rate(here: Path, run_json: RunJson) -> None:
    vectors = np.random.default_rng(0).standard_normal((30, 4))
    nearer.Space([str(row) for row in range(30)], vectors).save(here / "few.space")
    document = run_json("calibrate", "few.space", "--score", 0.7)
    assert document["false_match"]["rate"] == 0.0646  # 2 / 31, rounded up
    assert document["scores"][0]["percentile"] > 50


def test_what_is_written_serves_the_search(here: Path, run: Run, run_json: RunJson) -> None:
    assert run(*SPACE, *QUICK, "--score", 0.5, "-o", "cal.html").exit_code == 0
    page = (here / "cal.html").read_text(encoding="utf-8")
    assert "A score of 0.5 is higher than" in page
    assert run(*SPACE, *QUICK, "-o", "cal.json").exit_code == 0
    calibration = Calibration.load("cal.json")
    space = nearer.load("words.space")
    far = np.concatenate([space.vectors[:2], -space.vectors.mean(axis=0, keepdims=True)])
    np.save("far.npy", far)
    options = ("search", "words.space", "far.npy", "--false-match-rate", 0.02, "--calibration", "cal.json")
    document = run_json(*options)
    assert document["threshold"] == calibration.threshold(0.02)
    assert [len(answer["hits"]) > 0 for answer in document["answers"]] == [True, True, False]
    text = run(*options).stdout
    assert re.search("^row 2 +no match", text, re.MULTILINE)
    assert f"no match: no key scores above {calibration.threshold(0.02):.4f}" in text
    anew = run_json("search", "words.space", "far.npy", "--false-match-rate", 0.02)
    assert anew["answers"][2]["hits"] == []


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("index", "kind"), [("csls", CSLS), ("mutual-proximity", MutualProximity)])
def test_hubs_are_corrected_for_on_request(run: Run, run_json: RunJson, index: str, kind: Any) -> None:
    document = run_json("search", "words.space", "if", "the", "-k", 3, "--index", index)
    hits = kind(nearer.load("words.space")).search(["if", "the"], 3)
    assert [[hit["key"] for hit in answer["hits"]] for answer in document["answers"]] == hits.keys
    assert f"hit  {index}" in re.sub(" +", "  ", run("search", "words.space", "if", "--index", index).stdout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            (*SPACE, "bad.tsv"),
            "bad.tsv, row 3: the label 0.5 is neither 0 nor 1; label matches 1 and others 0",
        ),
        ((*SPACE, "unknown.tsv"), "unknown.tsv, row 1: 'nosuchword' is not in this space of "),
        ((*SPACE, "ones.tsv"), "ones.tsv: 0 of 30 pairs have the label 0; a probability needs at least 10"),
        ((*SPACE, "--score", "nan"), "the score is NaN; pass finite numbers"),
        ((*SPACE, "--columns", "a,b,c"), "--columns goes with PAIRS"),
        ((*SPACE, "--frequency", "size"), "by_frequency is 'size', and the space has no such column"),
        (
            (*SPACE, "--queries", 50, "--false-match-rate", 0.01),
            "50 queries are too few for a false-match rate of 0.01; calibrate with at ",
        ),
        ((*SPACE, "-o", "a.png"), "a.png: no calibration is written as '.png'; end in .html or .json"),
        ((*SPACE, "-o", "ones.json"), "ones.json: already exists; add --overwrite to replace it"),
        (("calibrate", "one.space"), "a space of 1 key(s) has no pairs to calibrate by"),
        (("calibrate", "constant.space"), "constant vectors have nothing to calibrate; check that"),
        (
            ("search", "words.space", "if", "--calibration", "ones.json"),
            "--calibration goes with --false-match",
        ),
        (
            ("search", "words.space", "if", "--false-match-rate", 0.1, "--calibration", "other.json"),
            "the calibration has identity ",
        ),
        (
            ("search", "words.space", "if", "--false-match-rate", 0.1, "--calibration", "ones.json"),
            "ones.json: is no",
        ),
        (
            ("search", "words.space", "if", "--index", "csls", "--recall"),
            "--index csls has scores of its own: ",
        ),
        (
            ("search", "words.space", "if", "--false-match-rate", 7),
            "false_match_rate is 7.0; use a rate between 0 and 1",
        ),
    ],
)
def test_bad_input_is_one_line(here: Path, run: Run, arguments: tuple[object, ...], said: str) -> None:
    first, second = nearer.load("words.space").keys[:2]
    (here / "bad.tsv").write_text(f"text1\ttext2\tlabel\n{first}\t{second}\t1\n{first}\t{second}\t0.5\n")
    (here / "unknown.tsv").write_text(f"{first}\tnosuchword\t1\n")
    (here / "ones.tsv").write_text(f"{first}\t{second}\t1\n" * 30)
    (here / "ones.json").write_text("{}")
    nearer.Space(["a"], np.ones((1, 3))).save(here / "one.space")
    nearer.Space(["a", "b", "c"], np.ones((3, 3))).save(here / "constant.space")
    other = nearer.Space([str(row) for row in range(50)], np.random.default_rng(0).random((50, 3)))
    other.calibrate().save(here / "other.json")
    result = run(*arguments)
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not result.stdout
