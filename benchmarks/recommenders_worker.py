"""One recommender run in a process of its own, ours or implicit's; prints one JSON line, saves what it
suggests.

    python recommenders_worker.py nearer|implicit als|bpr|best DATA.npz OUT.npy --iterations N --seed S

DATA.npz holds `indptr` and `indices`, users by items (CSR), and `items`, their number. Two threads. ALS has
alpha 10 and regularisation 0.05 on either side. BPR has the best of a grid on either side: learning rate 0.01
(implicit's default), 0.05, 0.1 or 0.2, regularisation 0.003 or 0.01; for ours, a rate that falls or stays.
implicit gets what it recommends itself: OpenBLAS with one thread, its own threads doing the work.
`recommend` is the best of three rounds for all users, 20 items each, without those they have.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

import numpy as np
from scipy.sparse import csr_matrix

THREADS, DIM, K, ROUNDS = 2, 64, 20, 3
Fitted = tuple[float, Callable[[], np.ndarray]]  # seconds, and what suggests items (users, K)


def nearer_run(method: str, chosen: csr_matrix, iterations: int, seed: int) -> Fitted:
    from nearer import ALS, BPR
    from nearer.data.interactions import as_interactions

    common = {"threads": THREADS, "seed": seed}
    models: dict[str, Callable[[], Any]] = {
        "als": lambda: ALS(DIM, regularization=0.05, alpha=10.0, iterations=iterations, **common),
        "bpr": lambda: BPR(
            DIM,
            learning_rate=0.2,
            least_learning_rate=0.002,
            regularization=0.003,
            epochs=iterations,
            **common,
        ),
        "best": lambda: ALS(
            128, regularization=0.0005, frequency_scaling=1.0, alpha=50.0, iterations=iterations, **common
        ),
    }
    data, model = as_interactions(chosen), models[method]()
    begin = time.perf_counter()
    model.fit(data)
    return time.perf_counter() - begin, lambda: model.recommend(k=K).items


def implicit_run(method: str, chosen: csr_matrix, iterations: int, seed: int) -> Fitted:
    from implicit.cpu.als import AlternatingLeastSquares
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    common = {"iterations": iterations, "num_threads": THREADS, "random_state": seed}
    models: dict[str, Callable[[], Any]] = {
        "als": lambda: AlternatingLeastSquares(DIM, alpha=10.0, regularization=0.05, **common),
        "bpr": lambda: BayesianPersonalizedRanking(DIM, learning_rate=0.01, regularization=0.003, **common),
    }
    model, users = models[method](), np.arange(chosen.shape[0])
    begin = time.perf_counter()
    model.fit(chosen, show_progress=False)
    seconds = time.perf_counter() - begin
    return seconds, lambda: model.recommend(users, chosen, N=K)[0]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=["nearer", "implicit"])
    parser.add_argument("method", choices=["als", "bpr", "best"])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--iterations", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with np.load(options.data) as found:
        indptr, indices, items = found["indptr"], found["indices"], int(found["items"])
    values = np.ones(len(indices), np.float32)
    chosen = csr_matrix((values, indices, indptr), shape=(len(indptr) - 1, items))
    run = nearer_run if options.library == "nearer" else implicit_run
    train, suggest = run(options.method, chosen, options.iterations, options.seed)
    rounds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        suggested = suggest()
        rounds.append(time.perf_counter() - begin)
    np.save(options.out, suggested)
    print(json.dumps({"train": train, "recommend": min(rounds)}), flush=True)


if __name__ == "__main__":
    main()
