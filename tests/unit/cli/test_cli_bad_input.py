"""Bad input: one clear line on standard error, exit code 1 or 2, and what was there stays whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_running import Run

import nearer

FIT = ("fit", "words")
TO = ("-o", "new.space")
DIMS = ("dims", "words.space", "--similarity", "pairs.tsv")
TRAIN = ("dims", "corpus.txt", "--model", "words", "--similarity", "pairs.tsv")
PPMI = ("fit", "ppmi")
DOCS = ("fit", "docs")
GLOVE = ("fit", "glove", "corpus.txt", *TO)
PHRASES, TABLE = ("fit", "phrases"), ("-o", "new.tsv")
NPMI, SPACED, JOIN = ("--score", "npmi", "--threshold"), ("--tokenizer", "whitespace"), ("--phrases-from",)


def write_text_files(folder: Path) -> None:
    (folder / "empty.txt").write_bytes(b"")
    (folder / "twice.csv").write_text("id,text\na,one\na,two\n")
    (folder / "cut.bin").write_bytes(b"\xba\x16\x4f\x2f\x0c\0\0\0" + b"\1\0\0\0" * 5)
    (folder / "version9.bin").write_bytes(b"\xba\x16\x4f\x2f\x09\0\0\0" + b"\1\0\0\0" * 50)
    (folder / "blank.txt").write_bytes(b" \n\n")
    (folder / "gaps.txt").write_text("the cat " * 5 + "\n\n" + "a cat\n")
    (folder / "binary.txt").write_bytes(b"some words \0 and a NUL byte")
    (folder / "broken.txt").write_bytes(b"caf\xe9 is latin 1\n" * 9)
    (folder / "one-word.txt").write_text("the " * 50)
    (folder / "joined.txt").write_text("a_b c " * 50)
    nearer.Phrases(threads=1).fit(["a b"]).save(folder / "bad.tsv")
    with (folder / "bad.tsv").open("a") as table:
        table.write("a_b\ta b\n")
    (folder / "corpus.txt.png").write_bytes(b"mine")
    (folder / "folder.svg").mkdir()
    (folder / "toured").mkdir()
    (folder / "toured" / "words.html").write_text("mine")
    (folder / "no-space.txt").write_bytes(b"a" * 17_000_000)
    (folder / "keys.txt").write_text("import\nnosuchword\n")
    (folder / "broken.gz").write_bytes(b"\x1f\x8b\x08 cut short")
    np.save(folder / "wide.npy", np.ones((2, 7), np.float32))
    np.save(folder / "nan.npy", np.full((1, 32), np.nan, np.float32))


def write_broken_spaces(folder: Path) -> None:
    for name in ("cut.space", "edited.space", "restated.space", "partial.space"):
        shutil.copytree(folder / "words.space", folder / name)
    os.truncate(folder / "cut.space" / "vectors.safetensors", 500)
    vectors = folder / "edited.space" / "vectors.safetensors"
    vectors.write_bytes(vectors.read_bytes()[:-1] + b"\x77")
    stated = folder / "restated.space" / "space.json"
    stated.write_text(stated.read_text().replace('"dim": 32', '"dim": 31', 1))
    (folder / "partial.space" / "items.parquet").unlink()
    (folder / "foreign.space").mkdir()
    (folder / "foreign.space" / "diary.txt").write_text("mine")
    space = nearer.load(folder / "words.space")
    nearer.Space(space.keys, -space.vectors).save(folder / "other.space")


@pytest.fixture(scope="module")
def bad_folder(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad") / "here"
    shutil.copytree(made, folder)
    write_text_files(folder)
    write_broken_spaces(folder)
    return folder


@pytest.fixture
def bad(bad_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, full of bad input; tests leave it as it is."""
    monkeypatch.chdir(bad_folder)
    return bad_folder


