"""What verbs answer, mostly as JSON."""

from __future__ import annotations

import inspect
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from cli_running import Run, RunJson

import nearer
from nearer.cli.app import app
from nearer.cli.fit.glove import glove
from nearer.cli.fit.ppmi import ppmi
from nearer.cli.fit.subwords import subwords
from nearer.cli.fit.words import words
from nearer.cli.output import size_of
from nearer.cli.program import Program
from nearer.errors import StorageError


@pytest.mark.parametrize(
    ("verb", "model"), [(words, nearer.Word2Vec), (glove, nearer.GloVe), (ppmi, nearer.PPMI)]
)
def test_fit_offers_every_parameter_with_the_default_of_the_model(verb: Any, model: Any) -> None:
    of_verb = inspect.signature(verb).parameters
    for name, parameter in inspect.signature(model).parameters.items():
        if name not in ("show_progress", "phrases"):  # --phrases makes `Phrases` of its own
            assert of_verb[name].default == parameter.default, name


def test_fit_gives_the_options_to_the_model(here: Path, run_json: RunJson) -> None:
    options = "--dim 12 --window 3 --negative 4 --epochs 2 --min-count 9 --seed 7 --threads 1 --shared 2"
    document = run_json("fit", "words", "corpus.txt", "-o", "new.space", *options.split())
    model = nearer.Word2Vec(12, window=3, negative=4, epochs=2, min_count=9, seed=7, threads=1, shared=2)
    expected = model.fit(here / "corpus.txt")
    assert document["identity"] == expected.space_.identity == nearer.load("new.space").identity
    assert document["loss_curve"] == expected.loss_curve_.tolist()
    assert document["vocabulary"] == len(expected.space_)
    assert document["interrupted"] is False


def test_fit_glove_gives_the_options_to_the_model(here: Path, run_json: RunJson) -> None:
    options = "--dim 12 --window 4 --left-only --weighting flat --x-max 20 --alpha 0.5 --epochs 2 --threads 1"
    document = run_json("fit", "glove", "corpus.txt", "-o", "new.space", *options.split())
    model = nearer.GloVe(
        12, window=4, symmetric=False, weighting="flat", x_max=20, alpha=0.5, epochs=2, threads=1
    )
    assert document["identity"] == model.fit(here / "corpus.txt").space_.identity


def test_fit_phrases_gives_the_options_to_the_model(here: Path, run_json: RunJson) -> None:
    options = "--score npmi --threshold 0.3 --min-count 6 --passes 2 --delimiter + --english --exclude is"
    document = run_json("fit", "phrases", "corpus.txt", "-o", "new.tsv", *options.split())
    inside = nearer.Phrases(exclude="english").connectors() | {"is"}
    model = nearer.Phrases("npmi", 0.3, 6, 2, "+", exclude=inside, threads=1).fit(here / "corpus.txt")
    assert nearer.Phrases.load("new.tsv").phrases_ == model.phrases_
    assert document["phrases"] == len(model.phrases_) > 0
    assert document["first"][0]["phrase"] == model.phrases_[0].phrase
    joined = run_json(
        "fit", "words", "corpus.txt", "-o", "joined.space", "--phrases-from", "new.tsv", "--dim", 8
    )
    assert {phrase.phrase for phrase in model.phrases_} & set(nearer.load("joined.space").keys)
    assert joined["tokens_read"] == document["tokens_read"]


def test_fit_phrases_shows_the_best(here: Path, run: Run) -> None:
    shown = run("fit", "phrases", "corpus.txt", "-o", "new.tsv").stdout
    for part in ("phrase", "score", "words/s", "new.tsv", "--phrases-from new.tsv"):
        assert part in shown
    few = run("fit", "phrases", "corpus.txt", "-o", "few.tsv", "--threshold", "1e9").stdout
    assert "phrases   0" in few


def test_fit_subwords_offers_every_parameter_with_the_default_of_the_model() -> None:
    of_verb = inspect.signature(subwords).parameters
    for name, parameter in inspect.signature(nearer.FastText).parameters.items():
        if name != "show_progress":
            assert of_verb[name].default == parameter.default, name


