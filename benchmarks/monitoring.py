"""Evidence over time: how often a stream that never changes ever alarms, and how soon one that changes does.

    python benchmarks/monitoring.py --peers-python PEERS/bin/python [--quick]

A stream is a baseline of 2,000 rows and 500 windows of 200: Gaussian rows; news by static word
vectors and photographs by their pixels, drawn with replacement from pools of thousands, baseline and stream
alike, which keeps them exchangeable (both need NEARER_DATA; GloVe's words without replacement stand in). The
guide is drawn before all streams and is none of their rows. All are reduced to 8 columns, so that 200 million
items take half an hour. The claim is kept if the rate of all 2,000 streams is not above alpha, nor that of
streams that go through `Monitor.check`.
"""

from __future__ import annotations

import argparse
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np
from numpy.typing import NDArray

import nearer
from nearer.chance import binomial_interval
from nearer.monitor import Baseline, Evidence, compare
from nearer.monitor.ranks import counted, ranked
from nearer.monitor.scores import Scores
from report import Grid, render

ALPHA, STREAMS, WINDOWS, SIZE, ROWS, GUIDE, DIM = 0.05, 2000, 500, 200, 2000, 1000, 8
TOGETHER = 50  # streams that are ranked side by side
CHECKED = 50  # streams that go through Monitor.check, with windows of 20 rows
REPEATS, LONGEST, QUIET, OLD = 20, 60, 10, 600  # of what is found how soon
HEADS = (
    "stream",
    "streams",
    "ever alarmed in 500 windows",
    "95 % interval",
    "found after windows: median, 95 %",
    "each window alone, at alpha / 500",
)

Floats = NDArray[np.float64]
Change = Callable[[Floats, np.random.Generator], Floats]


def run(peers_python: Path, quick: bool = False) -> Grid:
    """A row a kind of stream, one for all, and one a kind of change; `quick` takes a fortieth."""
    windows = WINDOWS // 10 if quick else WINDOWS
    sources = list(pools())
    shares = [len(part) for part in np.array_split(np.arange(TOGETHER if quick else STREAMS), len(sources))]
    alarmed = [
        level(pool, again, count, windows) for (_, pool, again), count in zip(sources, shares, strict=True)
    ]
    names = [name for name, _, _ in sources]
    rows = [told(*line) for line in zip(names, alarmed, shares, strict=True)]
    rows.append(told("all of these", sum(alarmed), sum(shares)))
    kept = quick or sum(alarmed) / sum(shares) <= ALPHA
    checked = 4 if quick else CHECKED
    alarms = sum(alarmed_by_monitor(seed, windows) for seed in range(checked))
    rows.append(told("Gaussian, through Monitor.check, windows of 20", alarms, checked))
    kept = kept and (quick or binomial_interval(alarms, checked)[0] <= ALPHA)
    for name, change in CHANGES.items():
        rows.append(delays(name, change, 2 if quick else REPEATS))
    return Grid(HEADS, rows, kept)


def pools() -> Iterator[tuple[str, Floats, bool]]:
    """Name, rows that streams draw from, and whether with replacement."""
    generator = np.random.default_rng(0)
    yield "Gaussian, windows of 200", generator.normal(size=(400_000, DIM)), False
    data = Path(os.environ.get("NEARER_DATA", ""))
    news, images = data / "sentences/agnews_test.parquet", data / "images/cifar10_10k_2k.parquet"
    if news.is_file() and images.is_file():
        yield "news by static word vectors, windows of 200", reduced(news_vectors(news)), True
        yield "photographs by their pixels, windows of 200", reduced(pixels(images)), True
        return
    print("  news and photographs are skipped: NEARER_DATA does not name their folder; words instead")
    yield "GloVe's words, windows of 200", reduced(nearer.load("glove-6b-50d").vectors), False


def reduced(vectors: NDArray[np.float32]) -> Floats:
    """Coordinates on the strongest principal axes."""
    space = nearer.Space([str(row) for row in range(len(vectors))], vectors, "euclidean")
    return space.reduce(DIM).vectors.astype(np.float64)


def news_vectors(path: Path) -> NDArray[np.float32]:
    """Vectors of the AG News test set."""
    import pyarrow.parquet as pq

    texts = pq.read_table(path)["text"].to_pylist()
    return nearer.encoder("wordllama").encode(texts, show_progress=False)


def pixels(path: Path) -> NDArray[np.float32]:
    """Every other pixel of 12,000 photographs of CIFAR-10."""
    import pyarrow.parquet as pq
    from PIL import Image

    photos = pq.read_table(path)["jpeg"].to_pylist()
    found = [np.asarray(Image.open(io.BytesIO(photo)).convert("RGB"))[::2, ::2].ravel() for photo in photos]
    return np.stack(found).astype(np.float32) / 255


