"""Changing the encoder of a store without re-embedding it: what is kept, and whether the interval holds it.

    python benchmarks/upgrade.py [--quick]

No peers here. AG News (test), title and text: 7,600 items by wordllama (static, 256-d), the new model
all-MiniLM-L6-v2 (384-d). Each repeat draws a sample by its own seed, fits and chooses a map on 70 % of it and
estimates overlap@10 from the others. The truth is that of the same map: over all items that it was not
fitted or chosen on, among as many candidates (mean of 12 random sets of them), and among all of them.
Needs NEARER_DATA and the packages of the encoders.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nearer
from nearer import Space, evaluate
from nearer.encoders import known_encoders
from nearer.evaluate import UpgradeResult
from report import Grid, render
from side_by_side import data_folder

HEADS = (
    "sample",
    "overlap@10, aligned (95 %)",
    "staying old",
    "its true value held by",
    "expected in the whole store (95 %)",
    "that held by",
    "decision",
    "CPU s",
)
SAMPLES, QUICK_SAMPLES = (2000, 5000), (600, 1000)
REPEATS, SETS, K = 100, 12, 10
WANTED = 0.95  # of the repeats
QUICK_REPEATS, QUICK_STEP = 5, 5  # every fifth item

Matrix = NDArray[np.float32]


def stores(data: Path, step: int) -> tuple[Space, Space]:
    """AG News by both encoders, every item or one in `step`."""
    import pyarrow.parquet as pq

    table = pq.read_table(data / "sentences" / "agnews_test.parquet").to_pydict()
    texts = [f"{title}\n{text}" for title, text in zip(table["title"], table["text"], strict=True)][::step]
    keys = [f"news {row}" for row in range(len(texts))]
    made = []
    for name in ("wordllama", "all-MiniLM-L6-v2"):
        encoder = nearer.encoder(name)
        begin = time.process_time()
        made.append(Space(keys, encoder.encode_document(texts), identity=encoder.identity))
        print(f"  {name}: {time.process_time() - begin:.1f} s of CPU", flush=True)
    return made[0], made[1]


def overlap(scores: tuple[Matrix, Matrix], rows: NDArray[np.intp] | None = None) -> float:
    """overlap@10 of two stores, of all their items or of `rows`, each item asking for the others."""
    lists = []
    for one in scores:
        part = one if rows is None else one[np.ix_(rows, rows)]
        lists.append(np.argpartition(-part, K - 1, axis=1)[:, :K])
    return float((lists[0][:, :, None] == lists[1][:, None, :]).any(axis=2).mean())


def truths(
    old: Space, new: Space, result: UpgradeResult, unseen: list[str], seed: int
) -> tuple[float, float]:
    """The overlap of the result's map among as many candidates as were measured, and among all; by NumPy."""
    true = new[unseen].normalized().vectors
    mapped = result.alignment.apply(old[unseen]).normalized().vectors
    scores = (true @ true.T, true @ mapped.T)
    for one in scores:
        np.fill_diagonal(one, -np.inf)
    generator = np.random.default_rng([seed, 1])
    sets = [generator.permutation(len(unseen))[: result.candidates + 1] for _ in range(SETS)]
    return float(np.mean([overlap(scores, rows) for rows in sets])), overlap(scores)


def row(old: Space, new: Space, sample: int, repeats: int) -> tuple[tuple[str, ...], bool]:
    """One sample size: the first repeat's figures, and how many intervals held what is true."""
    held, held_in_store, seconds = 0, 0, []
    first: UpgradeResult | None = None
    for seed in range(repeats):
        order = np.random.default_rng(seed).permutation(len(old))[:sample]
        seen = len(order) - round(0.3 * len(order))
        unseen = [old.keys[place] for place in np.setdiff1d(np.arange(len(old)), order[:seen])]
        begin = time.process_time()
        result = evaluate.upgrade(old, new, sample=sample, k=K, n_store=len(unseen), seed=seed)
        seconds.append(time.process_time() - begin)
        first = first or result
        among, whole = truths(old, new, result, unseen, seed)
        held += result.aligned.interval[0] <= among <= result.aligned.interval[1]
        assert result.store is not None  # more unseen items than candidates
        held_in_store += result.store.interval[0] <= whole <= result.store.interval[1]
    assert first is not None
    assert first.store is not None
    assert first.old is not None
    cells = (
        f"{sample:,}",
        _interval(first.aligned),
        f"{first.old.value:.3f}",
        f"{held} of {repeats}",
        _interval(first.store),
        f"{held_in_store} of {repeats}",
        first.decision,
        f"{np.median(seconds):.1f}",
    )
    print("  " + ", ".join(cells), flush=True)
    return cells, held >= WANTED * repeats


def run(peers_python: Path | None = None, quick: bool = False) -> Grid | list[Any]:
    """The grid of both sample sizes; `quick` repeats less."""
    data = data_folder("upgrade")
    needed = ("all-MiniLM-L6-v2", "wordllama")
    missing = [entry.install for entry in known_encoders() if entry.name in needed and not entry.here]
    if data is None or missing:
        print("".join(f"upgrade: skipped, needs {line}\n" for line in missing), end="")
        return []
    old, new = stores(data, QUICK_STEP if quick else 1)
    repeats = QUICK_REPEATS if quick else REPEATS
    rows = [row(old, new, sample, repeats) for sample in (QUICK_SAMPLES if quick else SAMPLES)]
    return Grid(HEADS, [cells for cells, _ in rows], kept=quick or all(kept for _, kept in rows))


def _interval(estimate: Any) -> str:
    low, high = estimate.interval
    return f"{estimate.value:.3f} ({low:.3f} to {high:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    print(render(run(quick=parser.parse_args().quick)))


if __name__ == "__main__":
    main()
