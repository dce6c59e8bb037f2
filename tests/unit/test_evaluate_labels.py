"""Judges by labels: the forms of labels, provable groups, and what is refused."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from nearer import Space
from nearer.errors import FormatError, InputError, ParameterError
from nearer.evaluate import clustering, knn, probe, silhouette
from nearer.evaluate.labels import labelled

JUDGES: dict[str, Callable[..., Any]] = {
    "knn": lambda space, labels: knn(space, labels, k=3),
    "probe": lambda space, labels: probe(space, labels, folds=2),
    "clustering": lambda space, labels: clustering(space, labels, runs=2),
}
KEYS = [f"k{row}" for row in range(20)]
LABELS = ["a"] * 10 + ["b"] * 10


def clear_groups(items: Any = None) -> Space:
    vectors = np.repeat([[5.0, 0.0], [0.0, 5.0]], 10, axis=0)
    return Space(KEYS, vectors + np.random.default_rng(0).normal(0, 0.2, vectors.shape), items=items)


@pytest.mark.parametrize("judge", JUDGES)
def test_clear_groups_score_one_and_crossed_ones_badly(judge: str) -> None:
    space = clear_groups()
    clear = JUDGES[judge](space, LABELS)
    assert (clear.value, clear.interval, clear.n, clear.coverage, clear.oov_rate) == (1, (1, 1), 20, 1, 0)
    assert JUDGES[judge](space, ["a", "b"] * 10).value < 0.7
    assert JUDGES[judge](space, LABELS) == clear


@pytest.mark.parametrize("judge", JUDGES)
def test_labels_in_every_form(judge: str, tmp_path: Path) -> None:
    space = clear_groups({"kind": LABELS, "count": np.arange(20)})
    table = pa.table({"key": KEYS, "label": LABELS})
    parquet.write_table(table, tmp_path / "a.parquet")
    (tmp_path / "a.tsv").write_text(
        "".join(f"{key}\t{label}\n" for key, label in zip(KEYS, LABELS, strict=True))
    )
    forms = [
        LABELS,
        tuple(LABELS),
        np.array(LABELS),
        pd.Series(LABELS),
        pl.Series(LABELS),
        pa.chunked_array([LABELS]),
        dict(zip(KEYS, LABELS, strict=True)),
        "kind",
        table,
        table.to_pandas(),
        pl.DataFrame(table),
        tmp_path / "a.parquet",
        str(tmp_path / "a.tsv"),
    ]
    results = [JUDGES[judge](space, labels) for labels in forms]
    assert results == [results[0]] * len(forms)


def test_numbers_and_columns_of_other_names_are_labels_too(tmp_path: Path) -> None:
    space = clear_groups()
    assert knn(space, np.repeat([3, 7], 10), k=3).f1 == {"3": 1, "7": 1}
    assert knn(space, [1] * 10 + ["1"] * 10, k=3).f1 == {"1": 1, "1 (1)": 1}
    (tmp_path / "a.csv").write_text(
        "Topic,Id\n" + "".join(f'"{a}",{k}\n' for a, k in zip(LABELS, KEYS, strict=True))
    )
    assert labelled(space, tmp_path / "a.csv").names == ["a", "b"]
    (tmp_path / "a.csv").write_text(
        "x,y\n" + "".join(f'"{a}",{k}\n' for a, k in zip(LABELS, KEYS, strict=True))
    )
    assert labelled(space, tmp_path / "a.csv", ("y", "x")).names == ["a", "b"]


def test_keys_that_the_space_lacks_are_counted() -> None:
    labels = {**dict(zip(KEYS, LABELS, strict=True)), **{f"x{row}": "a" for row in range(5)}}
    for judge in JUDGES.values():
        result = judge(clear_groups(), labels)
        assert (result.n, result.coverage) == (20, 0.8)
        assert result.oov_rate == pytest.approx(0.2)
        assert "coverage 80.0% of the labelled items" in str(result)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[:5], "5 labels for 20 vectors; give one a row, or a mapping"),
        (["a"] * 20, "20 labelled items of 1 label: needs at least two labels"),
        (
            [None, *LABELS[1:]],
            "row 0: the label of 'k0' is missing; give it one, or leave it out of a mapping",
        ),
        ([*LABELS[:19], float("nan")], "row 19: the label of 'k19' is missing"),
        ([*LABELS[:19], pd.NA], "row 19: the label of 'k19' is missing"),
        ([*LABELS[:19], ""], "row 19: the label of 'k19' is missing"),
        ([*LABELS[:19], ["a", "b"]], "row 19: 'k19' has ['a', 'b'], which is not one label"),
        ({"k0": "a", "k1": None}, "row 1: the label of 'k1' is missing"),
        ({"x": "a", "y": "b"}, "the space holds none of the 2 labelled items; label its keys"),
        ("topic", "labels='topic' is neither a file nor one of the payload columns []"),
    ],
)
@pytest.mark.parametrize("judge", JUDGES)
def test_labels_that_are_none(judge: str, labels: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        JUDGES[judge](clear_groups(), labels)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("k0\ta\nk1\n", "row 2: has 1 cell, expected 2 as in the first line"),
        ("k0 a\n", "row 1: has 1 cell, expected key and label; separate them by tabs"),
        ("k0\ta\nk1\t\n", "row 2: the label of 'k1' is missing; label it, or leave it out"),
        ("k0\ta\n\tb\n", "row 2: '' is not an id"),
        ("k0\ta\nk1\tb\nk0\tb\n", "row 3: 'k0' is labelled 'b', and 'a' in row 1; keep one of them"),
        ("", "holds no labels; expected key and label"),
    ],
)
def test_a_malformed_file_is_named_with_its_row(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "labels.tsv"
    file.write_text(text)
    with pytest.raises(FormatError if "row" in message else InputError) as caught:
        labelled(clear_groups(), file)
    assert str(caught.value).startswith(f"{file}{', ' if 'row' in message else ': '}{message}")


def test_a_payload_column_with_gaps_is_refused() -> None:
    space = clear_groups({"kind": [None, *LABELS[1:]]})
    with pytest.raises(InputError, match="row 0: the label of 'k0' is missing"):
        knn(space, "kind")
    with pytest.raises(
        InputError, match=r"one of the payload columns \['kind'\]; give a file of keys and labels"
    ):
        silhouette(space, "king")


def test_knn_of_fewer_items_than_neighbours() -> None:
    with pytest.raises(InputError, match="20 labelled items have no 20 neighbours each; lower k"):
        knn(clear_groups(), LABELS, k=20)
    with pytest.raises(ParameterError, match="k=0 is below 1"):
        knn(clear_groups(), LABELS, k=0)
    assert knn(clear_groups(), LABELS, k=19).n == 20


def test_an_item_never_votes_for_itself() -> None:
    equal = Space([f"k{row}" for row in range(9)], np.ones((9, 3)))
    assert knn(equal, ["a"] * 8 + ["b"], k=3).value == pytest.approx(8 / 9)
    assert knn(equal, ["b", *["a"] * 8], k=1).value == 0  # row 0 sees row 1, all others see row 0


def test_neighbours_votes_are_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    space = Space(KEYS, np.random.default_rng(1).standard_normal((20, 3)))
    whole = knn(space, LABELS, k=4)
    monkeypatch.setattr(sys.modules["nearer.evaluate.knn"], "_BLOCK", 1)
    assert knn(space, LABELS, k=4) == whole


def test_probe_of_fewer_items_than_folds() -> None:
    few = ["a"] * 17 + ["b"] * 3
    message = "label 'b' has 3 items, fewer than the 5 folds; use folds=3, or give more items"
    with pytest.raises(InputError, match=message):
        probe(clear_groups(), few)
    assert probe(clear_groups(), few, folds=3).n == 20
    with pytest.raises(InputError, match="label 'b' has 1 item, fewer than the 5 folds; leave the label out"):
        probe(clear_groups(), ["a"] * 19 + ["b"])
    for options, message in (
        ({"folds": 1}, "folds=1 is below 2"),
        ({"regularization": 0.0}, "regularization=0.0 is not a finite number above 0"),
        ({"regularization": float("nan")}, "regularization=nan is not a finite number above 0"),
    ):
        with pytest.raises(ParameterError, match=message):
            probe(clear_groups(), LABELS, **options)  # type: ignore[arg-type]


def test_a_probe_that_does_not_end_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys.modules["nearer.evaluate.probe"], "MAX_ITERATIONS", 1)
    with caplog.at_level(logging.WARNING, "nearer"):
        probe(Space(KEYS, np.random.default_rng(0).standard_normal((20, 5))), LABELS, regularization=1e-4)
    assert "the probe stopped after 1 iterations in 5 of 5 folds" in caplog.text


def test_classification_prints_and_turns_into_json() -> None:
    result = probe(clear_groups(), LABELS)
    lines = str(result).splitlines()
    assert lines[0].startswith("logistic probe, 5 folds  value")
    assert "2 labels, the most frequent 50.0%" in lines[-1]
    plain = json.loads(json.dumps(result.to_dict()))
    assert (plain["accuracy"]["value"], plain["f1"], plain["majority"]) == (1, {"a": 1, "b": 1}, 0.5)
    assert str(knn(clear_groups(), LABELS, k=3)).startswith("3 nearest neighbours")


def test_clusters_of_chance_score_zero() -> None:
    generator = np.random.default_rng(0)
    space = Space([f"k{row}" for row in range(600)], generator.standard_normal((600, 4)))
    result = clustering(space, generator.integers(0, 3, 600), runs=3, n_init=2)
    assert abs(result.ari.value) < 0.02
    assert result.value < 0.02
    assert (result.clusters, result.labels, result.runs) == (3, 3, 3)
    assert "3 clusters for 3 labels, mean of 3 runs" in str(result)
    assert json.loads(json.dumps(result.to_dict()))["v_measure"]["n"] == 600


def test_more_clusters_than_labels_are_less_complete() -> None:
    result = clustering(clear_groups(), LABELS, clusters=4)
    assert 0.5 < result.value < 1


def test_clusters_that_cannot_be_made() -> None:
    constant = Space(KEYS, np.ones((20, 2)))
    with pytest.raises(InputError, match="1 distinct vectors cannot make 2 clusters; ask for fewer clusters"):
        clustering(constant, LABELS)
    for options, message in (
        ({"clusters": 1}, "clusters=1 is below 2"),
        ({"runs": 0}, "runs=0 is below 1"),
        ({"n_init": 0}, "n_init=0 is below 1"),
        ({"clusters": 21}, "clusters=21 is above the 20 labelled items"),
    ):
        with pytest.raises(ParameterError, match=message):
            clustering(clear_groups(), LABELS, **options)


def test_constant_vectors_are_foretold_by_the_majority() -> None:
    constant = Space(KEYS, np.zeros((20, 2)))
    assert probe(constant, ["a"] * 12 + ["b"] * 8, folds=4).value == 0.6
