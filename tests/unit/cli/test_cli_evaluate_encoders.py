"""`nearer evaluate --encoder A --encoder B`: raw items of every form, several encoders in one table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from cli_running import Run, RunJson

import nearer
from nearer import evaluate
from nearer.cli.evaluate import encoders
from nearer.cli.evaluate.encoders import Timed
from small_encoders import Letters

TWO = ("--encoder", "a.model", "--encoder", "b.model")
PROBE = (
    "evaluate",
    "topics.csv",
    "--task",
    "probe",
    "--columns",
    "item=text,label=topic",
    "--folds",
    3,
    "-k",
    3,
)


def test_two_encoders_stand_in_one_table_with_the_figures_of_the_library(
    here: Path, run: Run, run_json: RunJson
) -> None:
    found = run_json(*PROBE, *TWO)
    assert (found["source"], found["task"]) == ("topics.csv", "probe")
    shown = run(*PROBE, *TWO).stdout.splitlines()
    assert shown[0].split() == [
        "encoder", "3-NN", "95", "%", "probe", "95", "%", "macro-F1", "95", "%", "n", "dim", "items/s",
    ]  # fmt: skip
    for name, told, line in zip(("a.model", "b.model"), found["encoders"], shown[2:], strict=True):
        encoder = nearer.encoder(name)
        space = nearer.embed(encoder, here / "topics.csv", column="text", keep=["topic"]).space
        near = evaluate.knn(space, "topic", k=3)
        linear = evaluate.probe(space, "topic", folds=3)
        assert told["knn"] == near.to_dict()
        assert told["probe"] == linear.to_dict()
        assert (told["encoder"], told["identity"], told["dim"]) == (name, encoder.identity, encoder.dim)
        assert told["items"] == near.n == 20
        assert told["items_per_second"] > 0
        cells = line.split()
        assert cells[0] == name
        assert cells[1] == f"{near.value:.3f}"
        assert cells[-3:-1] == ["20", str(encoder.dim)]
    assert found["encoders"][0]["knn"]["value"] > 0.8


def test_one_encoder_is_judged_in_full(here: Path, run: Run, run_json: RunJson) -> None:
    found = run_json(*PROBE, *TWO[:2])
    assert found["identity"] == nearer.encoder("a.model").identity
    assert found["dim"] == 8
    assert "macro-F1" in run(*PROBE, *TWO[:2]).stdout


def test_clusters_retrieval_and_sts_of_several(here: Path, run_json: RunJson) -> None:
    clusters = run_json(
        "evaluate", "topics.csv", "--task", "cluster", "--columns", "key=id,item=text,label=topic", *TWO
    )
    assert [set(told) >= {"clustering", "encoder"} for told in clusters["encoders"]] == [True, True]
    (here / "pairs.csv").write_text("tea milk,tea jam,4\nrook pawn,sugar jam,1\nking queen,king pawn,3\n")
    rated = run_json("evaluate", "pairs.csv", "--task", "sts", *TWO)
    for told in rated["encoders"]:
        expected = evaluate.sts(nearer.encoder(told["encoder"]), "pairs.csv")
        assert told["sts"] == expected.to_dict()
        assert told["items"] == 6
    (here / "asked.tsv").write_text("id\ttext\nq0\ttea milk jam\n")
    (here / "judged.txt").write_text("q0 0 tea1 1\n")
    (here / "documents.tsv").write_text("tea1\ttea milk jam\nchess1\trook pawn knight\n")
    options = ("--task", "retrieval", "--queries", "asked.tsv", "--qrels", "judged.txt")
    ranked = run_json("evaluate", "documents.tsv", *options, *TWO)
    assert [told["retrieval"]["n"] for told in ranked["encoders"]] == [1, 1]


def test_an_encoder_is_judged_by_the_metric_of_its_space(here: Path, run_json: RunJson) -> None:
    nearer.Space(["q", "a", "b"], [[1, 0], [1, 0], [9, 9]], "dot").save("dots.space")
    (here / "asked.tsv").write_text("id\ttext\nq0\tq\n")
    (here / "judged.txt").write_text("q0 0 far 1\n")
    (here / "documents.tsv").write_text("near\ta\nfar\tb\n")
    options = ("--task", "retrieval", "--queries", "asked.tsv", "--qrels", "judged.txt", "-k", 1)
    found = run_json("evaluate", "documents.tsv", *options, "--encoder", "dots.space")
    assert found["retrieval"]["metrics"]["nDCG@1"]["value"] == 1  # a cosine finds the other one
    timed = Timed("dots", nearer.encoder("dots.space"))
    assert nearer.embed(timed, {"x": "a"}).space.metric == "dot"
    assert Timed("a.model", nearer.encoder("a.model")).space is not None


def test_a_folder_is_labelled_by_its_folders_or_by_a_file(here: Path, run_json: RunJson) -> None:
    table = pa_csv.read_csv(here / "topics.csv").to_pylist()
    for row in table:
        place = here / "sorted" / row["topic"] / f"{row['id']}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(row["text"])
    labels = "".join(f"{row['topic']}/{row['id']}.txt\t{row['topic']}\n" for row in table)
    (here / "by.tsv").write_text(labels)
    judge = ("evaluate", "sorted", "--task", "probe", "-k", 3, *TWO[:2])
    by_folder, by_file = run_json(*judge), run_json(*judge, "--labels", "by.tsv")
    assert by_folder["knn"]["value"] == by_file["knn"]["value"]
    assert by_folder["knn"]["n"] == by_file["knn"]["n"] == 20


def test_images_are_judged_like_texts(here: Path, run_json: RunJson, monkeypatch: pytest.MonkeyPatch) -> None:
    image = pytest.importorskip("PIL.Image")

    class Brightness:
        modality, dim, identity = "image", 2, "ab" * 32

        def encode(self, items: list[object], batch_size: int = 1, show_progress: object = None) -> object:
            import numpy as np  # noqa: PLC0415

            from nearer.data.images import read_image  # noqa: PLC0415

            return np.array([[read_image(item).mean(), 100] for item in items], np.float32)

        encode_query = encode_document = encode

    for number in range(20):
        place = here / "shades" / ("dark" if number < 10 else "light")
        place.mkdir(parents=True, exist_ok=True)
        image.new("L", (4, 4), number if number < 10 else 245 - number).save(place / f"{number}.png")
    monkeypatch.setattr(nearer, "encoder", lambda name: Brightness())
    found = run_json("evaluate", "shades", "--task", "probe", "-k", 3, "--encoder", "x", "--encoder", "y")
    assert [told["knn"]["value"] for told in found["encoders"]] == [1, 1]


def test_labels_are_no_items(here: Path, run: Run, run_json: RunJson) -> None:
    lines = (here / "topics.csv").read_text().splitlines()
    notes = ["id,notes,kind", *lines[1:]]
    (here / "notes.csv").write_text("\n".join(notes) + "\n")
    judge = ("evaluate", "notes.csv", "--task", "probe", "--columns", "label=kind", "--folds", 3, *TWO[:2])
    assert run_json(*judge)["column"] == "notes"
    assert run(*judge).stderr == "nearer: note: a.model encodes the column 'notes'\n"
    (here / "numbers.csv").write_text("id,size,kind\n" + "".join(f"{n},{n}.5,k{n % 2}\n" for n in range(20)))
    alone = run("evaluate", "numbers.csv", *judge[2:])
    assert alone.exit_code == 1
    assert alone.stderr.startswith(
        "nearer: numbers.csv: which column holds the items is not clear: found none"
    )
    same = run("evaluate", "notes.csv", "--task", "probe", "--columns", "item=kind,label=kind", *TWO[:2])
    assert same.exit_code == 1
    assert same.stderr.startswith("nearer: notes.csv: the column 'kind' holds both the items and the labels;")


def test_an_encoder_of_rows_that_reads_the_label_is_told(here: Path, run: Run) -> None:
    for name, ignore in (("knows.model", ["name"]), ("fair.model", ["name", "trade"])):
        nearer.FAMD(3, key="id", ignore=ignore).fit("people.csv").save(here / name)
    judge = ("evaluate", "people.csv", "--task", "probe", "--columns", "label=trade", "-k", 3)
    told = run(*judge, "--encoder", "knows.model", "--encoder", "fair.model")
    assert told.exit_code == 0
    assert told.stderr == (
        "nearer: note: knows.model reads the column 'trade', which it is judged by; "
        "fit it with --ignore trade\n"
    )


WRONG: dict[str, tuple[tuple[object, ...], int, str]] = {
    "no labels": (
        ("evaluate", "topics.csv", "--task", "probe", *TWO),
        2,
        "Invalid value: --task probe needs --labels (see: ",
    ),
    "a role that is none": (
        ("evaluate", "topics.csv", "--task", "probe", "--columns", "text=a", *TWO),
        2,
        "Invalid value: --columns text=a is neither A,B,C nor item=A,key=B,label=C",
    ),
    "roles without an encoder": (
        ("evaluate", "words.space", "--task", "probe", "--columns", "label=a", "--labels", "labels.tsv"),
        2,
        "Invalid value: --columns with item=, key= or label= goes with --encoder",
    ),
    "pairs twice": (
        ("evaluate", "pairs.tsv", "--task", "sts", "--pairs", "pairs.tsv", *TWO),
        2,
        "Invalid value: with --encoder the file of pairs comes in the place of SPACE, without --pairs",
    ),
    "a column that is not there": (
        ("evaluate", "topics.csv", "--task", "probe", "--columns", "label=kind", *TWO),
        1,
        "topics.csv: there is no column 'kind'; it has id, text, topic",
    ),
    "an encoder that is not there": (
        (*PROBE, "--encoder", "a.model", "--encoder", "nonsense"),
        1,
        "'nonsense' is no file, no folder and no known model",
    ),
    "no folders to label by": (
        ("evaluate", "flat", "--task", "probe", *TWO),
        1,
        "row 0: the label of 'one.txt' is missing",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_line(case: str, here: Path, run: Run) -> None:
    (here / "flat").mkdir()
    (here / "flat" / "one.txt").write_text("tea")
    arguments, code, message = WRONG[case]
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert result.stderr.startswith(f"nearer: {message}")
    assert result.stderr.count("\n") == 1


def test_a_table_in_memory_is_embedded_and_judged_from_python() -> None:
    texts = ["tea milk jam", "rook pawn", "tea jam", "king pawn", "milk jam", "king rook"]
    table = pa.table({"text": texts, "topic": ["tea", "chess"] * 3})
    model = nearer.Doc2Vec(4, min_count=1, epochs=2, threads=1).fit(texts)
    space = nearer.embed(model, table, keep=["topic"]).space
    assert evaluate.knn(space, "topic", k=1).n == 6


def test_loading_with_the_first_item_is_no_part_of_the_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    class Late(Letters):
        def encode(self, items: Any, *arguments: Any, **named: Any) -> Any:
            clock[0] += len(items) + (0.0 if loaded else 100.0)
            loaded.append(len(items))
            return super().encode(items, *arguments, **named)

    loaded: list[int] = []
    monkeypatch.setattr(encoders.time, "perf_counter", lambda: clock[0])
    timed = encoders.Timed("late", Late())
    for _ in range(2):
        timed.encode(["tea", "milk"])
    assert loaded == [1, 2, 2]
    assert (timed.items, timed.rate) == (4, 1.0)