def test_fit_subwords_keeps_a_model_that_finds_neighbors_of_unseen_words(
    here: Path, run_json: RunJson
) -> None:
    options = "--dim 8 --min-n 2 --max-n 4 --buckets 300 --epochs 1 --threads 1 --model model.bin"
    document = run_json("fit", "subwords", "corpus.txt", "-o", "new.space", *options.split())
    model = nearer.FastText(8, min_n=2, max_n=4, buckets=300, epochs=1, threads=1).fit(here / "corpus.txt")
    assert document["identity"] == model.space_.identity == nearer.load("model.bin").identity
    assert document["model"] == "model.bin"
    known = model.space_.keys[0]
    found = run_json("neighbors", "model.bin", known, known + "unseen", "-k", 3)["answers"]
    expected = model.space_.neighbors(model.encode([known + "unseen"])[0], 3)
    assert [(hit["key"], hit["score"]) for hit in found[1]["neighbors"]] == list(expected)
    assert known not in [hit["key"] for hit in found[0]["neighbors"]]


def test_fit_subwords_says_where_the_model_is(here: Path, run: Run) -> None:
    options = "--dim 4 --buckets 100 --epochs 1 --threads 1 --model model.bin"
    shown = run("fit", "subwords", "corpus.txt", "-o", "new.space", *options.split()).stdout
    assert f"model       model.bin ({size_of((here / 'model.bin').stat().st_size)})\n" in shown
    (step,) = [line.strip() for line in shown.splitlines() if "neighbors model.bin" in line]
    assert step.rpartition(" ")[2] not in nearer.load("new.space").keys
    assert run(*step.split()[1:]).exit_code == 0


def test_fit_docs_says_what_it_left_out_and_where_the_model_is(
    here: Path, run: Run, run_json: RunJson
) -> None:
    (here / "three.csv").write_text("\n".join(["id,text", "n1,a b a", "n2,b a b", "n3,once"]))
    options = "--dim 4 --min-count 2 --epochs 1 --threads 1 --model new.doc2vec --empty skip"
    shown = run("fit", "docs", "three.csv", "-o", "new.space", *options.split()).stdout
    assert "left out    1 document without a known word\n" in shown
    size = sum(file.stat().st_size for file in (here / "new.doc2vec").iterdir())
    assert f"model       new.doc2vec ({size_of(size)})\n" in shown
    assert "nearer evaluate new.doc2vec --task sts --pairs PAIRS\n" in shown
    (here / "two.csv").write_text("id,text\nn1,a b a\nn2,b a b\n")
    again = [*options.split(), "--overwrite"]
    assert "left out" not in run("fit", "docs", "two.csv", "-o", "new.space", *again).stdout
    assert run_json("fit", "docs", "two.csv", "-o", "new.space", *again)["model"] == "new.doc2vec"


def test_fit_ppmi_gives_the_options_to_the_model(here: Path, run_json: RunJson, run: Run) -> None:
    options = (
        "--dim 9 --window 3 --weighting flat --left-only --shift 2 --context-smoothing 1 --subsample 0.01 "
        "--eigenvalue-weighting 0.25 --min-count 6 --solver lanczos --threads 1 --seed 3"
    )
    document = run_json("fit", "ppmi", "corpus.txt", "-o", "new.space", *options.split())
    model = nearer.PPMI(9, 3, "flat", False, 2.0, 1.0, 0.25, 0.01, 6, solver="lanczos", threads=1, seed=3)
    assert document["identity"] == model.fit(here / "corpus.txt").space_.identity
    assert document["positive"] == model.report_.positive
    shown = run("fit", "ppmi", "corpus.txt", "-o", "joined.space", "--dim", "4", "--phrases").stdout
    for part in (
        "vocabulary",
        "pairs",
        "variance kept",
        "joined.space (",
        "next: nearer neighbors joined.space",
    ):
        assert part in shown


