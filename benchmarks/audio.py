"""Voices: who speaks in recordings of spoken digits, and the time it takes to encode them.

    python benchmarks/audio.py --peers-python PEERS/bin/python [--quick]

Needs NEARER_DATA and the weights of Resemblyzer. Each recording of the official test split is named by its
five nearest among the training recordings. Time is CPU time on one thread; torch runs the package's own
network, one recording at a time as the package does, on mel power that is handed to it, while ours decodes,
resamples and makes its mel power itself.
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

import nearer
from nearer.encoders import known_encoders
from report import Row, render

DIGITS = "audio/fsdd.parquet"
NEIGHBOURS, LEAST = 5, 0.95
TIMED = 300  # recordings
REPEATS = 3
ALIKE = 1e-4  # largest difference of a number in vectors that count as the same
OURS = """
import json, sys, time
import numpy as np, pyarrow.parquet as pq, nearer
files = pq.read_table(sys.argv[1])["flac"].to_pylist()
encoder = nearer.encoder("resemblyzer")
encoder.encode(files[:1])
start = time.process_time()
vectors = encoder.encode(files, show_progress=False)
print(json.dumps(time.process_time() - start))
np.save(sys.argv[2], vectors)
"""


@dataclass(frozen=True)
class Digits:
    """Recordings as the bytes of flac files, who speaks in each, and which are the test."""

    files: list[bytes]
    speakers: np.ndarray
    test: np.ndarray


def read(data: Path, quick: bool) -> Digits:
    """All recordings, or a tenth."""
    import pyarrow.parquet as pq

    table = pq.read_table(data / DIGITS)
    table = table.take(list(range(0, len(table), 10))) if quick else table
    test = np.array(table["split"].to_pylist()) == "test"
    return Digits(table["flac"].to_pylist(), np.array(table["speaker"].to_pylist()), test)


def named(digits: Digits) -> Row:
    """Share of the test recordings whose speaker most of the nearest training recordings share."""
    vectors = nearer.encoder("resemblyzer").encode(digits.files)
    known = digits.speakers[~digits.test]
    similar = vectors[digits.test] @ vectors[~digits.test].T
    nearest = np.argsort(-similar, axis=1, kind="stable")[:, :NEIGHBOURS]
    right = 0
    for names, truth in zip(known[nearest], digits.speakers[digits.test], strict=True):
        found, counts = np.unique(names, return_counts=True)
        winners = set(found[counts == counts.max()])
        right += next(name for name in names if name in winners) == truth
    share = right / int(digits.test.sum())
    people = len(set(digits.speakers))
    claim = f"speaker of {int(digits.test.sum())} spoken digits, {people} speakers, 5 nearest: 95 %"
    return Row(claim, f"{share:.1%}", f"{LEAST:.0%}", share / LEAST, 1.0, f"{len(known):,} recordings known")


def timed(digits: Digits, peers_python: Path) -> Row:
    """CPU seconds for some recordings, ours around torch's, and how far the vectors lie apart."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = digits.files[:TIMED]
    weights = next(model for model in known_encoders() if model.name == "resemblyzer").shipped.paths()
    if weights is None:
        raise RuntimeError("the weights were here a moment ago")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pq.write_table(pa.table({"flac": files}), folder / "files.parquet")
        encoder = nearer.encoder("resemblyzer")
        windows = [np.stack(list(encoder.windows(file))) for file in files]  # type: ignore[attr-defined]
        np.savez(folder / "windows.npz", *windows)
        worker = Path(__file__).with_name("audio_peer.py")
        theirs = [str(peers_python), str(worker), str(weights[0]), str(folder / "windows.npz")]
        ours = [sys.executable, "-c", OURS, str(folder / "files.parquet")]
        seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
        for _ in range(REPEATS):
            for who, command in (("ours", ours), ("theirs", theirs), ("ours", ours)):
                out = folder / f"{who}.npy"
                answer = subprocess.run(
                    [*command, str(out)],
                    check=True,
                    stdout=subprocess.PIPE,
                    text=True,
                    env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                )
                seconds[who].append(json.loads(answer.stdout.splitlines()[-1]))
        apart = float(np.abs(np.load(folder / "ours.npy") - np.load(folder / "theirs.npy")).max())
    mine, peers = (statistics.median(seconds[who]) for who in ("ours", "theirs"))
    claim = f"{len(files)} spoken digits, CPU time, 1 thread: torch on mel power made before"
    quality = f"vectors at most {apart:.0e} apart"
    ratio = peers / mine if apart <= ALIKE else 0.0
    return Row(claim, f"{mine:.2f} s", f"{peers:.2f} s", ratio, 1.0, quality)


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes a tenth of the recordings."""
    data = Path(os.environ.get("NEARER_DATA", ""))
    if not (data / DIGITS).exists():
        print(f"audio: skipped, NEARER_DATA does not name the folder with {DIGITS}")
        return []
    known = {model.name: model for model in known_encoders()}
    if not known["resemblyzer"].here:
        print(f"audio: skipped, the weights are not here: {known['resemblyzer'].install}")
        return []
    digits = read(data, quick)
    return [named(digits), timed(digits, peers_python)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))


if __name__ == "__main__":
    main()
