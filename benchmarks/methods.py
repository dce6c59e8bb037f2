"""Which method for words: everything of ours trained on the same text, on all of it and on a small part.

    python benchmarks/methods.py [--quick]

No peers here: the table says when which of our own methods is the one to use. Needs NEARER_DATA.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nearer
from nearer import Space, evaluate
from nearer.evaluate.analogy import Score
from report import Grid, render
from side_by_side import TEXT, data_folder, write_corpus

THREADS = 2
DIM = 100
SEEDS = (1,)
HEADS = (
    "method",
    "words",
    "epochs",
    "CPU seconds",
    "WordSim-353",
    "SimLex-999",
    "semantic",
    "syntactic",
    "analogies",
)


def methods(epochs: int, iterations: int, seed: int) -> dict[str, tuple[int | None, Callable[[], Any]]]:
    """Name -> (passes over the text, the model); settings are those a user gets, but for the passes."""
    common: dict[str, Any] = {"dim": DIM, "threads": THREADS, "seed": seed}
    return {
        "Word2Vec, skip-gram": (epochs, lambda: nearer.Word2Vec(epochs=epochs, **common)),
        "Word2Vec, skip-gram, hierarchical softmax": (
            epochs,
            lambda: nearer.Word2Vec(objective="hierarchical", epochs=epochs, **common),
        ),
        "Word2Vec, CBOW": (
            epochs,
            lambda: nearer.Word2Vec(architecture="cbow", learning_rate=0.05, epochs=epochs, **common),
        ),
        "FastText, skip-gram": (epochs, lambda: nearer.FastText(epochs=epochs, **common)),
        "GloVe, x_max=10": (iterations, lambda: nearer.GloVe(epochs=iterations, x_max=10, **common)),
        "PPMI and SVD": (None, lambda: nearer.PPMI(**common)),
    }


def scores(space: Space, data: Path) -> tuple[float, ...]:
    """WordSim-353, SimLex-999, and analogies: semantic, syntactic, all (30,000 most frequent words)."""
    sets = data / "words"
    asked = evaluate.analogies(space, sets / "google_analogies.parquet", restrict=30_000)
    return (
        evaluate.similarity(space, sets / "wordsim353_all.parquet").value,
        evaluate.similarity(space, sets / "simlex999.parquet").value,
        part_value(asked.semantic),
        part_value(asked.syntactic),
        asked.value,
    )


def part_value(score: Score | None) -> float:
    """Accuracy of a part of the questions; NaN where none was answered."""
    return score.estimate.value if score and score.estimate else float("nan")


def measured(corpus: Path, words: int, data: Path, epochs: int, iterations: int) -> list[tuple[str, ...]]:
    """A row a method: CPU seconds of `fit` (all threads; median), and the mean scores over the seeds."""
    rows = []
    for name, (passes, _) in methods(epochs, iterations, 0).items():
        seconds, found = [], []
        for seed in SEEDS:
            model = methods(epochs, iterations, seed)[name][1]()
            begin = time.process_time()
            model.fit(corpus)
            seconds.append(time.process_time() - begin)
            found.append(scores(model.space_, data))
        means = [f"{statistics.mean(values):.3f}" for values in zip(*found, strict=True)]
        row = (name, f"{words / 1e6:.0f} M", str(passes or "-"), f"{statistics.median(seconds):.1f}", *means)
        print("  " + ", ".join(row), flush=True)
        rows.append(row)
    return rows


def run(peers_python: Path | None = None, quick: bool = False) -> Grid | list[Any]:
    """The grid of all methods; `quick` takes the small part alone."""
    data = data_folder("methods")
    if data is None:
        return []
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for limit, epochs, iterations in ((1_000_000, 10, 30), *(((None, 3, 15),) if not quick else ())):
            corpus = Path(name) / "corpus.txt"
            words = write_corpus(data / TEXT, corpus, limit)
            rows += measured(corpus, words, data, epochs, iterations)
    return Grid(HEADS, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    print(render(run(quick=parser.parse_args().quick)))


if __name__ == "__main__":
    main()
