"""GloVe against Stanford's C program, side by side: the same text, two threads, ours around the peer.

    NEARER_STANFORD_GLOVE=STANFORD/build python benchmarks/glove.py --peers-python PEERS/bin/python [--quick]

Needs NEARER_DATA, as words.py does, and Stanford's programs, built with their own Makefile.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path

from report import Row, render
from side_by_side import Bench, Run, compare_scores, data_folder

WORKER = Path(__file__).with_name("glove_worker.py")
PROGRAMS = ("vocab_count", "cooccur", "shuffle", "glove")
LEAST = 3  # times Stanford's speed
ROOM = 1e9  # bytes that counting may take


def programs_folder() -> Path | None:
    """The folder with Stanford's programs, or None where there is none, said with how to get it."""
    folder = Path(os.environ.get("NEARER_STANFORD_GLOVE") or os.devnull)
    if all((folder / program).is_file() for program in PROGRAMS):
        return folder
    print(
        f"glove: skipped, NEARER_STANFORD_GLOVE does not name the folder with {', '.join(PROGRAMS)}; "
        "get Stanford's GloVe (github.com/stanfordnlp/GloVe), run its make, name its build folder"
    )
    return None


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes 1 M words and 2 epochs, to see that it works."""
    data = data_folder("glove")
    if data is None or programs_folder() is None:
        return []
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(data, peers_python, Path(name), 1_000_000 if quick else None, WORKER)
        epochs = 2 if quick else 15
        before = bench.run("nearer", epochs=epochs, seed=1)
        peer = bench.run("stanford", epochs=epochs, seed=1)
        after = bench.run("nearer", epochs=epochs, seed=2, judge=False)
        counting = bench.run("nearer", counting="yes", judge=False)
        what = f"GloVe d=100, {bench.words / 1e6:.0f} M words, {epochs} iterations"
        return [
            speed_row(f"counting, shuffling and training, {what}, 2 threads", peer, [before, after]),
            *compare_scores(what, [before], [peer], "Stanford"),
            Row(
                f"peak memory of counting, {bench.words / 1e6:.0f} M words, memory=1GB",
                f"{counting.peak / 1e9:.2f} GB",
                f"{ROOM / 1e9:.2f} GB allowed",
                ROOM / counting.peak,
                1.0,
                "the whole process",
            ),
        ]


def speed_row(claim: str, peer: Run, around: list[Run]) -> Row:
    """Counting and training of the peer over the mean of ours before and after."""
    ours = statistics.mean(run.count + run.train for run in around)
    theirs = peer.count + peer.train
    return Row(f"{claim}: Stanford", f"{ours:.1f} s", f"{theirs:.1f} s", theirs / ours, LEAST, "scores below")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True, help="interpreter with NumPy")
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))


if __name__ == "__main__":
    main()
