"""ALS and BPR against implicit, side by side: Gowalla, two threads, ours around the peer, judged over
all items.

    python benchmarks/recommenders.py --peers-python PEERS/bin/python [--quick]

Needs NEARER_DATA, the folder with Gowalla as LightGCN splits it: 29,858 users, 40,981 items, 810,128 pairs to
learn from. How both were tuned, and over what, stands in recommenders_worker.py.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nearer import evaluate
from report import Row, kept, render

WORKER = Path(__file__).with_name("recommenders_worker.py")
TABLE = "interactions/gowalla_lightgcn.parquet"
ALS_LEAST, BPR_LEAST, RECOMMEND_LEAST = 2.5, 3.0, 2.0  # times implicit's speed
RECALL = 0.16  # of the best model
SLACK = 0.001  # of nDCG: what another seed changes
Lists = dict[str, list[str]]


@dataclass(frozen=True)
class Run:
    """Seconds and judgement of one run."""

    train: float
    recommend: float
    ndcg: float
    recall: float


class Bench:
    """Gowalla in files, the two interpreters, and the judge."""

    def __init__(self, table: Path, peers_python: Path, folder: Path) -> None:
        import pyarrow.parquet as pq

        columns = pq.read_table(table)
        users, items, test = (columns[name].to_numpy() for name in ("user", "item", "test"))
        test = test.astype(np.bool_)
        order = np.lexsort((items[~test], users[~test]))
        starts = np.searchsorted(users[~test][order], np.arange(users.max() + 2))
        np.savez(
            folder / "data.npz",
            indptr=starts,
            indices=items[~test][order].astype(np.int32),
            items=items.max() + 1,
        )
        self.held_out = lists(users[test], items[test])
        self.train = lists(users[~test], items[~test])
        self.peers_python, self.folder = peers_python, folder

    def run(self, library: str, method: str, iterations: int, seed: int = 1) -> Run:
        """Train, suggest and judge once in a fresh process; says what came out as it goes."""
        out = self.folder / "suggested.npy"
        python = Path(sys.executable) if library == "nearer" else self.peers_python
        options = ["--iterations", str(iterations), "--seed", str(seed)]
        command = [
            str(python),
            str(WORKER),
            library,
            method,
            str(self.folder / "data.npz"),
            str(out),
            *options,
        ]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        figures = json.loads(answer.splitlines()[-1])
        suggested = {
            str(user): [str(item) for item in line if item >= 0]
            for user, line in enumerate(np.load(out).tolist())
        }
        found = evaluate.ranking(suggested, self.held_out, k=20, train=self.train)
        run = Run(**figures, ndcg=found.ndcg.value, recall=found.recall.value)
        print(f"  {library:9}{method} {iterations}: {run}", flush=True)
        return run


def lists(users: np.ndarray, items: np.ndarray) -> Lists:
    """The items of each user."""
    made: Lists = {}
    for user, item in zip(users.tolist(), items.tolist(), strict=True):
        made.setdefault(str(user), []).append(str(item))
    return made


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` makes 2 iterations and 4 epochs, to see that it works."""
    table = Path(os.environ.get("NEARER_DATA", "")) / TABLE
    if not table.is_file():
        print(f"recommenders: skipped, NEARER_DATA does not name the folder with {TABLE}")
        return []
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(table, peers_python, Path(name))
        rows = []
        for method, passes, least in (
            ("als", 2 if quick else 15, ALS_LEAST),
            ("bpr", 4 if quick else 100, BPR_LEAST),
        ):
            before = bench.run("nearer", method, passes, seed=1)
            peer = bench.run("implicit", method, passes)
            after = bench.run("nearer", method, passes, seed=2)
            what = f"{method.upper()}, Gowalla, d=64, {passes} passes, 2 threads: implicit"
            rows += [time_row(what, peer, [before, after], least), score_row(method, peer, [before, after])]
            if method == "als":
                rows.append(rate_row(peer, [before, after]))
        best = bench.run("nearer", "best", 2 if quick else 15)
        claim = "Recall@20 of ALS, Gowalla, d=128, alpha 50, regularisation 0.0005, frequency_scaling 1"
        ratio = best.recall / RECALL
        rows.append(Row(claim, f"{best.recall:.4f}", f"{RECALL} wanted", ratio, 1.0, "over all items"))
        return rows


def time_row(claim: str, peer: Run, around: list[Run], least: float) -> Row:
    """Training time of the peer over the mean of ours before and after."""
    ours = statistics.mean(run.train for run in around)
    return Row(claim, f"{ours:.2f} s", f"{peer.train:.1f} s", peer.train / ours, least, "nDCG@20 below")


def score_row(method: str, peer: Run, around: list[Run]) -> Row:
    """Our mean nDCG over the peer's, minus what another seed changes."""
    ours = statistics.mean(run.ndcg for run in around)
    claim = f"nDCG@20 of {method.upper()}, both tuned: implicit's minus {SLACK:g}"
    return Row(claim, f"{ours:.4f}", f"{peer.ndcg:.4f}", ours / (peer.ndcg - SLACK), 1.0, "over all items")


def rate_row(peer: Run, around: list[Run]) -> Row:
    """Seconds to recommend for everyone: the peer's over ours."""
    ours = statistics.mean(run.recommend for run in around)
    claim = "recommend 20 items to 29,858 users, none they have, 2 threads: implicit"
    ratio = peer.recommend / ours
    return Row(claim, f"{ours:.2f} s", f"{peer.recommend:.2f} s", ratio, RECOMMEND_LEAST, "ALS above")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True, help="interpreter that has implicit")
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    rows = run(arguments.peers_python, arguments.quick)
    print(render(rows))
    sys.exit(0 if kept(rows) else 1)


if __name__ == "__main__":
    main()
