"""PPMI and SVD beside skip-gram, ours and gensim's, on a small and on a large text.

    python benchmarks/ppmi.py --peers-python PEERS/bin/python [--quick]

Needs NEARER_DATA, as words.py does. The claim: on a million words PPMI has the best word similarity.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from report import Grid, Measured, render
from side_by_side import Bench, Run, data_folder

PPMI_WORKER = Path(__file__).with_name("ppmi_worker.py")
WORDS_WORKER = Path(__file__).with_name("words_worker.py")
SMALL = 1_000_000  # words
JUDGED = "WordSim-353"
METHODS = ("PPMI + SVD", "skip-gram", "skip-gram, gensim 4.4")


def runs_on(data: Path, peers_python: Path, words: int | None) -> tuple[int, dict[str, Run]]:
    """Words of the text, and a run of each method on it."""
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(data, peers_python, Path(name), words, PPMI_WORKER)
        ppmi = bench.run("nearer")
        bench.worker = WORDS_WORKER
        epochs = 5
        ours, theirs = bench.run("nearer", epochs=epochs), bench.run("gensim", epochs=epochs)
        return bench.words, dict(zip(METHODS, (ppmi, ours, theirs), strict=True))


def run(peers_python: Path, quick: bool = False) -> Measured:
    """All rows; `quick` takes the small text only."""
    data = data_folder("ppmi")
    data = data_folder("ppmi")
    if data is None:
        return []
    grid = Grid(("text", "method, d=100, 2 threads", "seconds", "analogies", JUDGED, "SimLex-999"), ())
    if data is None:
        return grid
    for words in (SMALL,) if quick else (SMALL, None):
        read, runs = runs_on(data, peers_python, words)
        cells = [
            (
                f"{read / 1e6:.0f} M words",
                method,
                f"{run.total:.1f}",
                *(f"{s:.3f}" for s in run.scores.values()),
            )
            for method, run in runs.items()
        ]
        grid = replace(grid, rows=(*grid.rows, *cells))
        if words == SMALL:
            ppmi, *others = (run.scores[JUDGED] for run in runs.values())
            grid = replace(grid, kept=ppmi > max(others))
    return grid


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True, help="interpreter with gensim")
    parser.add_argument("--quick", action="store_true", help="the small text only")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))


if __name__ == "__main__":
    main()
