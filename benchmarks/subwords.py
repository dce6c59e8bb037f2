"""Training of words and n-grams against fastText, side by side, and vectors of words that were never seen.

    python benchmarks/subwords.py --peers-python PEERS/bin/python [--quick]

Needs NEARER_DATA (the 17-million-word Wikipedia text and the word sets). Unseen words: every third word of
the rated pairs is taken out of the first 4 million words of the text before both train on it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from nearer import Space, evaluate
from report import Row, render
from side_by_side import SLACK, Bench, compare_scores, data_folder, time_row

WORKER = Path(__file__).with_name("subwords_worker.py")
SETTING = "skip-gram, n-grams 3-6, d=100"
RATED = ("wordsim353_all", "simlex999", "rg65")
UNSEEN = "pairs with an unseen word"
SEEDS = 2
UNSEEN_LINES = 4_000  # of 1,000 words
Pair = tuple[str, str, float]


def training_rows(bench: Bench, size: str, seeds: int) -> list[Row]:
    """Time and scores beside fastText's over several seeds, ours before and after each of its runs."""
    ours, peers, times = [], [], []
    for seed in range(1, seeds + 1):
        before = bench.run("nearer", seed=seed)
        theirs = bench.run("fasttext", seed=seed)
        after = bench.run("nearer", seed=seed + 100)
        ours += [before, after]
        peers.append(theirs)
        times.append(time_row("", theirs, [before, after], 10, ""))
    return [
        Row(
            f"training, {SETTING}, {size}: fastText 0.9.3 (both with counting)",
            f"{statistics.median(run.train + run.count for run in ours):.1f} s",
            f"{statistics.median(run.train for run in peers):.1f} s",
            statistics.median(row.ratio for row in times),
            10,
            f"median of {seeds}; scores below",
        ),
        *compare_scores(f"{SETTING} (ours: mean of {len(ours)} runs)", ours, peers, "fastText"),
        Row(
            f"peak memory, {SETTING}: fastText 0.9.3",
            f"{max(run.peak for run in ours) / 1e6:.0f} MB",
            f"{min(run.peak for run in peers) / 1e6:.0f} MB",
            min(run.peak for run in peers) / max(run.peak for run in ours),
            1.0,
            "whole process",
        ),
    ]


class Unseen(Bench):
    """The same text without some of the rated words, judged by the pairs that hold one of them."""

    def __init__(self, bench: Bench) -> None:
        self.data, self.worker, self.peers_python = bench.data, bench.worker, bench.peers_python
        self.folder = bench.folder / "unseen"
        self.folder.mkdir()
        rated = {name: rated_pairs(self.data / "words" / f"{name}.parquet") for name in RATED}
        distinct = sorted({word for pairs in rated.values() for a, b, _ in pairs for word in (a, b)})
        self.dropped = set(distinct[::3])
        self.pairs = [p for pairs in rated.values() for p in pairs if self.dropped & {p[0], p[1]}]
        self.asked = self.folder / "asked.txt"
        asked = sorted({word for a, b, _ in self.pairs for word in (a, b)})
        self.asked.write_text("\n".join(asked), encoding="utf-8")
        self.corpus = self.folder / "corpus.txt"
        self.words = self._write(bench.corpus)

    def _write(self, whole: Path) -> int:
        """Write the lines without the words that are to stay unseen; returns how many words are left."""
        kept = 0
        with whole.open(encoding="utf-8") as source, self.corpus.open("w", encoding="utf-8") as target:
            for _, line in zip(range(UNSEEN_LINES), source, strict=False):
                words = [word for word in line.split() if word not in self.dropped]
                kept += len(words)
                target.write(" ".join(words) + "\n")
        return kept

    def judge(self, out: Path) -> dict[str, float]:
        """Rank correlation over the pairs, with the part of their words that has a vector."""
        import numpy as np

        words = self.asked.read_text(encoding="utf-8").split("\n")
        judged = evaluate.similarity(Space(words, np.load(out.with_suffix(".npy"))), self.pairs)
        return {UNSEEN: judged.value, "coverage": judged.coverage}


def rated_pairs(path: Path) -> list[Pair]:
    """The pairs of a rated set, lower-cased, their ratings scaled to 0 ... 1."""
    import pyarrow.parquet as pq

    first, second, rating = pq.read_table(path).columns[:3]
    most: Any = max(rating.to_pylist())
    triples = zip(first.to_pylist(), second.to_pylist(), rating.to_pylist(), strict=True)
    return [(str(a).lower(), str(b).lower(), float(score) / most) for a, b, score in triples]


def unseen_rows(bench: Bench) -> list[Row]:
    """Similarity of unseen words beside fastText's, and how many have a vector."""
    unseen = Unseen(bench)
    ours = unseen.run("nearer", words=unseen.asked)
    peer = unseen.run("fasttext", words=unseen.asked)
    mine, theirs = (side.scores[UNSEEN] for side in (ours, peer))
    text = f"{unseen.words / 1e6:.1f} M words without {len(unseen.dropped)} rated ones"
    return [
        Row(
            f"similarity of {len(unseen.pairs)} {UNSEEN}, {SETTING}, {text}: fastText's minus {SLACK:g}",
            f"{mine:.3f}",
            f"{theirs:.3f}",
            mine / (theirs - SLACK) if ours.scores["coverage"] == 1 else 0.0,
            1.0,
            f"coverage {ours.scores['coverage']:.0%} v {peer.scores['coverage']:.0%}",
        )
    ]


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes 1 M words, to see that it works."""
    data = data_folder("subwords")
    if data is None:
        return []
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(data, peers_python, Path(name), 1_000_000 if quick else None, WORKER)
        size = f"{bench.words / 1e6:.0f} M words, 1 epoch, 2 threads"
        return training_rows(bench, size, 1 if quick else SEEDS) + unseen_rows(bench)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True, help="interpreter that has fasttext")
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))


if __name__ == "__main__":
    main()
