"""Word training against gensim and fastText, side by side: the same text, two threads, ours around each peer.

    python benchmarks/words.py --peers-python PEERS/bin/python [--quick]

Needs NEARER_DATA (the 17-million-word Wikipedia text and the word sets). Before and after every run of a peer
ours is run too; a ratio is the peer's time over the mean of the two.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nearer import Space, evaluate
from report import Row, render

WORKER = Path(__file__).with_name("words_worker.py")
LINE_WORDS = 1000
SLACK = 0.01  # how far below the peer's a mean score may lie


@dataclass(frozen=True)
class Run:
    """Seconds, bytes and scores of one training run."""

    count: float
    train: float
    total: float
    peak: int
    scores: dict[str, float]


class Bench:
    """The corpus, the two interpreters, and the word sets that judge."""

    def __init__(self, data: Path, peers_python: Path, folder: Path, words: int | None) -> None:
        self.data, self.folder = data, folder
        self.pythons = {"nearer": Path(sys.executable), "gensim": peers_python, "fasttext": peers_python}
        self.corpus = folder / "corpus.txt"
        self.words = write_corpus(data / "text" / "enwiki_17Mwords.txt.zst", self.corpus, words)

    def run(self, library: str, judge: bool = True, **options: object) -> Run:
        """Train once in a fresh process; says what came out as it goes."""
        out = self.folder / library
        flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        command = [str(self.pythons[library]), str(WORKER), library, str(self.corpus), str(out), *flags]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        figures = json.loads(answer.splitlines()[-1])
        run = Run(**figures, scores=self.judge(out) if judge else {})
        scores = ", ".join(f"{name} {score:.3f}" for name, score in run.scores.items())
        times = f"train {run.train:.1f} s, total {run.total:.1f} s"
        print(f"  {library:9}{options}: {times}, {scores}", flush=True)
        return run

    def judge(self, out: Path) -> dict[str, float]:
        """Scores of the vectors that a run saved."""
        import numpy as np

        words = out.with_suffix(".words").read_text(encoding="utf-8").split("\n")
        space = Space(words, np.load(out.with_suffix(".npy")))
        sets = self.data / "words"
        analogies = evaluate.analogies(space, sets / "google_analogies.parquet", restrict=30_000)
        wordsim = evaluate.similarity(space, sets / "wordsim353_all.parquet")
        simlex = evaluate.similarity(space, sets / "simlex999.parquet")
        return {
            "Google analogies": analogies.value,
            "WordSim-353": wordsim.value,
            "SimLex-999": simlex.value,
        }


def write_corpus(source: Path, target: Path, limit: int | None) -> int:
    """Lower-cased a-z words of the text, in lines of 1,000; returns how many."""
    import pyarrow as pa

    text = pa.input_stream(str(source), compression="zstd").read().decode("utf-8")
    words = re.findall("[a-z]+", text.lower())[:limit]
    lines = (" ".join(words[i : i + LINE_WORDS]) for i in range(0, len(words), LINE_WORDS))
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(words)


def time_row(claim: str, peer: Run, around: list[Run], target: float, quality: str) -> Row:
    """Training time of the peer over the mean of ours before and after.

    A peer that counts within its training call (fastText) is compared with our counting and training.
    """
    counts_within = peer.count == 0
    ours = statistics.mean(run.train + run.count * counts_within for run in around)
    return Row(claim, f"{ours:.1f} s", f"{peer.train:.1f} s", peer.train / ours, target, quality)


def compare_scores(ours: list[Run], peers: list[Run], peer: str, slack: float = SLACK) -> list[Row]:
    """A row a word set: mean scores over the seeds."""
    rows = []
    for name in ours[0].scores:
        mine = statistics.mean(run.scores[name] for run in ours)
        theirs = statistics.mean(run.scores[name] for run in peers)
        claim = f"{name}, skip-gram d=100, mean of {len(peers)} seeds: {peer}'s minus {slack:g}"
        rows.append(Row(claim, f"{mine:.3f}", f"{theirs:.3f}", mine / (theirs - slack), 1.0, "score"))
    return rows


def scores_of(run: Run) -> str:
    """Scores in short."""
    return ", ".join(f"{score:.3f}" for score in run.scores.values())


def rate(bench: Bench, runs: list[Run]) -> float:
    """Megabytes of text a second, counted and encoded; median."""
    return bench.corpus.stat().st_size / 1e6 / statistics.median(run.count for run in runs)


def skipgram_rows(bench: Bench, setting: str, seeds: int) -> list[Row]:
    """Skip-gram d=100 against gensim over several seeds, and fastText once."""
    ours, peers, pairs = [], [], []
    for seed in range(1, seeds + 1):
        before = bench.run("nearer", seed=seed)
        peer = bench.run("gensim", seed=seed)
        after = bench.run("nearer", seed=seed + 100, judge=False)
        ours.append(before)
        peers.append(peer)
        pairs.append((peer, [before, after]))
    fast_before = bench.run("nearer", seed=201, judge=False)
    fasttext = bench.run("fasttext")
    fast_after = bench.run("nearer", seed=202, judge=False)
    times = [time_row("", peer, around, 15, "") for peer, around in pairs]
    totals = [peer.total / statistics.mean(run.total for run in around) for peer, around in pairs]
    mine = statistics.median(run.train for run in ours)
    megabytes = bench.corpus.stat().st_size / 1e6
    return [
        Row(
            f"training, skip-gram d=100, {setting}: gensim 4.4",
            f"{mine:.1f} s",
            f"{statistics.median(run.train for run in peers):.1f} s",
            statistics.median(row.ratio for row in times),
            15,
            "scores below",
        ),
        Row(
            f"file to saved vectors, skip-gram d=100, {setting}: gensim 4.4",
            f"{statistics.median(run.total for run in ours):.1f} s",
            f"{statistics.median(run.total for run in peers):.1f} s",
            statistics.median(totals),
            12,
            "scores below",
        ),
        time_row(
            f"training, skip-gram d=100, {setting}: fastText 0.9.3 (both with counting)",
            fasttext,
            [fast_before, fast_after],
            20,
            f"analogies, WordSim, SimLex {scores_of(ours[0])} v {scores_of(fasttext)}",
        ),
        *compare_scores(ours, peers, "gensim"),
        Row(
            "peak memory, skip-gram d=100: gensim 4.4",
            f"{max(run.peak for run in ours) / 1e6:.0f} MB",
            f"{min(run.peak for run in peers) / 1e6:.0f} MB",
            min(run.peak for run in peers) / max(run.peak for run in ours),
            1.0,
            "whole process",
        ),
        Row(
            f"reading, counting and encoding {megabytes:.0f} MB: at least 100 MB/s (beside: gensim's count)",
            f"{rate(bench, ours):.0f} MB/s",
            f"{rate(bench, peers):.0f} MB/s",
            rate(bench, ours) / 100,
            1.0,
            f"median of {len(ours)} runs",
        ),
    ]


def other_rows(bench: Bench, setting: str) -> list[Row]:
    """CBOW against fastText, and d=300 against gensim."""
    rows = []
    for claim, peer, target, options in (
        ("training, CBOW d=100", "fasttext", 6, {"architecture": "cbow"}),
        ("training, skip-gram d=300", "gensim", 9, {"dim": 300}),
    ):
        before = bench.run("nearer", **options)
        theirs = bench.run(peer, **options)
        after = bench.run("nearer", judge=False, **options)
        name = {"fasttext": "fastText 0.9.3 (both with counting)", "gensim": "gensim 4.4"}[peer]
        quality = f"analogies, WordSim, SimLex {scores_of(before)} v {scores_of(theirs)}"
        rows.append(time_row(f"{claim}, {setting}: {name}", theirs, [before, after], target, quality))
    return rows


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes 1 M words and one seed, to see that it works."""
    data = Path(os.environ.get("NEARER_DATA", ""))
    if not (data / "text" / "enwiki_17Mwords.txt.zst").exists():
        print("words: skipped, NEARER_DATA does not name the folder with text/enwiki_17Mwords.txt.zst")
        return []
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(data, peers_python, Path(name), 1_000_000 if quick else None)
        setting = f"{bench.words / 1e6:.0f} M words, 3 epochs, 2 threads"
        return skipgram_rows(bench, setting, 1 if quick else 3) + other_rows(bench, setting)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--peers-python", type=Path, required=True, help="interpreter with gensim and fasttext"
    )
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))


if __name__ == "__main__":
    main()
