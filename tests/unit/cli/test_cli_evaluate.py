"""`nearer evaluate --task`: the figures of the library, texts through an encoder, and bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cli_running import Run, RunJson

import nearer
from nearer import evaluate

RETRIEVAL = ("--task", "retrieval", "--queries", "queries.space", "--qrels", "qrels.txt")


def test_every_task_gives_the_figures_of_the_library(here: Path, run_json: RunJson) -> None:
    space = nearer.load("words.space")
    found = run_json("evaluate", "words.space", *RETRIEVAL, "-k", 5, "--gain", "exponential")
    expected = evaluate.retrieval(space, nearer.load("queries.space"), "qrels.txt", 5, gain="exponential")
    assert found["retrieval"] == expected.to_dict()
    assert (found["task"], found["identity"], found["space"]) == ("retrieval", space.identity, "words.space")
    assert found["retrieval"]["n"] == 8
    probed = run_json("evaluate", "words.space", "--task", "probe", "--labels", "labels.tsv", "--folds", 3)
    assert probed["knn"] == evaluate.knn(space, "labels.tsv").to_dict()
    assert probed["probe"] == evaluate.probe(space, "labels.tsv", folds=3).to_dict()
    clustered = run_json(
        "evaluate", "words.space", "--task", "cluster", "--labels", "labels.tsv", "--seed", 2
    )
    assert clustered["clustering"] == evaluate.clustering(space, "labels.tsv", seed=2).to_dict()
    similar = run_json("evaluate", "words.space", "--task", "sts", "--pairs", "pairs.tsv")
    assert similar["sts"] == evaluate.sts(space, "pairs.tsv").to_dict()
    assert similar["sts"]["pairs"] == 84


def test_results_are_printed_under_their_file(here: Path, run: Run) -> None:
    lines = run("evaluate", "words.space", *RETRIEVAL).stdout.splitlines()
    assert lines[0] == "qrels.txt"
    assert [line.split()[0] for line in lines[1:7]] == [
        "retrieval", "nDCG@10", "recall@10", "recall@100", "MRR", "MAP",
    ]  # fmt: skip


def test_payload_columns_are_labels(here: Path, run_json: RunJson) -> None:
    space = nearer.load("words.space")[:60]
    kinds = ["long" if len(key) > 4 else "short" for key in space.keys]
    nearer.Space(space.keys, space.vectors, items={"kind": kinds}).save("kinds.space")
    found = run_json("evaluate", "kinds.space", "--task", "probe", "--labels", "kind")
    assert found["knn"] == evaluate.knn(space, kinds).to_dict()


def test_queries_without_identity_are_vectors(here: Path, run_json: RunJson) -> None:
    nearer.load("queries.space").save("queries.vec")
    options = ("--task", "retrieval", "--queries", "queries.vec", "--qrels", "qrels.txt")
    by_text = run_json("evaluate", "words.space", *options)["retrieval"]
    assert by_text == run_json("evaluate", "words.space", *RETRIEVAL)["retrieval"]


def test_texts_are_encoded(here: Path, run_json: RunJson) -> None:
    space = nearer.load("words.space")
    Path("documents.tsv").write_text("".join(f"d{row}\t{key}\n" for row, key in enumerate(space.keys[:100])))
    Path("asked.tsv").write_text("id\ttext\n" + "".join(f"q{row}\t{space.keys[row]}\n" for row in range(5)))
    Path("judged.txt").write_text("".join(f"q{row} 0 d{row} 1\n" for row in range(5)))
    options = ("--task", "retrieval", "--queries", "asked.tsv", "--qrels", "judged.txt")
    found = run_json("evaluate", "documents.tsv", "--encoder", "words.space", *options)
    assert found["identity"] == space.identity
    assert (found["retrieval"]["value"], found["retrieval"]["n"]) == (1, 5)
    Path("kinds.tsv").write_text("".join(f"d{row}\t{row % 2}\n" for row in range(100)))
    probed = run_json(
        "evaluate", "documents.tsv", "--encoder", "words.space", "--task", "probe", "--labels", "kinds.tsv"
    )
    assert probed["knn"] == evaluate.knn(space[:100], [row % 2 for row in range(100)]).to_dict()


def test_columns_are_named(here: Path, run_json: RunJson) -> None:
    lines = Path("qrels.txt").read_text(encoding="utf-8").split("\n")[:-1]
    cells = [line.split() for line in lines]
    Path("named.tsv").write_text("g\tx\ty\tz\n" + "".join(f"7\t{d}\t{r}\t{q}\n" for q, _, d, r in cells))
    options = ("--task", "retrieval", "--queries", "queries.space", "--qrels", "named.tsv")
    found = run_json("evaluate", "words.space", *options, "--columns", "z,x,y")["retrieval"]
    assert found == run_json("evaluate", "words.space", *RETRIEVAL)["retrieval"]


@pytest.fixture
def broken(here: Path) -> Path:
    space = nearer.load("words.space")
    nearer.Space(space.keys[:8], -space.vectors[:8]).save("other.space")
    first = space.keys[0]
    (here / "unknown.txt").write_text(f"{first} 0 nosuchword 1\n")
    (here / "judged.parquet").write_bytes(b"PAR1 no")
    (here / "one.tsv").write_text("".join(f"{key}\tsame\n" for key in space.keys[:50]))
    (here / "few.tsv").write_text("".join(f"{key}\t{row < 3}\n" for row, key in enumerate(space.keys[:50])))
    (here / "gap.tsv").write_text(f"{first}\ta\n{space.keys[1]}\t\n")
    (here / "nan.tsv").write_text(f"{first}\t{space.keys[1]}\tnan\n")
    (here / "twice.tsv").write_text(f"d0\t{first}\nd0\t{first}\n")
    np.save(here / "plain.npy", space.vectors[:2])
    return here


ON = ("evaluate", "words.space", "--task")
CASES: dict[str, tuple[tuple[object, ...], int, str]] = {
    "unknown document": (
        (*ON, *RETRIEVAL[1:-1], "unknown.txt"),
        1,
        "unknown.txt, row 1: document 'nosuchword' is not among the 1,",
    ),
    "queries of another identity": (
        (*ON, "retrieval", "--queries", "other.space", "--qrels", "qrels.txt"),
        1,
        "the space of queries has identity ",
    ),
    "restricted similarity": (
        ("evaluate", "words.space", "--similarity", "pairs.tsv", "--restrict", 30_000),
        2,
        "Invalid value: --restrict goes with --analogies",
    ),
    "method of no analogies": (
        ("evaluate", "words.space", "--similarity", "pairs.tsv", "--method", "3cosmul"),
        2,
        "Invalid value: --method goes with --analogies",
    ),
    "broken judgements": (
        (*ON, *RETRIEVAL[1:-1], "judged.parquet"),
        1,
        "judged.parquet: is not a table that PyArrow can read",
    ),
    "no judgements": ((*ON, *RETRIEVAL[1:-1], "no.txt"), 1, "no.txt: cannot be read: No such file"),
    "k 0": ((*ON, *RETRIEVAL[1:], "-k", 0), 2, "k=0 is below 1"),
    "one label": (
        (*ON, "probe", "--labels", "one.tsv"),
        1,
        "50 labelled items of 1 label: needs at least two labels",
    ),
    "few items": (
        (*ON, "probe", "--labels", "few.tsv"),
        1,
        "label 'True' has 3 items, fewer than the 5 folds; use folds=3, or give more items",
    ),
    "a label missing": (
        (*ON, "cluster", "--labels", "gap.tsv"),
        1,
        "gap.tsv, row 2: the label of ",
    ),
    "no labels": (
        (*ON, "cluster", "--labels", "nothing"),
        1,
        "labels='nothing' is neither a file nor one of the payload columns",
    ),
    "NaN score": ((*ON, "sts", "--pairs", "nan.tsv"), 1, "nan.tsv, row 1: 'nan' is not a finite number"),
    "sentences for words": (
        (*ON, "sts", "--pairs", "sentences.tsv"),
        1,
        "sentences.tsv: vectors for both texts of 0 of 3 pairs: a correlation needs 3; use an encoder",
    ),
    "a key twice": (
        ("evaluate", "twice.tsv", "--encoder", "words.space", "--task", "cluster", "--labels", "one.tsv"),
        1,
        "twice.tsv, row 2: key 'd0' already stands in row 1; keys must be distinct",
    ),
    "needs": (
        (*ON, "retrieval", "--queries", "queries.space"),
        2,
        "Invalid value: --task retrieval needs --qrels (see: ",
    ),
    "needs both": (
        (*ON, "retrieval"),
        2,
        "Invalid value: --task retrieval needs --queries and --qrels (see: ",
    ),
    "of another task": (
        (*ON, "sts", "--pairs", "pairs.tsv", "--qrels", "qrels.txt"),
        2,
        "Invalid value: --qrels goes with --task retrieval, not with sts (see: ",
    ),
    "k of another task": (
        (*ON, "cluster", "--labels", "labels.tsv", "-k", 3),
        2,
        "Invalid value: -k goes with --task retrieval, probe or ranking, not with cluster (see: ",
    ),
    "without its task": (
        ("evaluate", "words.space", "--labels", "labels.tsv"),
        2,
        "Invalid value: --labels goes with --task probe, cluster or nodes, not with words (see: ",
    ),
    "unknown task": ((*ON, "everything"), 2, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_one_line(case: str, broken: Path, run: Run) -> None:
    (broken / "sentences.tsv").write_text("a b\tc d\t1\ne f\tg h\t2\ni j\tk l\t3\n")
    arguments, code, message = CASES[case]
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert result.stderr.startswith(f"nearer: {message}")
    assert result.stderr.count("\n") == 1
    assert not result.stdout


def test_a_test_that_fails_does_not_hide_the_others(here: Path, run: Run) -> None:
    (here / "none.txt").write_text(": s\nqqa qqb qqc qqd\n")
    tests = ("--similarity", "pairs.tsv", "--analogies", "none.txt", "--analogies", "questions.txt")
    result = run("evaluate", "words.space", *tests)
    space = nearer.load("words.space")
    expected = [
        ("pairs.tsv", evaluate.similarity(space, "pairs.tsv")),
        ("questions.txt", evaluate.analogies(space, "questions.txt")),
    ]
    assert result.stdout.split("\n\n") == [*(f"{file}\n{figures}" for file, figures in expected), ""]
    assert result.exit_code == 1
    assert result.stderr == (
        f"nearer: the {len(space):,} keys hold all four words of none of 1 questions; "
        "use a space that holds these words, or another test\n"
    )
    told = json.loads(run("evaluate", "words.space", *tests, "--json").stdout)
    assert set(told) == {"error"}
