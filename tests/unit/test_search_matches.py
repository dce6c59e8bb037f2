"""Abstaining: queries without a match get a hit at most at the rate; copies of what is there are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nearer
from nearer import Space
from nearer.errors import InputError, ModelNotFound, ParameterError, SpaceMismatch
from nearer.search import CSLS, HNSW, Exact, Hits, MutualProximity, matches, recall

RATE = 0.05


def test_queries_without_a_match_get_no_hit_and_noisy_copies_are_found() -> None:
    generator = np.random.default_rng(0)
    answered, found = [], []
    for seed in range(40):
        vectors = generator.standard_normal((900, 24)).astype(np.float32)
        space = Space([str(row) for row in range(400)], vectors[:400])
        calibration = space.calibrate(sample=10, seed=seed)
        searcher = Exact(space)
        hits = matches(searcher, vectors[400:], calibration, false_match_rate=RATE)
        answered.append(np.mean([len(line) > 0 for line in hits]))
        copies = vectors[:400] + 0.05 * generator.standard_normal((400, 24)).astype(np.float32)
        hits = matches(searcher, copies, calibration, false_match_rate=RATE)
        found.append(np.mean([line[:1] == [str(row)] for row, line in enumerate(hits.keys)]))
    slack = 3.5 * np.std(answered) / np.sqrt(len(answered))
    assert np.mean(answered) <= RATE + slack
    assert np.mean(answered) >= 19 / 401 - slack  # floor(0.05 * 401) - 1 of 401
    assert np.mean(found) > 0.999


def test_an_index_that_misses_some_keeps_the_rate() -> None:
    vectors = np.random.default_rng(1).standard_normal((3000, 16)).astype(np.float32)
    space = Space([str(row) for row in range(2000)], vectors[:2000])
    calibration = space.calibrate(sample=10)
    searcher = HNSW(space, expansion_search=8)
    hits = matches(searcher, vectors[2000:], calibration, false_match_rate=RATE, k=1)
    assert np.mean([len(line) for line in hits]) <= RATE + 3.5 * np.sqrt(RATE / 1000)


def test_a_query_that_is_a_key_does_not_find_itself() -> None:
    vectors = np.random.default_rng(2).standard_normal((1000, 24)).astype(np.float32)
    vectors[1] = vectors[0]  # a copy is a match, and stays one
    space = Space([str(row) for row in range(1000)], vectors)
    calibration = space.calibrate(sample=10)
    asked = space.keys[:500]
    for searcher in (Exact(space), HNSW(space)):
        hits = matches(searcher, asked, calibration, false_match_rate=RATE)
        assert (hits.keys[0][:1], hits.keys[1][:1]) == (["1"], ["0"])
        assert not any(key in line for key, line in zip(asked, hits.keys, strict=True))
        assert np.mean([len(line) > 0 for line in hits]) <= RATE + 3.5 * np.sqrt(RATE / 500)
    whole = matches(Exact(space), space, calibration, false_match_rate=RATE, k=1)
    assert [line[:1] for line in hits.keys] == whole.keys[:500]
    # "999" is another item there
    shifted = Space(["999", *asked], np.concatenate([vectors[:1], vectors[:500]]), identity=space.identity)
    found = matches(Exact(space), shifted, calibration, false_match_rate=RATE, k=1)
    assert found.keys[0] == ["0"]
    assert found.keys[1:] == whole.keys[:500]


def test_a_key_of_a_small_space_finds_all_others() -> None:
    space = Space([str(row) for row in range(40)], np.random.default_rng(0).standard_normal((40, 4)))
    calibration = space.calibrate(sample=10)
    hits = matches(Exact(space), space.keys, calibration, false_match_rate=0.5, k=100)
    found = Exact(space).search(space.keys, 100).above(calibration.threshold(0.5))
    above = [[other for other in line if other != key] for key, line in zip(space, found.keys, strict=True)]
    assert any(above)
    assert hits.keys == above


def test_the_rows_of_a_space_are_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    space = Space([str(row) for row in range(600)], np.random.default_rng(0).standard_normal((600, 4)))
    calibration = space.calibrate(sample=600, by_frequency="rank")
    monkeypatch.setattr("nearer.space.identity.hashlib.sha256", lambda *_: pytest.fail("hashed again"))
    assert calibration.judge(space, "1", "500").bands == ("1 to 60", "61 to 600")


def test_words_left_out_are_seldom_answered() -> None:
    try:
        words = nearer.load("glove-6b-50d")[:6000]
    except ModelNotFound:
        pytest.skip("glove-6b-50d is not installed")
    order = np.random.default_rng(0).permutation(6000)
    space, others = words.take(np.sort(order[:4000])), words.take(np.sort(order[4000:]))
    hits = matches(Exact(space), others, space.calibrate(sample=10, queries=4000), false_match_rate=RATE)
    share = np.mean([len(line) > 0 for line in hits])
    assert RATE - 0.02 <= share <= RATE + 0.02  # the interval of one calibration and of 2,000 queries


def test_hits_above_a_threshold_keep_their_places() -> None:
    hits = Hits(
        [["a", "b"], ["c", "a"]],
        np.array([[0.9, 0.5], [0.4, 0.3]], np.float32),
        np.array([[0, 1], [2, 0]]),
    )
    kept = hits.above(0.5)  # higher than, not equal
    assert kept.keys == [["a"], []]
    assert list(kept) == [[("a", pytest.approx(0.9))], []]
    assert kept.rows.tolist() == [[0, -1], [-1, -1]]
    assert np.isnan(kept.scores).tolist() == [[False, True], [True, True]]
    assert kept.to_dict()["scores"] == [[pytest.approx(0.9), None], [None, None]]
    assert "    1  no match" in str(kept)
    assert hits.above(-np.inf).keys == hits.keys
    for wrong in (np.nan, "high", None):
        with pytest.raises(ParameterError, match=r"^the threshold is .*; pass a score$"):
            hits.above(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("searcher", [CSLS, MutualProximity])
def test_scores_of_another_kind_are_refused(searcher: Any) -> None:
    space = Space([str(row) for row in range(300)], np.random.default_rng(0).standard_normal((300, 4)))
    with pytest.raises(
        ParameterError, match=f"^{searcher.__name__} does not score by the metric .* was calibrated"
    ):
        matches(searcher(space), "1", space.calibrate(sample=10))
    with pytest.raises(ParameterError, match=f"^{searcher.__name__} does not score by the metric .* recall"):
        recall(searcher(space))


def test_a_calibration_of_other_rows_or_another_space_is_refused() -> None:
    space = Space([str(row) for row in range(300)], np.random.default_rng(0).standard_normal((300, 4)))
    calibration = space.calibrate(sample=10)
    with pytest.raises(InputError, match="of 300 other rows of the same identity"):
        matches(Exact(space[:200]), "1", calibration)
    with pytest.raises(SpaceMismatch, match=f"the calibration has identity {space.identity[:12]}"):
        matches(Exact(space.normalized()), "1", calibration)
