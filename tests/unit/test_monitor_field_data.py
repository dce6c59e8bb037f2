"""Changes in real data are found within the delay computed for them: digits, a market of electricity."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.datasets import load_digits

import nearer
from nearer.monitor import Baseline, Watched, delay, watch

DATA = Path(os.environ.get("NEARER_DATA", "/nonexistent")) / "drift"
WINDOW = 150


def space(rows: np.ndarray, keys: list[str]) -> nearer.Space:
    return nearer.Space(keys, rows, "euclidean")


def test_a_class_that_disappears_is_found_within_the_delay_and_named() -> None:
    data = load_digits()
    order = np.random.default_rng(1).permutation(len(data.data))
    rows, classes = data.data[order].astype(np.float32), data.target[order]
    keys = [f"{digit}-{row}" for row, digit in enumerate(classes)]
    rest = 850 + np.flatnonzero(classes[850:] != 0)
    sample, changed = np.split(rest, [len(rest) // 2])
    whole = space(rows, keys)
    baseline = Baseline.of(whole[:700])
    told = delay(baseline, rows[sample], WINDOW, streams=59, permutations=39)
    assert told.windows is not None

    quiet = watch(nearer.Monitor(baseline), whole[700:850], WINDOW)
    assert not quiet.alarms
    watched = watch(nearer.Monitor(baseline), whole.take(changed), WINDOW)
    assert watched.alarms[0].window <= told.windows
    lost = [part for part in named(watched) if part.kind == "cluster" and part.after < part.before]
    assert lost
    assert sum(key.startswith("0-") for part in lost for key in part.examples) >= 4


def named(watched: Watched) -> list[nearer.monitor.Moved]:
    return [part for told in watched.alarms for part in told.verdict.moved]


@pytest.mark.skipif(not DATA.is_dir(), reason="NEARER_DATA does not name the data folder")
def test_the_market_that_joins_is_found_within_the_delay() -> None:
    """Elec2: Victoria joins on 2 May 1997; days before and after in random order, without seasons."""
    table = pq.read_table(DATA / "elec2.parquet")
    joined = np.datetime64("1997-05-02")
    names = ["nswprice", "nswdemand", "transfer"]
    stamps = table["timestamp"].to_numpy()
    values = np.stack([table[name].to_numpy() for name in names], axis=1)
    generator = np.random.default_rng(0)
    old, new = (
        generator.permutation(part[: len(part) // 48 * 48].reshape(-1, 48, len(names)))
        for part in (values[stamps < joined], values[stamps >= joined][: 365 * 48])
    )
    spread = old[:120].reshape(-1, len(names)).std(axis=0)
    spread[spread == 0] = values.std(axis=0)[spread == 0]  # what stands still before

    def rows(days: np.ndarray) -> np.ndarray:
        return np.asarray(days.reshape(-1, len(names)) / spread, np.float32)

    days = rows(old[:120])
    baseline = Baseline.of(space(days, [str(row) for row in range(len(days))]), rows=960, block=48)
    told = delay(baseline, rows(new[:60]), 240, mode="sequential", streams=59)
    assert told.windows is not None
    monitor = nearer.Monitor(baseline, mode="sequential")
    quiet = [monitor.check(rows(old[start : start + 5])).alarm for start in range(120, 160, 5)]
    assert not any(quiet)
    monitor = nearer.Monitor(baseline, mode="sequential")
    alarms = [monitor.check(rows(new[start : start + 5])).alarm for start in range(60, 160, 5)]
    assert alarms.index(True) + 1 <= told.windows