def test_fit_says_what_it_did_and_what_comes_next(here: Path, run: Run) -> None:
    shown = run("fit", "words", "corpus.txt", "-o", "new.space", "--epochs", "1").stdout
    for part in ("vocabulary", "tokens", "words/s", "loss", "new.space", "next: nearer neighbors new.space"):
        assert part in shown


def test_fit_writes_the_format_of_the_ending(here: Path, run_json: RunJson) -> None:
    for ending in ("txt", "vec", "bin", "tsv", "parquet", "npz", "npy"):
        document = run_json("fit", "words", "corpus.txt", "-o", f"new.{ending}", "--epochs", 1, "--dim", 4)
        assert len(nearer.load(f"new.{ending}")) == document["vocabulary"]


def test_fit_resumes_from_a_checkpoint(here: Path, run_json: RunJson) -> None:
    settings = ("--dim", 8, "--epochs", 2, "--threads", 1, "--checkpoint", "run")
    first = run_json("fit", "words", "corpus.txt", "-o", "first.space", *settings)
    second = run_json("fit", "words", "corpus.txt", "-o", "second.space", *settings)
    assert first["identity"] == second["identity"]
    assert second["train_seconds"] == 0


def test_fit_rescues_what_it_learned_where_it_cannot_save(
    here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = nearer.Space.save

    def save_elsewhere(space: nearer.Space, path: Path, overwrite: bool = False) -> None:
        if path.name == "new.space":
            raise StorageError("cannot be written: No space left on device", file=path)
        save(space, path, overwrite)

    monkeypatch.setattr(nearer.Space, "save", save_elsewhere)
    monkeypatch.setattr(tempfile, "tempdir", str(here))
    result = run("fit", "words", "corpus.txt", "-o", "new.space", "--epochs", 1, "--dim", 4)
    assert result.exit_code == 1
    assert result.stderr.startswith("nearer: new.space: cannot be written: No space left on device")
    rescued = result.stderr.rstrip().rpartition(" in ")[2]
    assert nearer.load(rescued).dim == 4


def test_info_names_what_the_space_holds(here: Path, run_json: RunJson, run: Run) -> None:
    space = nearer.load("words.space")
    document = run_json("info", "words.space")
    assert document["n"] == len(space)
    assert document["identity"] == space.identity
    assert document["provenance"] == space.provenance
    assert document["hashes_verified"] is True
    assert set(document["files"]) == {"space.json", "vectors.safetensors", "items.parquet"}
    assert space.identity in run("info", "words.space").stdout


def test_info_of_a_format_without_hashes_says_so(here: Path, run: Run, run_json: RunJson) -> None:
    nearer.load("words.space").save("words.vec")
    assert run_json("info", "words.vec")["hashes_verified"] is False
    assert "carries no hashes" in run("info", "words.vec").stdout


def test_neighbors_are_those_of_the_space(here: Path, run_json: RunJson) -> None:
    space = nearer.load("words.space")
    document = run_json("neighbors", "words.space", "import", "string", "-k", 3)
    for answer, key in zip(document["answers"], ("import", "string"), strict=True):
        assert answer["key"] == key
        found = [(near["key"], near["score"]) for near in answer["neighbors"]]
        assert found == [tuple(hit) for hit in space.neighbors(key, 3)]


def test_analogy_by_words_and_by_options_is_one(here: Path, run_json: RunJson) -> None:
    three = run_json("analogy", "words.space", "string", "strings", "object", "-k", 4)
    options = ("--positive", "strings", "--positive", "object", "--negative", "string")
    assert three == run_json("analogy", "words.space", *options, "-k", 4)
    expected = nearer.load("words.space").analogy(["strings", "object"], ["string"], 4)
    assert [answer["key"] for answer in three["answers"]] == expected.keys


def test_evaluate_gives_each_test_its_figures(here: Path, run_json: RunJson) -> None:
    tests = ("--similarity", "pairs.tsv", "--analogies", "questions.txt", "--restrict", 500)
    document = run_json("evaluate", "words.space", *tests)
    (similar,), (asked,) = document["similarity"], document["analogies"]
    assert -1 <= similar["spearman"]["value"] <= 1
    assert similar["pairs"] == 84
    assert asked["vocabulary"] == 500
    assert asked["total"]["total"] == 38
    for result in (similar, asked):
        assert 0 < result["coverage"] <= 1
        assert len(result["interval"]) == 2
        assert result["rule"].endswith("with an unknown word are left out")


def test_evaluate_looks_among_as_many_keys_as_the_library(here: Path, run_json: RunJson) -> None:
    random = np.random.default_rng(0)
    large = nearer.Space([f"w{row}" for row in range(30_002)], random.standard_normal((30_002, 2)))
    large.save("large.space")
    Path("asked.txt").write_text(": s\nw0 w1 w2 w3\nw0 w1 w2 w30001\n")
    (asked,) = run_json("evaluate", "large.space", "--analogies", "asked.txt")["analogies"]
    assert asked == nearer.evaluate.analogies(large, "asked.txt").to_dict() | {"file": "asked.txt"}
    assert (asked["vocabulary"], asked["n"], asked["coverage"]) == (30_000, 1, 0.5)


def test_search_finds_rows_of_a_file_and_keys(here: Path, run_json: RunJson) -> None:
    space = nearer.load("words.space")
    by_file = run_json("search", "words.space", "queries.npy", "-k", 3)
    by_key = run_json("search", "words.space", *space.keys[:4], "-k", 3)
    hits = [answer["hits"] for answer in by_file["answers"]]
    assert hits == [answer["hits"] for answer in by_key["answers"]]
    assert [found[0]["key"] for found in hits] == space.keys[:4]


def test_search_by_index_is_kept_beside_the_space(here: Path, run_json: RunJson) -> None:
    document = run_json("search", "words.space", "import", "--index", "hnsw", "--recall", "-k", 5)
    assert (here / "words.space" / "hnsw" / "index.usearch").is_file()
    exact = run_json("search", "words.space", "import", "-k", 5)
    found, true = ({hit["key"] for hit in d["answers"][0]["hits"]} for d in (document, exact))
    assert len(found & true) >= 4  # of 5: an index may miss one
    assert document["recall"] > 0.9
    assert exact["recall"] is None


def test_search_by_index_of_another_format_says_that_it_is_not_kept(here: Path, run: Run) -> None:
    nearer.load("words.space").save("words.npz")
    result = run("search", "words.npz", "import", "--index", "hnsw", "-k", 2)
    assert result.exit_code == 0
    assert "words.npz: building an index for this once" in result.stderr


def test_search_takes_plain_vectors_of_any_format(here: Path, run_json: RunJson) -> None:
    nearer.load("words.space")[["import", "string"]].save("two.vec")
    document = run_json("search", "words.space", "two.vec", "-k", 1)
    assert [answer["query"] for answer in document["answers"]] == ["import", "string"]
    assert [answer["hits"][0]["key"] for answer in document["answers"]] == ["import", "string"]


def test_map_draws_the_chosen_keys(here: Path, run_json: RunJson) -> None:
    keys = nearer.load("words.space").keys[:20]
    (here / "keys.txt").write_text("\n".join(["", *keys, keys[0]]))
    document = run_json("map", "words.space", "some.html", "--keys", "keys.txt", "--color-by", "none")
    assert document["points"] == 20
    assert document["groups"] == []
    page = (here / "some.html").read_text()
    assert document["bytes"] == len(page.encode())
    assert all(f'"{key}"' in page for key in keys)


def test_map_around_a_key_draws_its_neighbors(here: Path, run_json: RunJson) -> None:
    document = run_json("map", "words.space", "near.svg", "--around", "import", "--top", 15)
    assert document["points"] == 16
    assert (here / "near.svg").read_text().startswith("<?xml")


def test_map_replaces_a_file_where_it_is_told_to(here: Path, run_json: RunJson) -> None:
    (here / "near.svg").write_text("mine")
    run_json("map", "words.space", "near.svg", "--around", "import", "--top", 9, "--overwrite")
    assert (here / "near.svg").read_text().startswith("<?xml")


def test_a_verb_that_the_order_does_not_name_comes_last() -> None:
    verbs = dict.fromkeys(["anew", "models", "tour"], typer.main.get_command(app))
    assert Program(name="nearer", commands=verbs).list_commands(None) == ["tour", "models", "anew"]


def test_convert_keeps_vectors_and_tells_what_is_lost(here: Path, run: Run) -> None:
    result = run("convert", "words.space", "words.bin")
    assert result.exit_code == 0
    assert result.stderr == "nearer: note: words.bin: this format does not keep the payload columns\n"
    space, copy = nearer.load("words.space"), nearer.load("words.bin")
    assert copy.keys == space.keys
    np.testing.assert_array_equal(copy.vectors, space.vectors)


def test_models_say_whether_they_are_here(run: Run, run_json: RunJson) -> None:
    (model,) = run_json("models")["models"]
    assert model["name"] == "glove-6b-50d"
    assert model["install"] == 'pip install "nearer[glove]"'
    assert "glove-6b-50d" in run("models").stdout


@pytest.mark.parametrize(
    ("verb", "things"),
    [
        (words, "word ids"),
        (subwords, "word ids"),
        (glove, "word ids and for counting"),
        (ppmi, "word ids, and again for counting"),
    ],
)
def test_help_says_what_memory_bounds(verb: Any, things: str) -> None:
    (option,) = inspect.get_annotations(verb, eval_str=True)["memory"].__metadata__
    assert option.help == f"Room for {things}, such as 2GB; more goes to disk."


@pytest.mark.parametrize("verb", ["", "--help", "fit --help"])
def test_help_lists_the_verbs_in_the_order_of_the_work(verb: str, run: Run) -> None:
    shown = run(*verb.split())
    assert shown.exit_code == 0
    if "fit" not in verb:
        order = [shown.stdout.index(f"│ {name} ") for name in ("tour", "fit", "info", "search", "models")]
        assert order == sorted(order)


def test_keys_are_shown_on_one_line_and_without_markup(here: Path, run: Run) -> None:
    vectors = np.eye(3, dtype=np.float32)
    nearer.Space(["a\nb", "[bold]c", "d" * 500], vectors).save("odd.space")
    shown = run("neighbors", "odd.space", "a\nb").stdout
    assert "a\\nb" in shown
    assert "[bold]c" in shown
    assert "d" * 500 in shown


def test_dims_of_a_space_and_of_a_model(here: Path, run_json: RunJson) -> None:
    test = ("--similarity", "pairs.tsv", "--dims", "8,32")
    given = run_json("dims", "words.space", *test, "--reduction", "prefix", "-o", "dims.svg")
    assert [row["dim"] for row in given["rows"]] == [8, 32]
    assert given["reduction"] == "prefix"
    space = nearer.load("words.space")
    assert given["rows"][1]["quality"] == nearer.evaluate.similarity(space, "pairs.tsv").value
    assert given["rows"][0]["quality"] == nearer.evaluate.similarity(space.truncate(8), "pairs.tsv").value
    assert (here / given["file"]).read_bytes().startswith(b"<?xml")
    settings = ("--set", "epochs=1", "--set", "tokenizer=whitespace", "--threads", 1, "--seeds", 2)
    trained = run_json("dims", "corpus.txt", "--model", "words", *test, *settings)
    assert [len(row["values"]) for row in trained["rows"]] == [2, 2]
    model = nearer.Word2Vec(8, epochs=1, tokenizer="whitespace", threads=1, seed=1).fit("corpus.txt")
    assert trained["rows"][0]["values"][1] == nearer.evaluate.similarity(model.space_, "pairs.tsv").value


def test_dims_by_labels(here: Path, run_json: RunJson) -> None:
    found = run_json("dims", "words.space", "--labels", "labels.tsv", "--dims", "4,32")
    expected = nearer.evaluate.knn(nearer.load("words.space"), "labels.tsv")
    assert (found["name"], found["rows"][1]["quality"]) == ("k-NN accuracy", expected.value)
    assert found["rows"][0]["difference_interval"] is not None


def test_dims_of_documents_by_their_labels(here: Path, run_json: RunJson) -> None:
    rng = np.random.default_rng(0)
    topics = ("sea ship wave sail", "oven bread flour yeast")
    documents = [(f"d{row}", row % 2, " ".join(rng.choice(topics[row % 2].split(), 30))) for row in range(60)]
    table = ["key\ttext", *(f"{key}\t{text}" for key, _, text in documents)]
    (here / "docs.tsv").write_text("\n".join(table) + "\n")
    (here / "topics.tsv").write_text("".join(f"{key}\t{topic}\n" for key, topic, _ in documents))
    often = ("--set", "min_count=1", "--set", "subsample=0", "--set", "epochs=60")
    settings = (*often, "--seeds", 2, "--threads", 1, "--dims", "4,8")
    found = run_json("dims", "docs.tsv", "--model", "docs", "--labels", "topics.tsv", *settings)
    assert found["n"] == 60
    assert found["value"] > 0.9


def test_dims_of_glove_by_analogies(here: Path, run_json: RunJson) -> None:
    (here / "few.txt").write_text(": s\nstring strings object objects\nobject objects string strings\n")
    settings = ("--set", "epochs=1", "--seeds", 1, "--threads", 1, "--dims", "4,6", "--tolerance", 0.5)
    found = run_json(
        "dims", "corpus.txt", "--model", "glove", "--analogies", "few.txt", *settings, "--relative"
    )
    assert (found["name"], found["reduction"], found["relative"]) == ("analogies", "training", True)
    assert found["n"] == 2


def test_convert_to_fewer_dimensions_and_bits(here: Path, run: Run, run_json: RunJson) -> None:
    space = nearer.load("words.space")
    told = run_json("convert", "words.space", "a.space", "--dim", 8, "--reduction", "prefix")
    assert told["dim"] == 8
    assert nearer.load("a.space").identity == space.truncate(8).identity
    told = run_json("convert", "words.space", "b.space", "--dim", 8, "--quantize", "int8")
    expected = space.reduce(8).quantize("int8")
    again = nearer.load("b.space")
    assert (again.identity, told["quantized"]) == (expected.identity, expected.report())
    np.testing.assert_array_equal(again.vectors, expected.vectors)
    shown = run("convert", "words.space", "c.space", "--quantize", "f16")
    assert "recall@10" in shown.stdout
    assert "2.0 times smaller" in shown.stdout


def test_dims_says_how_to_go_on(here: Path, run: Run) -> None:
    result = run("dims", "words.space", "--similarity", "pairs.tsv", "--dims", "8,32", "--tolerance", 2)
    command = "nearer convert words.space OUT.space --dim 8 --reduction svd"
    assert f"next: {command}" in result.stdout
    assert run(*command.split()[1:]).exit_code == 0
    assert nearer.load("OUT.space").identity == nearer.load("words.space").reduce(8, "svd").identity
    for options, dim in ((("--dims", "8"), 8), (("--dims", "32", "--reduction", "pca"), 32)):
        result = run("dims", "words.space", "--similarity", "pairs.tsv", *options)
        assert f"next: nearer convert words.space OUT.space --dim {dim} --reduction" in result.stdout
    assert "next:" not in run("dims", "words.space", "--similarity", "pairs.tsv", "--dims", "32").stdout
    training = ("--model", "words", "--set", "epochs=1", "--seeds", 1)
    result = run("dims", "corpus.txt", "--similarity", "pairs.tsv", "--dims", "4", *training)
    assert "next: nearer fit words corpus.txt -o OUT.space --epochs 1 --dim 4" in result.stdout
