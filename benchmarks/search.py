"""Exact search against faiss's flat index, side by side: the same vectors, the same threads, A B A B.

    python benchmarks/search.py --peers-python PEERS/bin/python [--quick]

PEERS is an environment with faiss-cpu. faiss runs in its own interpreter, twice: as pip installs it, and with
OPENBLAS_CORETYPE=SkylakeX, which gives its matrix product the AVX-512 code of this machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from report import Row, render

THREADS = 2
DIM, K = 256, 10
TUNED = "faiss, OPENBLAS_CORETYPE=SkylakeX"
PLAIN = "faiss as pip installs it"
TARGETS = {TUNED: 1.0, PLAIN: 3.0}


class Peer:
    """A faiss interpreter that holds the vectors and answers each line "search" with its seconds."""

    def __init__(self, python: Path, folder: Path, **settings: str) -> None:
        worker = Path(__file__).with_name("search_peer.py")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
        self._process = subprocess.Popen(
            [str(python), str(worker), str(folder), str(K), str(THREADS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=inherited | settings,
            text=True,
        )
        self._answer()

    def search(self) -> float:
        """Seconds of one search."""
        assert self._process.stdin is not None
        self._process.stdin.write("search\n")
        self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the peer ended: is faiss-cpu installed beside that interpreter?")
        return line

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """One row a way to run faiss; `quick` takes fewer rows, queries and rounds."""
    n, m, rounds = (50_000, 500, 3) if quick else (200_000, 2_000, 7)
    generator = np.random.default_rng(0)
    vectors = generator.standard_normal((n, DIM), dtype=np.float32)
    queries = generator.standard_normal((m, DIM), dtype=np.float32)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "vectors.npy", vectors)
        np.save(folder / "queries.npy", queries)
        peers = {
            TUNED: Peer(peers_python, folder, OPENBLAS_CORETYPE="SkylakeX"),
            PLAIN: Peer(peers_python, folder),
        }
        ours, found = our_search(vectors, queries)
        seconds = alternate(rounds, {"ours": ours, **{name: peer.search for name, peer in peers.items()}})
        expected = np.load(folder / "ids.npy")
        for peer in peers.values():
            peer.close()
    quality = agreement(vectors, queries, found(), expected)
    mine = statistics.median(seconds["ours"])
    size = f"exact search, {n:,} x {DIM}, {m:,} queries, k={K}, inner product, {THREADS} threads"
    return [
        Row(
            f"{size}: {name}",
            f"{mine:.2f} s",
            f"{statistics.median(seconds[name]):.2f} s",
            statistics.median(
                theirs / own for theirs, own in zip(seconds[name], seconds["ours"], strict=True)
            ),
            TARGETS[name],
            quality,
        )
        for name in peers
    ]


def our_search(
    vectors: NDArray[np.float32], queries: NDArray[np.float32]
) -> tuple[Callable[[], float], Callable[[], NDArray[np.int64]]]:
    """A function that searches and returns its seconds, and one that returns the rows last found."""
    from nearer.kernels.topk import prepare, topk

    rows = prepare(vectors, "dot")
    last: list[NDArray[np.int64]] = []

    def search() -> float:
        started = time.perf_counter()
        _, best = topk(rows, queries, K, threads=THREADS)
        seconds = time.perf_counter() - started
        last[:] = [best]
        return seconds

    return search, lambda: last[0]


def alternate(rounds: int, sides: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Seconds of each side, one after the other in every round, after a round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds + 1):
        for name, search in sides.items():
            needed = search()
            if turn:
                seconds[name].append(needed)
    return seconds


def agreement(
    vectors: NDArray[np.float32],
    queries: NDArray[np.float32],
    found: NDArray[np.int64],
    expected: NDArray[np.int64],
) -> str:
    """ "same ids", where both found the same but for ties in single precision; ends the run otherwise."""
    for query, (mine, theirs) in enumerate(zip(found, expected, strict=True)):
        if set(mine) != set(theirs):
            scores = vectors[[*mine, *theirs]] @ queries[query]
            if not np.allclose(scores[:K].min(), scores[K:].min(), rtol=1e-5):
                raise SystemExit(f"query {query}: {mine} is not {theirs}")
    return "same ids"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True, help="interpreter that has faiss-cpu")
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    rows = run(arguments.peers_python, arguments.quick)
    print(render(rows))
    sys.exit(0 if all(row.kept for row in rows) else 1)


if __name__ == "__main__":
    main()
