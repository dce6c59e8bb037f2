"""Two-sample tests against alibi-detect's MMD: time of a check, and power at the same rate of false alarms.

    python benchmarks/drift.py --peers-python PEERS/bin/python [--quick]

alibi-detect runs beside the other peers, in .venv-peers-drift. Time is process CPU time, one thread each,
A B A B. Power is that of its statistic with its bandwidth, computed here and checked to be equal to what it
returns, with the permutations ours is given: both then alarm on 5 % of null pairs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np
from numpy.typing import NDArray

from drift_peer import DriftPeer, drift_python
from nearer.chance import permutation_p_value
from nearer.monitor import Baseline, compare
from report import Row, render

SPEED, SPEED_TARGET = (1000, 256), 10.0
ROWS, GUIDE, ALPHA = 200, 100, 0.05
PERMUTATIONS = 199
DIMS = (32, 128, 256)
CHANGES = ("mean shift", "covariance shift", "10 % mixture", "no change")
STRENGTHS = {  # of each change, by dimension: sizes at which the peer finds some but not all
    "mean shift": {32: 0.5, 128: 0.7, 256: 0.8},
    "covariance shift": {32: 1.3, 128: 1.15, 256: 1.12},
    "10 % mixture": {32: 4.0, 128: 5.5, 256: 6.5},
}

Floats = NDArray[np.float64]


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """Time, then power by change and dimension; `quick` takes fewer rounds and repeats."""
    python = drift_python(peers_python, "drift")
    if python is None:
        return []
    with tempfile.TemporaryDirectory() as name:
        peer = DriftPeer(python, Path(name))
        try:
            rows = [speed(peer, Path(name), 3 if quick else 7)]
            error = parity(peer, Path(name))
        finally:
            peer.close()
    print(f"  the peer's MMD^2 and its formula here differ by {error:.1e} at most", flush=True)
    if error > 1e-5:
        raise SystemExit("the peer's MMD^2 is not what is computed here")
    repeats = 50 if quick else 400
    return [*rows, *(power(change, dim, repeats) for dim in DIMS for change in CHANGES)]


def speed(peer: DriftPeer, folder: Path, rounds: int) -> Row:
    """CPU seconds of a check of 1,000 rows against 1,000."""
    generator = np.random.default_rng(0)
    (count, dim), theirs, ours = SPEED, [], []
    old, new = (generator.standard_normal((count, dim), dtype=np.float32) for _ in range(2))
    np.save(folder / "old.npy", old)
    np.save(folder / "new.npy", new)
    baseline = baseline_of(old.astype(np.float64), generator.standard_normal((GUIDE, dim)))
    compare(baseline, new)
    peer.ask("time")
    for _ in range(rounds):
        started = time.process_time()
        found = compare(baseline, new)
        ours.append(time.process_time() - started)
        theirs.append(float(peer.ask("time")))
    print(f"  ours {ours}, alibi-detect {theirs}", flush=True)
    return Row(
        f"check of {count:,} x {dim} against {count:,}, CPU time: alibi-detect's MMDDrift, 100 permutations",
        f"{statistics.median(ours):.2f} s",
        f"{statistics.median(theirs):.2f} s",
        statistics.median(b / a for a, b in zip(ours, theirs, strict=True)),
        SPEED_TARGET,
        f"{len(found.outcomes)} tests together, {found.permutations} permutations",
    )


def parity(peer: DriftPeer, folder: Path) -> float:
    """The largest difference between the peer's MMD^2 and `peer_statistic`."""
    generator = np.random.default_rng(1)
    pairs = [changed(generator, change, 32)[1:] for change in CHANGES for _ in range(3)]
    np.savez(
        folder / "pairs.npz",
        old=np.array([old for old, _ in pairs], np.float32),
        new=np.array([new for _, new in pairs], np.float32),
    )
    theirs = np.array(peer.ask("distances"))
    window = np.repeat([0.0, 1.0], ROWS)[:, None]
    ours = [peer_statistic(old, new, window)[0] for old, new in pairs]
    return float(np.abs(theirs - ours).max())