def level(pool: Floats, again: bool, streams: int, windows: int) -> int:
    """Streams that ever alarm, of so many that draw from `pool`."""
    order = np.random.default_rng(1).permutation(len(pool))
    guide, rest = pool[order[:GUIDE]], pool[order[GUIDE:]]
    scores = Scores.of(Baseline(rest[:ROWS], tuple(map(str, range(ROWS))), guide, "euclidean", None))
    cells = np.concatenate(
        [scores.cells(scores.values(rest[start : start + 8192])) for start in range(0, len(rest), 8192)],
        axis=1,
    )
    alarms = 0
    for first in range(0, streams, TOGETHER):
        count = min(TOGETHER, streams - first)
        alarms += batch(scores, cells, again, count, windows, first)
        print(f"    {first + count} streams: {alarms} alarms", flush=True)
    return alarms


def batch(
    scores: Scores, cells: NDArray[np.int64], again: bool, streams: int, windows: int, first: int
) -> int:
    """The same as `Evidence`, for several streams as if each had scores of its own."""
    generator = np.random.default_rng([2, first])
    needed = ROWS + windows * SIZE
    drawn = [
        generator.integers(0, cells.shape[1], needed)
        if again
        else generator.permutation(cells.shape[1])[:needed]
        for _ in range(streams)
    ]
    stacked = replace(
        scores,
        kinds=scores.kinds * streams,
        shares=np.tile(scores.shares, streams),
        weights=np.tile(scores.weights, streams),
    )
    start = np.concatenate([cells[:, rows[:ROWS]] for rows in drawn])
    empty = Evidence.of(scores, 0)
    evidence = Evidence(
        stacked, 0, counted(start, scores.width), np.tile(empty.capital, (streams, 1)),
        np.zeros(len(start)),
    )  # fmt: skip
    for window in range(windows):
        part = slice(ROWS + window * SIZE, ROWS + (window + 1) * SIZE)
        now = np.concatenate([cells[:, rows[part]] for rows in drawn])
        evidence.bet(ranked(evidence.counts, now, generator.random(now.shape)))
    return int((evidence.p_values.reshape(streams, -1).min(axis=1) <= ALPHA).sum())


def alarmed_by_monitor(seed: int, windows: int) -> bool:
    """Whether a monitor of a Gaussian stream ever alarms."""
    generator = np.random.default_rng([3, seed])
    watcher = nearer.Monitor(generator.normal(size=(300, 4)), ALPHA, seed, mode="sequential")
    for _ in range(windows):
        verdict = watcher.check(generator.normal(size=(20, 4)))
    return verdict.alarm  # evidence that was reached once stands


def shifted(rows: Floats, generator: np.random.Generator) -> Floats:
    return rows + 0.2 * np.eye(rows.shape[1])[0]


def wider(rows: Floats, generator: np.random.Generator) -> Floats:
    return rows * np.where(np.arange(rows.shape[1]) == 0, 1.3, 1.0)


def mixed(rows: Floats, generator: np.random.Generator) -> Floats:
    foreign = generator.random(len(rows)) < 0.1
    return np.where(foreign[:, None], 2 * rows + 1, rows)


CHANGES: dict[str, Change] = {
    "the mean on one axis moves by 0.2 standard deviations": shifted,
    "the standard deviation on one axis grows by 30 %": wider,
    "10 % of the rows come from elsewhere": mixed,
}


def delays(name: str, change: Change, repeats: int) -> list[str]:
    """Windows until the alarm, in sequence and each alone at alpha / 500, after 10 that are as usual."""
    spread = np.linspace(1, 0.4, DIM)
    together, alone = [], []
    for seed in range(repeats):
        generator = np.random.default_rng([4, seed])
        draw = lambda count, generator=generator: generator.normal(size=(count, DIM))  # noqa: E731
        keys = [str(row) for row in range(OLD)]
        baseline = Baseline.of(nearer.Space(keys, draw(OLD) * spread, "euclidean"), seed=seed)
        evidence = Evidence.of(Scores.of(baseline), seed)
        for _ in range(QUIET):
            evidence = evidence.after(draw(SIZE) * spread)
        later = [change(draw(SIZE), generator) * spread for _ in range(LONGEST)]
        together.append(LONGEST + 1)
        for window, rows in enumerate(later, 1):
            evidence = evidence.after(rows)
            if evidence.p_value <= ALPHA:
                together[-1] = window
                break
        rate = ALPHA / WINDOWS
        tried = enumerate(later[:5], 1)
        alone.append(
            next(
                (at for at, rows in tried if compare(baseline, rows, alpha=rate, seed=seed).p_value <= rate),
                6,
            )
        )
    print(f"  {name}: {sorted(together)}, each alone {sorted(alone)}", flush=True)
    return [name, str(repeats), "", "", after(together, LONGEST), after(alone, 5)]


def after(found: list[int], most: int) -> str:
    """Median and 95 % quantile of delays."""
    middle, late = np.quantile(found, [0.5, 0.95], method="higher")
    return ", ".join(str(int(value)) if value <= most else f"more than {most}" for value in (middle, late))


def told(name: str, alarms: int, streams: int) -> list[str]:
    low, high = binomial_interval(alarms, streams)
    print(f"  {name}: {alarms} of {streams}", flush=True)
    return [name, f"{streams:,}", f"{alarms / streams:.2%}", f"{low:.2%} to {high:.2%}", "", ""]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))
