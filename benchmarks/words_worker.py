"""One training run in a process of its own, ours or a peer's; prints one JSON line and saves the vectors.

    python words_worker.py LIBRARY CORPUS OUT --dim D --architecture skipgram|cbow
        --objective negative|hierarchical --seed S --epochs E

Every library gets the same file, two threads, window 5, 5 negatives (or hierarchical softmax and none),
min_count 5, sample 1e-3.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

THREADS = 2
RATES = {"skipgram": 0.025, "cbow": 0.05}  # learning rates of the original word2vec program
Outcome = tuple[float, float, list[str], np.ndarray]


def nearer_run(options: argparse.Namespace) -> Callable[[], Outcome]:
    from nearer import Word2Vec

    model = Word2Vec(
        dim=options.dim,
        architecture=options.architecture,
        objective=options.objective,
        epochs=options.epochs,
        learning_rate=RATES[options.architecture],
        seed=options.seed,
        threads=options.threads,
    )

    def run() -> Outcome:
        model.fit(options.corpus)
        model.space_.save(options.out.with_suffix(".bin"), overwrite=True)
        report = model.report_
        return report.count_seconds, report.train_seconds, list(model.space_.keys), model.space_.vectors

    return run


def gensim_run(options: argparse.Namespace) -> Callable[[], Outcome]:
    from gensim.models import Word2Vec

    def run() -> Outcome:
        model = Word2Vec(
            vector_size=options.dim,
            sg=int(options.architecture == "skipgram"),
            hs=int(options.objective == "hierarchical"),
            negative=5 if options.objective == "negative" else 0,
            window=5,
            min_count=5,
            sample=1e-3,
            alpha=RATES[options.architecture],
            epochs=options.epochs,
            workers=options.threads,
            seed=options.seed,
        )
        path = str(options.corpus)
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
        model.wv.save_word2vec_format(str(options.out.with_suffix(".bin")), binary=True)
        return counted - begin, trained - counted, model.wv.index_to_key, model.wv.vectors

    return run


def fasttext_run(options: argparse.Namespace) -> Callable[[], Outcome]:
    import fasttext

    def run() -> Outcome:
        begin = time.perf_counter()
        model = fasttext.train_unsupervised(
            str(options.corpus),
            model=options.architecture,
            dim=options.dim,
            ws=5,
            neg=5,
            minCount=5,
            t=1e-3,
            epoch=options.epochs,
            lr=RATES[options.architecture],
            minn=0,
            maxn=0,
            thread=options.threads,
            verbose=0,
        )
        seconds = time.perf_counter() - begin  # fastText counts within the call
        model.save_model(str(options.out.with_suffix(".bin")))
        words = model.get_words()
        return 0.0, seconds, words, np.stack([model.get_word_vector(word) for word in words])

    return run


LIBRARIES = {"nearer": nearer_run, "gensim": gensim_run, "fasttext": fasttext_run}


def peak_memory() -> int:
    """Bytes this process held at most (its own high-water mark; getrusage would count its parent's)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=sorted(LIBRARIES))
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--architecture", default="skipgram")
    parser.add_argument("--objective", default="negative")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=THREADS)
    options = parser.parse_args()
    run = LIBRARIES[options.library](options)
    begin = time.perf_counter()
    count, train, words, vectors = run()
    total = time.perf_counter() - begin
    peak = peak_memory()
    options.out.with_suffix(".words").write_text("\n".join(words), encoding="utf-8")
    np.save(options.out.with_suffix(".npy"), vectors)
    print(json.dumps({"count": count, "train": train, "total": total, "peak": peak}))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
