"""One training run of words and n-grams in a process of its own; prints one JSON line and saves the vectors.

    python subwords_worker.py LIBRARY CORPUS OUT --seed S --epochs E [--words FILE]

Both libraries get the same file, two threads, skip-gram, d=100, n-grams of 3 to 6 characters, 2,000,000
buckets, window 5, 5 negatives, min_count 5, sample 1e-3, learning rate 0.05. With --words, OUT holds the
vectors of the words in that file, seen or not; else those of the vocabulary.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from words_worker import THREADS, peak_memory

RATE, DIM = 0.05, 100
Vectors = Callable[[list[str]], np.ndarray]
Outcome = tuple[float, float, list[str], Vectors]


def nearer_run(options: argparse.Namespace) -> Callable[[], Outcome]:
    from nearer import FastText

    model = FastText(
        dim=DIM, epochs=options.epochs, learning_rate=RATE, seed=options.seed, threads=options.threads
    )

    def run() -> Outcome:
        model.fit(options.corpus)
        report = model.report_
        return report.count_seconds, report.train_seconds, list(model.space_.keys), model.encode

    return run


def fasttext_run(options: argparse.Namespace) -> Callable[[], Outcome]:
    import fasttext

    def run() -> Outcome:
        begin = time.perf_counter()
        model = fasttext.train_unsupervised(
            str(options.corpus),
            model="skipgram",
            dim=DIM,
            ws=5,
            neg=5,
            minCount=5,
            t=1e-3,
            epoch=options.epochs,
            lr=RATE,
            minn=3,
            maxn=6,
            bucket=2_000_000,
            thread=options.threads,
            verbose=0,
        )
        seconds = time.perf_counter() - begin  # fastText counts within the call
        words = [word for word in model.get_words() if word != "</s>"]
        return 0.0, seconds, words, lambda asked: np.stack([model.get_word_vector(word) for word in asked])

    return run


LIBRARIES = {"nearer": nearer_run, "fasttext": fasttext_run}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=sorted(LIBRARIES))
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--words", type=Path)
    options = parser.parse_args()
    run = LIBRARIES[options.library](options)
    begin = time.perf_counter()
    count, train, words, vectors = run()
    total = time.perf_counter() - begin
    peak = peak_memory()
    asked = options.words.read_text(encoding="utf-8").split("\n") if options.words else words
    options.out.with_suffix(".words").write_text("\n".join(asked), encoding="utf-8")
    np.save(options.out.with_suffix(".npy"), vectors(asked))
    print(json.dumps({"count": count, "train": train, "total": total, "peak": peak}), flush=True)


if __name__ == "__main__":
    main()
