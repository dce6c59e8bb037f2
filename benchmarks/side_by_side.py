"""Training runs side by side: one text, a fresh process a run, the word sets that judge, ours around peers.

A worker is a script `WORKER LIBRARY CORPUS OUT --option value ...` that trains once, leaves OUT.words and
OUT.npy and prints one JSON line: `count`, `train`, `total` (seconds), `peak` (bytes); see words_worker.py.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from nearer import Space, evaluate
from report import Row

TEXT = "text/enwiki_17Mwords.txt.zst"
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

    def __init__(self, data: Path, peers_python: Path, folder: Path, words: int | None, worker: Path) -> None:
        self.data, self.folder, self.worker, self.peers_python = data, folder, worker, peers_python
        self.corpus = folder / "corpus.txt"
        self.words = write_corpus(data / TEXT, self.corpus, words)

    def run(self, library: str, judge: bool = True, **options: object) -> Run:
        """Train once in a fresh process; says what came out as it goes."""
        out = self.folder / library
        flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        python = Path(sys.executable) if library == "nearer" else self.peers_python
        command = [str(python), str(self.worker), library, str(self.corpus), str(out), *flags]
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


def compare_scores(
    what: str, ours: list[Run], peers: list[Run], peer: str, slack: float = SLACK
) -> list[Row]:
    """A row a word set: mean scores over the seeds of `what` was trained."""
    rows = []
    for name in ours[0].scores:
        mine = statistics.mean(run.scores[name] for run in ours)
        theirs = statistics.mean(run.scores[name] for run in peers)
        seeds = f"mean of {len(peers)} seeds" if len(peers) > 1 else "one seed"
        claim = f"{name}, {what}, {seeds}: {peer}'s minus {slack:g}"
        rows.append(Row(claim, f"{mine:.3f}", f"{theirs:.3f}", mine / (theirs - slack), 1.0, "score"))
    return rows


def scores_of(run: Run) -> str:
    """Scores in short."""
    return ", ".join(f"{score:.3f}" for score in run.scores.values())


def data_folder(name: str) -> Path | None:
    """The folder that NEARER_DATA names, or None where it lacks the text, said by the benchmark's name."""
    folder = Path(os.environ.get("NEARER_DATA", ""))
    if (folder / TEXT).exists():
        return folder
    print(f"{name}: skipped, NEARER_DATA does not name the folder with {TEXT}")
    return None
