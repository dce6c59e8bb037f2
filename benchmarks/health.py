"""Health of a space: what a whole report costs, and whether its rates and intervals are what they promise.

    python benchmarks/health.py [--quick]

Time is CPU time of the process. No peer reports the same.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import nearer
from report import Grid, render

Matrix = NDArray[np.float64]
RATE = 0.05
LIMITS = {"400,000 x 50 (GloVe)": 30.0, "20,000 x 384": 20.0}  # CPU seconds


def run(peers_python: Path, quick: bool = False) -> Grid:
    """Time, then rates; `quick` takes fewer items and runs."""
    timed = times(quick)
    rates = false_alarms(40 if quick else 500) + coverage(40 if quick else 500)
    rows = [row for row, _ in [*timed, *rates]]
    return Grid(("what", "measured", "promised"), rows, all(kept for _, kept in [*timed, *rates]))


def times(quick: bool) -> list[tuple[list[str], bool]]:
    """CPU seconds of whole reports."""
    rows = []
    for name, space in spaces(quick).items():
        ours = cpu(lambda space=space: nearer.evaluate.health(space, counts="rank"))
        limit = LIMITS[name]
        rows.append(([f"whole report, {name}, CPU", f"{ours:.1f} s", f"at most {limit:g} s"], ours <= limit))
    return rows


def spaces(quick: bool) -> dict[str, nearer.Space]:
    n = 4_000 if quick else 20_000
    vectors = np.random.default_rng(0).standard_normal((n, 384)) * np.linspace(0.2, 2, 384) + 0.1
    glove = nearer.load("glove-6b-50d")
    named = (glove[:40_000] if quick else glove, nearer.Space([str(row) for row in range(n)], vectors))
    return dict(zip(LIMITS, named, strict=True))


def cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


DISTRIBUTIONS: dict[str, Callable[[np.random.Generator, int], Matrix]] = {
    "Gaussian": lambda generator, n: generator.standard_normal((n, 16)),
    "stretched Gaussian": lambda generator, n: generator.standard_normal((n, 32)) / np.arange(1, 33),
    "uniform": lambda generator, n: generator.random((n, 3)),
    "20 clusters": lambda generator, n: (
        generator.standard_normal((n, 8)) * 0.3
        + 3 * np.random.default_rng(5).standard_normal((20, 8))[generator.integers(0, 20, n)]
    ),
}


def false_alarms(runs: int) -> list[tuple[list[str], bool]]:
    """How often anything is named where there is nothing, of 500 items and 20 test items."""
    names = ("near-duplicates", "outliers", "leakage", "unusual test items")
    rows = []
    for kind, draw in DISTRIBUTIONS.items():
        generator, named = np.random.default_rng(1), np.zeros(len(names))
        for _ in range(runs):
            rows_, test = draw(generator, 500), draw(generator, 20)
            space = nearer.Space([str(row) for row in range(500)], rows_, "euclidean")
            report = nearer.evaluate.health(space, test=test, threads=1)
            named += [report[name].value > 0 for name in names]
        for name, rate in zip(names, named / runs, strict=True):
            kept = rate <= RATE + 3 * np.sqrt(RATE * (1 - RATE) / runs)
            what = f"any {name} named, {kind}, {runs} spaces without"
            rows.append(([what, f"{rate:.1%}", f"at most {RATE:.0%}"], bool(kept)))
    return rows


def coverage(runs: int) -> list[tuple[list[str], bool]]:
    """How often intervals hold the truth, 500 items each."""
    generator = np.random.default_rng(2)
    variances = 1 / np.arange(1, 21)
    many = generator.standard_normal((1_000_000, 20)) * np.sqrt(variances) + 0.1
    mean = (many / np.linalg.norm(many, axis=1, keepdims=True)).mean(axis=0)
    truth = {
        "mean cosine": float(mean @ mean),
        "participation ratio": variances.sum() ** 2 / (variances**2).sum(),
        "first component": variances[0] / variances.sum(),
        "intrinsic dimension": 2.0,
    }
    held = dict.fromkeys(truth, 0)
    for _ in range(runs):
        rows = generator.standard_normal((500, 20)) * np.sqrt(variances) + 0.1
        angles = 2 * np.pi * generator.random((500, 2))
        torus = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
        names = [str(row) for row in range(500)]
        reports = [
            nearer.evaluate.health(nearer.Space(names, drawn, "euclidean"), threads=1)
            for drawn in (rows, torus)
        ]
        for name, value in truth.items():
            interval = reports[name == "intrinsic dimension"][name].interval
            held[name] += interval is None or interval[0] <= value <= interval[1]
    rows_ = []
    for name, count in held.items():
        kept = count / runs >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs)
        rows_.append(
            ([f"interval of the {name} holds it, {runs} spaces", f"{count / runs:.1%}", "95%"], bool(kept))
        )
    return rows_


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true")
    print(render(run(Path(), parser.parse_args().quick)))
