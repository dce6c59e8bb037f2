"""Verbs that keep a model beside the space: where it may go, one document on request, and what opens it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_running import Run, RunJson

import nearer
from nearer import evaluate
from nearer.errors import StorageError

DOCS = (
    "fit",
    "docs",
    "news.csv",
    "--key",
    "id",
    "--text",
    "body",
    "--epochs",
    2,
    "--dim",
    8,
    "--min-count",
    1,
)
SUBWORDS = ("fit", "subwords", "corpus.txt", "--dim", 8, "--buckets", 300, "--epochs", 1)


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training fails: what is wrong must be told before."""

    def train(*_: object) -> None:
        raise AssertionError("trained")

    monkeypatch.setattr("nearer.Doc2Vec.fit", train)
    monkeypatch.setattr("nearer.FastText.fit", train)


def refused(result: Any, code: int, *parts: str) -> None:
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert all(part in result.stderr for part in parts), result.stderr


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("verb", [DOCS, SUBWORDS], ids=["docs", "subwords"])
@pytest.mark.parametrize(
    "places",
    [
        ("-o", "both", "--model", "both"),
        ("-o", "both", "--model", "./folder/../both"),
        ("-o", "both", "--model", "link", "--overwrite"),
        ("-o", "folder", "--model", "folder/model", "--overwrite"),
        ("-o", "new.space", "--model", "run", "--checkpoint", "run"),
        ("-o", "run", "--checkpoint", "run"),
    ],
    ids=" ".join,
)
def test_places_that_would_overwrite_each_other_are_refused(
    verb: tuple[object, ...], places: tuple[str, ...], here: Path, run: Run
) -> None:
    Path("folder").mkdir()
    Path("link").symlink_to("both")
    refused(run(*verb, *places), 2, "would be lost", "replaces it; name two places")
    assert not Path("run").exists()


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("place", "parts"),
    [
        (("nosuch/m.doc2vec",), ("nosuch", "the folder does not exist", "create it first")),
        (("thesis",), ("thesis", "already exists", "--overwrite")),
        (("thesis", "--overwrite"), ("thesis", "exists and is no saved model", "choose another name")),
        (("words.space", "--overwrite"), ("words.space", "exists and is no saved model")),
        (("corpus.txt", "--overwrite"), ("corpus.txt", "exists and is no saved model")),
    ],
)
def test_a_model_that_cannot_be_saved_is_told_before_training(
    place: tuple[str, ...], parts: tuple[str, ...], here: Path, run: Run
) -> None:
    Path("thesis").mkdir()
    Path("thesis/thesis.txt").write_text("years of work")
    refused(run(*DOCS, "-o", "new.space", "--model", *place), 1, *parts)
    assert Path("thesis/thesis.txt").read_text() == "years of work"
    assert not Path("new.space").exists()


def test_a_model_that_fails_to_be_saved_is_one_document(
    here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageError("cannot be written: No space left on device", file="m.doc2vec")

    monkeypatch.setattr("nearer.Doc2Vec.save", full)
    result = run(*DOCS, "-o", "new.space", "--model", "m.doc2vec", "--json")
    assert result.exit_code == 1
    message = json.loads(result.stdout)["error"]["message"]
    assert "m.doc2vec: cannot be written" in message
    assert message.endswith("the trained vectors are saved in new.space")
    assert len(nearer.load("new.space")) == 200


def test_a_saved_model_is_judged_as_an_encoder(here: Path, run_json: RunJson, run: Run) -> None:
    made = run_json(*DOCS, "-o", "new.space", "--model", "m.doc2vec")
    again = run(*DOCS, "-o", "new.space", "--model", "m.doc2vec", "--overwrite")
    assert again.exit_code == 0, again.output
    texts = [line.partition(",")[2].strip('"') for line in Path("news.csv").read_text().splitlines()[1:]]
    Path("texts.tsv").write_text("".join(f"n{row}\t{text}\n" for row, text in enumerate(texts)))
    Path("asked.tsv").write_text("".join(f"q{row}\t{texts[row]}\n" for row in range(5)))
    Path("judged.txt").write_text("".join(f"q{row} 0 n{row} 1\n" for row in range(5)))
    Path("kinds.tsv").write_text("".join(f"n{row}\t{row % 2}\n" for row in range(len(texts))))
    Path("rated.tsv").write_text("".join(f"{texts[i]}\t{texts[i + 1]}\t{i % 6}\n" for i in range(20)))
    encoder = nearer.Doc2Vec.load("m.doc2vec")
    assert encoder.identity == nearer.load("new.space").identity

    encoded = ("evaluate", "texts.tsv", "--encoder", "m.doc2vec", "--task")
    found = run_json(*encoded, "retrieval", "--queries", "asked.tsv", "--qrels", "judged.txt")
    assert found["identity"] == encoder.identity
    assert (found["retrieval"]["value"], found["retrieval"]["n"]) == (1, 5)
    probed = run_json(*encoded, "probe", "--labels", "kinds.tsv")
    space = nearer.Space([f"n{row}" for row in range(len(texts))], encoder.encode(texts))
    assert probed["knn"] == evaluate.knn(space, "kinds.tsv").to_dict()
    similar = run_json("evaluate", "m.doc2vec", "--task", "sts", "--pairs", "rated.tsv")
    assert similar["sts"] == evaluate.sts(encoder, "rated.tsv").to_dict()
    assert made["vocabulary"] > 0
