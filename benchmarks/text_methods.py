"""Which encoder for texts: pretrained ones beside SIF and Doc2Vec, judged by sentences and by news.

    python benchmarks/text_methods.py [--quick]

No peers here. STS-B (test) by Spearman's correlation; linear probes on the topics of AG News (test) and BBC
News, title and text, by five-fold cross-validation. Doc2Vec is trained on all these texts, without scores and
topics. Needs NEARER_DATA and the packages of the encoders.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import nearer
from nearer import Space, evaluate
from nearer.encoders import known_encoders
from report import Grid, render
from side_by_side import data_folder

HEADS = ("encoder", "dim", "STS-B", "BBC News", "AG News", "texts a CPU second")
NEWS = {"BBC News": "bbc_news", "AG News": "agnews_test"}
QUICK = 400  # news of each set


class Tasks:
    """The texts of each task, and how an encoder does on it."""

    def __init__(self, data: Path, most: int | None) -> None:
        import pyarrow.parquet as pq

        self.pairs = data / "sentences" / "stsb_test.parquet"
        self.news: dict[str, tuple[list[str], list[str]]] = {}
        for name, file in NEWS.items():
            table = pq.read_table(data / "sentences" / f"{file}.parquet").to_pydict()
            texts = [f"{title}\n{text}" for title, text in zip(table["title"], table["text"], strict=True)]
            step = 1 if most is None else max(1, len(texts) // most)
            self.news[name] = (texts[::step], [str(topic) for topic in table["topic"]][::step])
        judged = pq.read_table(self.pairs)
        self.sentences = sorted({*judged["sentence1"].to_pylist(), *judged["sentence2"].to_pylist()})

    @property
    def texts(self) -> list[str]:
        """Every text of every task."""
        return [*self.sentences, *(text for texts, _ in self.news.values() for text in texts)]

    def row(self, name: str, encoder: Any) -> tuple[str, ...]:
        """An encoder's scores, and how many texts a second of CPU it encodes."""
        scores: list[float] = []
        seconds, dim = 0.0, 0
        for texts, topics in self.news.values():
            begin = time.process_time()
            vectors = np.asarray(encoder.encode(texts), dtype=np.float32)
            seconds += time.process_time() - begin
            space = Space([str(row) for row in range(len(texts))], vectors)
            scores.append(evaluate.probe(space, topics).value)
            dim = vectors.shape[1]
        speed = sum(len(texts) for texts, _ in self.news.values()) / seconds
        similarity = evaluate.sts(encoder, self.pairs).value
        row = (name, str(dim), *(f"{score:.3f}" for score in (similarity, *scores)), f"{speed:,.0f}")
        print("  " + ", ".join(row), flush=True)
        return row


def encoders(tasks: Tasks) -> dict[str, Callable[[], Any]]:
    """What is judged: its name, and what makes it."""
    common: dict[str, Any] = {"dim": 100, "epochs": 10, "threads": 2, "seed": 1, "min_count": 2}
    return {
        "all-MiniLM-L6-v2": lambda: nearer.encoder("all-MiniLM-L6-v2"),
        "all-MiniLM-L6-v2, int8": lambda: nearer.encoder("all-MiniLM-L6-v2", compute="int8"),
        "static: wordllama": lambda: nearer.encoder("wordllama"),
        "static: wordllama, its first 64": lambda: nearer.encoder("wordllama", dim=64),
        "SIF of GloVe 6B, 50-d": lambda: nearer.SIF("glove-6b-50d").fit(tasks.texts),
        "Doc2Vec, PV-DBOW": lambda: nearer.Doc2Vec(**common).fit(tasks.texts),
    }


def run(peers_python: Path | None = None, quick: bool = False) -> Grid | list[Any]:
    """The grid of all encoders; `quick` takes few of the news."""
    data = data_folder("text_methods")
    needed = ("all-MiniLM-L6-v2", "wordllama")
    missing = [entry.install for entry in known_encoders() if entry.name in needed and not entry.here]
    if data is None or missing:
        print("".join(f"text_methods: skipped, needs {line}\n" for line in missing), end="")
        return []
    tasks = Tasks(data, QUICK if quick else None)
    return Grid(HEADS, [tasks.row(name, make()) for name, make in encoders(tasks).items()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    print(render(run(quick=parser.parse_args().quick)))


if __name__ == "__main__":
    main()
