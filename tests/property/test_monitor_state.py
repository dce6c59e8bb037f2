"""Baselines and states come back as they were, whatever they hold; ranks agree with a slow twin."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import nearer
from nearer.monitor import Baseline
from nearer.monitor.ranks import counted, ranked

NUMBERS = st.floats(-1e6, 1e6, width=32)
METRICS = st.sampled_from(["cosine", "dot", "euclidean"])


@settings(max_examples=25, deadline=None)
@given(
    rows=hnp.arrays(np.float32, st.tuples(st.integers(8, 40), st.integers(1, 5)), elements=NUMBERS),
    metric=METRICS,
    block=st.integers(1, 2),
    seed=st.integers(0, 2**40),
    keys=st.lists(st.text(), min_size=40, max_size=40, unique=True),
)
def test_baselines_come_back_bit_for_bit(
    rows: np.ndarray, metric: str, block: int, seed: int, keys: list[str]
) -> None:
    rows[0] += 1 + np.abs(rows[0])
    rows = np.concatenate([rows, rows + 1])
    names = [f"{i} {keys[i % 40]}" for i in range(len(rows))]
    source = nearer.Space(names, rows, metric)  # type: ignore[arg-type]
    made = Baseline.of(source, block=block, seed=seed % 2**32, axes={"only": np.ones(rows.shape[1])})
    with tempfile.TemporaryDirectory() as folder:
        made.save(Path(folder) / "b")
        again = Baseline.load(Path(folder) / "b")
    for name in ("rows", "guide", "named", "centroids", "principal"):
        np.testing.assert_array_equal(getattr(again, name), getattr(made, name))
    for name in ("keys", "metric", "identity", "seed", "block", "names"):
        assert getattr(again, name) == getattr(made, name)


@settings(max_examples=15, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=5),
    shift=st.floats(-3, 3),
    times=st.one_of(st.none(), st.floats(-1e9, 1e9)),
)
def test_a_monitor_opened_again_goes_on_as_if_it_had_not_stopped(
    sizes: list[int], shift: float, times: float | None
) -> None:
    generator = np.random.default_rng(0)
    baseline = Baseline.of(generator.normal(size=(80, 3)))
    drawn = [generator.normal(size=(size, 3)) + shift for size in sizes]
    steady = nearer.Monitor(baseline, mode="sequential")
    with tempfile.TemporaryDirectory() as folder:
        watcher = nearer.Monitor(baseline, mode="sequential", state=Path(folder) / "m")
        for window in drawn:
            assert watcher.check(window, time=times) == steady.check(window, time=times)
            watcher = nearer.Monitor.open(Path(folder) / "m")
    assert watcher.windows == len(sizes)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), width=st.integers(1, 6), scores=st.integers(1, 3))
def test_ranks_are_those_of_a_slow_twin(data: st.DataObject, width: int, scores: int) -> None:
    cells = st.integers(0, width - 1)
    before = data.draw(hnp.arrays(np.int64, (scores, data.draw(st.integers(0, 9))), elements=cells))
    stream = data.draw(hnp.arrays(np.int64, (scores, data.draw(st.integers(1, 70))), elements=cells))
    noise = np.random.default_rng(0).random(stream.shape)
    counts = counted(before, width)
    found = ranked(counts, stream, noise)
    for score in range(scores):
        seen = before[score].tolist()
        for place, cell in enumerate(stream[score].tolist()):
            less, equal = sum(other < cell for other in seen), seen.count(cell) + 1
            np.testing.assert_allclose(
                found[score, place], (less + noise[score, place] * equal) / (len(seen) + 1)
            )
            seen.append(cell)
        np.testing.assert_array_equal(counts[score], np.bincount(seen, minlength=width))