CASES: dict[str, tuple[tuple[object, ...], int, tuple[str, ...]]] = {
    "n-grams reversed": (
        ("fit", "subwords", "corpus.txt", *TO, "--min-n", 5, "--max-n", 3),
        2,
        ("min_n=5 is above max_n=3", "swap them"),
    ),
    "no buckets": (("fit", "subwords", "corpus.txt", *TO, "--buckets", 0), 2, ("buckets=0", "from 1 to")),
    "a model that is there": (
        ("fit", "subwords", "corpus.txt", *TO, "--model", "cut.bin"),
        1,
        ("cut.bin", "already exists", "--overwrite"),
    ),
    "a model of another ending": (
        ("fit", "subwords", "nosuch.txt", *TO, "--model", "new.vec"),
        1,
        ("new.vec", "ends in .bin", "that ending"),
    ),
    "fastText cut short": (("info", "cut.bin"), 1, ("cut.bin", "ends within its head", "fetch it again")),
    "fastText of another version": (("info", "version9.bin"), 1, ("version9.bin", "version 9", "11 and 12")),
    "missing file": ((*FIT, "nosuch.txt", *TO), 1, ("nosuch.txt", "no such file")),
    "glob of nothing": ((*FIT, "*.nosuch", *TO), 1, ("*.nosuch",)),
    "empty file": ((*FIT, "empty.txt", *TO), 1, ("empty.txt", "empty")),
    "blank file": ((*FIT, "blank.txt", *TO), 1, ("blank.txt", "no words")),
    "empty path": ((*FIT, "", *TO), 2, ("the path is empty", "current directory")),
    "binary file": ((*FIT, "binary.txt", *TO), 1, ("binary.txt", "byte offset 11", "binary")),
    "broken UTF-8": ((*FIT, "broken.txt", *TO), 1, ("broken.txt", "byte offset 3", "--errors replace")),
    "broken gzip": ((*FIT, "broken.gz", *TO), 1, ("broken.gz",)),
    "a line without spaces": ((*FIT, "no-space.txt", *TO), 1, ("no-space.txt", "running text")),
    "one word": ((*FIT, "one-word.txt", *TO), 1, ("min_count=5", "at least 2", "lower min_count")),
    "min_count of all": ((*FIT, "corpus.txt", *TO, "--min-count", 10**8), 1, ("min_count=100000000",)),
    "dim 0": ((*FIT, "corpus.txt", *TO, "--dim", 0), 2, ("dim=0", "from 1")),
    "dim abc": ((*FIT, "corpus.txt", *TO, "--dim", "abc"), 2, ("--dim", "integer")),
    "negative window": ((*FIT, "corpus.txt", *TO, "--window", -3), 2, ("window=-3", "from 1")),
    "NaN rate": ((*FIT, "corpus.txt", *TO, "--learning-rate", "nan"), 2, ("learning_rate=nan", "finite")),
    "infinite subsample": ((*FIT, "corpus.txt", *TO, "--subsample", "inf"), 2, ("subsample=inf",)),
    "memory of nothing": ((*FIT, "corpus.txt", *TO, "--memory", "lots"), 2, ("memory", "lots", "2GB")),
    "unknown architecture": ((*FIT, "corpus.txt", *TO, "--architecture", "x"), 2, ("--architecture",)),
    "a document key twice": ((*DOCS, "twice.csv", *TO), 1, ("twice.csv, row 1", "key 'a'", "in row 0")),
    "an empty document": (
        (*DOCS, "corpus.txt", *TO),
        1,
        ("corpus.txt, row ", "holds no word", "--empty skip"),
    ),
    "a blank line": ((*DOCS, "gaps.txt", *TO), 1, ("gaps.txt, row 2: the line is empty", "--empty skip")),
    "no such column": ((*DOCS, "twice.csv", "--text", "body", *TO), 1, ("text='body'", "it has id, text")),
    "columns of no table": ((*DOCS, "corpus.txt", "--key", "id", *TO), 1, ("key='id'", "give a table")),
    "dm that trains words": (
        (*DOCS, "twice.csv", "--architecture", "dm", "--train-words", *TO),
        2,
        ("always",),
    ),
    "GloVe of dim 0": ((*GLOVE, "--dim", 0), 2, ("dim=0", "from 1")),
    "GloVe without window": ((*GLOVE, "--window", 0), 2, ("window=0", "from 1")),
    "GloVe in no memory": ((*GLOVE, "--memory", "2kB"), 2, ("memory=2,000 bytes", "raise memory")),
    "GloVe of one word": (("fit", "glove", "one-word.txt", *TO), 1, ("one-word.txt", "at least 2")),
    "no corpus": ((*FIT, *TO), 2, ("CORPUS",)),
    "no output": ((*FIT, "corpus.txt"), 2, ("--out",)),
    "unknown ending": ((*FIT, "corpus.txt", "-o", "new.xyz"), 1, (".xyz", ".space")),
    "output exists": ((*FIT, "corpus.txt", "-o", "words.space"), 1, ("words.space", "--overwrite")),
    "output is foreign": (
        (*FIT, "corpus.txt", "-o", "foreign.space", "--overwrite"),
        1,
        ("foreign.space", "no space"),
    ),
    "output in no folder": ((*FIT, "corpus.txt", "-o", "no/new.space"), 1, ("no", "create it")),
    "output unwritable": ((*FIT, "corpus.txt", "-o", "/proc/new.space"), 1, ("/proc", "written")),
    "output on no disk": ((*FIT, "corpus.txt", "-o", "/dev/full", "--overwrite"), 1, ("/dev/full",)),
    "checkpoint unwritable": ((*FIT, "corpus.txt", *TO, "--checkpoint", "/proc/run"), 1, ("/proc/run",)),
    "checkpoint on a file": ((*FIT, "corpus.txt", *TO, "--checkpoint", "corpus.txt"), 1, ("corpus.txt",)),
    "empty text for phrases": ((*PHRASES, "blank.txt", *TABLE), 1, ("blank.txt", "no words")),
    "threshold of NPMI": ((*PHRASES, "corpus.txt", *TABLE, *NPMI, 1.5), 2, ("threshold=1.5", "at most 1")),
    "empty delimiter": ((*PHRASES, "corpus.txt", *TABLE, "--delimiter", ""), 2, ("delimiter=''",)),
    "delimiter in words": ((*PHRASES, "joined.txt", *TABLE, *SPACED), 1, ("joined.txt", "'a_b'", "another")),
    "phrases file is none": ((*FIT, "corpus.txt", *TO, *JOIN, "pairs.tsv"), 1, ("pairs.tsv", "no table")),
    "phrases file broken": ((*FIT, "corpus.txt", *TO, *JOIN, "bad.tsv"), 1, ("bad.tsv", "row 3", "5 are")),
    "phrases file missing": ((*FIT, "corpus.txt", *TO, *JOIN, "no.tsv"), 1, ("no.tsv", "No such file")),
    "phrases twice": ((*FIT, "corpus.txt", *TO, "--phrases", *JOIN, "x"), 2, ("one of the two",)),
    "phrases exist": ((*PHRASES, "corpus.txt", "-o", "pairs.tsv"), 1, ("pairs.tsv", "--overwrite")),
    "dim above the vocabulary": ((*PPMI, "joined.txt", *TO, "--dim", 3), 2, ("dim=3", "below", "kept, 3")),
    "shift below 1": ((*PPMI, "corpus.txt", *TO, "--shift", 0.5), 2, ("shift=0.5", "from 1")),
    "shift that leaves nothing": (
        (*PPMI, "corpus.txt", *TO, "--shift", 1e9),
        1,
        ("corpus.txt", "lower shift"),
    ),
    "cut space": (("info", "cut.space"), 1, ("vectors.safetensors", "500 bytes")),
    "edited space": (("info", "edited.space"), 1, ("edited.space/vectors.safetensors", "SHA-256")),
    "restated space": (("info", "restated.space"), 1, ("restated.space/space.json", "SHA-256")),
    "partial space": (("info", "partial.space"), 1, ("items.parquet", "missing")),
    "foreign folder": (("info", "foreign.space"), 1, ("foreign.space", "space.json")),
    "no space": (("info", "nosuch"), 1, ("nosuch", "glove-6b-50d")),
    "misspelt model": (("info", "glove-6b-50"), 1, ("did you mean 'glove-6b-50d'",)),
    "text as vectors": (("info", "corpus.txt"), 1, ("corpus.txt", "row 1")),
    "unknown word": (("neighbors", "words.space", "imprt"), 1, ("'imprt'", "did you mean 'import'")),
    "unknown analogy word": (("analogy", "words.space", "string", "strngs", "object"), 1, ("strngs",)),
    "k 0": (("neighbors", "words.space", "import", "-k", 0), 2, ("k is 0", "at least 1")),
    "two words of an analogy": (("analogy", "words.space", "a", "b"), 2, ("three words",)),
    "analogy both ways": (("analogy", "words.space", "a", "b", "c", "-p", "d"), 2, ("either",)),
    "analogy of nothing": (("analogy", "words.space"), 2, ("A B C",)),
    "no test": (("evaluate", "words.space"), 2, ("--similarity",)),
    "missing pairs": (("evaluate", "words.space", "--similarity", "no.tsv"), 1, ("no.tsv",)),
    "no pairs": (("evaluate", "words.space", "--similarity", "empty.txt"), 1, ("empty.txt",)),
    "text as questions": (
        ("evaluate", "words.space", "--analogies", "corpus.txt"),
        1,
        ("corpus.txt", "row 1"),
    ),
    "restrict 0": (
        ("evaluate", "words.space", "--analogies", "questions.txt", "--restrict", 0),
        2,
        ("restrict=0",),
    ),
    "dims of no test": (("dims", "words.space"), 2, ("--similarity", "--analogies")),
    "dims of two tests": ((*DIMS, "--analogies", "questions.txt"), 2, ("one test",)),
    "dims of missing labels": (("dims", "words.space", "--labels", "nosuch.tsv"), 1, ("nosuch.tsv",)),
    "dims of a text without a model": (
        ("dims", "corpus.txt", "--similarity", "pairs.tsv"),
        1,
        ("corpus.txt, row 1", "to train on a text, add --model words"),
    ),
    "dims larger than the space": ((*DIMS, "--dims", "16,64"), 2, ("64", "the space has 32")),
    "dims of nothing": ((*DIMS, "--dims", ","), 2, ("dimensions is empty",)),
    "dims twice": ((*DIMS, "--dims", "8,8"), 2, ("8 twice",)),
    "dims falling": ((*DIMS, "--dims", "16,8"), 2, ("8 after 16",)),
    "dims that are no numbers": ((*DIMS, "--dims", "8,1.5"), 2, ("'1.5'", "whole numbers")),
    "dims of 0": ((*DIMS, "--dims", "0,8"), 2, ("holds 0", "whole numbers")),
    "dims within NaN": ((*DIMS, "--tolerance", "nan"), 2, ("tolerance is nan",)),
    "dims as a table": ((*DIMS, "-o", "dims.csv"), 1, (".csv", ".html")),
    "dims over a file": ((*DIMS, "-o", "corpus.txt.png"), 1, ("corpus.txt.png", "--overwrite")),
    "dims of a space with seeds": ((*DIMS, "--seeds", 2), 2, ("seeds", "model")),
    "dims of a space with settings": ((*DIMS, "--set", "epochs=1"), 2, ("--set", "--model")),
    "dims of no model": ((*TRAIN, "--model", "nosuch"), 2, ("--model",)),
    "dims of no setting": ((*TRAIN, "--set", "epochs"), 2, ("NAME=VALUE",)),
    "dims of a set dimension": ((*TRAIN, "--set", "dim=8"), 2, ("--set dim=8", "each of --dims")),
    "dims of a set seed": ((*TRAIN, "--set", "seed=0"), 2, ("--set seed=0", "--seeds")),
    "dims of set threads": ((*TRAIN, "--threads", 1, "--set", "threads=1"), 2, ("use --threads",)),
    "dims of a set bar": ((*TRAIN, "--set", "show_progress=true"), 2, ("one bar",)),
    "dims of new documents": ((*TRAIN, "--model", "docs", "--set", "encode_epochs=2"), 2, ("encoded here",)),
    "dims restricted to no analogies": ((*DIMS, "--restrict", 30_000), 2, ("--restrict", "--analogies")),
    "dims of analogies of no words": (
        ("dims", "words.space", "--analogies", "questions.txt", "--restrict", 0),
        2,
        ("restrict=0",),
    ),
    "dims of an unknown setting": ((*TRAIN, "--set", "epoch=1"), 2, ("'epoch'", "epochs")),
    "dims of a bad setting": ((*TRAIN, "--set", "epochs=0"), 2, ("epochs=0",)),
    "dims of a reduced model": ((*TRAIN, "--reduction", "pca"), 2, ("reduction", "space")),
    "dims of no seeds": ((*TRAIN, "--seeds", 0), 2, ("seeds is 0",)),
    "dims of a huge model": ((*TRAIN, "--dims", "8,70000"), 2, ("dim=70000",)),
    "queries of another space": (("search", "words.space", "other.space"), 1, ("identity", "expected")),
    "queries of another width": (("search", "words.space", "wide.npy"), 1, ("(2, 7)", "32")),
    "queries of NaN": (("search", "words.space", "nan.npy"), 1, ("NaN", "row 0")),
    "queries that are no array": (("search", "words.space", "queries.tsv"), 1, ("'queries.tsv'",)),
    "map of no kind": (("map", "words.space", "map.pdf"), 1, (".pdf", ".html")),
    "map of few": (("map", "words.space", "map.png", "--top", 3), 2, ("3 rows", "at least 7")),
    "map of an unknown key": (("map", "words.space", "map.png", "--keys", "keys.txt"), 1, ("nosuchword",)),
    "map of no keys": (("map", "words.space", "map.png", "--keys", "blank.txt"), 1, ("blank.txt",)),
    "map exists": (("map", "words.space", "corpus.txt.png"), 1, ("corpus.txt.png", "add --overwrite")),
    "map on a folder": (
        ("map", "words.space", "folder.svg", "--overwrite"),
        1,
        ("folder.svg", "is a folder"),
    ),
    "tour over files": (("tour", "--out", "toured"), 1, ("toured/words.html", "add --overwrite")),
    "no threads": (("search", "words.space", "import", "--index", "hnsw", "--threads", 0), 2, ("threads=0",)),
    "map both ways": (("map", "words.space", "map.png", "--keys", "k", "--top", 9), 2, ("--keys",)),
    "map in no folder": (("map", "words.space", "no/map.png"), 1, ("no", "create it")),
    "map by no column": (
        ("map", "words.space", "map.png", "--top", 9, "--color-by", "x"),
        2,
        ("'x'", "count"),
    ),
    "conversion to no format": (("convert", "words.space", "words.xyz"), 1, (".xyz",)),
    "conversion from no format": (("convert", "words.space", "a.vec", "--from", "x"), 2, ("word2vec",)),
    "conversion to more dimensions": (
        ("convert", "words.space", "a.vec", "--dim", 33),
        2,
        ("dim is 33", "32"),
    ),
    "conversion to no bits": (("convert", "words.space", "a.vec", "--quantize", "int4"), 2, ("int4", "int8")),
    "conversion over a space": (("convert", "words.space", "other.space"), 1, ("--overwrite",)),
    "tour of no corpus": (("tour", "--corpus", "nosuch.txt"), 1, ("nosuch.txt",)),
    "tour into a file": (("tour", "--out", "corpus.txt"), 1, ("corpus.txt",)),
    "unknown verb": (("fitt",), 2, ("fitt", "nearer --help")),
    "unknown option": (("models", "--all"), 2, ("--all", "nearer models --help")),
    "fit of nothing": (("fit",), 2, ("nearer fit --help",)),
}


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file."""
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


@pytest.mark.parametrize(("arguments", "code", "parts"), CASES.values(), ids=CASES)
def test_bad_input_is_one_line(
    arguments: tuple[object, ...], code: int, parts: tuple[str, ...], bad: Path, run: Run
) -> None:
    before = contents(bad)
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("nearer: ")
    assert result.stderr.count("\n") == 1
    for part in parts:
        assert part in result.stderr
    assert contents(bad) == before


@pytest.mark.parametrize("name", ["broken UTF-8", "dim 0", "edited space", "unknown word", "unknown option"])
def test_bad_input_is_one_document_on_request(name: str, bad: Path, run: Run) -> None:
    arguments, code, parts = CASES[name]
    result = run(*arguments, "--json")
    assert result.exit_code == code
    assert result.stderr == ""
    error = json.loads(result.stdout)["error"]
    assert error["type"]
    assert all(part in error["message"] for part in parts)


def test_broken_text_is_read_on_request(bad: Path, run: Run, tmp_path: Path) -> None:
    out = tmp_path / "new.space"
    result = run(*FIT, "broken.txt", "-o", out, "--errors", "replace", "--dim", 4)
    assert result.exit_code == 0, result.output
    assert set(nearer.load(out).keys) == {"caf", "is", "latin", "1"}


def test_one_very_long_line_is_no_problem(here: Path, run: Run) -> None:
    (here / "long.txt").write_text("to be or not to be " * 500_000)
    result = run(*FIT, "long.txt", *TO, "--epochs", 1, "--dim", 4)
    assert result.exit_code == 0, result.output


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_unreadable_file_is_one_line(here: Path, run: Run) -> None:
    (here / "corpus.txt").chmod(0)
    result = run(*FIT, "corpus.txt", *TO)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "corpus.txt" in result.stderr


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (OSError(5, "Input/output error", "disk.txt"), ("disk.txt", "Input/output error")),
        (MemoryError(), ("not enough memory",)),
        (RuntimeError("a\nb"), ("unexpected RuntimeError", "a\\nb", "--debug")),
    ],
)
def test_the_unexpected_is_one_line_too(
    error: Exception, parts: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    failing: Callable[..., None] = fail
    monkeypatch.setattr(nearer, "load", failing)
    result = run("info", "any")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert all(part in result.stderr for part in parts)
    assert "Traceback" in run("--debug", "info", "any").stderr
