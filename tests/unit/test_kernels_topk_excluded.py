"""The top-k kernel with rows that one query, or any query, may not be given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearer.errors import ParameterError
from nearer.kernels.topk import NOTHING, Excluded, Metric, prepare, topk
from nearer.kernels.variants import available_variants


def excluding(lists: list[list[int]]) -> Excluded:
    starts = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    return Excluded(starts, np.array([row for rows in lists for row in sorted(rows)], np.uint32))


def slow_topk(
    vectors: np.ndarray,
    queries: np.ndarray,
    k: int,
    metric: Metric,
    lists: list[list[int]],
    allowed: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """The definition: every score in float64 of what is left, a full stable sort, NaN and -1 behind it."""
    x, q = vectors.astype(np.float64), queries.astype(np.float64)
    products = q @ x.T
    if metric == "cosine":
        norms = np.linalg.norm(q, axis=1)[:, None] * np.linalg.norm(x, axis=1)
        products = np.divide(products, norms, out=np.zeros_like(products), where=norms > 0)
    elif metric == "euclidean":
        products = -np.linalg.norm(q[:, None] - x[None], axis=2)
    scores, rows = np.full((len(q), k), np.nan), np.full((len(q), k), -1)
    for query in range(len(q)):
        left = [row for row in range(len(x)) if row not in lists[query] and (allowed is None or allowed[row])]
        order = sorted(left, key=lambda row: (-round(products[query, row], 10), row))[:k]
        rows[query, : len(order)] = order
        scores[query, : len(order)] = products[query, order]
    return scores, rows


@pytest.mark.parametrize("variant", available_variants())
@settings(max_examples=30, deadline=None)
@given(
    n=st.integers(1, 90),
    m=st.integers(1, 70),
    dim=st.integers(1, 9),
    k=st.integers(1, 100),
    metric=st.sampled_from(("dot", "cosine", "euclidean")),
    threads=st.integers(1, 3),
    seed=st.integers(0, 999),
)
def test_is_what_a_full_sort_of_what_is_left_finds(
    *, n: int, m: int, dim: int, k: int, metric: Metric, threads: int, seed: int, variant: str
) -> None:
    random = np.random.default_rng(seed)
    vectors = random.integers(-2, 3, (n, dim)).astype(np.float32)  # ties everywhere
    queries = random.integers(-2, 3, (m, dim)).astype(np.float32)
    share = random.random(m)
    lists = [np.flatnonzero(random.random(n) < share[query]).tolist() for query in range(m)]
    allowed = random.random(n) < random.random() if random.random() < 0.5 else None
    rows = prepare(vectors, metric)
    scores, best = topk(
        rows, queries, k, excluded=excluding(lists), allowed=allowed, threads=threads, variant=variant
    )
    expected_scores, expected = slow_topk(vectors, queries, min(k, n), metric, lists, allowed)
    assert (best == expected).all()
    np.testing.assert_allclose(scores, expected_scores, rtol=1e-6, atol=1e-6)


def test_many_rows_that_are_excluded_first() -> None:
    """The best rows of every query are excluded: the lists must fill from what comes after them."""
    random = np.random.default_rng(0)
    vectors = random.standard_normal((20_000, 8), dtype=np.float32)
    queries = random.standard_normal((40, 8), dtype=np.float32)
    rows = prepare(vectors, "dot")
    _, best = topk(rows, queries, 1_500)
    lists = [sorted(line[:1_490].tolist()) for line in best]
    for threads in (1, 2, 3):
        _, found = topk(rows, queries, 10, excluded=excluding(lists), threads=threads)
        assert (found == best[:, 1_490:]).all()


def test_nothing_is_left() -> None:
    vectors, queries = np.ones((50, 3), np.float32), np.ones((20, 3), np.float32)
    rows = prepare(vectors, "dot")
    for wishes in (
        {"excluded": excluding([list(range(50))] * 20)},
        {"allowed": np.zeros(50, np.bool_)},
    ):
        scores, best = topk(rows, queries, 5, **wishes)  # type: ignore[arg-type]
        assert np.isnan(scores).all()
        assert (best == -1).all()


def test_without_exclusions_it_is_plain_search_to_the_bit() -> None:
    random = np.random.default_rng(1)
    vectors = random.standard_normal((700, 16), dtype=np.float32)
    rows = prepare(vectors, "dot")
    plain = topk(rows, vectors[:99], 9)
    for wishes in ({"excluded": excluding([[]] * 99)}, {"allowed": np.ones(700, np.bool_)}):
        scores, best = topk(rows, vectors[:99], 9, **wishes)  # type: ignore[arg-type]
        assert scores.tobytes() == plain[0].tobytes()
        assert best.tobytes() == plain[1].tobytes()


def test_some_of_the_queries() -> None:
    lists = [[1, 4], [], [0], [2, 3, 9]]
    part = excluding(lists).of(np.array([3, 1, 3, 0]))
    assert part.starts.tolist() == [0, 3, 3, 6, 8]
    assert part.rows.tolist() == [2, 3, 9, 2, 3, 9, 1, 4]
    assert excluding(lists).of(np.array([], np.intp)).starts.tolist() == [0]


def test_what_does_not_fit_is_refused() -> None:
    rows, queries = prepare(np.ones((5, 2), np.float32), "dot"), np.ones((3, 2), np.float32)
    for starts in ([0, 1], [0, 2, 1, 2], [-1, 0, 1, 2], [0, 1, 2, 3]):
        with pytest.raises(ParameterError, match="a rising range for every query"):
            topk(rows, queries, 1, excluded=Excluded(np.array(starts, np.int64), np.zeros(2, np.uint32)))
    for allowed in (np.ones(4, np.bool_), np.ones(5, np.int8)):
        with pytest.raises(ParameterError, match="one truth value a row"):
            topk(rows, queries, 1, allowed=allowed)  # type: ignore[arg-type]
    assert len(NOTHING.starts) == 0
