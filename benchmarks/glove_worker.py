"""One GloVe run in a process of its own, ours or Stanford's; prints one JSON line and saves the vectors.

    python glove_worker.py nearer|stanford CORPUS OUT --dim D --epochs E --seed S --counting yes|no

Both get the same file, two threads, window 15, min_count 5, learning rate 0.05 and x_max 10 (as in Stanford's
demo for a text of this size). Stanford's programs are in the folder that NEARER_STANFORD_GLOVE names. `count`
holds all of ours before training, and of Stanford's counting and shuffling: not its pass for the vocabulary.
With `--counting yes` ours only reads and counts, within 1 GB, and saves nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

THREADS, WINDOW, MIN_COUNT, X_MAX, RATE = 2, 15, 5, 10.0, 0.05
MEMORY = "1GB"
Outcome = tuple[float, float, list[str], np.ndarray]


def nearer_run(options: argparse.Namespace) -> Outcome:
    from nearer import GloVe

    model = GloVe(
        dim=options.dim,
        window=WINDOW,
        x_max=X_MAX,
        min_count=MIN_COUNT,
        epochs=options.epochs,
        learning_rate=RATE,
        threads=THREADS,
        seed=options.seed,
    )
    model.fit(options.corpus)
    report = model.report_
    return report.count_seconds, report.train_seconds, list(model.space_.keys), model.space_.vectors


def count_only(options: argparse.Namespace) -> Outcome:
    from nearer import GloVe
    from nearer.models.glove_reading import read_cooccurrences

    model = GloVe(window=WINDOW, min_count=MIN_COUNT, memory=MEMORY)
    begin = time.perf_counter()
    read_cooccurrences(model, options.corpus, THREADS, None)
    return time.perf_counter() - begin, 0.0, [], np.empty((0, 0))


def stanford_run(options: argparse.Namespace) -> Outcome:
    programs = Path(os.environ["NEARER_STANFORD_GLOVE"])
    with tempfile.TemporaryDirectory(dir=options.out.parent) as name:
        folder = Path(name)
        vocabulary, counts, shuffled = folder / "vocabulary", folder / "counts", folder / "shuffled"

        def program(*arguments: object, read: Path | None = None, write: Path | None = None) -> float:
            begin = time.perf_counter()
            with (
                (read or Path(os.devnull)).open("rb") as source,
                (write or Path(os.devnull)).open("wb") as to,
            ):
                command = [str(programs / str(arguments[0])), *map(str, arguments[1:]), "-verbose", "0"]
                subprocess.run(
                    command, stdin=source, stdout=to, stderr=subprocess.DEVNULL, check=True, cwd=folder
                )
            return time.perf_counter() - begin

        words = ("-vocab-file", vocabulary)
        program("vocab_count", "-min-count", MIN_COUNT, read=options.corpus, write=vocabulary)
        counting = program("cooccur", "-window-size", WINDOW, *words, read=options.corpus, write=counts)
        counting += program("shuffle", "-seed", options.seed, read=counts, write=shuffled)
        settings = ("-vector-size", options.dim, "-iter", options.epochs, "-eta", RATE, "-x-max", X_MAX)
        files = ("-input-file", shuffled, *words, "-save-file", folder / "vectors", "-binary", 0)
        seeded = ("-threads", THREADS, "-seed", options.seed)
        training = program("glove", *settings, *files, *seeded)
        lines = (folder / "vectors.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split(" ") for line in lines if not line.startswith("<unk> ")]
    return counting, training, [row[0] for row in rows], np.array([row[1:] for row in rows], dtype=np.float32)


def peak_memory() -> int:
    """Bytes this process held at most (its own high-water mark; getrusage would count its parent's)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=["nearer", "stanford"])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--counting", choices=["yes", "no"], default="no")
    options = parser.parse_args()
    ours = count_only if options.counting == "yes" else nearer_run
    begin = time.perf_counter()
    count, train, words, vectors = (stanford_run if options.library == "stanford" else ours)(options)
    total = time.perf_counter() - begin
    peak = peak_memory()
    options.out.with_suffix(".words").write_text("\n".join(words), encoding="utf-8")
    np.save(options.out.with_suffix(".npy"), vectors)
    print(json.dumps({"count": count, "train": train, "total": total, "peak": peak}), flush=True)


if __name__ == "__main__":
    main()
