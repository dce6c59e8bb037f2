"""Huffman tree of a vocabulary: the path of yes-or-no answers that stands for each word.

Hierarchical softmax (Morin & Bengio 2005; Mikolov et al. 2013) predicts a word by the turns on the way from
the root of a binary tree to the word's leaf. In Huffman's tree (1952) frequent words have short ways, so the
mean way over a text is as short as any tree allows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.paths import WordPaths

Ints = NDArray[np.int64]


def huffman_paths(counts: NDArray[np.int64]) -> WordPaths:
    """Paths down the Huffman tree of at least two words by their `counts`, int64 (v,).

    A count below 1 is taken as 1. Bit 1 is the turn towards the heavier side. Nodes are numbered by falling
    weight from the root, 0, so that a parent's number is below its children's and the nodes that most paths
    share lie together.

    Equal weights are merged in one order in every process: words before inner nodes, later rows before
    earlier ones, older nodes before newer ones.
    """
    weights = np.maximum(np.asarray(counts, dtype=np.int64), 1)
    v = len(weights)
    rows = v - 1 - np.argsort(weights[::-1], kind="stable")  # by rising weight, later rows first
    parent, heavier, depth = _merge(weights[rows])
    lengths, leaf = np.empty(v, dtype=np.int64), np.empty(v, dtype=np.int64)
    lengths[rows], leaf[rows] = depth[:v], np.arange(v)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    nodes = np.empty(offsets[-1], dtype=np.uint32)
    bits = np.empty(offsets[-1], dtype=np.uint8)
    root = 2 * v - 2
    place, at = offsets[1:] - 1, leaf  # every path is written from its leaf upwards
    while len(at):
        bits[place] = heavier[at]
        at = parent[at]
        nodes[place] = root - at
        going_on = at != root
        place, at = place[going_on] - 1, at[going_on]
    return WordPaths(offsets, nodes, bits)


def _merge(leaves: Ints) -> tuple[Ints, NDArray[np.uint8], Ints]:
    """Parent, heavier-side bit and depth of 2 v - 1 nodes: v leaves by rising weight, then inner nodes.

    Whatever weighs at most as much as the two lightest nodes together is paired off at once: no node that is
    made meanwhile comes before it. The lightest pair's weight grows by half a round or more, so there are few
    rounds.
    """
    v = len(leaves)
    weight = np.concatenate((leaves, np.zeros(v - 1, dtype=np.int64)))
    parent, heavier = np.zeros(2 * v - 1, dtype=np.int64), np.zeros(2 * v - 1, dtype=np.uint8)
    starts, made, leaf = [], v, 0  # first nodes of the rounds; nodes there are; leaves that have a parent
    waiting = np.empty(0, dtype=np.int64)  # inner nodes without a parent, by rising weight
    while made < 2 * v - 1:
        lightest = np.concatenate((leaves[leaf : leaf + 2], weight[waiting[:2]]))
        limit = np.sort(lightest)[:2].sum()
        end = max(leaf, int(np.searchsorted(leaves, limit, side="right")))
        taken = np.concatenate((np.arange(leaf, end), waiting))
        taken = taken[np.argsort(weight[taken], kind="stable")]
        pairs = taken[: len(taken) // 2 * 2].reshape(-1, 2)
        fresh = np.arange(made, made + len(pairs))
        weight[fresh] = weight[pairs].sum(axis=1)
        parent[pairs] = fresh[:, None]
        heavier[pairs[:, 1]] = 1
        starts.append(made)
        over = taken[pairs.size :]  # one node, or none
        leaf, waiting = end - int((over < v).sum()), np.concatenate((over[over >= v], fresh))
        made += len(fresh)
    return parent, heavier, _depths(parent, v, starts)


def _depths(parent: Ints, v: int, starts: list[int]) -> Ints:
    """Nodes above each node; parents are always of a later round than their children."""
    depth = np.zeros(len(parent), dtype=np.int64)
    ends = [*starts[1:], len(parent) - 1]  # the root has no parent
    for start, end in zip([0, *starts][::-1], [v, *ends][::-1], strict=True):
        depth[start:end] = depth[parent[start:end]] + 1
    return depth
