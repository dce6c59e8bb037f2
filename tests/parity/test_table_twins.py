"""The table autoencoder against a twin, a row and a value at a time; gradients by finite differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mixed_table import mixed_table
from nearer import TableAutoencoder
from nearer.data.table import TablePlan
from nearer.encoders.table import Part, Prepared, TableParts
from nearer.models.adam import adam_step
from nearer.models.table_layers import (
    Layout,
    backward,
    decode,
    embedding_name,
    encode,
    losses,
    read_inputs,
    surprise,
)
from nearer.models.table_training import MEAN, SQUARE, TableTraining, first_arrays, swapped
from nearer.signal.neighbourhoods import shuffled, stream

DIM, HIDDEN = 3, 5


def read(rows: int = 40) -> tuple[Layout, Prepared]:
    """The small table, read, and where its parts stand."""
    table = mixed_table(rows)
    plan = TablePlan.infer(table, ignore=["id"])
    parts, prepared = TableParts.fit(plan, plan.read(table), 6, 0)
    each = zip(prepared.arrays, prepared.missing, parts.parts, strict=True)
    return Layout.of(parts.parts, [surprise(*one) for one in each]), prepared


def exact(layout: Layout) -> dict[str, NDArray[np.float64]]:
    """Random weights in float64, biases too, so that differences are exact."""
    arrays = first_arrays(layout, DIM, HIDDEN, 1)
    names = [name for name in arrays if not name.endswith((MEAN, SQUARE, "steps"))]
    draw = np.random.default_rng(5)
    return {
        name: arrays[name].astype(np.float64) + 0.1 * draw.normal(size=arrays[name].shape) for name in names
    }


def twin_input(part: Part, value: Any, missing: bool, embedding: NDArray[Any] | None) -> list[float]:
    """What one value gives the input."""
    if embedding is not None:
        return list(embedding[int(value)])
    if missing:
        return [0.0] * part.size + [1.0]
    if part.kind == "vector":
        return [float(v) - m for v, m in zip(value, part.means, strict=True)] + [0.0]
    return [piece - mean for piece, mean in zip(twin_pieces(part, value), part.means, strict=True)] + [0.0]


def twin_pieces(part: Part, value: float) -> list[float]:
    """The piecewise-linear encoding, a bin at a time."""
    found = []
    for low, high in zip(part.edges, part.edges[1:], strict=False):
        found.append(0.0 if value < low else 1.0 if value >= high else (value - low) / (high - low))
    return found


def twin_loss(part: Part, logits: list[float], value: Any, missing: bool) -> float:
    """The loss of one value in nats."""

    def binary(logit: float, wanted: float) -> float:
        odds = 1.0 / (1.0 + math.exp(-logit))
        return -wanted * math.log(odds) - (1.0 - wanted) * math.log(1.0 - odds)

    if part.kind == "category":
        place = min(int(value), part.size)
        return math.log(sum(math.exp(logit) for logit in logits)) - logits[place]
    total = binary(logits[-1], float(missing))
    if missing:
        return total
    if part.kind == "number":
        return total + sum(
            binary(logit, w) for logit, w in zip(logits, twin_pieces(part, value), strict=False)
        )
    wanted = [float(v) - m for v, m in zip(value, part.means, strict=True)]
    return total + sum((logit - w) ** 2 for logit, w in zip(logits, wanted, strict=False)) / 2


def test_a_row_passes_the_layers_as_a_twin_sends_it_through() -> None:
    layout, rows = read()
    weights = exact(layout)
    x = read_inputs(rows, layout, weights)
    _, z = encode(x, weights)
    found, _ = losses(decode(z, weights), rows, layout)
    for row in range(len(rows)):
        inputs: list[float] = []
        for place, part in enumerate(layout.parts):
            table = weights[embedding_name(place)] if part.kind == "category" else None
            inputs += twin_input(part, rows.arrays[place][row], bool(rows.missing[place][row]), table)
        hidden = np.maximum(np.array(inputs) @ weights["first"] + weights["first_bias"], 0)
        vector = hidden @ weights["second"] + np.array(inputs) @ weights["skip"] + weights["second_bias"]
        np.testing.assert_allclose(z[row], vector, atol=1e-6)
        logits = (vector @ weights["out"] + weights["out_bias"]).tolist()
        total = 0.0
        for place, (part, where) in enumerate(zip(layout.parts, layout.outputs, strict=True)):
            value, missing = rows.arrays[place][row], bool(rows.missing[place][row])
            total += twin_loss(part, logits[where], value, missing) / layout.surprises[place]
        assert found[row] == pytest.approx(total / len(layout.parts), rel=1e-5)


def test_gradients_are_those_of_finite_differences() -> None:
    layout, rows = read(20)
    weights = exact(layout)

    def loss() -> float:
        _, z = encode(read_inputs(rows, layout, weights), weights)
        return float(losses(decode(z, weights), rows, layout)[0].sum())

    x = read_inputs(rows, layout, weights)
    hidden, z = encode(x, weights)
    _, gradient = losses(decode(z, weights), rows, layout)
    found = backward(x, hidden, z, gradient, rows, layout, weights)
    assert set(found) == set(weights)
    draw, step = np.random.default_rng(0), 1e-6
    for name, array in weights.items():
        flat, of_array = array.reshape(-1), found[name].reshape(-1)
        for place in draw.choice(flat.size, min(flat.size, 12), replace=False).tolist():
            before = flat[place]
            flat[place] = before + step
            above = loss()
            flat[place] = before - step
            below = loss()
            flat[place] = before
            assert of_array[place] == pytest.approx((above - below) / (2 * step), abs=1e-5, rel=1e-4)


def test_surprise_is_the_loss_where_only_frequencies_are_known() -> None:
    layout, rows = read(50)
    for place, part in enumerate(layout.parts):
        flags = rows.missing[place]
        if part.kind == "category":
            counts = np.bincount(np.minimum(rows.arrays[place], part.size), minlength=part.size + 1)
            logits = np.log(np.maximum(counts / counts.sum(), 1e-30))
        elif part.kind == "number":
            shares = np.array([*part.means, flags.mean()])
            logits = np.log(np.maximum(shares, 1e-30)) - np.log(np.maximum(1 - shares, 1e-30))
        else:
            share = max(flags.mean(), 1e-30)
            logits = np.array([0.0] * part.size + [math.log(share / (1 - share))])
        each = [
            twin_loss(part, np.clip(logits, -30, 30).tolist(), value, bool(gone))
            for value, gone in zip(rows.arrays[place], flags, strict=True)
        ]
        assert layout.surprises[place] == pytest.approx(np.mean(each), rel=1e-3)


def test_a_step_is_one_of_adam_on_the_mean_loss_of_swapped_rows() -> None:
    layout, rows = read()
    run = TableTraining(rows, layout, 0.3, 16, 0.01, 8, 7)
    arrays, twin = first_arrays(layout, DIM, HIDDEN, 0), first_arrays(layout, DIM, HIDDEN, 0)
    report = run.train(arrays, 0, 4, 1, "")
    assert report.tokens == 14 + 13 + 13 + 14
    total = 0.0
    for unit in range(4):
        order = shuffled(np.arange(40), stream(7, (1 << 63) + unit // 3))
        picked = np.array_split(order, 3)[unit % 3]
        noisy = swapped(rows, picked, layout, 0.3, stream(7, unit))
        x = read_inputs(noisy, layout, twin)
        hidden, z = encode(x, twin)
        found, gradient = losses(decode(z, twin), rows.take(picked), layout)
        total += found.sum()
        gradients = backward(x, hidden, z, gradient / np.float32(len(picked)), noisy, layout, twin)
        for name, of_array in gradients.items():
            rate = 0.01 * (1 + math.cos(math.pi * unit / 8)) / 2
            moments = twin[f"{name}.{MEAN}"], twin[f"{name}.{SQUARE}"]
            adam_step(twin[name], *moments, of_array, step=unit + 1, learning_rate=rate)
    assert report.loss == pytest.approx(total, rel=1e-6)
    for name in gradients:
        np.testing.assert_allclose(arrays[name], twin[name], atol=1e-6)


def test_values_are_swapped_as_often_as_asked_for_values_of_other_rows() -> None:
    layout, rows = read(4000)
    picked = np.arange(4000)
    noisy = swapped(rows, picked, layout, 0.25, stream(3, 0))
    for place, part in enumerate(layout.parts):
        if part.kind == "number" and part.name == "heat":
            changed = (noisy.arrays[place] != rows.arrays[place]).mean()
            assert changed == pytest.approx(0.25, abs=0.03)
            assert set(noisy.arrays[place]) <= set(rows.arrays[place])
        if part.kind == "category":
            unknown = (noisy.arrays[place] == part.size).mean()
            assert unknown == pytest.approx(0.01, abs=0.008)
    assert not any(
        (array == part.size).any()
        for array, part in zip(rows.arrays, layout.parts, strict=True)
        if part.kind == "category"
    )


def test_training_tells_values_better_than_frequencies_do() -> None:
    model = TableAutoencoder(dim=8, hidden=32, epochs=40, threads=1).fit(mixed_table(300))
    assert model.loss_curve_[0] > 0.9
    assert model.loss_curve_[-1] < 0.7
