"""How often a fixed window alarms where nothing changed, at alpha = 5 %: ours, and Evidently's methods.

    python benchmarks/drift_level.py --peers-python PEERS/bin/python [--quick]

A stream is a guide, a baseline of 200 and a window of 200 drawn together, without replacement where the pool
of real vectors is finite: news by static word vectors and photographs by their pixels (both need
NEARER_DATA). Intervals are exact (Clopper & Pearson, 1934). The claim is kept if all tests together alarm
between 4 % and 6 %.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np
from numpy.typing import NDArray

import nearer
from drift_peer import DriftPeer, drift_python
from nearer.chance import binomial_interval
from nearer.monitor import TESTS, Baseline, compare
from report import Grid, render

STREAMS, ALPHA, LOW, HIGH = 2000, 0.05, 0.04, 0.06
ROWS, GUIDE, DIM = 200, 100, 32
CORRELATION, BLOCK = 0.5, 20  # of a row with the next one; rows exchanged together
PAIRS = 30  # of samples that Evidently's methods see
HEADS = (
    "streams of one distribution",
    "streams",
    "all tests",
    "95 % interval",
    *TESTS,
    "any axis",
    "any cluster",
)

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]


def run(peers_python: Path, quick: bool = False) -> Grid:
    """A row a kind of stream, and one a method of Evidently's; `quick` takes a tenth of the streams."""
    streams = STREAMS // 10 if quick else STREAMS
    pools = {"Gaussian": normal, **real_pools()}
    rows, kept = [], True
    for name, draw in pools.items():
        cells, rate = level(f"{name}", draw, streams, 1)
        rows.append(cells)
        kept &= quick or LOW <= rate <= HIGH
    for block in (1, BLOCK):
        how = f"in blocks of {block}" if block > 1 else "exchanged one by one: not valid"
        name = f"Gaussian, each row correlated {CORRELATION:g} with the next, {how}"
        rows.append(level(name, autoregressive, streams, block)[0])
    return Grid(HEADS, [*rows, *evidently(peers_python)], kept)


def level(name: str, draw: Draw, streams: int, block: int) -> tuple[list[str], float]:
    """Rates of alarms, as cells, and that of all tests together."""
    found = np.array([p_values(draw, seed, block) for seed in range(streams)])
    counts = (found <= ALPHA).sum(axis=0)
    low, high = binomial_interval(int(counts[0]), streams)
    rates = [f"{count / streams:.2%}" for count in counts]
    print(f"  {name}: {rates}", flush=True)
    return [name, f"{streams:,}", rates[0], f"{low:.2%} to {high:.2%}", *rates[1:]], counts[0] / streams


def p_values(draw: Draw, seed: int, block: int) -> list[float]:
    """Of all tests together, of each, of the axis and of the cluster that differ most."""
    rows = draw(np.random.default_rng([seed, 1]), GUIDE + 2 * ROWS)
    guide, old, new = np.split(rows, [GUIDE, GUIDE + ROWS])
    baseline = Baseline(old, tuple(map(str, range(ROWS))), guide, "euclidean", None)
    found = compare(baseline, new, block=block, seed=seed)
    assert found.axes_p is not None
    assert found.clusters_p is not None
    each = [outcome.p_value for outcome in found.outcomes]
    return [found.p_value, *each, float(found.axes_p.min()), float(found.clusters_p.min())]


def normal(generator: np.random.Generator, count: int) -> Floats:
    return generator.standard_normal((count, DIM))


def autoregressive(generator: np.random.Generator, count: int) -> Floats:
    """Rows of variance 1, each with a part of the one before."""
    rows = generator.standard_normal((count, DIM))
    for row in range(1, count):
        rows[row] = CORRELATION * rows[row - 1] + np.sqrt(1 - CORRELATION**2) * rows[row]
    return rows


def real_pools() -> dict[str, Draw]:
    """Streams from real vectors, where NEARER_DATA names them."""
    folder = Path(os.environ.get("NEARER_DATA", ""))
    if not (folder / "sentences" / "agnews_test.parquet").exists():
        print("drift_level: real vectors skipped, NEARER_DATA does not name their folder")
        return {}
    return {
        "news by word vectors (AG News, wordllama)": from_pool(news(folder)),
        "photographs by their pixels (CIFAR-10)": from_pool(photographs(folder)),
    }


def from_pool(pool: Floats) -> Draw:
    return lambda generator, count: pool[generator.choice(len(pool), count, replace=False)]


def news(folder: Path) -> Floats:
    """Unit vectors of 7,600 texts."""
    import pyarrow.parquet as pq

    texts = pq.read_table(folder / "sentences" / "agnews_test.parquet").column("text").to_pylist()
    return unit(nearer.encoder("wordllama").encode(texts))


def photographs(folder: Path) -> Floats:
    """Unit vectors of 10,000 photographs: 8 x 8 pixels in three colours, less the mean photograph."""
    import pyarrow.parquet as pq
    from PIL import Image

    table = pq.read_table(folder / "images" / "cifar10_10k_2k.parquet", columns=["jpeg"])
    images = (Image.open(io.BytesIO(jpeg)) for jpeg in table.column("jpeg").to_pylist()[:10_000])
    small = np.array([np.asarray(image.convert("RGB").resize((8, 8))).ravel() for image in images], float)
    return unit(small - small.mean(axis=0))


def unit(rows: NDArray[np.float32] | Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float64)


def evidently(peers_python: Path) -> list[list[str]]:
    """Alarms of Evidently's methods at their defaults, on pairs of Gaussian samples."""
    python = drift_python(peers_python, "drift_level, Evidently")
    if python is None:
        return []
    generator = np.random.default_rng(0)
    old, new = generator.standard_normal((2, PAIRS, ROWS, DIM))
    with tempfile.TemporaryDirectory() as name:
        np.savez(Path(name) / "null.npz", old=old, new=new)
        peer = DriftPeer(python, Path(name))
        found = peer.ask("alarms")
        peer.close()
    rows = []
    for method, count in found.items():
        low, high = binomial_interval(count, PAIRS)
        cells = [f"{count / PAIRS:.0%}", f"{low:.0%} to {high:.0%}"]
        rows.append([f"Gaussian: Evidently 0.7.23, {method}", str(PAIRS), *cells, *["-"] * (len(HEADS) - 4)])
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))
