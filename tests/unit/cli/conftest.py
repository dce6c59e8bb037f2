from __future__ import annotations

import json
import shutil
import sysconfig
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli_running import Run, RunJson
from typer.testing import CliRunner

import nearer
from nearer.cli.app import app
from nearer.cli.tour.documentation import TOPICS, topics
from nearer.cli.tour.shipped import shipped_text
from small_recommenders import Svd


@pytest.fixture(scope="session")
def corpus() -> str:
    """The topics of Python's `help()`: 65,000 words of running text."""
    return "\n".join(topics(Path(sysconfig.get_path("stdlib")) / TOPICS))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, corpus: str) -> Path:
    """A folder with what the examples name; tests work on copies."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "corpus.txt").write_text(corpus, encoding="utf-8")
    texts = [line.replace('"', "") for line in corpus.split("\n") if len(line) > 60][:200]
    rows = "".join(f'n{row},"{text}"\n' for row, text in enumerate(texts))
    (folder / "news.csv").write_text(f"id,body\n{rows}", encoding="utf-8")
    (folder / "pairs.tsv").write_text(shipped_text("pairs.tsv"), encoding="utf-8")
    (folder / "questions.txt").write_text(shipped_text("questions.txt"), encoding="utf-8")
    model = nearer.Word2Vec(32, epochs=3, threads=1).fit(folder / "corpus.txt")
    model.space_.save(folder / "words.space")
    write_later(folder, model.space_)
    nearer.Doc2Vec(16, min_count=1, epochs=2, threads=1).fit(texts).save(folder / "texts.model")
    about = {"chess": "king queen rook pawn bishop knight", "tea": "tea milk scones jam cream sugar"}
    told = {
        f"{topic}{row}": (" ".join(word for word in words.split() if len(word) % 5 != row % 5), topic)
        for topic, words in about.items()
        for row in range(10)
    }
    lines = "".join(f"{key},{text} again,{topic}\n" for key, (text, topic) in told.items())
    (folder / "topics.csv").write_text(f"id,text,topic\n{lines}", encoding="utf-8")
    for name, dim in (("a", 8), ("b", 4)):
        documents = nearer.Doc2Vec(dim, min_count=1, epochs=20, threads=1, seed=1)
        documents.fit({key: text for key, (text, _) in told.items()}).save(folder / f"{name}.model")
    np.save(folder / "queries.npy", model.space_.vectors[:4])
    write_upgrades(folder, model.space_)
    write_judgements(folder, model.space_)
    write_recommender(folder)
    write_graph(folder)
    write_photos(folder / "photos")
    write_people(folder / "people.csv")
    write_sounds(folder / "sounds")
    write_readings(folder)
    write_speeches(folder)
    return folder


def write_later(folder: Path, words: nearer.Space) -> None:
    """The words again: with other noise, and on turned axes with 25 words in each other's places."""
    generator = np.random.default_rng(0)
    axes = np.linalg.qr(generator.standard_normal((words.dim, words.dim)))[0]
    moved = words.vectors.copy()
    moved[100:125] = moved[np.roll(np.arange(100, 125), 7)]
    for name, vectors in (("retrained", words.vectors), ("later", moved @ axes)):
        noise = 0.1 * vectors.std() * generator.standard_normal(vectors.shape)
        nearer.Space(words.keys, vectors + noise).save(folder / f"{name}.space")


def write_upgrades(folder: Path, words: nearer.Space) -> None:
    """The words turned, as another model might have them, and topics by one of two models."""
    axes, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(words.dim, words.dim)))
    nearer.Space(words.keys, words.vectors @ axes).save(folder / "turned.space")
    topics = folder / "topics.csv"
    nearer.embed(str(folder / "a.model"), topics, column="text", keep=["text"], out=folder / "papers.space")


def write_speeches(folder: Path) -> None:
    """Ten speeches a year of 20 years, of which later ones speak of trade; words that name themes."""
    generator = np.random.default_rng(0)
    years = np.repeat(np.arange(1990, 2010), 10)
    rows = generator.standard_normal((204, 12))
    rows[:200, 0] += np.where(years >= 2001, 2.0, 0.0)
    rows[200:202, 0] += 9
    rows[202:, 1] += 9
    keys = [*(f"speech {row}" for row in range(200)), "tariff", "export", "treaty", "truce"]
    items = {"year": [*years.tolist(), 1990, 1991, 1990, 1991], "odd": [*["1990"] * 203, "long ago"]}
    nearer.Space(keys, rows, items=items).save(folder / "speeches.space")


