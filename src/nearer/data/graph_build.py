"""Compressed sparse rows from a list of arcs: parallel ones become one, self-loops go by a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown

SelfLoops = Literal["drop", "keep", "error"]
SELF_LOOPS = ("drop", "keep", "error")


@dataclass(frozen=True, eq=False)
class Arcs:
    """Arcs between `n` nodes: `sources` and `targets` uint32 (m), `weights` float64 (m) or None: 1 each."""

    sources: NDArray[np.uint32]
    targets: NDArray[np.uint32]
    weights: NDArray[np.float64] | None
    n: int


@dataclass(frozen=True, eq=False)
class Rows:
    """Arcs as compressed sparse rows: see `Graph`; with what was merged and dropped on the way."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    weights: NDArray[np.float32] | None
    merged: int
    loops: int


def compressed(arcs: Arcs, *, directed: bool, self_loops: SelfLoops, where: str | None) -> Rows:
    """`arcs` by their source, rising and distinct; an undirected edge becomes two arcs, a self-loop one.

    Weights of parallel edges add up. Raises `ParameterError` for a rule of self-loops that is none,
    `InputError` where there are self-loops and they are an error.
    """
    if self_loops not in SELF_LOOPS:
        raise ParameterError(
            f"self_loops={shown(self_loops)} is unknown", remedy=f"use one of {', '.join(SELF_LOOPS)}"
        )
    arcs, loops = _without_loops(arcs, self_loops, where)
    if arcs.weights is not None:
        return _weighted_rows(arcs, arcs.weights, directed, loops, where)
    before = len(arcs.sources)
    keys = _ordered_pairs(arcs, directed)
    keys.sort()
    keys = keys[_first_of_each(keys)]
    merged = before - len(keys)
    if not directed:
        keys = np.concatenate([keys, _turned(keys)])
        keys.sort()
    indptr = np.zeros(arcs.n + 1, np.int64)
    np.cumsum(np.bincount(keys >> np.uint64(32), minlength=arcs.n), out=indptr[1:])
    return Rows(indptr, (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32), None, merged, loops)


def _weighted_rows(
    arcs: Arcs, weights: NDArray[np.float64], directed: bool, loops: int, where: str | None
) -> Rows:
    """The same with weights, by SciPy's counting sort, which needs less memory than sorting all arcs."""
    from scipy.sparse import coo_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    low, high = arcs.sources, arcs.targets
    if not directed:
        low, high = np.minimum(low, high), np.maximum(low, high)
    matrix = coo_array((weights, (low, high)), shape=(arcs.n, arcs.n)).tocsr()
    matrix.sum_duplicates()
    merged = len(weights) - matrix.nnz
    with np.errstate(over="ignore"):  # told below
        single = matrix.data.astype(np.float32)
    if not np.isfinite(single).all():
        raise InputError(
            "the weights of parallel edges add up to more than single precision holds",
            file=where,
            remedy="divide all weights by one number",
        )
    indptr, indices = matrix.indptr.astype(np.int64), matrix.indices.astype(np.uint32)
    if not directed:
        indptr, indices, single = _both_ways(indptr, indices, single)
    return Rows(indptr, indices, single, merged, loops)


def _both_ways(
    indptr: NDArray[np.int64], indices: NDArray[np.uint32], weights: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.float32]]:
    """Rows that lead to no lower node, each after its opposites, which lead to lower nodes; loops once."""
    from scipy.sparse import csr_array, tril  # noqa: PLC0415

    n = len(indptr) - 1
    back = tril(csr_array((weights, indices, indptr), shape=(n, n)).T, -1, format="csr")
    back.sort_indices()
    before = back.indptr.astype(np.int64)
    targets = np.empty(len(indices) + back.nnz, np.uint32)
    both = np.empty(len(targets), np.float32)
    for offsets, start, nodes, values in (
        (before[1:], indptr, indices, weights),
        (indptr[:-1], before, back.indices, back.data),
    ):
        place = np.repeat(offsets, np.diff(start))
        place += np.arange(len(place))
        targets[place], both[place] = nodes, values
    return indptr + before, targets, both


def _without_loops(arcs: Arcs, self_loops: SelfLoops, where: str | None) -> tuple[Arcs, int]:
    """`arcs` after the rule of self-loops, and how many were dropped."""
    loop = arcs.sources == arcs.targets
    count = int(loop.sum())
    if count and self_loops == "error":
        raise InputError(
            f"the edge leads from a node to itself, one of {count:,} such",
            file=where,
            row=int(np.argmax(loop)),
            remedy='remove it, or drop all with self_loops="drop"',
        )
    if not count or self_loops == "keep":
        return arcs, 0
    weights = None if arcs.weights is None else arcs.weights[~loop]
    return Arcs(arcs.sources[~loop], arcs.targets[~loop], weights, arcs.n), count


def _ordered_pairs(arcs: Arcs, directed: bool) -> NDArray[np.uint64]:
    """Source and target in one number; of an undirected edge the lower node is the source."""
    low, high = arcs.sources, arcs.targets
    if not directed:
        low, high = np.minimum(low, high), np.maximum(low, high)
    keys = low.astype(np.uint64)
    keys <<= np.uint64(32)
    keys |= high
    return keys


def _first_of_each(keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Where a number differs from the one before it."""
    first = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    return first


def _turned(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The opposites of all that are no self-loop."""
    shift = np.uint64(32)
    turned = (keys << shift) | (keys >> shift)
    opposites: NDArray[np.uint64] = turned[turned != keys]
    return opposites
