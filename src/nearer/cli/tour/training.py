"""The second part: word vectors trained on text of this machine; judged, searched and drawn."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import nearer
from nearer.cli.output import print_table, write
from nearer.cli.tour.documentation import gather
from nearer.cli.tour.shipped import shipped_lines
from nearer.data import find_files
from nearer.errors import InputError

SMALL = 20_000_000  # bytes of text below which it is read more often
DRAWN = 1_000  # most frequent words on the map
SHOWN = 6  # words whose neighbours are shown
ASKED = ("width", "month", "server", "raise", "string", "thread")  # of the documentation


def training(folder: Path, corpus: str | None, quiet: bool) -> dict[str, Any]:
    """Train, judge, search and draw; returns what was found, and the files in `folder`."""
    model = trained(corpus)
    space, report = model.space_, model.report_
    saved = folder / "words.space"
    space.save(saved, overwrite=True)
    if not quiet:
        source = corpus or "the documentation of Python's standard library"
        write(f"{source}: {report.tokens_read:,} words, {report.vocabulary:,} different ones kept")
        write(
            f"{model!r}: {report.train_seconds:.1f} s, {report.items_per_second:,.0f} words/s, "
            f"loss {model.loss_curve_[0]:.2f} to {model.loss_curve_[-1]:.2f}\n"
        )
    return {
        "corpus": corpus,
        "fit": vars(report),
        "neighbors": show_neighbors(space, quiet),
        "judged": judge(space, quiet),
        "search": compare_searches(space, saved, quiet),
        "files": [saved, *draw(space, folder)],
    }


def trained(corpus: str | None) -> nearer.Word2Vec:
    """Word2Vec on `corpus`, or on this interpreter's documentation; little text is read more often."""
    text: Any = gather() if corpus is None else corpus
    size = 0 if corpus is None else sum(path.stat().st_size for path in find_files(corpus))
    if size < SMALL:
        return nearer.Word2Vec(64, epochs=20, threads=1).fit(text)  # one thread: the same figures every time
    return nearer.Word2Vec().fit(text)


def show_neighbors(space: nearer.Space, quiet: bool) -> dict[str, list[str]]:
    """Neighbours of some words: of the documentation's, or of frequent ones where the text is another."""
    known = [word for word in ASKED if word in space]
    longer = [word for word in space.keys[100:] if len(word) > 4]
    asked = known if len(known) == len(ASKED) else longer[:SHOWN]
    near = {word: space.neighbors(word, 6).keys for word in asked}
    if not quiet:
        print_table(("word", "nearest"), [(word, "  ".join(found)) for word, found in near.items()])
        write()
    return near


def judge(space: nearer.Space, quiet: bool) -> dict[str, Any]:
    """Word similarity and analogies on the lists of this folder; a text without these words has no figure."""
    from nearer import evaluate  # noqa: PLC0415  (verbs start fast)

    if not quiet:
        write("A first check, on pairs and questions made by hand for this tour; no benchmark:\n")
    tests: dict[str, Any] = {"similarity": evaluate.similarity, "analogies": evaluate.analogies}
    lists = {"similarity": pairs(), "analogies": questions()}
    found: dict[str, Any] = {}
    for name, test in tests.items():
        try:
            result = test(space, lists[name])
            found[name] = result.to_dict()
        except InputError as error:
            result, found[name] = f"{name}: {error}", None
        if not quiet:
            write(f"{result}\n")
    return found


def pairs() -> list[tuple[str, str, float]]:
    """Rated pairs of words of programming."""
    _, *rows = (line.split("\t") for line in shipped_lines("pairs.tsv"))
    return [(first, second, float(rating)) for first, second, rating in rows]


def questions() -> list[tuple[str, ...]]:
    """Analogy questions as (section, a, b, c, d)."""
    found, section = [], ""
    for line in shipped_lines("questions.txt"):
        if line.startswith(":"):
            section = line[1:].strip()
        else:
            found.append((section, *line.split()))
    return found


def compare_searches(space: nearer.Space, saved: Path, quiet: bool) -> dict[str, Any]:
    """Every word's ten nearest, exactly and by the index that is kept beside the space; and the recall."""
    from nearer.search import HNSW, Exact, recall  # noqa: PLC0415  (verbs start fast)

    index = HNSW(space)
    index.save(saved)
    seconds = {}
    for name, searcher in (("exact", Exact(space)), ("hnsw", index)):
        begin = time.perf_counter()
        searcher.search(space.vectors, 10)
        seconds[name] = time.perf_counter() - begin
    share = recall(index, 10)
    if not quiet:
        write(
            f"search, {len(space):,} queries, 10 hits each: exact {seconds['exact'] * 1000:.0f} ms, "
            f"HNSW {seconds['hnsw'] * 1000:.0f} ms with recall {share:.4f}"
        )
    return {"queries": len(space), "seconds": seconds, "recall": share}


def draw(space: nearer.Space, folder: Path) -> list[Path]:
    """The most frequent words as a picture and as a page."""
    from nearer.maps import Map  # noqa: PLC0415  (verbs start fast)

    chart = Map.of(space[:DRAWN], title=f"The {min(DRAWN, len(space)):,} most frequent words", threads=1)
    return [chart.save(folder / f"words.{ending}") for ending in ("png", "html")]
