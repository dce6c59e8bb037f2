"""One run of Doc2Vec in a process of its own, ours or gensim's; prints one JSON line and saves the vectors.

    python documents_worker.py LIBRARY CORPUS OUT --architecture dbow|dm --seed S --epochs E

Both get the same file, a document a line, two threads, window 5, 5 negatives, min_count 5, sample 1e-3;
gensim reads it by `corpus_file`, its fastest way.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from words_worker import THREADS, Outcome, peak_memory


def nearer_run(options: argparse.Namespace) -> Outcome:
    from nearer import Doc2Vec

    model = Doc2Vec(
        dim=options.dim,
        architecture=options.architecture,
        epochs=options.epochs,
        seed=options.seed,
        threads=THREADS,
    ).fit(options.corpus)
    report = model.report_
    return report.count_seconds, report.train_seconds, list(model.space_.keys), model.space_.vectors


def gensim_run(options: argparse.Namespace) -> Outcome:
    from gensim.models.doc2vec import Doc2Vec

    path = str(options.corpus)
    model = Doc2Vec(
        vector_size=options.dim,
        dm=int(options.architecture == "dm"),
        dbow_words=0,
        window=5,
        negative=5,
        min_count=5,
        sample=1e-3,
        epochs=options.epochs,
        workers=THREADS,
        seed=options.seed,
    )
    begin = time.perf_counter()
    model.build_vocab(corpus_file=path)
    counted = time.perf_counter()
    model.train(
        corpus_file=path,
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=options.epochs,
    )
    trained = time.perf_counter()
    keys = [str(number) for number in range(1, len(model.dv.vectors) + 1)]
    return counted - begin, trained - counted, keys, model.dv.vectors


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=("nearer", "gensim"))
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--architecture", default="dbow")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    begin = time.perf_counter()
    count, train, keys, vectors = (nearer_run if options.library == "nearer" else gensim_run)(options)
    total = time.perf_counter() - begin
    options.out.with_suffix(".words").write_text("\n".join(keys), encoding="utf-8")
    np.save(options.out.with_suffix(".npy"), vectors)
    print(json.dumps({"count": count, "train": train, "total": total, "peak": peak_memory()}))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
