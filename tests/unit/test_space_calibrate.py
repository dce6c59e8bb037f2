"""Calibration: p-values and thresholds keep their rates, scores mean what they should, bad input is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import percentileofscore

from nearer import Space
from nearer.chance import permutation_p_value
from nearer.errors import FormatError, InputError, IntegrityError, ParameterError, SpaceMismatch, UnknownKey
from nearer.space import Calibration, Metric
from nearer.space.calibrate_background import best_scores, pair_scores

METRICS: tuple[Metric, ...] = ("cosine", "dot", "euclidean")


def space_of(n: int, dim: int = 8, metric: Metric = "cosine", seed: int = 0, **given: Any) -> Space:
    vectors = np.random.default_rng(seed).standard_normal((n, dim))
    return Space([f"k{row}" for row in range(n)], vectors, metric, **given)


def brute(space: Space, query: np.ndarray, without: int | None = None) -> np.ndarray:
    """Scores of all rows but one, the highest first."""
    scores = np.array([space.similarity(query, row) for row in space.vectors])
    return np.sort(scores if without is None else np.delete(scores, without))[::-1]


@pytest.mark.parametrize("metric", METRICS)
def test_the_background_is_every_pair_where_they_are_few(metric: Metric) -> None:
    space = space_of(30, metric=metric)
    made = space.calibrate()
    pairs = [space.similarity(a, b) for i, a in enumerate(space) for b in space.keys[i + 1 :]]
    assert made.background.exact
    np.testing.assert_allclose(made.background.scores, np.sort(pairs), rtol=1e-12)
    for score in (*pairs[:5], pairs[7] + 1e-3, 99.0, -99.0):
        assert made.percentile(score) == pytest.approx(
            percentileofscore(pairs, score, kind="strict"), abs=1e-9
        )
        assert made.p_value(score) == permutation_p_value(score, pairs)
    assert made.percentile_interval(pairs[0]) == (made.percentile(pairs[0]),) * 2


@pytest.mark.parametrize("metric", METRICS)
def test_the_best_scores_are_those_of_all_rows(metric: Metric) -> None:
    space = Space([str(i) for i in range(40)], np.random.default_rng(1).standard_normal((40, 5)) + 50, metric)
    made = space.calibrate(queries=40)
    expected = [brute(space, row, place)[:10] for place, row in enumerate(space.vectors)]
    np.testing.assert_allclose(made.best.scores, expected, rtol=1e-6)
    asked = np.random.default_rng(2).standard_normal((7, 5)).astype(np.float32) + 50
    held = space.calibrate(queries=asked)
    np.testing.assert_allclose(held.best.scores, [brute(space, row)[:10] for row in asked], rtol=1e-6)
    assert (made.best.own, held.best.own) == (True, False)


def test_equal_vectors_far_from_the_origin_have_no_distance() -> None:
    vectors = np.random.default_rng(0).standard_normal((50, 6)).astype(np.float32) + 1000
    vectors[25:] = vectors[:25]
    scores = best_scores(vectors, "euclidean", vectors, [np.array([row]) for row in range(50)])
    assert (scores[:, 0] == 0).all()
    assert (scores[:, 1] < 0).all()


def test_draws_are_distinct_pairs_of_even_odds() -> None:
    space = space_of(12, metric="dot")
    made = space.calibrate(sample=65)  # one less than there are
    assert not made.background.exact
    first, second = np.triu_indices(12, 1)
    pairs = pair_scores(space.vectors, "dot", first, second)
    drawn = np.concatenate([space.calibrate(sample=65, seed=seed).background.scores for seed in range(300)])
    counts = np.array([np.isclose(drawn, score, rtol=1e-12).sum() for score in pairs])
    assert counts.sum() == len(drawn)  # nothing but the 66 pairs
    assert ((counts - 65 * 300 / 66) ** 2 / (65 * 300 / 66)).sum() < 112  # chi-squared, 65 degrees, 0.999


def test_p_values_of_random_pairs_keep_their_level() -> None:
    space, generator = space_of(400), np.random.default_rng(1)
    small = []
    for seed in range(200):
        made = space.calibrate(sample=199, queries=1, seed=seed)
        first = generator.integers(400, size=200)
        second = (first + generator.integers(1, 400, size=200)) % 400
        p_values = made.p_value(pair_scores(space.vectors, space.metric, first, second))
        small.append((p_values <= 0.05).mean())
        assert (
            pair_scores(space.vectors, space.metric, first, second) > made.pair_threshold(0.05)
        ).mean() == (p_values <= 0.05).mean()
    assert np.mean(small) == pytest.approx(0.05, abs=3.5 * np.std(small) / np.sqrt(len(small)))


@pytest.mark.parametrize("metric", METRICS)
def test_searches_without_a_match_are_answered_at_most_at_the_rate(metric: Metric) -> None:
    generator = np.random.default_rng(5)
    answered: dict[tuple[str, int], list[float]] = {}
    for seed in range(150):
        everyone = generator.standard_normal((300, 4)).astype(np.float32)
        space = Space([str(row) for row in range(100)], everyone[:100], metric)
        fresh = best_scores(space.vectors, metric, everyone[200:], [np.empty(0, np.intp)] * 100)
        for name, queries in (("keys", 100), ("some keys", 60), ("held out", everyone[100:200])):
            made = space.calibrate(sample=10, queries=queries, seed=seed)
            for k in (1, 3):
                exceeds = fresh[:, k - 1] > made.threshold(0.1, k)
                assert (exceeds == (made.search_p_value(fresh[:, k - 1], k) <= 0.1 + 1e-12)).all()
                answered.setdefault((name, k), []).append(exceeds.mean())
    for (name, k), shares in answered.items():
        queries = {"keys": 100, "some keys": 60, "held out": 100}[name]
        told = np.floor(0.1 * (queries + 1)) - (0 if name == "held out" else k)  # what ranks can keep
        slack = 3.5 * np.std(shares) / np.sqrt(len(shares))
        assert np.mean(shares) <= 0.1 + slack, (name, k)
        assert np.mean(shares) >= told / (queries + 1) - slack, (name, k)


def test_equal_scores_keep_the_rate_too() -> None:
    generator, answered = np.random.default_rng(0), []
    for _ in range(60):
        rows = generator.integers(0, 3, (260, 5)).astype(np.float32)  # 243 places: many ties, many copies
        space = Space([str(row) for row in range(160)], rows[:160], "euclidean")
        made = space.calibrate(sample=10)
        best = best_scores(space.vectors, "euclidean", rows[160:], [np.empty(0, np.intp)] * 100)
        answered.append([(best[:, k - 1] > made.threshold(0.1, k)).mean() for k in (1, 3)])
    assert (np.mean(answered, axis=0) <= 0.1).all()


def test_the_interval_of_the_real_rate_covers_it() -> None:
    generator, inside = np.random.default_rng(3), []
    for _ in range(200):
        space = Space([str(row) for row in range(50)], generator.standard_normal((50, 3)))
        queries, fresh = (generator.standard_normal((m, 3)).astype(np.float32) for m in (150, 3000))
        made = space.calibrate(sample=10, queries=queries)
        best = best_scores(space.vectors, "cosine", fresh, [np.empty(0, np.intp)] * len(fresh))[:, 0]
        low, high = made.false_match_interval(0.1)
        inside.append(low <= (best > made.threshold(0.1)).mean() <= high)
    assert 0.90 <= np.mean(inside) <= 0.99  # 95 %, and the noise of 200 repeats and 3,000 queries


def test_labelled_matches_are_no_false_matches() -> None:
    generator = np.random.default_rng(0)
    one = generator.standard_normal((200, 10))
    space = Space([f"{side}{row}" for side in "ab" for row in range(200)], np.concatenate([one, one + 0.01]))
    pairs = [(f"a{row}", f"b{row}", 1) for row in range(200)]
    pairs += [(f"a{row}", f"b{(row + 1) % 200}", 0) for row in range(200)]
    assert space.calibrate().threshold(0.05) > 0.99
    known = space.calibrate(pairs)
    assert known.threshold(0.05) < 0.95
    assert known.probability(0.999) > 0.9
    assert known.probability(0.1) < 0.1


def test_frequency_decides_what_a_score_is_compared_with() -> None:
    generator = np.random.default_rng(0)
    vectors = generator.standard_normal((2000, 10))
    vectors[:200] += 3  # frequent keys share a direction
    counts = np.linspace(5000, 1, 2000).astype(np.int64)
    order = generator.permutation(2000)
    space = Space([f"k{row}" for row in order], vectors[order], items={"count": counts[order]})
    made = space.calibrate(by_frequency="count")
    assert made.bands is not None
    assert made.bands.names == ("1 to 200", "201 to 2,000")
    frequent, rare = made.judge(space, "k3", "k8"), made.judge(space, "k900", "k1500")
    assert frequent.bands == ("1 to 200", "1 to 200")
    assert rare.bands == ("201 to 2,000", "201 to 2,000")
    assert made.percentile(0.7, (0, 0)) < 40
    assert made.percentile(0.7, (1, 1)) > 98
    assert made.p_value(0.7, (0, 1)) == made.p_value(0.7, (1, 0))
    same = space.calibrate(by_frequency=counts[order])
    assert same.bands is not None
    assert (same.bands.of_row == made.bands.of_row).all()
    by_rank = Space([f"k{row}" for row in range(2000)], vectors).calibrate(by_frequency="rank")
    assert by_rank.bands is not None
    assert by_rank.bands.of_row.tolist() == [0] * 200 + [1] * 1800


@pytest.mark.parametrize("with_everything", [False, True])
def test_what_is_saved_is_loaded(tmp_path: Path, with_everything: bool) -> None:
    space = space_of(600)
    pairs = [(f"k{row}", f"k{row + 1}", row % 2) for row in range(60)] if with_everything else None
    made = space.calibrate(pairs, sample=2000, by_frequency="rank" if with_everything else None)
    made.save(tmp_path / "a.json")
    read = Calibration.load(tmp_path / "a.json")
    assert str(read) == str(made)
    assert read.to_dict() == made.to_dict()
    assert read.judge(space, "k1", "k2") == made.judge(space, "k1", "k2")
    read.save(tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    made.save(tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text()
    assert "Seldom exceeded" in page
    assert ("Reliability" in page) == ("By frequency" in page) == with_everything
    with pytest.raises(FormatError, match=r"no calibration is written as '\.txt'; end in \.json or \.html"):
        made.save(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text[:-9], "is not whole JSON"),
        (lambda text: text.replace('"n": 600', '"n": 601', 1), "was edited"),
        (
            lambda text: text.replace("nearer-calibration", "other", 1),
            "is no nearer-calibration of version 1",
        ),
        (lambda text: "[]", "is no nearer-calibration of version 1"),
    ],
)
def test_a_spoilt_file_is_named(tmp_path: Path, spoil: Any, said: str) -> None:
    space_of(600).calibrate(sample=100).save(tmp_path / "a.json")
    (tmp_path / "a.json").write_text(spoil((tmp_path / "a.json").read_text()))
    with pytest.raises(IntegrityError, match=f"a.json: {said}"):
        Calibration.load(tmp_path / "a.json")


def test_a_score_in_words() -> None:
    space = space_of(500)
    pairs = [(f"k{row}", f"k{row + 1}", row % 2) for row in range(60)]
    made = space.calibrate(pairs, sample=5000)
    text = made.meaning(0.6)
    assert f"higher than {made.percentile(0.6):.1f} % of random pairs (95 %: " in text
    assert "the best of all 500 keys scores that high for " in text
    assert "a pair of this score is a match with probability 0." in text
    assert "higher than all 5,000 random pairs, p = 0.0002" in made.meaning(2.0)
    assert "for at most 0.40 % of queries without a match" in made.meaning(2.0)
    assert "not higher than any of 5,000 random pairs, p = 1;" in made.meaning(-2.0)


def test_the_same_seed_is_the_same_calibration() -> None:
    space = space_of(500)
    one, two, other = (space.calibrate(sample=1000, queries=100, seed=seed) for seed in (0, 0, 1))
    assert (one.background.scores == two.background.scores).all()
    assert (one.best.scores == two.best.scores).all()
    assert not (one.background.scores == other.background.scores).all()
    assert not (one.best.scores == other.best.scores).all()


def test_another_space_is_refused() -> None:
    space, other = space_of(300), space_of(300, seed=1)
    made = space.calibrate(sample=100, by_frequency=None)
    with pytest.raises(SpaceMismatch) as caught:
        made.judge(other, "k1", "k2")
    assert space.identity[:12] in str(caught.value)
    assert other.identity[:12] in str(caught.value)
    assert "calibrate this space" in str(caught.value)
    with pytest.raises(SpaceMismatch, match="make both with one encoder or model"):
        space.calibrate(queries=other)
    with pytest.raises(InputError, match="of 300 other rows of the same identity, not these 100; calibrate"):
        made.require_content(space[:100])


FINE = [("k1", "k2", row % 2) for row in range(30)]


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"pairs": [*FINE, ("k1", "nobody", 1)]}, UnknownKey, "pairs, row 30: 'nobody' is not in this space"),
        (
            {"pairs": [("k1", "k2", 2)]},
            InputError,
            "pairs, row 0: the label 2 is neither 0 nor 1; label match",
        ),
        ({"pairs": [("k1", "k2", float("nan"))]}, InputError, "pairs, row 0: the label nan is neither"),
        (
            {"pairs": [*FINE, ("k1", "k2")]},
            InputError,
            r"pairs, row 30: \('k1', 'k2'\) is no pair with a label",
        ),
        (
            {"pairs": [("k1", "k2", 1)] * 30},
            InputError,
            "pairs: 0 of 30 pairs have the label 0; a probability",
        ),
        ({"pairs": FINE}, InputError, "pairs: all pairs score .*; pass pairs that differ"),
        ({"pairs": [("k1", np.full(8, np.nan), 1)]}, ParameterError, "pairs, row 0: the query holds NaN"),
        ({"sample": 0}, ParameterError, "sample is 0; pass a whole number of at least 1"),
        ({"queries": -1}, ParameterError, "queries is -1; pass a whole number of at least 1"),
        ({"queries": np.ones((3, 7))}, InputError, r"queries: vectors of shape \(3, 7\) in a space of 8 dim"),
        (
            {"queries": np.full((3, 8), np.nan)},
            InputError,
            "queries, row 0: the vector holds NaN or infinity",
        ),
        ({"seed": -1}, ParameterError, "seed is -1; use a whole number of at least 0"),
        ({"seed": "a"}, ParameterError, "seed is 'a'; use a whole number of at least 0"),
        ({"method": "beta"}, ParameterError, "method is 'beta'; use 'isotonic' or 'platt'"),
        (
            {"by_frequency": "count"},
            ParameterError,
            "by_frequency is 'count', and the space has no such column",
        ),
        ({"by_frequency": np.ones(300)}, InputError, "300 keys whose frequencies make 1 band"),
        ({"by_frequency": np.ones(7)}, InputError, r"by_frequency has shape \(7,\) for 300 keys"),
        ({"by_frequency": -np.ones(300)}, InputError, "row 0: by_frequency says -1.0 of 'k0'; counts are"),
    ],
)
def test_bad_input_is_named(given: dict[str, Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=f"^{said}"):
        space_of(300).calibrate(**given)


def test_a_space_that_says_nothing_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"^a space of 1 key\(s\) has no pairs to calibrate by; pass at least"
    ):
        space_of(1).calibrate()
    constant = Space([str(row) for row in range(50)], np.ones((50, 3)))
    with pytest.raises(
        InputError, match=r"^all 1,225 pairs score 1: constant vectors have nothing to calibr"
    ):
        constant.calibrate()


def test_scores_and_rates_out_of_reach_are_named() -> None:
    made = space_of(100).calibrate(sample=1000)
    for wrong, said in (
        (np.nan, "the score is NaN"),
        ("high", "the score is 'high'"),
        ([0.1, np.nan], "is NaN"),
    ):
        with pytest.raises(InputError, match=said):
            made.p_value(wrong)
    pairs = "1,000 pairs are too few for a rate of 0.0001; draw at least 9,999 by sample="
    with pytest.raises(ParameterError, match=pairs):
        made.pair_threshold(0.0001)
    queries = "100 queries are too few for a false-match rate of 0.01; use a rate of at least 0.0199"
    with pytest.raises(ParameterError, match=queries):
        made.threshold(0.01)
    with pytest.raises(ParameterError, match=r"^false_match_rate is 0; use a rate between 0 and 1"):
        made.threshold(0)
    with pytest.raises(ParameterError, match="k is 11; use a whole number from 1 to 10"):
        made.threshold(0.2, 11)
    with pytest.raises(ParameterError, match="this calibration knows no probabilities; pass labelled pairs"):
        made.probability(0.5)
    with pytest.raises(ParameterError, match=r"bands are \(0, 1\), and the space was calibrated without"):
        made.p_value(0.5, (0, 1))
    assert made.threshold(0.999999) <= made.threshold(0.5)


def test_the_smallest_space_has_a_calibration() -> None:
    made = space_of(2).calibrate()
    assert made.background.draws == 1
    assert made.p_value(1.0) == 0.5
    assert str(made)


def test_advised_rates_are_taken_and_advised_queries_exist() -> None:
    vectors = np.random.default_rng(0).standard_normal((178, 4))
    calibration = Space([str(row) for row in range(178)], vectors).calibrate(queries=178)
    said = "too few for a false-match rate of 0.01; use a rate of at least 0.0112$"
    with pytest.raises(ParameterError, match=said):
        calibration.threshold(0.01)
    assert calibration.threshold(0.0112) > 0
    few = Space([str(row) for row in range(178)], vectors).calibrate(queries=50)
    with pytest.raises(ParameterError, match=r"at least 99 by queries= \(--queries\), or use a rate of at"):
        few.threshold(0.02)