def power(change: str, dim: int, repeats: int) -> Row:
    """How often each alarms, on the same samples."""
    found = np.array([alarms(change, dim, seed) for seed in range(repeats)], np.float64)
    ours, theirs = found.mean(axis=0)
    error = float(np.std(found[:, 0] - found[:, 1]) / np.sqrt(repeats))
    what = f"{change}, {ROWS} x {dim} against {ROWS}"
    if change == "no change":  # the rate is kept if it is no higher than 5 % and what chance adds
        most = ALPHA + 2 * np.sqrt(ALPHA * (1 - ALPHA) / repeats)
        kept = float(most / max(ours, 1e-9))
        return Row(f"false alarms, {what}", f"{ours:.3f}", f"{theirs:.3f}", kept, 1.0, f"at most {most:.3f}")
    return Row(
        f"power, {what}: alibi-detect's MMD less two standard errors of the paired difference",
        f"{ours:.3f}",
        f"{theirs:.3f}",
        float(ours / max(theirs - 2 * error, 1e-9)),
        1.0,
        f"{repeats} pairs of samples, both at 5 %, standard error {error:.3f}",
    )


def alarms(change: str, dim: int, seed: int) -> tuple[bool, bool]:
    """Whether ours and the peer's alarm at 5 % on one pair of samples."""
    generator = np.random.default_rng([seed, dim, CHANGES.index(change)])
    guide, old, new = changed(generator, change, dim)
    ours = compare(baseline_of(old, guide), new, permutations=PERMUTATIONS, seed=seed).p_value
    labels = np.repeat([0.0, 1.0], ROWS)
    tiled = np.broadcast_to(labels, (PERMUTATIONS, 2 * ROWS))
    drawn = np.concatenate([labels[None], generator.permuted(tiled, axis=1)]).T
    null = peer_statistic(old, new, drawn)
    return ours <= ALPHA, bool(permutation_p_value(null[0], null[1:]) <= ALPHA)


def changed(generator: np.random.Generator, change: str, dim: int) -> tuple[Floats, Floats, Floats]:
    """A guide and a baseline of one Gaussian, and a window of another."""
    guide = generator.standard_normal((GUIDE, dim))
    old, new = (generator.standard_normal((ROWS, dim)) for _ in range(2))
    direction = generator.standard_normal(dim)
    direction /= np.linalg.norm(direction)
    if change == "mean shift":
        new += STRENGTHS[change][dim] * direction
    elif change == "covariance shift":
        new[:, : dim // 4] *= STRENGTHS[change][dim]
    elif change == "10 % mixture":
        new[: ROWS // 10] += STRENGTHS[change][dim] * direction
    return guide, old, new


def peer_statistic(old: Floats, new: Floats, labels: Floats) -> Floats:
    """alibi-detect 0.13's MMD^2 of each column of `labels` (n + m, columns), 1 where a row is new.

    Unbiased, with the Gaussian kernel of the median squared distance within the old rows.
    """
    pooled = np.concatenate([old, new]).astype(np.float32)
    lengths = np.einsum("ij,ij->i", pooled, pooled, dtype=np.float64)
    distances = np.maximum(lengths[:, None] + lengths - 2.0 * (pooled @ pooled.T), 0)
    np.fill_diagonal(distances, 0)
    n, m = len(old), len(new)
    within = np.sort(distances[:n, :n], axis=None)
    kernel = np.exp(-distances / within[n + (n * n - n) // 2 - 1])
    np.fill_diagonal(kernel, 0)
    both = np.einsum("ij,ij->j", labels, kernel @ labels)
    touching = kernel.sum(axis=1) @ labels
    first = kernel.sum() - 2 * touching + both
    return np.asarray(
        first / (n * (n - 1)) + both / (m * (m - 1)) - 2 * (touching - both) / (n * m), np.float64
    )


def baseline_of(rows: Floats, guide: Floats) -> Baseline:
    """A baseline of these very rows."""
    return Baseline(rows, tuple(map(str, range(len(rows)))), guide, "euclidean", None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))
