"""Queries against slow twins written from the definitions."""

import numpy as np
import pytest

from nearer import Space
from nearer.errors import ParameterError, UnknownKey
from nearer.space.queries import best_rows, norms

METRICS = ["cosine", "dot", "euclidean"]


@pytest.fixture
def space(request):
    rng = np.random.default_rng(7)
    vectors = rng.normal(size=(60, 5)).astype(np.float32)
    vectors[11] = 0
    return Space([f"w{row}" for row in range(60)], vectors, getattr(request, "param", "cosine"))


def slow_score(a, b, metric):
    a, b = [float(x) for x in a], [float(x) for x in b]
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    if metric == "dot":
        return dot
    if metric == "euclidean":
        return -(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5)
    lengths = sum(x * x for x in a) ** 0.5 * sum(y * y for y in b) ** 0.5
    return dot / lengths if lengths else 0.0


def slow_neighbors(space, query, k, excluded):
    scores = [
        (-slow_score(query, space[key], space.metric), row, key)
        for row, key in enumerate(space.keys)
        if key not in excluded
    ]
    return [(key, -score) for score, _, key in sorted(scores)][:k]


def assert_same(found, expected):
    assert found.keys == [key for key, _ in expected]
    assert found.scores == pytest.approx([score for _, score in expected], abs=1e-5)


@pytest.mark.parametrize("space", METRICS, indirect=True)
def test_neighbors_match_the_slow_twin(space):
    for key in ("w0", "w59"):
        assert_same(space.neighbors(key, 7), slow_neighbors(space, space[key], 7, {key}))
    query = [0.5, -1, 2, 0, 1]
    excluded = ["w1", "w2", "no such word"]
    assert_same(space.neighbors(query, 60, exclude=excluded), slow_neighbors(space, query, 60, excluded))


@pytest.mark.parametrize("space", METRICS, indirect=True)
def test_similarity_matches_the_slow_twin(space):
    for a, b in (("w0", "w1"), ("w3", "w3"), ("w0", "w11")):
        expected = slow_score(space[a], space[b], space.metric)
        assert space.similarity(a, b) == pytest.approx(expected, abs=1e-6)
        assert space.similarity(a, space[b]) == space.similarity(a, b)


def test_results_are_lists_of_named_pairs(space):
    found = space.neighbors("w0", 3)
    assert len(found) == 3
    key, score = found[0]
    assert (found[0].key, found[0].score) == (key, score)
    assert "w0" not in found.keys
    assert repr(found).splitlines()[0].startswith(key)
    assert len(repr(found).splitlines()) == 3
    assert repr(found[3:]) == "[]"
    assert space.neighbors("w0", exclude="w1").keys == space.neighbors("w0", exclude=["w1"]).keys


def test_all_but_the_query_come_when_k_is_large(space):
    assert len(space.neighbors("w0", 1000)) == 59
    assert len(space.neighbors(space["w0"], 1000)) == 60


def test_equal_scores_stand_in_row_order():
    same = Space(list("abcdef"), np.ones((6, 2)))
    assert same.neighbors("c", 3).keys == ["a", "b", "d"]


def cosine(a, b):
    return slow_score(a, b, "cosine")


def slow_analogy(space, positive, negative, k, method):
    scores = []
    for row, key in enumerate(space.keys):
        if key in positive or key in negative:
            continue
        if method == "3cosadd":
            target = sum(space[p] / np.linalg.norm(space[p]) for p in positive)
            target = target - sum(space[q] / np.linalg.norm(space[q]) for q in negative)
            score = cosine(space[key], target)
        else:
            top = np.prod([(1 + cosine(space[key], space[p])) / 2 for p in positive])
            score = top / (np.prod([(1 + cosine(space[key], space[q])) / 2 for q in negative]) + 0.001)
        scores.append((-score, row, key))
    return [(key, -score) for score, _, key in sorted(scores)][:k]


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
@pytest.mark.parametrize("space", METRICS, indirect=True)
def test_analogy_matches_the_slow_twin(space, method):
    for positive, negative in ((["w1", "w2"], ["w3"]), (["w1"], []), (["w5"], ["w6", "w7"])):
        found = space.analogy(positive, negative, 6, method)
        expected = slow_analogy(space, positive, negative, 6, method)
        assert found.keys == [key for key, _ in expected]
        assert found.scores == pytest.approx([score for _, score in expected], rel=1e-4)


