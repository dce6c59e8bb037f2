"""Huffman paths: as short as any tree allows, one a word, the same in every process."""

from __future__ import annotations

import hashlib
import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nearer.kernels.paths import WordPaths
from nearer.signal import huffman_paths

counts_of_words = st.lists(st.integers(0, 10**6), min_size=2, max_size=60).map(
    lambda counts: np.array(counts, dtype=np.int64)
)


def least_turns(counts: NDArray[np.int64]) -> int:
    """Turns over a text with these counts, in the best tree: Huffman's way, two lightest nodes at a time."""
    heap = [max(int(count), 1) for count in counts]
    heapq.heapify(heap)
    total = 0
    while len(heap) > 1:
        pair = heapq.heappop(heap) + heapq.heappop(heap)
        total += pair
        heapq.heappush(heap, pair)
    return total


def steps(paths: WordPaths, word: int) -> list[tuple[int, int]]:
    """(node, turn) from the root to a word."""
    part = slice(paths.offsets[word], paths.offsets[word + 1])
    return list(zip(paths.nodes[part].tolist(), paths.bits[part].tolist(), strict=True))


def require_a_tree(paths: WordPaths, words: int) -> None:
    """Every turn of every node leads to one place: another node, or a word."""
    assert paths.fits(words)
    leads: dict[tuple[int, int], tuple[str, int]] = {}
    for word in range(words):
        way = steps(paths, word)
        assert way[0][0] == 0
        for step, following in zip(
            way, [*(("node", node) for node, _ in way[1:]), ("word", word)], strict=True
        ):
            assert leads.setdefault(step, following) == following
    assert sorted(leads) == [(node, turn) for node in range(words - 1) for turn in (0, 1)]
    assert len(set(leads.values())) == len(leads)


@given(counts_of_words)
def test_paths_make_a_tree_as_short_as_any(counts: NDArray[np.int64]) -> None:
    paths = huffman_paths(counts)
    require_a_tree(paths, len(counts))
    lengths = np.diff(paths.offsets)
    assert int((np.maximum(counts, 1) * lengths).sum()) == least_turns(counts)
    assert paths.longest == lengths.max()


@pytest.mark.parametrize(
    "counts",
    [
        np.ones(1_000, dtype=np.int64),
        (10**9 / np.arange(1, 3_001)).astype(np.int64),
        2 ** np.minimum(np.arange(900), 40),
        np.array([1, 1, 2, 3, 5, 8, 13, 21, 34, 55]),
    ],
    ids=["equal", "Zipf", "powers", "Fibonacci"],
)
def test_paths_are_as_short_as_any_for_counts_of_every_shape(counts: NDArray[np.int64]) -> None:
    paths = huffman_paths(counts)
    require_a_tree(paths, len(counts))
    assert int((counts * np.diff(paths.offsets)).sum()) == least_turns(counts)


@given(counts_of_words)
def test_the_turn_1_is_the_heavier_side_and_node_numbers_fall_with_weight(counts: NDArray[np.int64]) -> None:
    paths = huffman_paths(counts)
    weight = np.zeros((len(counts) - 1, 2), dtype=np.int64)
    for word, count in enumerate(np.maximum(counts, 1).tolist()):
        for node, turn in steps(paths, word):
            weight[node, turn] += count
    assert (weight[:, 1] >= weight[:, 0]).all()
    assert (np.diff(weight.sum(axis=1)) <= 0).all()


def test_ties_are_broken_alike_everywhere() -> None:
    paths = huffman_paths(np.array([9, 4, 4, 4, 2, 2, 1, 1, 1, 0]))
    assert np.diff(paths.offsets).tolist() == [2, 3, 3, 3, 4, 4, 4, 4, 4, 4]
    digest = hashlib.sha256(paths.offsets.tobytes() + paths.nodes.tobytes() + paths.bits.tobytes())
    assert digest.hexdigest() == "36d0ce228f724fd6e28502e28a8eb8cf11e887acdd5faea9d8b515a66fc29cfe"


def test_two_words_are_one_turn_apart() -> None:
    paths = huffman_paths(np.array([3, 5]))
    assert [steps(paths, word) for word in (0, 1)] == [[(0, 0)], [(0, 1)]]


def test_paths_of_another_vocabulary_do_not_fit() -> None:
    paths = huffman_paths(np.array([3, 5, 1]))
    assert paths.fits(3)
    assert not paths.fits(4)
    assert not WordPaths(paths.offsets, paths.nodes[:-1], paths.bits).fits(3)
