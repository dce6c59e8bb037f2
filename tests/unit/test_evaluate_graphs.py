"""`evaluate.links` and `evaluate.nodes`: provable answers, intervals, coverage, bad input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import nearer
from nearer import evaluate
from nearer.errors import NearerError

KEYS = [f"{block}{row}" for block in "ab" for row in range(10)]
VECTORS = np.repeat([[1.0, 0.0], [0.0, 1.0]], 10, axis=0) + 0.1 * np.random.default_rng(0).random((20, 2))
BLOCKS = nearer.Space(KEYS, VECTORS)
WITHIN = [(f"{block}{row}", f"{block}{row + 1}") for block in "ab" for row in range(9)]
ACROSS = [(f"a{row}", f"b{row}") for row in range(10)]
LABELS = {key: key[0] for key in KEYS}


def test_blocks_are_told_apart_without_fault() -> None:
    found = evaluate.links(BLOCKS, WITHIN, ACROSS)
    assert (found.value, found.average_precision.value, found.interval) == (1.0, 1.0, (1.0, 1.0))
    turned = evaluate.links(BLOCKS, ACROSS, WITHIN)
    assert turned.value == 0.0
    learned = evaluate.links(
        BLOCKS,
        WITHIN[::2],
        ACROSS[::2],
        operator="l1",
        learn_edges=WITHIN[1::2],
        learn_non_edges=ACROSS[1::2],
    )
    assert (learned.value, learned.operator) == (1.0, "l1")
    nodes = evaluate.nodes(BLOCKS, LABELS, fractions=(0.5,), shuffles=4)
    assert (nodes.value, nodes.macro_f1[0.5].value, nodes.shuffles) == (1.0, 1.0, 4)


def test_vectors_without_knowledge_are_chance() -> None:
    generator = np.random.default_rng(1)
    space = nearer.Space([str(row) for row in range(300)], generator.standard_normal((300, 8)))
    pairs = generator.integers(0, 300, (2000, 2)).tolist()
    found = evaluate.links(
        space, [tuple(pair) for pair in pairs[:1000]], [tuple(pair) for pair in pairs[1000:]]
    )
    low, high = found.interval
    assert low < 0.5 < high
    assert 0.03 < high - low < 0.07  # about 4 standard errors of (1/12 (1/n + 1/m)) ** 0.5 = 0.013
    again = evaluate.links(space, pairs_of(pairs[:1000]), pairs_of(pairs[1000:]))
    assert again.to_dict() == found.to_dict()


def pairs_of(pairs: list[list[int]]) -> pa.Table:
    return pa.table(
        {"dst": [b for _, b in pairs], "src": [a for a, _ in pairs], "weight": [1.0] * len(pairs)}
    )


def test_what_the_space_lacks_is_left_out_and_counted() -> None:
    found = evaluate.links(BLOCKS, [*WITHIN, ("a0", "zz")], [*ACROSS, ("zz", "yy")])
    assert (found.edges, found.non_edges, found.coverage) == (18, 10, 28 / 30)
    assert "coverage 93.3%" in str(found)
    nodes = evaluate.nodes(BLOCKS, {**LABELS, "zz": "a"}, fractions=[0.5], shuffles=1)
    assert (nodes.n, nodes.coverage) == (20, 20 / 21)


def test_labels_from_files_tables_and_columns(tmp_path: Any) -> None:
    path = tmp_path / "labels.tsv"
    path.write_text("".join(f"{key}\t{key[0]}\n" for key in KEYS) + "a0\tb\n")
    several = {**LABELS, "a0": ["a", "b"]}
    expected = evaluate.nodes(BLOCKS, several, shuffles=2).to_dict()
    assert evaluate.nodes(BLOCKS, path, shuffles=2).to_dict() == expected
    table = pa.table({"node": KEYS, "groups": [["a", "b"] if key == "a0" else [key[0]] for key in KEYS]})
    assert evaluate.nodes(BLOCKS, table, shuffles=2).to_dict() == expected
    assert list(expected["micro_f1"]) == list(evaluate.nodes(BLOCKS, several, shuffles=1).micro_f1)
    space = nearer.Space(KEYS, VECTORS, items={"block": list(LABELS.values())})
    assert evaluate.nodes(space, "block", shuffles=1).value == 1.0


FAULTS: dict[str, tuple[Callable[[], Any], str]] = {
    "operator": (
        lambda: evaluate.links(BLOCKS, WITHIN, ACROSS, operator="sum"),  # type: ignore[arg-type]
        "operator='sum' is unknown; use one of metric, hadamard, average, l1, l2",
    ),
    "nothing to learn": (
        lambda: evaluate.links(BLOCKS, WITHIN, ACROSS, operator="l2"),
        "operator='l2' needs learn_edges and learn_non_edges",
    ),
    "no need to learn": (
        lambda: evaluate.links(BLOCKS, WITHIN, ACROSS, learn_edges=WITHIN, learn_non_edges=ACROSS),
        "operator='metric' takes no learn_edges and learn_non_edges",
    ),
    "half of it": (
        lambda: evaluate.links(BLOCKS, WITHIN, ACROSS, learn_edges=WITHIN),
        "operator='metric' takes no learn_edges",
    ),
    "unknown nodes": (
        lambda: evaluate.links(BLOCKS, [("x", "y")] * 3, ACROSS),
        "the space holds both nodes of 0 of the 3 edges, and at least 2 are needed",
    ),
    "no pairs": (lambda: evaluate.links(BLOCKS, [], ACROSS), "holds no pairs of nodes"),
    "floats": (lambda: evaluate.links(BLOCKS, [(1.0, 2.0)], ACROSS), "row 0: 1.0 is not an id"),
    "one label": (
        lambda: evaluate.nodes(BLOCKS, dict.fromkeys(KEYS, "a")),
        "20 labelled items have one label, 'a': needs two",
    ),
    "missing label": (lambda: evaluate.nodes(BLOCKS, {"a0": None}), "the label of 'a0' is missing"),
    "no known node": (lambda: evaluate.nodes(BLOCKS, {"x": "a"}), "the space holds none of the 1 labelled"),
    "fraction": (lambda: evaluate.nodes(BLOCKS, LABELS, fractions=(0.5, 1.0)), "1.0 is not between 0 and 1"),
    "no list": (lambda: evaluate.nodes(BLOCKS, LABELS, fractions=0.5), "fractions=0.5 is no list of numbers"),  # type: ignore[arg-type]
    "no fraction": (lambda: evaluate.nodes(BLOCKS, LABELS, fractions=()), "fractions names no share"),
    "too small": (
        lambda: evaluate.nodes(BLOCKS, LABELS, fractions=[0.01]),
        "20 labelled nodes leave none to",
    ),
    "shuffles": (lambda: evaluate.nodes(BLOCKS, LABELS, shuffles=0), "shuffles=0 is below 1"),
    "regularization": (lambda: evaluate.nodes(BLOCKS, LABELS, regularization=0), "regularization=0 is not a"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_input_is_one_line(fault: str) -> None:
    call, message = FAULTS[fault]
    with pytest.raises(NearerError) as raised:
        call()
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
