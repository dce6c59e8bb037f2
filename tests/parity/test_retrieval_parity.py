"""Retrieval measures against trec_eval's definitions: a slow twin, figures worked by hand, and ranx."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest

from nearer import Space
from nearer.evaluate import retrieval
from nearer.space import Metric

Qrels = dict[str, dict[str, float]]


def random_case(seed: int, documents: int = 60, queries: int = 12) -> tuple[Space, Space, Qrels]:
    generator = np.random.default_rng(seed)
    identity = "0" * 64
    found = Space(
        [f"d{row}" for row in range(documents)], generator.standard_normal((documents, 5)), identity=identity
    )
    asked = Space(
        [f"q{row}" for row in range(queries)], generator.standard_normal((queries, 5)), identity=identity
    )
    qrels = {
        query: {
            found.keys[row]: float(generator.integers(-1, 4)) for row in generator.permutation(documents)[:15]
        }
        for query in asked
    }
    return found, asked, qrels


def slow_measures(
    ranking: list[str], judged: dict[str, float], k: int, at: int, gain: str
) -> tuple[float, float, float, float]:
    """nDCG@k, recall@at, reciprocal rank and average precision, a document at a time."""

    def of(document: str) -> float:
        relevance = max(judged.get(document, 0.0), 0.0)
        return 2**relevance - 1 if gain == "exponential" else relevance

    relevant = [document for document, relevance in judged.items() if relevance > 0]
    gained = sum(of(document) / math.log2(place + 2) for place, document in enumerate(ranking[:k]))
    best = sorted((of(document) for document in relevant), reverse=True)[:k]
    ideal = sum(gain / math.log2(place + 2) for place, gain in enumerate(best))
    reciprocal, precision, seen = 0.0, 0.0, 0
    for place, document in enumerate(ranking, start=1):
        if document in relevant:
            seen += 1
            precision += seen / place
            reciprocal = reciprocal or 1 / place
    recalled = sum(document in relevant for document in ranking[:at]) / len(relevant)
    return gained / ideal, recalled, reciprocal, precision / len(relevant)


def slow_ranking(documents: Space, query: np.ndarray, metric: Metric) -> list[str]:
    def score(key: str) -> float:
        a, b = documents[key].astype(float), query.astype(float)
        if metric == "euclidean":
            return -float(np.linalg.norm(a - b))
        return float(a @ b) / (float(np.linalg.norm(a) * np.linalg.norm(b)) if metric == "cosine" else 1.0)

    return sorted(documents, key=score, reverse=True)


@pytest.mark.parametrize("gain", ["linear", "exponential"])
@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
@pytest.mark.parametrize("depth", [None, 20])
def test_measures_are_those_of_the_slow_twin(
    metric: Metric, gain: Literal["linear", "exponential"], depth: int | None
) -> None:
    documents, queries, qrels = random_case(1)
    documents = Space(documents.keys, documents.vectors, metric, identity="0" * 64)
    result = retrieval(documents, queries, qrels, 7, recall_at=(3, 20), gain=gain, depth=depth)
    expected = [
        slow_measures(slow_ranking(documents, queries[query], metric)[:depth], qrels[query], 7, 20, gain)
        for query in queries
    ]
    names = ("nDCG@7", "recall@20", "MRR", "MAP")
    found = [result.metrics[name].value for name in names]
    np.testing.assert_allclose(found, np.mean(expected, axis=0), rtol=1e-12)
    assert list(result.metrics) == ["nDCG@7", "recall@3", "recall@20", "MRR", "MAP"]


def test_measures_worked_by_hand() -> None:
    documents = Space(["a", "b", "c", "d"], [[1, 0], [0.9, 0.1], [0.8, 0.2], [0, 1]], "dot")  # ranked a b c d
    result = retrieval(documents, {"q": [1, 0]}, {"q": {"b": 3, "c": 1, "d": 2, "a": 0}}, 3, recall_at=(1, 2))
    gained = 3 / math.log2(3) + 1 / math.log2(4)
    ideal = 3 / math.log2(2) + 2 / math.log2(3) + 1 / math.log2(4)
    assert result.metrics["nDCG@3"].value == pytest.approx(gained / ideal) == pytest.approx(0.5024905)
    assert result.metrics["recall@1"].value == 0
    assert result.metrics["recall@2"].value == pytest.approx(1 / 3)
    assert result.metrics["MRR"].value == 0.5
    assert result.metrics["MAP"].value == pytest.approx((1 / 2 + 2 / 3 + 3 / 4) / 3)


RANX = {  # of ranx 0.3.21 for random_case(2)
    "nDCG@10": 0.109091084,
    "recall@10": 0.128240741,
    "recall@30": 0.477083333,
    "MRR": 0.328096282,
    "MAP": 0.181786545,
}
BURGES = 0.089315128


def test_measures_are_those_that_ranx_gave() -> None:
    documents, queries, qrels = random_case(2)
    found = retrieval(documents, queries, qrels, recall_at=(10, 30)).metrics
    assert {name: estimate.value for name, estimate in found.items()} == pytest.approx(RANX, abs=1e-9)
    assert retrieval(documents, queries, qrels, gain="exponential").value == pytest.approx(BURGES, abs=1e-9)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # ranx compiles with Numba, which warns of its own types
def test_ranx_still_gives_them() -> None:
    ranx = pytest.importorskip("ranx", reason="ranx is not installed")
    documents, queries, qrels = random_case(2)
    judged = {q: {d: int(r) for d, r in line.items() if r > 0} for q, line in qrels.items()}
    run = {q: {d: cosine(documents[d], queries[q]) for d in documents} for q in queries}
    names = ["ndcg@10", "recall@10", "recall@30", "mrr", "map", "ndcg_burges@10"]
    theirs = ranx.evaluate(ranx.Qrels(judged), ranx.Run(run), names)
    np.testing.assert_allclose([theirs[name] for name in names], [*RANX.values(), BURGES], atol=1e-9)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a.astype(float), b.astype(float)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
