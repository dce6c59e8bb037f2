"""The judge of rankings against a slow twin, user by user, and against ranx where that is installed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nearer import Interactions, evaluate

ITEMS = [f"i{number}" for number in range(30)]
Lists = dict[str, list[str]]


def drawn(seed: int, k: int) -> tuple[Lists, Lists]:
    """Recommendations of up to `k` items and held-out items of 40 users; some of them share none."""
    generator = np.random.default_rng(seed)
    recommended = {
        f"u{user}": [ITEMS[i] for i in generator.permutation(30)[: generator.integers(1, k + 1)]]
        for user in range(40)
    }
    held_out = {
        f"u{user}": [ITEMS[i] for i in generator.permutation(30)[: generator.integers(1, 12)]]
        for user in range(40)
    }
    return recommended, held_out


def twin(recommended: list[str], wanted: set[str], k: int) -> dict[str, float]:
    """Every measure of one user, from its definition."""
    hits = [item in wanted for item in recommended[:k]]
    most = min(k, len(wanted))
    gains = sum(1 / math.log2(rank + 2) for rank, hit in enumerate(hits) if hit)
    precisions = [sum(hits[: rank + 1]) / (rank + 1) for rank, hit in enumerate(hits) if hit]
    return {
        "recall": sum(hits) / len(wanted),
        "ndcg": gains / sum(1 / math.log2(rank + 2) for rank in range(most)),
        "mean_average_precision": sum(precisions) / most,
        "precision": sum(hits) / k,
        "hit_rate": float(any(hits)),
        "reciprocal_rank": 1 / (hits.index(True) + 1) if any(hits) else 0.0,
    }


@pytest.mark.parametrize(("seed", "k"), [(0, 5), (1, 10), (2, 1), (3, 20)])
def test_every_measure_is_that_of_the_slow_twin(seed: int, k: int) -> None:
    recommended, held_out = drawn(seed, k)
    found = evaluate.ranking(recommended, held_out, k=k)
    by_user = [twin(recommended[user], set(wanted), k) for user, wanted in held_out.items()]
    for name in by_user[0]:
        expected = np.mean([measures[name] for measures in by_user])
        assert getattr(found, name).value == pytest.approx(expected, abs=1e-12), name
    capped = evaluate.ranking(recommended, held_out, k=k, recall_of="at most k")
    shares = [
        sum(item in wanted for item in recommended[user][:k]) / min(k, len(wanted))
        for user, wanted in held_out.items()
    ]
    assert capped.recall.value == pytest.approx(np.mean(shares))


@pytest.mark.slow  # it compiles for ten seconds
@pytest.mark.filterwarnings("ignore")  # ranx compiles with Numba, which warns of its own types
@pytest.mark.parametrize("k", [5, 20])
def test_ranx_agrees(k: int) -> None:
    ranx = pytest.importorskip("ranx")
    recommended, held_out = drawn(7, k)
    qrels = ranx.Qrels({user: dict.fromkeys(items, 1) for user, items in held_out.items()})
    run = ranx.Run(
        {
            user: {item: float(len(items) - rank) for rank, item in enumerate(items)}
            for user, items in recommended.items()
        }
    )
    theirs = ranx.evaluate(qrels, run, [f"recall@{k}", f"ndcg@{k}", f"precision@{k}", f"mrr@{k}"])
    ours = evaluate.ranking(recommended, held_out, k=k)
    assert ours.recall.value == pytest.approx(theirs[f"recall@{k}"])
    assert ours.ndcg.value == pytest.approx(theirs[f"ndcg@{k}"])
    assert ours.precision.value == pytest.approx(theirs[f"precision@{k}"])
    assert ours.reciprocal_rank.value == pytest.approx(theirs[f"mrr@{k}"])


def test_what_is_recommended_at_all_is_that_of_the_twin() -> None:
    recommended, held_out = drawn(4, 10)
    generator = np.random.default_rng(5)
    train = Interactions.read(
        [
            (f"u{user}", ITEMS[item])
            for user in range(40)
            for item in generator.permutation(30)[: 1 + user % 9]
        ],
        items=ITEMS,
    )
    found = evaluate.ranking(recommended, held_out, k=10, train=train)
    counts = np.bincount(train.indices, minlength=30)
    share = {
        item: ((counts < counts[i]).sum() + (counts <= counts[i]).sum()) / 60 for i, item in enumerate(ITEMS)
    }
    given = [item for items in recommended.values() for item in items[:10]]
    assert found.popularity == pytest.approx(np.mean([share[item] for item in given]))
    wanted = [item for items in held_out.values() for item in items]
    assert found.held_out_popularity == pytest.approx(np.mean([share[item] for item in wanted]))
    assert found.item_coverage == pytest.approx(len(set(given)) / 30)
    times = np.sort([given.count(item) for item in ITEMS])
    differences = np.abs(times[:, None] - times[None, :]).sum() / (2 * 30 * times.sum())
    assert found.gini == pytest.approx(differences)