def write_people(path: Path) -> None:
    """60 people of two trades, which tell much of their pay and hours; some pay is not known."""
    generator = np.random.default_rng(0)
    lines = ["id,name,trade,age,hours,since,member,income"]
    for number in range(60):
        cook = bool(number % 2)
        pay = "" if number % 9 == 0 else str(20_000 + 9_000 * cook + int(generator.integers(0, 5_000)))
        hours = 40 + 10 * cook + int(generator.integers(0, 5))
        since = f"20{10 + number % 12}-0{1 + number % 9}-15"
        trade = "cook" if cook else "baker"
        values = (f"p{number}", f"person {number}", trade, 20 + number % 40, hours, since, cook, pay)
        lines.append(",".join(map(str, values)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_photos(folder: Path) -> None:
    """40 small pictures: squares of two shades, brighter on the left or on the right."""
    image = pytest.importorskip("PIL.Image")
    generator = np.random.default_rng(0)
    folder.mkdir()
    for number in range(40):
        pixels = generator.integers(0, 90, (16, 16, 3), np.uint8)
        pixels[:, 8 * (number % 2) :][:, :8] += 120
        image.fromarray(pixels).save(folder / f"{('left', 'right')[number % 2]}{number:02}.png")


def write_sounds(folder: Path) -> None:
    """24 short recordings: tones and noise, in folders of their own."""
    soundfile = pytest.importorskip("soundfile")
    generator = np.random.default_rng(0)
    for number in range(24):
        kind = ("noise", "tone")[number % 2]
        wave = generator.standard_normal(1_600) / 8
        if kind == "tone":
            wave = wave / 50 + 0.3 * np.sin(np.arange(1_600) * generator.uniform(0.3, 0.9))
        (folder / kind).mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / kind / f"{number:02}.wav", wave, 8_000)


def write_readings(folder: Path) -> None:
    """Readings of four months, of which none is unlike the others; the first and the last ones apart."""
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((720, 6)) @ generator.standard_normal((6, 6))
    days = np.datetime64("2024-01-01") + np.arange(720) // 6
    items = {"day": pa.array(days)}
    readings = nearer.Space([f"r{row}" for row in range(720)], rows, "euclidean", items)
    readings.save(folder / "readings.parquet")
    readings[:420].save(folder / "before.space")
    readings[420:].save(folder / "after.parquet")


def write_graph(folder: Path) -> None:
    """Two clubs of 12 who know nearly all of their own and few of the other; their vectors, and the clubs."""
    generator = np.random.default_rng(0)
    names = [f"{club}{member}" for club in ("chess", "rugby") for member in range(12)]
    rows = []
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            if generator.random() < (0.9 if one[:5] == other[:5] else 0.05):
                rows.append(f"{one},{other},{generator.integers(1, 4)}\n")
    (folder / "edges.csv").write_text("from,to,strength\n" + "".join(rows), encoding="utf-8")
    parts = nearer.Graph.read(folder / "edges.csv").split(0.3)
    for name, table in zip(("train", "test", "non_edges"), parts.tables(), strict=True):
        pq.write_table(table, folder / f"{name}.parquet")
    adjacency = parts.train.adjacency().toarray()
    _, axes = np.linalg.eigh(adjacency)
    nearer.Space(parts.train.keys, axes[:, -2:]).save(folder / "nodes.space")
    groups = "".join(f"{name}\t{name[:5]}\n" for name in names) + "chess0\tcaptains\nrugby0\tcaptains\n"
    (folder / "groups.tsv").write_text(groups, encoding="utf-8")


def write_recommender(folder: Path) -> None:
    """A recommender of a tea room, where some drink tea and some coffee; and a table of what it sells."""
    rows = [f"tea-{user},{item}" for user in range(5) for item in ("tea", "scones", "jam", "cream") if user]
    rows += [f"coffee-{user},{item}" for user in range(5) for item in ("coffee", "cake", "biscuits")]
    rows += ["ann,tea", "ann,jam", "tea-0,tea", "tea-0,milk", "coffee-0,milk"]
    (folder / "orders.csv").write_text("user,item\n" + "\n".join(rows) + "\n", encoding="utf-8")
    kinds = {"tea": "drink", "coffee": "drink", "milk": "drink"}
    sold = ("tea", "scones", "jam", "cream", "coffee", "cake", "biscuits", "milk")
    lines = "".join(f"{item},{kinds.get(item, 'food')}\n" for item in sold)
    (folder / "menu.csv").write_text(f"item,kind\n{lines}", encoding="utf-8")
    users = [*dict.fromkeys(row.split(",")[0] for row in rows), "cold"]
    data = nearer.Interactions.read(folder / "orders.csv", users=users)
    later = "user,item\nann,scones\ntea-1,milk\ncoffee-1,milk\n"
    (folder / "later.csv").write_text(later, encoding="utf-8")
    Svd(3, threads=1).fit(data).describe_items(folder / "menu.csv").save(folder / "items.model")


def write_judgements(folder: Path, space: nearer.Space) -> None:
    """Queries with judgements, and labels: words whose neighbours are relevant, words that look alike."""
    queries = space[:8]
    queries.save(folder / "queries.space")
    lines = [
        f"{key} 0 {near} {3 - place}\n"
        for key in queries
        for place, (near, _) in enumerate(space.neighbors(key, 3))
    ]
    (folder / "qrels.txt").write_text("".join(lines), encoding="utf-8")
    labelled = (f"{key}\t{'long' if len(key) > 5 else 'short'}\n" for key in space.keys[:200])
    asked = space.keys[:60]
    matches = "".join(f"{key}\t{space.neighbors(key, 1)[0].key}\t1\n" for key in asked)
    others = "".join(f"{key}\t{space.keys[-1 - row]}\t0\n" for row, key in enumerate(asked))
    (folder / "matches.tsv").write_text(f"text1\ttext2\tlabel\n{matches}{others}", encoding="utf-8")
    (folder / "labels.tsv").write_text("".join(labelled), encoding="utf-8")


@pytest.fixture
def here(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a fresh copy of what the examples name."""
    folder = tmp_path / "here"
    shutil.copytree(made, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run() -> Run:
    """Runs `nearer` with arguments, in this process."""
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def run_json(run: Run) -> RunJson:
    """Runs a verb with --json and gives its document; nothing else may be on standard output."""

    def document(*arguments: object) -> Any:
        result = run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return document
