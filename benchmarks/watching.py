"""Watching real data: alarms come within the delay that was computed, and seldom before the change.

Digits lose a class; Elec2, half-hourly readings of the electricity market of New South Wales, changes on
2 May 1997, when the market of Victoria joins. Days are put in random order before and after the change, so
that nothing but the change is there to find: seasons are changes, too.
"""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import nearer
from nearer.chance import binomial_interval
from nearer.monitor import Baseline, delay
from report import Grid

ALPHA, DAY = 0.05, 48  # rate of false alarms; half hours
JOINED = np.datetime64("1997-05-02")

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Setting:
    """Rows of one repeat: a baseline, unchanged windows, a sample of changed rows, and changed windows."""

    baseline: Rows
    unchanged: Rows
    sample: Rows
    changed: Rows
    window: int
    block: int = 1


def digits(removed: int) -> Callable[[int], Setting]:
    """Scikit-learn's 1,797 digits of 8 x 8 pixels, from which one class disappears."""
    from sklearn.datasets import load_digits

    data = load_digits()
    rows, classes = data.data.astype(np.float32), data.target

    def drawn(seed: int) -> Setting:
        order = np.random.default_rng(seed).permutation(len(rows))
        first, second, rest = np.split(order, [700, 850])
        rest = rest[classes[rest] != removed]
        half = len(rest) // 2
        return Setting(rows[first], rows[second], rows[rest[:half]], rows[rest[half:]], 150)

    return drawn


def elec2(folder: Path, columns: list[str]) -> Callable[[int], Setting]:
    """Whole days of readings before 2 May 1997 and of the year after it, in random order."""
    import pyarrow.parquet as pq

    table = pq.read_table(folder / "drift" / "elec2.parquet")
    stamps = table["timestamp"].to_numpy()
    values = np.stack([table[name].to_numpy() for name in columns], axis=1)
    year = np.timedelta64(365, "D")
    before = days(values[stamps < JOINED])
    after = days(values[(stamps >= JOINED) & (stamps < JOINED + year)])

    def drawn(seed: int) -> Setting:
        generator = np.random.default_rng(seed)
        old, new = generator.permutation(before), generator.permutation(after)
        base, rest = np.split(old, [180])
        sample, changed = np.split(new, [200])
        flat = base.reshape(-1, len(columns))
        mean, spread = flat.mean(axis=0), flat.std(axis=0)
        spread[spread == 0] = values.std(axis=0)[spread == 0]  # Victoria's columns stand still before
        parts = [
            ((part.reshape(-1, len(columns)) - mean) / spread).astype(np.float32)
            for part in (base, rest, sample, changed)
        ]
        return Setting(parts[0], parts[1], parts[2], parts[3], 5 * DAY, DAY)

    return drawn


def days(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whole days (n, 48, columns)."""
    count = len(values) // DAY
    return values[: count * DAY].reshape(count, DAY, -1)


def run(_: Path, quick: bool) -> Grid:
    repeats = 2 if quick else 12
    settings = [(f"digits without {removed}", digits(removed)) for removed in (0, 4, 6)]
    data = os.environ.get("NEARER_DATA")
    if data is None:
        print("Elec2 skipped: NEARER_DATA names no folder of data", flush=True)
    else:
        every = ["nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"]
        settings += [
            ("Elec2, all columns", elec2(Path(data), every)),
            ("Elec2, New South Wales alone", elec2(Path(data), every[:2])),
        ]
    rows, kept = [], True
    for name, drawn in settings:
        both = ("window", "sequential")
        for mode in both if name.startswith("Elec2") else both[:1]:  # digits are too few for a long stream
            row, fine = measured(name, drawn, mode, repeats)
            rows.append(row)
            kept &= fine
            print(" | ".join(row), flush=True)
    heads = (
        "stream", "mode", "rows a window", "computed: median", "95 %", "seen: median",
        "within the 95 % delay", "false alarms before",
    )  # fmt: skip
    return Grid(heads, rows, kept)


def measured(
    name: str, drawn: Callable[[int], Setting], mode: str, repeats: int
) -> tuple[tuple[str, ...], bool]:
    """One row of the table, and whether alarms come as computed and false ones at no more than alpha."""
    computed, seen, within, tried, false, checked = [], [], 0, 0, 0, 0
    fewer = {"permutations": 99} if mode == "window" else {}  # which makes delays a little longer
    for seed in range(repeats):
        setting = drawn(seed)
        baseline = Baseline.of(space(setting.baseline), rows=1_200, seed=seed, block=setting.block)
        told = delay(
            baseline, setting.sample, setting.window, ALPHA, mode=mode, streams=59, seed=seed, **fewer
        )
        computed.append(told)
        monitor = nearer.Monitor(baseline, ALPHA, seed, mode=mode)
        alarms = [monitor.check(window).alarm for window in windows(setting.unchanged, setting.window)]
        false += sum(alarms) if mode == "window" else any(alarms)
        checked += len(alarms) if mode == "window" else 1
        monitor = nearer.Monitor(baseline, ALPHA, seed, mode=mode)
        alarm, count = None, 0
        for count, window in enumerate(windows(setting.changed, setting.window), 1):
            if monitor.check(window).alarm:
                alarm = count
                break
        seen.append(count + 1 if alarm is None else alarm)
        if told.windows is None or (alarm is None and count < told.windows):
            continue  # the stream ended before the delay did: it says nothing
        tried += 1
        within += alarm is not None and alarm <= told.windows
    late, middle = ([getattr(told, name) or math.inf for told in computed] for name in ("windows", "median"))
    fine = tried > 0 and binomial_interval(within, tried, 0.99)[1] >= 0.95
    fine &= binomial_interval(false, checked, 0.99)[0] <= ALPHA
    unit = "windows" if mode == "window" else "streams"
    cells = (
        name, mode, f"{setting.window:,}", f"{statistics.median(middle):.0f}",
        f"{statistics.median(late):.0f}", f"{statistics.median(seen):.0f}", f"{within} of {tried}",
        f"{false} of {checked} {unit}",
    )  # fmt: skip
    return cells, bool(fine)


def space(rows: Rows) -> nearer.Space:
    return nearer.Space([str(row) for row in range(len(rows))], rows, "euclidean")


def windows(rows: Rows, size: int) -> Iterator[Rows]:
    for start in range(0, len(rows) - size + 1, size):
        yield rows[start : start + size]
