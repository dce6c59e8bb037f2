"""Judges by labels against scikit-learn and slow twins."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneOut, StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nearer import Space
from nearer.evaluate import clustering, knn, probe, sts
from nearer.evaluate.classification import judged
from nearer.evaluate.clustering import _scores
from nearer.evaluate.knn import voted
from nearer.evaluate.labels import labelled
from nearer.space import Metric


def groups(n: int, labels: int, spread: float, seed: int = 0) -> tuple[NDArray[np.float64], list[str]]:
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, labels, n)
    codes[: 6 * labels] = np.repeat(np.arange(labels), 6)
    centres = 3 * generator.standard_normal((labels, 6))
    return centres[codes] + spread * generator.standard_normal((n, 6)), [f"l{code}" for code in codes]


def keys(n: int) -> list[str]:
    return [f"k{row}" for row in range(n)]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_knn_of_two_labels_is_scikit_learns(metric: Metric) -> None:
    vectors, labels = groups(60, 2, 6.0)
    classifier = KNeighborsClassifier(5, metric=metric, algorithm="brute")
    expected = cross_val_predict(classifier, vectors, labels, cv=LeaveOneOut())
    result = knn(Space(keys(60), vectors, metric), labels, k=5)
    assert result.value == pytest.approx(metrics.accuracy_score(labels, expected), abs=1e-12)
    assert result.macro_f1.value == pytest.approx(
        metrics.f1_score(labels, expected, average="macro"), abs=1e-12
    )
    assert 0.5 < result.value < 1


def test_votes_are_the_slow_twins() -> None:
    codes = np.random.default_rng(0).integers(0, 4, (500, 6))
    for line, winner in zip(codes.tolist(), voted(codes).tolist(), strict=True):
        count = Counter(line)
        assert winner == next(code for code in line if count[code] == max(count.values()))


def test_probe_is_scikit_learns_pipeline() -> None:
    vectors, labels = groups(240, 4, 4.0)
    vectors = vectors.astype(np.float32).astype(np.float64)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000))
    codes = np.array([sorted(set(labels), key=labels.index).index(label) for label in labels])
    folds = StratifiedKFold(4, shuffle=True, random_state=3)
    expected = cross_val_predict(classifier, vectors, codes, cv=folds)
    result = probe(Space(keys(240), vectors, "euclidean"), labels, folds=4, regularization=2.0, seed=3)
    assert result.value == pytest.approx(metrics.accuracy_score(codes, expected), abs=1e-12)
    assert result.macro_f1.value == pytest.approx(
        metrics.f1_score(codes, expected, average="macro"), abs=1e-12
    )
    by_label = metrics.f1_score(codes, expected, average=None)
    np.testing.assert_allclose(list(result.f1.values()), by_label, atol=1e-12)


def test_macro_f1_resamples_as_one_would_items() -> None:
    generator = np.random.default_rng(5)
    truth = generator.integers(0, 3, 120)
    predicted = np.where(generator.random(120) < 0.6, truth, generator.integers(0, 3, 120))
    space = Space(keys(120), generator.standard_normal((120, 2)))
    found = judged("x", labelled(space, truth), relabelled(truth, predicted), seed=0)
    drawn = generator.integers(0, 120, (300, 120))
    figures = [metrics.f1_score(truth[rows], predicted[rows], average="macro") for rows in drawn]
    np.testing.assert_allclose(found.macro_f1.interval, np.percentile(figures, (2.5, 97.5)), atol=0.03)
    assert found.macro_f1.value == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))


def relabelled(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> NDArray[np.int64]:
    """`predicted` numbered in the order in which labels first appear in `truth`."""
    order = list(dict.fromkeys(truth.tolist()))
    return np.array([order.index(code) for code in predicted.tolist()])


@pytest.mark.parametrize("seed", range(4))
def test_agreement_of_groups_is_scikit_learns(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels, clusters = generator.integers(0, 4, 80), generator.integers(0, 3 + seed, 80)
    clusters[:40] = labels[:40]
    kinds, counts = np.unique(np.vstack([labels, clusters]), axis=1, return_counts=True)
    samples = np.vstack([counts, generator.multinomial(80, counts / 80, 5)])
    found = _scores(samples, kinds[0], kinds[1])
    for sample, (v_measure, ari) in zip(samples, found, strict=True):
        a, b = np.repeat(kinds[0], sample), np.repeat(kinds[1], sample)
        assert v_measure == pytest.approx(metrics.v_measure_score(a, b), abs=1e-12)
        assert ari == pytest.approx(metrics.adjusted_rand_score(a, b), abs=1e-12)


def test_clustering_interval_is_that_of_drawn_items() -> None:
    vectors, labels = groups(200, 3, 5.0)
    result = clustering(Space(keys(200), vectors, "euclidean"), labels, runs=1, n_init=1)
    again = clustering(Space(keys(200), vectors, "euclidean"), labels, runs=1, n_init=1, seed=1)
    assert result.interval[0] < result.value < result.interval[1] < 1
    assert result.interval[0] < again.value < result.interval[1]
    assert result.ari.interval[0] < result.ari.value < result.ari.interval[1]


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_sts_is_scipys_correlation(metric: Metric) -> None:
    generator = np.random.default_rng(0)
    texts = [f"text, number {row}" for row in range(40)]
    vectors = generator.standard_normal((40, 4)).astype(np.float32)
    pairs = [
        (texts[a], texts[b], float(generator.integers(0, 6)))
        for a, b in (generator.permutation(40)[:2] for _ in range(90))
    ]
    scores = []
    for first, second, _ in pairs:
        a, b = (vectors[texts.index(text)].astype(float) for text in (first, second))
        if metric == "euclidean":
            scores.append(-np.linalg.norm(a - b))
        else:
            scores.append(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) if metric == "cosine" else 1))
    gold = [score for *_, score in pairs]
    result = sts(Space(texts, vectors, metric), pairs)
    assert result.spearman.value == pytest.approx(stats.spearmanr(gold, scores).statistic, abs=1e-12)
    assert result.pearson.value == pytest.approx(stats.pearsonr(gold, scores).statistic, abs=1e-12)
