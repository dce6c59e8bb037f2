"""What a baseline accepts, keeps and writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nearer import Space
from nearer.errors import InputError, IntegrityError, ParameterError, SpaceMismatch, StorageError
from nearer.monitor import Baseline, compare
from nearer.monitor.baseline_file import digest, with_learned
from nearer.monitor.exchange import require_held

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(400, 6))


def test_guide_and_rows_are_apart_and_of_bounded_size() -> None:
    baseline = Baseline.of(RNG.normal(size=(5000, 3)), rows=300, guide=100)
    assert baseline.rows.shape == (300, 3)
    assert baseline.guide.shape == (100, 3)
    together = np.concatenate([baseline.rows, baseline.guide])
    assert len(np.unique(together, axis=0)) == 400
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1)


def test_blocks_stay_whole() -> None:
    column = np.arange(103, dtype=np.float64)
    baseline = Baseline.of(Space([str(i) for i in range(103)], column[:, None], "euclidean"), block=5)
    for part in (baseline.rows, baseline.guide):
        blocks = part[:, 0].reshape(-1, 5)
        np.testing.assert_array_equal(np.diff(blocks, axis=1), 1)
        np.testing.assert_array_equal(blocks[:, 0] % 5, 0)
    assert baseline.keys == tuple(str(int(value)) for value in baseline.rows[:, 0])


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (ROWS[:1], "1 row is no baseline; pass at least 8 rows, better 1,000 or more"),
        (ROWS[:7], "7 rows are no baseline; pass at least 8 rows, better 1,000 or more"),
        (
            np.ones((20, 3)),
            "baseline: all 20 rows are the same vector; look at what made them: "
            "an encoder that answers everything alike is broken",
        ),
        (
            np.where(np.arange(60).reshape(20, 3) == 7, np.nan, ROWS[:20, :3]),
            "baseline, row 2: the vector holds nan in column 1; remove the row, or repair what made it",
        ),
    ],
)
def test_what_is_no_baseline_is_said(rows: np.ndarray, line: str) -> None:
    with pytest.raises(InputError) as caught:
        Baseline.of(rows)
    assert str(caught.value) == line


def test_too_few_blocks_are_no_baseline() -> None:
    with pytest.raises(InputError, match=r"70 rows in blocks of 10 are no baseline; pass at least 80 rows"):
        Baseline.of(ROWS[:70], block=10)


def test_named_axes_come_first_and_have_length_one() -> None:
    baseline = Baseline.of(ROWS, axes={"cheap - expensive": 3 * np.eye(6)[2]})
    np.testing.assert_array_equal(baseline.axes[0], np.eye(6)[2])
    assert baseline.axis_names[:2] == ("cheap - expensive", "principal 1")
    assert len(baseline.axis_names) == len(baseline.axes) == 7


def test_a_named_axis_must_be_a_direction_of_the_same_space() -> None:
    space = Space([str(i) for i in range(400)], ROWS)
    mine = SimpleNamespace(direction=np.ones(6), identity=space.identity)
    assert Baseline.of(space, axes={"a": mine}).names == ("a",)
    with pytest.raises(SpaceMismatch, match=r"the axis 'a' has identity 000000000000, expected"):
        Baseline.of(space, axes={"a": SimpleNamespace(direction=np.ones(6), identity="0" * 64)})
    for wrong in (np.zeros(6), np.ones(5), "north", [np.nan] * 6):
        with pytest.raises(ParameterError, match="axis 'a' is no direction of 6 columns"):
            Baseline.of(space, axes={"a": wrong})


def test_a_baseline_comes_back_bit_for_bit(tmp_path: Path) -> None:
    space = Space([f"kéy {i}\n" for i in range(400)], ROWS, "dot")
    baseline = Baseline.of(space, rows=200, axes={"up": np.ones(6)}, block=2, seed=3)
    baseline.save(tmp_path / "a.baseline")
    again = Baseline.load(tmp_path / "a.baseline")
    for name in ("rows", "guide", "named", "centroids", "principal", "axes"):
        np.testing.assert_array_equal(getattr(again, name), getattr(baseline, name))
    for name in ("keys", "metric", "identity", "seed", "block", "names"):
        assert getattr(again, name) == getattr(baseline, name)


def test_a_baseline_that_was_changed_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "a.baseline"
    Baseline.of(ROWS).save(folder)
    with pytest.raises(StorageError, match="already exists"):
        Baseline.of(ROWS).save(folder)
    Baseline.of(ROWS).save(folder, overwrite=True)
    numbers, text = folder / "baseline.safetensors", folder / "baseline.json"
    whole = numbers.read_bytes()
    numbers.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(IntegrityError, match=r"baseline\.safetensors: has SHA-256 .* it was changed"):
        Baseline.load(folder)
    numbers.write_bytes(whole)
    told = text.read_text()
    for old, new, line in (
        ('"metric": "cosine"', '"metric": "dot"', "was edited"),
        ('"version": 1', '"version": 2', "is of version 2, this release reads version 1"),
        ('"nearer-baseline"', '"other"', "is of format 'other', not 'nearer-baseline'"),
        ('"dim"', '"dim', "is not whole JSON"),
    ):
        text.write_text(told.replace(old, new))
        with pytest.raises(IntegrityError, match=line):
            Baseline.load(folder)
    text.unlink()
    with pytest.raises(IntegrityError, match=r"holds no baseline\.json"):
        Baseline.load(folder)


def test_a_folder_of_other_things_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("a")
    with pytest.raises(StorageError, match="exists and is no baseline"):
        Baseline.of(ROWS).save(tmp_path, overwrite=True)
    assert (tmp_path / "letters.txt").read_text() == "a"


def test_another_machine_with_other_last_bits_has_the_same_baseline() -> None:
    made = Baseline.of(np.random.default_rng(0).normal(size=(200, 6)))
    other = with_learned(made, made.centroids + 1e-15, made.principal + 1e-15)
    assert digest(other) == digest(made) != digest(replace(made, block=2))


@pytest.mark.parametrize("seed", [-1, 1.5, "a"])
def test_a_seed_that_is_none_is_one_line(seed: Any) -> None:
    rows = np.random.default_rng(0).normal(size=(200, 6))
    with pytest.raises(ParameterError, match="seed is"):
        Baseline.of(rows, seed=seed)
    with pytest.raises(ParameterError, match="seed is"):
        compare(Baseline.of(rows), rows[:50], seed=seed)


def test_more_arrangements_than_are_held_are_refused_by_the_alpha_that_is_possible() -> None:
    with pytest.raises(ParameterError, match=r"use an alpha of 6.1e-05 or more \(at most 16,665\)"):
        require_held(6000, 100_000)
