"""Hierarchical softmax against gensim, side by side: the same text, two threads, ours around the peer.

    python benchmarks/hierarchical.py --peers-python PEERS/bin/python [--quick]

Needs NEARER_DATA, as words.py does.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from report import Row, render
from side_by_side import Bench, compare_scores, data_folder, time_row

WORKER = Path(__file__).with_name("words_worker.py")
LEAST = 4  # times gensim's speed
SEEDS = 2


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes 1 M words, to see that it works."""
    data = data_folder("hierarchical")
    if data is None:
        return []
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(data, peers_python, Path(name), 1_000_000 if quick else None, WORKER)
        setting = f"{bench.words / 1e6:.0f} M words, 3 epochs, 2 threads"
        ours, peers, around = [], [], []
        for seed in range(1, 1 + (1 if quick else SEEDS)):
            ours.append(bench.run("nearer", seed=seed, objective="hierarchical"))
            peers.append(bench.run("gensim", seed=seed, objective="hierarchical"))
            after = bench.run("nearer", seed=seed + 100, judge=False, objective="hierarchical")
            around.append([ours[-1], after])
        what = "skip-gram d=100, hierarchical softmax"
        claim = f"training, {what}, {setting}: gensim 4.4"
        times = [time_row(claim, *pair, LEAST, "scores below") for pair in zip(peers, around, strict=True)]
        slowest = min(times, key=lambda row: row.ratio)
        return [slowest, *compare_scores(what, ours, peers, "gensim")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True, help="interpreter with gensim")
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))


if __name__ == "__main__":
    main()
