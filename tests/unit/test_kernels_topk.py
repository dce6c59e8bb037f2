"""The top-k kernel: every shape, every variant, any number of threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearer.errors import InputError, ParameterError
from nearer.kernels.topk import Metric, prepare, rank, squared_norms, topk
from nearer.kernels.variants import available_variants

METRICS: tuple[Metric, ...] = ("dot", "cosine", "euclidean")


def slow_topk(
    vectors: np.ndarray, queries: np.ndarray, k: int, metric: Metric
) -> tuple[np.ndarray, np.ndarray]:
    """The definition: every score in float64, a full stable sort."""
    x, q = vectors.astype(np.float64), queries.astype(np.float64)
    scores = q @ x.T
    if metric == "cosine":
        norms = np.linalg.norm(q, axis=1)[:, None] * np.linalg.norm(x, axis=1)
        scores = np.divide(scores, norms, out=np.zeros_like(scores), where=norms > 0)
    elif metric == "euclidean":
        scores = -np.linalg.norm(q[:, None] - x[None], axis=2)
    order = np.argsort(-np.round(scores, 12), axis=1, kind="stable")[:, :k]
    return np.take_along_axis(scores, order, axis=1), order


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize("variant", available_variants())
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("m", "n", "dim", "k"),
    [(1, 1, 1, 1), (3, 10, 5, 20), (17, 1000, 7, 10), (33, 2999, 3, 7), (300, 700, 16, 1), (5, 400, 8, 400)],
)
def test_finds_what_a_full_sort_finds(
    *, m: int, n: int, dim: int, k: int, metric: Metric, variant: str
) -> None:
    vectors, queries = normal(n, dim), normal(m, dim, seed=1)
    vectors[n // 2 :] = vectors[: n - n // 2]  # ties everywhere
    expected_scores, expected_rows = slow_topk(vectors, queries, k, metric)
    scores, rows = topk(prepare(vectors, metric), queries, k, variant=variant)
    assert (rows == expected_rows).all()
    np.testing.assert_allclose(scores, expected_scores, rtol=1e-6, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    m=st.integers(1, 80),
    n=st.integers(1, 300),
    dim=st.integers(1, 40),
    k=st.integers(1, 320),
    levels=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_few_distinct_values_and_any_shape(
    *, m: int, n: int, dim: int, k: int, levels: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    vectors = generator.integers(-levels, levels + 1, (n, dim)).astype(np.float32)
    queries = generator.integers(-levels, levels + 1, (m, dim)).astype(np.float32)
    for metric in METRICS:
        expected_scores, expected = slow_topk(vectors, queries, k, metric)
        scores, rows = topk(prepare(vectors, metric), queries, k)
        np.testing.assert_allclose(scores, expected_scores, rtol=1e-6, atol=1e-6)
        if metric == "dot":  # whose ties are exact
            assert (rows == expected).all()


@pytest.mark.parametrize("metric", METRICS)
def test_threads_and_batches_change_no_bit(metric: Metric) -> None:
    rows = prepare(normal(20_000, 24), metric)
    queries = normal(600, 24, seed=1)
    scores, best = topk(rows, queries, 10, threads=1)
    for threads in (2, 3, 8):
        again = topk(rows, queries, 10, threads=threads)
        assert (again[0] == scores).all()
        assert (again[1] == best).all()
    alone = [topk(rows, query[None], 10, threads=2) for query in queries[:20]]
    assert all((one[0] == scores[i]).all() and (one[1] == best[i]).all() for i, one in enumerate(alone))


def test_variants_agree_to_the_bit() -> None:
    vectors, queries = normal(5000, 100), normal(50, 100, seed=1)
    results = [topk(prepare(vectors, "cosine"), queries, 10, variant=name) for name in available_variants()]
    for scores, best in results[1:]:
        assert (scores == results[0][0]).all()
        assert (best == results[0][1]).all()


def test_rising_scores_fill_and_cut_the_lists() -> None:
    vectors = np.arange(50_000, dtype=np.float32)[:, None]
    scores, rows = topk(prepare(vectors, "dot"), np.array([[1.0], [-1.0]], np.float32), 3)
    assert rows.tolist() == [[49_999, 49_998, 49_997], [0, 1, 2]]
    assert scores[0].tolist() == [49_999, 49_998, 49_997]


def test_near_distances_survive_far_from_the_origin() -> None:
    vectors = np.full((1000, 4), 500, np.float32)
    vectors[:, 0] += np.linspace(0, 1, 1000, dtype=np.float32)
    scores, rows = topk(prepare(vectors, "euclidean"), vectors[[400]], 3)
    assert rows[0, 0] == 400
    assert scores[0, 0] == 0


@pytest.mark.parametrize("scale", [1e-30, 1e-18, 1e18, 1e30])
def test_cosine_does_not_depend_on_length(scale: float) -> None:
    vectors, queries = normal(300, 6), normal(5, 6, seed=1)
    _, expected = topk(prepare(vectors, "cosine"), queries, 5)
    _, rows = topk(prepare(vectors, "cosine"), (queries * scale).astype(np.float32), 5)
    assert (rows == expected).all()


def test_zero_vectors_have_cosine_zero() -> None:
    vectors = np.array([[0, 0], [1, 0], [-1, 0]], np.float32)
    scores, rows = topk(prepare(vectors, "cosine"), np.array([[2.0, 0], [0, 0]], np.float32), 3)
    assert rows.tolist() == [[1, 0, 2], [0, 1, 2]]
    assert scores.tolist() == [[1, 0, -1], [0, 0, 0]]


def test_rank_scores_as_topk_does() -> None:
    prepared, queries = prepare(normal(500, 9), "euclidean"), normal(30, 9, seed=1)
    scores, rows = topk(prepared, queries, 8)
    shuffled = np.random.default_rng(2).permuted(rows, axis=1)
    again, order = rank(prepared, queries, shuffled, 8)
    assert (order == rows).all()
    assert (again == scores).all()


def test_rank_marks_what_is_missing() -> None:
    prepared = prepare(normal(9, 2), "dot")
    scores, rows = rank(prepared, normal(1, 2), np.array([[4, -1, -1]]), 3)
    assert rows.tolist() == [[4, -1, -1]]
    assert np.isnan(scores[0]).tolist() == [False, True, True]


def test_squared_norms() -> None:
    vectors = normal(5000, 13)
    expected = (vectors.astype(np.float64) ** 2).sum(axis=1)
    np.testing.assert_allclose(squared_norms(vectors), expected, rtol=1e-14)


def test_bad_input_is_named() -> None:
    vectors = normal(5, 3)
    prepared = prepare(vectors, "dot")
    broken = vectors.copy()
    broken[3, 1] = np.nan
    with pytest.raises(InputError, match=r"^vectors, row 3: the vector holds NaN or infinity"):
        prepare(broken, "dot")
    with pytest.raises(InputError, match=r"^queries, row 3: the vector holds NaN or infinity"):
        topk(prepared, broken, 1)
    with pytest.raises(InputError, match="queries have 2 dimensions, the vectors 3"):
        topk(prepared, vectors[:, :2], 1)
    with pytest.raises(ParameterError, match="k=0 is below 1"):
        topk(prepared, vectors, 0)
    with pytest.raises(ParameterError, match="threads=0 is below 1"):
        topk(prepared, vectors, 1, threads=0)
    with pytest.raises(ParameterError, match="metric='cos' is unknown"):
        prepare(vectors, "cos")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="rows outside 0 to 4"):
        rank(prepared, vectors, np.full((5, 1), 5), 1)


@pytest.mark.parametrize("metric", ["dot", "euclidean"])
def test_rows_too_long_for_single_precision_are_named(metric: Metric) -> None:
    vectors = normal(9, 3)
    vectors[[4, 7]] *= 1e20
    vectors[4] = 3e19
    with pytest.raises(InputError, match=r"^vectors, row [47]: products overflow single precision"):
        prepare(vectors, metric)


def test_far_rows_that_overflow_around_their_mean_are_named() -> None:
    vectors = np.full((10, 2), 3e38, np.float32)
    prepared = prepare(vectors, "euclidean")
    with pytest.raises(InputError, match=r"^queries, row 0: products overflow"):
        topk(prepared, -vectors[:1], 1)
    vectors[6] *= -1
    with pytest.raises(InputError, match=r"^vectors, row 6: products overflow"):
        prepare(vectors, "euclidean")


@pytest.mark.parametrize("metric", ["dot", "euclidean"])
def test_queries_whose_products_overflow_are_named(metric: Metric) -> None:
    vectors = np.linspace(1e17, 6e18, 60, dtype=np.float32).reshape(-1, 2)
    queries = np.array([[1e17, 1e17], [3e30, -3e30]], np.float32)  # the products cancel, their parts overflow
    prepared = prepare(vectors, metric)
    with pytest.raises(InputError, match=r"^queries, row 1: products overflow single precision; rescale"):
        topk(prepared, queries, 3)
    with pytest.raises(InputError, match=r"^queries, row 1: products overflow"):
        rank(prepared, queries, np.zeros((2, 1), np.int64), 1)
    scores, rows = topk(prepared, queries[:1], 3)
    expected_scores, expected = slow_topk(vectors, queries[:1], 3, metric)
    assert (rows == expected).all()
    np.testing.assert_allclose(scores, expected_scores, rtol=1e-6)


def test_cosine_of_long_rows_and_long_queries() -> None:
    vectors, queries = normal(300, 6), normal(5, 6, seed=1)
    _, expected = topk(prepare(vectors, "cosine"), queries, 5)
    _, rows = topk(prepare(vectors * np.float32(1e34), "cosine"), queries * np.float32(1e10), 5)
    assert (rows == expected).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("shift", [100, 1000])  # mean cosine 0.9999 and 0.999999
def test_nearly_parallel_vectors_are_told_apart(shift: int, metric: Metric) -> None:
    vectors = normal(4000, 64) + np.float32(shift)
    expected, _ = slow_topk(vectors, vectors[:20], 10, metric)
    scores, rows = topk(prepare(vectors, metric), vectors[:20], 10)
    assert (scores == expected.astype(np.float32)).mean() > 0.98  # the others differ by the last bit
    np.testing.assert_allclose(scores, expected, rtol=1e-6, atol=1e-6 if metric == "euclidean" else 1e-7)
    assert all(len(set(line)) == 10 for line in rows.tolist())


def test_one_long_row_hides_no_other() -> None:
    vectors = normal(3000, 8)
    vectors[1234] *= 1e6
    expected_scores, expected = slow_topk(vectors, vectors[:30], 10, "dot")
    scores, rows = topk(prepare(vectors, "dot"), vectors[:30], 10)
    assert (rows == expected).all()
    np.testing.assert_allclose(scores, expected_scores, rtol=1e-6)
