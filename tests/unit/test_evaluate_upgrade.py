"""What an upgrade reports where the true map is known, how its interval holds, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nearer import Space, align
from nearer.chance import binomial_interval
from nearer.errors import InputError, NearerError, ParameterError, SpaceMismatch
from nearer.evaluate import UpgradeResult, upgrade
from nearer.evaluate.result import Estimate
from nearer.evaluate.upgrade_bounds import limits, queries_needed
from nearer.evaluate.upgrade_decision import Rule, Size, decided
from nearer.evaluate.upgrade_judged import Judged
from nearer.evaluate.upgrade_overlap import Figure, difference, estimate, projected

Vectors = NDArray[np.float32]


def topics(n: int, seed: int, dim: int = 8) -> tuple[Vectors, NDArray[np.int64]]:
    """Items of five topics, and which."""
    generator = np.random.default_rng(seed)
    topic = generator.integers(0, 5, n)
    centres = np.random.default_rng(99).normal(size=(5, dim)) * 2
    return (centres[topic] + generator.normal(size=(n, dim))).astype(np.float32), topic


def keys(n: int) -> list[str]:
    return [f"k{row}" for row in range(n)]


def turned(vectors: Vectors, seed: int = 1, noise: float = 0.0) -> Vectors:
    generator = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(generator.normal(size=(vectors.shape[1],) * 2))
    return (vectors @ axes + noise * generator.normal(size=vectors.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def old() -> Space:
    vectors, topic = topics(1500, 0)
    return Space(keys(1500), vectors, items={"topic": topic})


@pytest.fixture(scope="module")
def noisy(old: Space) -> UpgradeResult:
    return upgrade(old, Space(old.keys, turned(old.vectors, noise=0.4)), sample=1000, k=5, labels="topic")


def test_turned_axes_are_aligned(old: Space) -> None:
    found = upgrade(old, Space(old.keys, turned(old.vectors)), sample=600, k=5)
    assert found.decision == "align"
    assert found.value > 0.999
    assert found.interval[0] > 0.97
    assert found.interval[1] == 1
    assert found.store is not None
    assert found.store.interval[0] < 1  # nothing is proved by a sample in which nothing differs
    assert (found.fit, found.choose, found.held_out, found.candidates) == (360, 60, 180, 179)
    assert "at least the limit 0.8" in str(found)
    assert [one.aligned for one in found.filling] == pytest.approx([1] * 5, abs=1e-3)


def test_an_unrelated_model_is_embedded_anew(old: Space) -> None:
    other = np.random.default_rng(7).normal(size=(1500, 6))
    found = upgrade(old, Space(old.keys, other), sample=1000, k=5)
    assert found.decision == "re-embed"
    assert found.interval[0] <= 5 / 299 <= found.interval[1]  # what chance gives
    assert found.store is not None
    assert found.store.interval[0] <= 5 / 1499 <= found.store.interval[1]
    assert "below the limit 0.5" in found.reasons[0]


def test_between_both_limits_both_are_read(noisy: UpgradeResult) -> None:
    assert noisy.store is not None
    low, high = noisy.store.interval
    assert 0 < low < noisy.store.value < high < 1
    assert noisy.old is not None
    assert noisy.gain is not None
    assert noisy.gain.value == pytest.approx(noisy.value - noisy.old.value)
    shares = [one.aligned for one in noisy.filling]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(noisy.value)
    assert shares[-1] == 1


@pytest.mark.parametrize(
    ("limits", "decision"),
    [
        ({"accept": 0.2, "reject": 0.1, "most_loss": 0.5}, "align"),
        ({"accept": 1.0, "reject": 0.1, "most_loss": 0.0}, "dual-read"),
        ({"accept": 1.0, "reject": 0.99, "most_loss": 0.0}, "re-embed"),
        ({"accept": 1.0, "reject": 0.99, "most_loss": 0.5, "n_store": 180}, "align"),
        ({"accept": 1.0, "reject": 0.99, "most_loss": 0.5}, "re-embed"),  # a larger store may lose more
    ],
)
def test_the_decision_keeps_to_its_rule(old: Space, limits: dict[str, Any], decision: str) -> None:
    found = upgrade(
        old, Space(old.keys, turned(old.vectors, noise=0.4)), sample=600, k=5, labels="topic", **limits
    )
    assert found.decision == decision
    assert f"{limits['accept']:g}" in found.rule


def test_labels_are_measured_in_all_stores(noisy: UpgradeResult) -> None:
    (judged,) = noisy.judged
    assert judged.name == "label precision@5"
    assert judged.loss.value == pytest.approx(judged.new.value - judged.aligned.value)
    assert judged.loss.interval[0] < judged.loss.value < judged.loss.interval[1]
    assert judged.old is not None
    assert judged.old.value > judged.new.value  # the noise is in the new one
    assert judged.new.value > 0.5


def test_same_seed_same_result_whatever_the_threads(old: Space) -> None:
    new = Space(old.keys, turned(old.vectors, noise=0.4))
    one, two = (upgrade(old, new, sample=600, k=5, seed=3, threads=threads) for threads in (1, 2))
    assert one.to_dict() == two.to_dict()
    assert one.alignment.digest == two.alignment.digest
    assert upgrade(old, new, sample=600, k=5, seed=4).interval != one.interval


def test_no_measured_item_has_decided_the_map(old: Space) -> None:
    """Items that are held out may change as they like: the map stays."""
    new = turned(old.vectors, noise=0.4)
    first = upgrade(old, Space(old.keys, new), sample=1500, k=5)
    order = np.random.default_rng(0).permutation(1500)
    held = order[-first.held_out :]
    new[held] = np.random.default_rng(8).normal(size=(len(held), new.shape[1]))
    second = upgrade(old, Space(old.keys, new), sample=1500, k=5)
    np.testing.assert_array_equal(first.alignment.matrix, second.alignment.matrix)
    assert second.value < 0.1 < first.value


def test_the_new_space_may_hold_the_sample_alone(old: Space) -> None:
    part = Space(old.keys[:700], turned(old.vectors)[:700])
    found = upgrade(old, part, sample=5000, k=5)
    assert (found.shared, found.asked, found.n_store) == (700, 5000, 1500)
    assert found.coverage == pytest.approx(700 / 1500)
    assert "all that are shared; 5,000 were asked for" in str(found)


def test_queries_of_their_own(old: Space) -> None:
    vectors, _ = topics(300, 5)
    new = Space(old.keys, turned(old.vectors), identity="a" * 64)
    asked = Space(keys(300), turned(vectors), identity="a" * 64)
    before = Space(keys(300)[::-1], vectors[::-1], identity=old.identity)
    found = upgrade(old, new, sample=600, k=5, queries=asked, old_queries=before)
    assert (found.n, found.candidates) == (300, 180)
    assert found.value > 0.999
    assert found.old is not None
    assert found.old.value > 0.999
    alone = upgrade(old, new, sample=600, k=5, queries=asked)
    assert alone.old is None
    assert alone.gain is None
    assert [one.old for one in alone.filling] == [None] * 5


def test_relevance_judgements(old: Space) -> None:
    vectors, topic = topics(300, 5)
    new = Space(old.keys, turned(old.vectors, noise=0.2), identity="a" * 64)
    asked = Space([f"q{row}" for row in range(300)], turned(vectors), identity="a" * 64)
    assert old.items is not None
    by_topic: dict[int, list[str]] = {}
    for key, number in zip(old.keys, old.items["topic"].to_pylist(), strict=True):
        by_topic.setdefault(number, []).append(key)
    qrels = {f"q{row}": dict.fromkeys(by_topic[int(topic[row])], 1.0) for row in range(300)}
    found = upgrade(old, new, sample=900, k=5, queries=asked, qrels=qrels)
    (judged,) = found.judged
    assert judged.name == "recall@5"
    assert judged.new.value > 0.05
    assert judged.loss.interval[0] <= judged.loss.value <= judged.loss.interval[1]


@pytest.mark.parametrize("queries", [2, 10])
def test_few_judged_queries_decide_nothing(old: Space, queries: int) -> None:
    new = Space(old.keys, turned(old.vectors, noise=0.4), identity="a" * 64)
    held = np.random.default_rng(0).permutation(1500)[-queries:]  # the last of the sample measure
    asked = Space([old.keys[row] for row in held], new.vectors[held], identity="a" * 64)
    qrels = {key: {key: 1.0} for key in asked.keys}
    found = upgrade(old, new, sample=1500, k=20, queries=asked, qrels=qrels, n_store=400)
    (judged,) = found.judged
    assert judged.loss.n == queries
    assert judged.loss.interval[1] >= binomial_interval(0, queries)[1] - 1e-9  # as if none lost anything
    assert found.decision != "align"
    assert f"{queries} queries are too few to tell less, 72 at least" in str(found)


def test_a_difference_without_variance_is_not_certain() -> None:
    nothing = np.empty(0)
    none = nothing.astype(np.int64)
    for n in (1, 22, 100):
        same = Figure(np.ones(n), none, none, nothing, True)
        assert difference(same, same).interval == pytest.approx(
            (-binomial_interval(0, n)[1], binomial_interval(0, n)[1])
        )


def judged_as(value: float, low: float, high: float, n: int = 300) -> Judged:
    any_store = Estimate(0.5, (0.4, 0.6), n)
    return Judged("recall@5", any_store, any_store, None, Estimate(value, (low, high), n))


@pytest.mark.parametrize(
    ("overlap", "loss", "whole", "decision", "reason"),
    [
        ((0.2, 0.3), (0.01, 0.0, 0.02), True, "align", "900 held-out candidates is 0.010, at most 0.02"),
        ((0.2, 0.3), (0.01, 0.0, 0.02), False, "re-embed", "3,000 it may be more, so it can only veto"),
        ((0.9, 0.95), (0.01, 0.0, 0.02), False, "align", "within the limit 0.05"),
        ((0.9, 0.95), (0.1, 0.06, 0.14), False, "dual-read", "at least 0.060: over the limit 0.05"),
        ((0.9, 0.95), (0.1, 0.02, 0.14), False, "align", "may be 0.140: over the limit 0.05"),
        ((0.2, 0.3), (0.0, -0.3, 0.3, 10), True, "re-embed", "10 queries are too few .* 72 at least"),
    ],
)  # fmt: skip
def test_losses_decide_only_where_they_were_measured(
    overlap: tuple[float, float], loss: Any, whole: bool, decision: str, reason: str
) -> None:
    size = Size(900, 900 if whole else 3000, whole)
    seen = Estimate(sum(overlap) / 2, overlap, 900)
    made, reasons = decided(Rule(0.8, 0.5, 0.05), seen, size, [judged_as(*loss)], None)
    assert made == decision
    assert re.search(reason, "; ".join(reasons))


def test_limits_of_a_mean_are_exact_for_rates_and_hold_for_rare_losses() -> None:
    assert limits(np.repeat([0.0, 1.0], [90, 10]))[1] == pytest.approx(binomial_interval(10, 100)[1])
    assert queries_needed(0.05) == 72
    assert binomial_interval(0, 72)[1] <= 0.05 < binomial_interval(0, 71)[1]
    assert (queries_needed(0), queries_needed(1)) == (None, 1)
    generator = np.random.default_rng(0)
    losses = generator.choice([0, 0.2, 1.0, -0.5], p=[0.9, 0.04, 0.04, 0.02], size=(400, 40))
    missed = sum(limits(drawn)[1] < 0.038 for drawn in losses)
    assert binomial_interval(missed, 400)[0] <= 0.025


def test_a_result_is_plain_and_a_page(noisy: UpgradeResult, tmp_path: Path) -> None:
    document = json.loads(json.dumps(noisy.to_dict(), allow_nan=False))
    assert document["decision"] == noisy.decision
    assert document["aligned"]["interval"] == list(noisy.interval)
    assert "alignment" not in document
    noisy.save(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert noisy.aligned_identity in page
    assert f"{noisy.value:.3f}" in page
    assert "<script" not in page


def coverage(repeats: int, sets: int) -> int:
    """In how many repeats the interval holds the truth.

    Each repeat draws a store of its own; the truth is the mean of the fitted map's overlap in `sets`
    fresh sets of as many candidates.
    """
    held = 0
    noise = np.random.default_rng(5).normal(size=(8, 8))
    for seed in range(repeats):
        vectors, _ = topics(420, 1000 + seed)
        generator = np.random.default_rng([seed, 2])
        bend = lambda rows: np.tanh(rows @ noise / 3) + rows  # noqa: E731  (no map of the kinds fits it)
        new = bend(vectors) + 0.3 * generator.normal(size=vectors.shape)
        old = Space(keys(420), vectors)
        found = upgrade(old, Space(keys(420), new), sample=420, k=5, methods="affine", seed=seed, threads=1)
        values = []
        for again in range(sets):
            fresh, _ = topics(found.held_out, 10**6 + 1000 * seed + again)
            true = (bend(fresh) + 0.3 * generator.normal(size=fresh.shape)).astype(np.float32)
            values.append(_overlap(true, found.alignment.transform(fresh), 5))
        truth = float(np.mean(values))
        low, high = found.interval
        held += low <= truth <= high
    return held


def _overlap(true: Vectors, mapped: Vectors, k: int) -> float:
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (true, mapped)]
    near = []
    for rows in unit:
        scores = unit[0] @ rows.T
        np.fill_diagonal(scores, -np.inf)
        near.append(np.argsort(-scores, axis=1)[:, :k])
    return float((near[0][:, :, None] == near[1][:, None, :]).any(axis=2).mean())


def test_the_interval_holds_the_truth_in_few_repeats() -> None:
    held = coverage(20, 15)
    assert binomial_interval(held, 20)[1] >= 0.95


@pytest.mark.slow
def test_the_interval_holds_the_truth_in_95_of_100() -> None:
    held = coverage(200, 40)
    low, high = binomial_interval(held, 200)
    assert low <= 0.95 <= high  # of 126 queries; the benchmark has 600 and 1,500


@given(
    values=st.lists(st.integers(0, 5), min_size=2, max_size=40),
    changes=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39), st.floats(-1, 1)), max_size=60),
    own=st.booleans(),
    size=st.integers(100, 10**9),
)
def test_intervals_are_within_0_and_1_and_hold_their_value(
    values: list[int], changes: list[tuple[int, int, float]], own: bool, size: int
) -> None:
    n = len(values)
    kept = [change for change in changes if change[0] < n and change[1] < n]
    queries, items = (np.array([change[side] for change in kept], np.int64) for side in (0, 1))
    given_changes = np.array([change[2] for change in kept], np.float64)
    figure = Figure(np.array(values) / 5, queries, items, given_changes, own)
    assert figure.variance() >= 0
    for found in (estimate(figure), projected([figure, figure], [99, 49], size)):
        low, high = found.interval
        assert 0 <= low <= found.value <= high <= 1
        assert low < high


def test_a_figure_without_differences_is_not_certain() -> None:
    nothing = np.empty(0)
    same = Figure(np.ones(100), nothing.astype(np.int64), nothing.astype(np.int64), nothing, True)
    low, high = estimate(same).interval
    assert 0.95 < low < 0.98
    assert high == 1
    assert projected([same, same], [99, 49], 10_000).interval == pytest.approx((low, 1.0))
    none = same.scaled(0)
    assert estimate(none).interval == pytest.approx((0.0, 1 - low))
    assert projected([none, none], [99, 49], 10_000).interval == pytest.approx((0.0, 1 - low))


REFUSED = {
    "no key in common": (
        lambda old, new: upgrade(old, Space(["other"], np.ones((1, 8)))),
        InputError,
        "the old space of 1,500 keys and the new of 1 share no key; embed items of the old space",
    ),
    "too few shared": (
        lambda old, new: upgrade(old, new[:80]),
        InputError,
        "a sample of 80 items of 80 shared keys is too small to fit a map and to measure it; embed at least "
        "334 items by the new model",
    ),
    "a sample too small": (
        lambda old, new: upgrade(old, new, sample=90),
        InputError,
        "a sample of 90 items of 1,500 shared keys is too small .*; raise the sample to 334 at least",
    ),
    "constant vectors": (
        lambda old, new: upgrade(old, Space(old.keys, np.ones((1500, 4)))),
        InputError,
        "the new space: all .* vectors are equal: they have no neighbours",
    ),
    "one model twice": (
        lambda old, new: upgrade(old, old[:500]),
        InputError,
        "both spaces have identity .* pass the space of the new model second",
    ),
    "queries of another model": (
        lambda old, new: upgrade(old, new, queries=old[:50]),
        SpaceMismatch,
        "the space of queries has identity .*, expected .*; encode the queries by the model",
    ),
    "old queries of another model": (
        lambda old, new: upgrade(old, new, queries=new[:50], old_queries=new[:50]),
        SpaceMismatch,
        "the space of old queries has identity",
    ),
    "judgements of nobody": (
        lambda old, new: upgrade(old, new, qrels={"q": {"k1": 1}}),
        ParameterError,
        "qrels without queries",
    ),
    "limits the wrong way round": (
        lambda old, new: upgrade(old, new, accept=0.3),
        ParameterError,
        "reject=0.5 is above accept=0.3",
    ),
    "a part that is none": (
        lambda old, new: upgrade(old, new, held_out=0.95),
        ParameterError,
        "held_out is 0.95; use a number from 0.1 to 0.8",
    ),
    "a seed that is none": (lambda old, new: upgrade(old, new, seed=-1), ParameterError, "seed is -1"),
    "a k that is none": (lambda old, new: upgrade(old, new, k=0), ParameterError, "k is 0"),
    "an unknown map": (
        lambda old, new: upgrade(old, new, methods="magic"),
        ParameterError,
        "method is 'magic'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_named(case: str, old: Space) -> None:
    act, kind, message = REFUSED[case]
    new = Space(old.keys, turned(old.vectors), identity="b" * 64)
    with pytest.raises(NearerError, match=message) as caught:
        act(old, new)
    assert isinstance(caught.value, kind)
    assert "\n" not in str(caught.value)


def test_nan_in_a_space_that_was_read_unverified(old: Space) -> None:
    vectors = turned(old.vectors)
    vectors[3, 1] = np.nan
    damaged = Space._of(old.keys, vectors, "cosine", items=None, identity="c" * 64, provenance="{}")
    with pytest.raises(InputError, match="the vector of 'k3' holds nan in column 1; embed the item again"):
        upgrade(old, damaged, sample=1500)


def test_the_aligned_store_is_of_its_own_identity(noisy: UpgradeResult, old: Space) -> None:
    aligned = noisy.alignment.apply(old)
    assert aligned.identity == noisy.aligned_identity
    assert len({aligned.identity, noisy.old_identity, noisy.new_identity}) == 3
    assert aligned.provenance["aligned"]["source_identity"] == old.identity
    again = align(old, Space(old.keys, turned(old.vectors, noise=0.4)), method="affine")
    assert again.identity != aligned.identity
