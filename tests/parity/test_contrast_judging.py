"""How held-out retrieval is measured, against loops over the definitions; mining against a sort of all."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from nearer.models.contrastive_judging import by_chance, effective_rank, found, mean_cosine
from nearer.models.contrastive_mining import hardest
from nearer.signal.positives import Relation


def slow(scores: np.ndarray, right: np.ndarray, out: np.ndarray) -> dict[str, float]:
    """recall@1, recall@10, MRR and MAP from their definitions, ties against the query."""
    ranks, precisions = [], []
    for row, values in enumerate(scores):
        if not right[row].any():
            continue
        ranked = [place for place in range(len(values)) if right[row, place] or not out[row, place]]
        ranked.sort(key=lambda place: (-values[place], right[row, place]))
        hits = [rank for rank, place in enumerate(ranked, 1) if right[row, place]]
        ranks.append(hits[0])
        precisions.append(np.mean([number / rank for number, rank in enumerate(hits, 1)]))
    return {
        "recall@1": float(np.mean([rank <= 1 for rank in ranks])),
        "recall@10": float(np.mean([rank <= 10 for rank in ranks])),
        "MRR": float(np.mean([1 / rank for rank in ranks])),
        "MAP": float(np.mean(precisions)),
    }


@pytest.mark.parametrize("share", [0.02, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_measures_are_their_definitions(seed: int, share: float) -> None:
    source = np.random.default_rng(seed)
    # Many equal scores, exact in floating point: all vectors have length 2.
    queries, candidates = (source.choice([-1.0, 1.0], (n, 4)).astype(np.float32) for n in (30, 50))
    right, out = source.random((30, 50)) < share, source.random((30, 50)) < 0.2
    got = found(queries, candidates, csr_array(right), csr_array(out))
    expected = slow(queries @ candidates.T / 4, right, out)
    for name, value in expected.items():
        assert got[name] == pytest.approx(value), name
    assert got["queries"] == right.any(1).sum()


def test_one_relevant_each_has_equal_mrr_and_map() -> None:
    source = np.random.default_rng(0)
    vectors = source.standard_normal((40, 6)).astype(np.float32)
    near = vectors + 0.5 * source.standard_normal((40, 6)).astype(np.float32)
    own, nothing = csr_array(np.eye(40, dtype=bool)), csr_array((40, 40), dtype=bool)
    got = found(vectors, near, own, nothing)
    assert got["MRR"] == got["MAP"]
    assert got["chance@10"] == pytest.approx(0.25)


def test_alike_vectors_find_nothing() -> None:
    same = np.ones((30, 4), np.float32)
    got = found(same, same, csr_array(np.eye(30, dtype=bool)), csr_array((30, 30), dtype=bool))
    assert got["recall@10"] == 0
    assert got["MRR"] == pytest.approx(1 / 30)


@pytest.mark.parametrize(
    ("relevant", "ranked", "k"), [(1, 7, 3), (2, 7, 3), (5, 7, 3), (7, 7, 1), (1, 3, 10)]
)
def test_chance_is_counted(relevant: int, ranked: int, k: int) -> None:
    draws = list(combinations(range(ranked), min(k, ranked)))
    expected = np.mean([any(place < relevant for place in draw) for draw in draws])
    assert by_chance(relevant, ranked, k) == pytest.approx(expected)


def test_likeness_and_rank() -> None:
    vectors = np.random.default_rng(0).standard_normal((50, 5)).astype(np.float32)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    pairs = [one @ other for one, other in combinations(unit, 2)]
    assert mean_cosine(vectors) == pytest.approx(np.mean(pairs), abs=1e-6)
    assert effective_rank(np.eye(6, dtype=np.float32)) == pytest.approx(5)  # centred, one direction less
    assert effective_rank(np.ones((9, 4), np.float32)) == 0
    assert 1 < effective_rank(vectors) <= 5


def test_the_hardest_negatives_are_the_nearest_that_do_not_belong() -> None:
    source = np.random.default_rng(0)
    left, right = (source.standard_normal((n, 4)).astype(np.float32) for n in (12, 9))
    pairs = np.unique(source.integers(0, 9, (20, 2)), axis=0)  # the last three left items have none

    class Fixed:
        material: Any = SimpleNamespace(
            train=Relation(pairs, (12, 9), one_kind=False),
            one_kind=False,
            left=SimpleNamespace(keys=["x"] * 12),
        )

        def vectors(self, side: int, rows: np.ndarray) -> np.ndarray:
            return (left, right)[side][rows]

    mined = hardest(Fixed(), 3)
    there = set(map(tuple, pairs.tolist()))
    known = sorted({b for _, b in there})
    for row in range(12):
        if not any(a == row for a, _ in there):
            assert (mined[row] == -1).all()
            continue
        cosines = left[row] @ right.T / np.linalg.norm(right, axis=1)
        free = sorted((b for b in known if (row, b) not in there), key=lambda b: -cosines[b])
        assert mined[row].tolist() == (free[:3] + [-1] * 3)[:3]
