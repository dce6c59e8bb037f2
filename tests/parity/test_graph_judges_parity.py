"""Link prediction and node classification give scikit-learn's figures."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

import nearer
from nearer import evaluate
from nearer.evaluate.logistic import fit_one_against_rest
from nearer.evaluate.nodes import as_many_as, f1_scores

Floats = NDArray[np.float64]


def made(metric: str = "cosine", n: int = 120) -> nearer.Space:
    vectors = np.random.default_rng(0).standard_normal((n, 6)).astype(np.float32)
    return nearer.Space([f"n{row}" for row in range(n)], vectors, metric=metric)


def drawn(n: int, count: int, seed: int) -> NDArray[np.int64]:
    pairs = np.random.default_rng(seed).integers(0, n, (2 * count, 2))
    return pairs[pairs[:, 0] != pairs[:, 1]][:count]


def named(pairs: NDArray[np.int64]) -> list[tuple[str, str]]:
    return [(f"n{a}", f"n{b}") for a, b in pairs]


SCORES = {
    "cosine": lambda a, b: (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)),
    "dot": lambda a, b: (a * b).sum(1),
    "euclidean": lambda a, b: -np.linalg.norm(a - b, axis=1),
}


@pytest.mark.parametrize("metric", SCORES)
def test_links_by_metric(metric: str) -> None:
    space = made(metric)
    edges, absent = drawn(120, 300, 1), drawn(120, 200, 2)
    found = evaluate.links(space, named(edges), named(absent))
    pairs = np.concatenate([edges, absent])
    vectors = space.vectors.astype(np.float64)
    scores = SCORES[metric](vectors[pairs[:, 0]], vectors[pairs[:, 1]])
    truth = np.arange(500) < 300
    assert found.auc.value == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    assert found.average_precision.value == pytest.approx(average_precision_score(truth, scores), abs=1e-12)
    assert (found.n, found.edges, found.non_edges, found.coverage) == (500, 300, 200, 1.0)


def test_links_with_many_equal_scores() -> None:
    vectors = np.random.default_rng(3).integers(-1, 2, (120, 2)).astype(np.float32)
    space = nearer.Space([f"n{row}" for row in range(120)], vectors, metric="dot")
    edges, absent = drawn(120, 300, 1), drawn(120, 200, 2)
    found = evaluate.links(space, named(edges), named(absent))
    pairs = np.concatenate([edges, absent])
    scores = (vectors[pairs[:, 0]] * vectors[pairs[:, 1]]).sum(1)
    truth = np.arange(500) < 300
    assert found.auc.value == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    assert found.average_precision.value == pytest.approx(average_precision_score(truth, scores), abs=1e-12)


FEATURES = {
    "hadamard": lambda a, b: a * b,
    "average": lambda a, b: (a + b) / 2,
    "l1": lambda a, b: np.abs(a - b),
    "l2": lambda a, b: (a - b) ** 2,
}


@pytest.mark.parametrize("operator", FEATURES)
def test_links_by_learned_features(operator: str) -> None:
    space = made()
    sets = [drawn(120, count, seed) for seed, count in enumerate((150, 250, 90, 80))]
    found = evaluate.links(
        space,
        named(sets[2]),
        named(sets[3]),
        operator=operator,  # type: ignore[arg-type]
        learn_edges=named(sets[0]),
        learn_non_edges=named(sets[1]),
    )
    vectors = space.vectors.astype(np.float64)
    features = [FEATURES[operator](vectors[pairs[:, 0]], vectors[pairs[:, 1]]) for pairs in sets]
    scale = StandardScaler().fit(np.concatenate(features[:2]))
    twin = LogisticRegression(solver="liblinear", tol=1e-10, max_iter=10_000)
    twin.fit(scale.transform(np.concatenate(features[:2])), np.arange(400) < 150)
    scores = twin.decision_function(scale.transform(np.concatenate(features[2:])))
    assert found.auc.value == pytest.approx(roc_auc_score(np.arange(170) < 90, scores), abs=1e-4)


def test_regressions_are_those_of_liblinear() -> None:
    generator = np.random.default_rng(4)
    vectors = generator.standard_normal((200, 7))
    labels = generator.random((200, 3)) < [0.5, 0.1, 0.02]
    weights = fit_one_against_rest(vectors, labels, c=2.5)
    for column in range(3):
        twin = LogisticRegression(C=2.5, solver="liblinear", tol=1e-12, max_iter=100_000)
        twin.fit(vectors, labels[:, column])
        assert weights[:-1, column] == pytest.approx(twin.coef_[0], rel=1e-4, abs=1e-5)
        assert weights[-1, column] == pytest.approx(twin.intercept_[0], rel=1e-4, abs=1e-5)


def labelled(many: bool) -> dict[str, list[str]]:
    generator = np.random.default_rng(5)
    vectors = made().vectors
    scores = vectors[:, :4] + generator.standard_normal((120, 4))
    if not many:
        return {f"n{row}": [f"l{label}"] for row, label in enumerate(scores.argmax(axis=1))}
    return {
        f"n{row}": [f"l{label}" for label in np.flatnonzero(one >= np.sort(one)[-1 - row % 3])]
        for row, one in enumerate(scores)
    }


@pytest.mark.parametrize("many", [False, True], ids=["one label", "several"])
def test_nodes_by_the_published_protocol(many: bool) -> None:
    space, labels = made(), labelled(many)
    found = evaluate.nodes(space, labels, fractions=(0.3, 0.6), shuffles=3, regularization=0.5, seed=7)
    names = list(dict.fromkeys(label for own in labels.values() for label in own))
    truth = np.array([[name in own for name in names] for own in labels.values()])
    vectors = space.vectors.astype(np.float64)
    for share in (0.3, 0.6):
        scores = []
        for shuffle in range(3):
            order = np.random.default_rng([7, shuffle]).permutation(120)
            learned, judged = order[: int(120 * share)], order[int(120 * share) :]
            twin = LogisticRegression(C=2.0, solver="liblinear", tol=1e-10, max_iter=10_000)
            odds = np.stack(
                [
                    twin.fit(vectors[learned], truth[learned, column]).decision_function(vectors[judged])
                    for column in range(len(names))
                ],
                axis=1,
            )
            foretold = np.zeros_like(odds, dtype=bool)
            for row, (one, own) in enumerate(zip(odds, truth[judged], strict=True)):
                foretold[row, np.argsort(-one)[: own.sum()]] = True
            scores.append([f1_score(truth[judged], foretold, average=kind) for kind in ("micro", "macro")])
        micro, macro = np.mean(scores, axis=0)
        assert found.micro_f1[share].value == pytest.approx(micro, abs=1e-9)
        assert found.macro_f1[share].value == pytest.approx(macro, abs=1e-9)
    assert found.value == found.micro_f1[0.6].value
    assert (found.n, found.labels, found.coverage) == (120, 4, 1.0)


def test_f1_counts_a_label_that_never_is_as_nothing() -> None:
    truth = np.array([[True, False, False], [True, True, False]])
    foretold = as_many_as(truth, np.array([[0.1, 0.9, 0.0], [0.5, 0.6, 0.1]]))
    assert foretold.tolist() == [[False, True, False], [True, True, False]]
    micro, macro = f1_scores(truth, foretold)
    assert micro == pytest.approx(f1_score(truth, foretold, average="micro"))
    assert macro == pytest.approx(f1_score(truth, foretold, average="macro", zero_division=0))