def test_analogy_takes_one_key_and_vectors(space):
    assert space.analogy("w1", "w2") == space.analogy(["w1"], ["w2"])
    assert "w1" in space.analogy([space["w1"]]).keys


def test_odd_one_out_matches_the_slow_twin():
    rng = np.random.default_rng(3)
    for metric in METRICS:
        space = Space(list("abcdef"), rng.normal(size=(6, 3)), metric)
        means = {
            key: np.mean([slow_score(space[key], space[other], metric) for other in space if other != key])
            for key in space
        }
        assert space.odd_one_out(space.keys) == min(means, key=means.get)


def test_extreme_vectors_are_compared_exactly():
    vectors = np.array([[3e38, 0], [3e38, 3e38], [1e-44, 1e-44], [0, 1e-44], [0, 0]], dtype=np.float32)
    cosines = Space(list("abcde"), vectors)
    assert cosines.neighbors("b", 4).scores == pytest.approx([1, 0.5**0.5, 0.5**0.5, 0])
    assert cosines.neighbors("b", 1).keys == ["c"]
    assert Space(list("abcde"), vectors, "dot").similarity("a", "b") == pytest.approx(9e76)
    assert Space(list("abcde"), vectors, "dot").neighbors("a", 1).scores == pytest.approx([9e76])
    assert Space(list("abcde"), vectors, "euclidean").neighbors("a", 1).scores == pytest.approx([-3e38])
    exact = [np.linalg.norm(row.astype(np.float64)) for row in vectors]
    assert norms(vectors) == pytest.approx(exact, rel=1e-6)


def test_an_extreme_query_does_not_overflow():
    space = Space(["a", "b"], [[1e10, 0], [0, 1e10]], "dot")
    assert space.neighbors([1e30, 0], 1).scores == pytest.approx([1e40])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.neighbors("w0", 0), "k is 0; pass a whole number of at least 1"),
        (lambda s: s.neighbors("w0", True), "k is True"),
        (lambda s: s.neighbors("w0", 2.5), "k is 2.5"),
        (lambda s: s.neighbors([1, 2]), "the query has 2 values in a space of 5 columns"),
        (lambda s: s.neighbors([1, 2, 3, 4, np.nan]), "the query holds NaN or infinity"),
        (lambda s: s.neighbors(np.ones((2, 5))), "the query is array"),
        (lambda s: s.neighbors(None), "the query is None; pass a key or a vector"),
        (lambda s: s.analogy([]), "positive is empty"),
        (lambda s: s.analogy("w1", "w2", method="cos"), "method is 'cos'; use '3cosadd' or '3cosmul'"),
        (lambda s: s.analogy("w1", "w1"), "positive and negative cancel out"),
        (lambda s: s.odd_one_out(["w1", "w1", "w2"]), "pass at least three different keys"),
        (lambda s: s.odd_one_out("w12"), "pass at least three different keys"),
    ],
)
def test_bad_arguments_are_named(space, call, message):
    with pytest.raises(ParameterError) as caught:
        call(space)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s["x1"],
        lambda s: s.neighbors("x1"),
        lambda s: s.similarity("w1", "x1"),
        lambda s: s.analogy("w1", "x1"),
        lambda s: s.odd_one_out(["w1", "w2", "x1"]),
        lambda s: s[["w1", "x1"]],
    ],
)
def test_an_unknown_key_is_quoted_with_near_spellings(space, call):
    with pytest.raises(UnknownKey, match=r"'x1' is not in this space of 60 keys; did you mean 'w1'"):
        call(space)


def test_best_rows_agrees_with_a_full_sort():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 5, 50).astype(np.float32)
    for k in (1, 7, 49, 50, 99):
        for excluded in (set(), {0, 3, 49}, set(range(50))):
            expected = sorted((-scores[row], row) for row in range(50) if row not in excluded)[:k]
            assert best_rows(scores, k, excluded).tolist() == [row for _, row in expected]
