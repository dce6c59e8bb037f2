"""Correlations against SciPy, silhouettes against the definition, analogies against a slow twin."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import nearer.evaluate
from nearer import Space
from nearer.evaluate.correlation import correlation, ranks
from nearer.space import Metric


def words(n: int) -> list[str]:
    return [f"w{row}" for row in range(n)]


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_similarity_is_scipys_correlation(metric: Metric) -> None:
    generator = np.random.default_rng(0)
    space = Space(words(60), generator.standard_normal((60, 8)), metric)
    pairs = [
        (space.keys[a], space.keys[b], float(generator.integers(0, 11)))
        for a, b in (generator.permutation(60)[:2] for _ in range(200))
    ]
    scores = []
    for first, second, _ in pairs:
        a, b = space[first].astype(float), space[second].astype(float)
        by_metric = {
            "cosine": a @ b / (np.linalg.norm(a) * np.linalg.norm(b)),
            "dot": a @ b,
            "euclidean": -np.linalg.norm(a - b),
        }
        scores.append(by_metric[metric])
    ratings = [score for *_, score in pairs]
    result = nearer.evaluate.similarity(space, pairs)
    assert result.spearman.value == pytest.approx(stats.spearmanr(ratings, scores).statistic, abs=1e-12)
    assert result.pearson.value == pytest.approx(stats.pearsonr(ratings, scores).statistic, abs=1e-12)


def test_correlation_of_many_resamples_is_that_of_each() -> None:
    generator = np.random.default_rng(1)
    a, b = generator.integers(0, 5, (2, 7, 30)).astype(float)
    together = correlation(ranks(a), ranks(b))
    alone = [stats.spearmanr(x, y).statistic for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(together, alone, atol=1e-12)


def test_interval_is_the_percentile_bootstrap() -> None:
    generator = np.random.default_rng(2)
    space = Space(words(40), generator.standard_normal((40, 5)))
    pairs = [(f"w{row}", f"w{row + 1}", float(generator.normal())) for row in range(39)]
    result = nearer.evaluate.similarity(space, pairs, seed=3)
    ratings = np.array([score for *_, score in pairs])
    scores = np.array(
        [space[a] @ space[b] / np.linalg.norm(space[a]) / np.linalg.norm(space[b]) for a, b, _ in pairs]
    )

    def statistic(x: np.ndarray, y: np.ndarray) -> float:
        return float(stats.pearsonr(x, y).statistic)

    theirs = stats.bootstrap(
        (ratings, scores),
        statistic,
        paired=True,
        vectorized=False,
        method="percentile",
        n_resamples=2000,
        rng=5,
    ).confidence_interval
    np.testing.assert_allclose(result.pearson.interval, (theirs.low, theirs.high), atol=0.03)


def slow_answer(space: Space, restrict: int, abc: list[str], method: str) -> str:
    """The definition, a word at a time in float64."""

    def cosine(x: np.ndarray, y: np.ndarray) -> float:
        return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))

    best, answer = -np.inf, ""
    a, b, c = abc
    for word in space.keys[:restrict]:
        if word in abc:
            continue
        d = space[word].astype(float)
        to_a, to_b, to_c = (cosine(d, space[key].astype(float)) for key in (a, b, c))
        if method == "3cosadd":
            score = to_b - to_a + to_c
        else:
            score = ((to_b + 1) / 2) * ((to_c + 1) / 2) / ((to_a + 1) / 2 + 1e-3)
        if score > best:
            best, answer = score, word
    return answer


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
@pytest.mark.parametrize("metric", ["cosine", "dot"])
def test_analogies_answer_as_the_slow_twin(method: str, metric: Metric) -> None:
    generator = np.random.default_rng(4)
    space = Space(words(60), generator.standard_normal((60, 4)), metric)
    chosen = [generator.permutation(50)[:3] for _ in range(40)]
    questions = []
    for number, three in enumerate(chosen):
        abc = [space.keys[row] for row in three]
        d = slow_answer(space, 50, abc, method) if number % 2 else "w7"
        questions.append(("s", *abc, d))
    right = [slow_answer(space, 50, abc, method) == d for _, *abc, d in questions]
    for (_, *abc, d), correct in zip(questions, right, strict=True):
        one = nearer.evaluate.analogies(space, [("s", *abc, d)], restrict=50, method=method)  # type: ignore[arg-type]
        assert one.total.correct == correct
    result = nearer.evaluate.analogies(space, questions, restrict=50, method=method)  # type: ignore[arg-type]
    assert result.total.correct == sum(right) >= 20


def test_silhouette_is_rousseeuws() -> None:
    generator = np.random.default_rng(6)
    vectors = generator.standard_normal((30, 3)).astype(np.float32)
    labels = generator.integers(0, 3, 30)
    distances = np.linalg.norm(vectors[:, None].astype(float) - vectors[None], axis=2)
    values = []
    for i in range(30):
        own = (labels == labels[i]) & (np.arange(30) != i)
        a = distances[i, own].mean()
        b = min(distances[i, labels == other].mean() for other in set(labels) - {labels[i]})
        values.append((b - a) / max(a, b))
    result = nearer.evaluate.silhouette(Space(words(30), vectors, "euclidean"), labels.tolist())
    assert result.value == pytest.approx(np.mean(values), abs=1e-5)
