"""Node vectors in a process of its own, ours or a peer's; prints one JSON line and saves the vectors.

    python graphs_worker.py nearer|pecanpy EDGES.parquet OUT --p P --q Q --walks W --length L --seed S

Both get the same edges, two threads, window 10, dim 128 and one pass. PecanPy's walks are trained by gensim,
as PecanPy's own program does; it reads no Parquet, so it takes the edges from a text beside OUT.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from words_worker import THREADS, Outcome, peak_memory

DIM, WINDOW = 128, 10
TEXT = "edges.edg"  # the same edges beside OUT, source and target between tabs


def nearer_run(options: argparse.Namespace) -> Callable[[], Outcome]:
    from nearer import Node2Vec

    model = Node2Vec(
        dim=DIM,
        p=options.p,
        q=options.q,
        walks=options.walks,
        length=options.length,
        window=WINDOW,
        threads=THREADS,
        seed=options.seed,
    )

    def run() -> Outcome:
        model.fit(options.corpus)
        report = model.report_
        return report.count_seconds, report.train_seconds, list(model.space_.keys), model.space_.vectors

    return run


def pecanpy_run(options: argparse.Namespace) -> Callable[[], Outcome]:
    from gensim.models import Word2Vec
    from pecanpy import pecanpy

    def run() -> Outcome:
        graph = pecanpy.SparseOTF(p=options.p, q=options.q, workers=THREADS, verbose=False)
        begin = time.perf_counter()
        graph.read_edg(str(options.out.with_name(TEXT)), weighted=False, directed=False)
        walks = graph.simulate_walks(num_walks=options.walks, walk_length=options.length)
        walked = time.perf_counter()
        model = Word2Vec(
            walks,
            vector_size=DIM,
            window=WINDOW,
            min_count=0,
            sg=1,
            workers=THREADS,
            epochs=1,
            seed=options.seed,
        )
        trained = time.perf_counter() - walked
        return walked - begin, trained, model.wv.index_to_key, model.wv.vectors

    return run


LIBRARIES = {"nearer": nearer_run, "pecanpy": pecanpy_run}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=sorted(LIBRARIES))
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--p", type=float, default=1.0)
    parser.add_argument("--q", type=float, default=1.0)
    parser.add_argument("--walks", type=int, default=10)
    parser.add_argument("--length", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    run = LIBRARIES[options.library](options)
    begin = time.perf_counter()
    count, train, nodes, vectors = run()
    total = time.perf_counter() - begin
    peak = peak_memory()
    options.out.with_suffix(".words").write_text("\n".join(nodes), encoding="utf-8")
    np.save(options.out.with_suffix(".npy"), vectors)
    print(json.dumps({"count": count, "train": train, "total": total, "peak": peak}), flush=True)


if __name__ == "__main__":
    main()
