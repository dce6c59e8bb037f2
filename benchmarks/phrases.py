"""Phrases against gensim, side by side: the same text, scores, thresholds and connector words.

    python benchmarks/phrases.py --peers-python PEERS/bin/python [--quick]

Needs NEARER_DATA (the 17-million-word Wikipedia text). A run takes the file and ends with the text rewritten.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nearer import Phrases
from report import Row, render
from side_by_side import TEXT, data_folder, write_corpus

WORKER = Path(__file__).with_name("phrases_worker.py")
LEAST_RATE = 10e6  # words a second


@dataclass(frozen=True)
class Run:
    """Seconds from file to rewritten text, those of reading; tokens left; the phrases with their scores."""

    seconds: float
    read: float
    left: int
    phrases: dict[str, float]


def run_once(python: Path, library: str, corpus: Path, score: str) -> Run:
    """One run in a fresh process; says what came out."""
    out = corpus.with_name(f"{library}.json")
    connectors = " ".join(sorted(Phrases(exclude="english").connectors()))
    command = [str(python), str(WORKER), library, str(corpus), str(out), connectors, score]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    run = Run(**json.loads(answer.splitlines()[-1]), phrases=json.loads(out.read_text(encoding="utf-8")))
    print(f"  {library:7} {score:8} {run.seconds:.2f} s, {len(run.phrases):,} phrases", flush=True)
    return run


def rows_of(score: str, words: int, ours: list[Run], peer: Run) -> list[Row]:
    """Rate, time beside the peer, and whether the phrases are the same."""
    seconds = statistics.median(run.seconds for run in ours)
    learning = statistics.median(run.seconds - run.read for run in ours)
    mine, theirs = ours[0].phrases, peer.phrases
    both, either = len(mine.keys() & theirs.keys()), len(mine.keys() | theirs.keys())
    setting = f"{score}, {words / 1e6:.0f} M words, 2 threads"
    return [
        Row(
            f"phrases, {setting}, file to rewritten text: at least 10 M words/s (beside: gensim 4.4)",
            f"{words / seconds / 1e6:.1f} M/s",
            f"{words / peer.seconds / 1e6:.2f} M/s",
            words / seconds / LEAST_RATE,
            1.0,
            f"counting, scoring and rewriting alone: {words / learning / 1e6:.1f} M/s",
        ),
        Row(
            f"phrases, {setting}, file to rewritten text: gensim 4.4",
            f"{seconds:.2f} s",
            f"{peer.seconds:.1f} s",
            peer.seconds / seconds,
            15,
            f"{ours[0].left:,} v {peer.left:,} words left",
        ),
        Row(
            f"phrases, {setting}: the same as gensim's",
            f"{len(mine):,}",
            f"{len(theirs):,}",
            both / either,
            1.0,
            f"{both:,} in both",
        ),
    ]


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes 1 M words, to see that it works."""
    data = data_folder("phrases")
    if data is None:
        return []
    rows = []
    with tempfile.TemporaryDirectory() as name:
        corpus = Path(name) / "corpus.txt"
        words = write_corpus(data / TEXT, corpus, 1_000_000 if quick else None)
        for score in ("mikolov", "npmi"):
            before = [run_once(Path(sys.executable), "nearer", corpus, score) for _ in range(2)]
            peer = run_once(peers_python, "gensim", corpus, score)
            after = [run_once(Path(sys.executable), "nearer", corpus, score) for _ in range(2)]
            rows += rows_of(score, words, before + after, peer)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True, help="interpreter with gensim")
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))


if __name__ == "__main__":
    main()
