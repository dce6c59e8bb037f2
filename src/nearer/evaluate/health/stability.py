"""Stability: whether an item keeps its neighbours in another training run, or in fewer dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError
from nearer.evaluate.bootstrap import mean
from nearer.evaluate.health.copies import first_copies
from nearer.evaluate.health.measure import Kind, Measure, Scale, Skipped
from nearer.evaluate.health.nearest import Rows, nearest
from nearer.space import Space

QUERIES = 2_000  # items asked, at most

OTHER = Kind(
    "stability",
    "neighbour overlap",
    "share of neighbours, 0 to 1",
    Scale(0.5, 0.2),
    "How many of an item's nearest neighbours it keeps in the other space, among the keys that both hold "
    "(Wendlandt et al., 2018).",
    "Do not read single neighbours: train longer or on more data, or average several runs.",
    "chance: k of the other items, drawn by lot",
)
HALF = Kind(
    "stability",
    "neighbour overlap in half the columns",
    "share of neighbours, 0 to 1",
    Scale(2, 1),
    "How many of an item's nearest neighbours it keeps in the first half of the columns; where that is below "
    "a half the space is not nested, and `nearer dims` is the way to fewer columns.",
    "The first columns say nothing of the items: see which columns do.",
    "chance: k of the other items, drawn by lot",
    "overlap / chance, where good is a note: above chance is not yet nested",
    "note",
)


def stability(
    space: Space,
    others: Sequence[Space],
    pairs: Sequence[tuple[Rows, Rows]],
    k: int,
    examples: int,
    seed: int,
    threads: int | None,
) -> list[Measure | Skipped]:
    """The mean overlap of the k nearest neighbours with each of `others`, and with half the columns.

    `pairs` has the common rows of each.
    """
    found: list[Measure | Skipped] = []
    for number, (other, (rows, places)) in enumerate(zip(others, pairs, strict=True), start=1):
        name = f"{OTHER.name}: space {number}" if len(others) > 1 else OTHER.name
        found.append(_overlap(OTHER, name, space, other, rows, places, k, examples, seed, threads))
    if space.dim < 2:
        return [*found, Skipped(HALF.name, "needs two columns")]
    half, rows = space.truncate(space.dim // 2), np.arange(len(space))
    return [*found, _overlap(HALF, HALF.name, space, half, rows, rows, k, examples, seed, threads)]


def common_rows(space: Space, other: Space, number: int) -> tuple[Rows, Rows]:
    """Rows of the keys that both hold, in each; `InputError` where they are fewer than two."""
    if list(other.keys) == list(space.keys):
        return np.arange(len(space)), np.arange(len(space))
    rows = np.array([row for row, key in enumerate(space.keys) if key in other], np.intp)
    if len(rows) < 2:
        raise InputError(
            f"space {number} to compare with shares {len(rows)} keys with this one",
            remedy="pass spaces of the same items: other seeds, or other dimensions",
        )
    return rows, other.rows(space.keys[row] for row in rows)


def _overlap(
    kind: Kind,
    name: str,
    space: Space,
    other: Space,
    rows: Rows,
    places: Rows,
    k: int,
    examples: int,
    seed: int,
    threads: int | None,
) -> Measure | Skipped:
    kept = _apart(space, rows) & _apart(other, places)
    rows, places = rows[kept], places[kept]
    n = len(rows)
    if k >= n - 1:
        return Skipped(
            name or kind.name, f"{n} distinct items, and each has all others among its {k} nearest"
        )
    asked = np.sort(np.random.default_rng(seed).permutation(n)[:QUERIES])
    first, second = (
        _neighbours(one, where, asked, k, threads) for one, where in ((space, rows), (other, places))
    )
    shares = (first[:, :, None] == second[:, None, :]).sum(axis=(1, 2)) / k
    result = mean(shares, seed)
    lost = asked[np.argsort(shares, kind="stable")[:examples]]
    return kind.measured(
        result.value,
        len(asked),
        name=name,
        judged=result.value * (n - 1) / k if kind is HALF else None,
        interval=result.interval,
        reference=k / (n - 1),
        examples=[(space.keys[row],) for row in rows[lost]],
    )


def _apart(space: Space, rows: Rows) -> NDArray[np.bool_]:
    """Which of the rows are no copies of earlier ones and, with metric "cosine", not zero: others tie."""
    vectors = space.vectors[rows]
    apart = first_copies(vectors, space.metric) == np.arange(len(rows))
    if space.metric == "cosine":
        apart &= vectors.any(axis=1)
    return np.asarray(apart)


def _neighbours(space: Space, rows: Rows, asked: Rows, k: int, threads: int | None) -> NDArray[np.intp]:
    whole = len(rows) == len(space) and bool((rows == np.arange(len(space))).all())
    vectors = space.vectors if whole else np.ascontiguousarray(space.vectors[rows])
    return nearest(vectors, vectors[asked], space.metric, k, threads, asked).rows
