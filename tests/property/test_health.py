"""Health, whatever the vectors: always a report; the same after what the metric cannot see."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import nearer
from nearer.evaluate import health
from nearer.evaluate.health.copies import first_copies, groups_of
from nearer.evaluate.health.measure import Scale

METRICS = st.sampled_from(["cosine", "dot", "euclidean"])
NUMBERS = st.one_of(st.floats(-4, 4, width=32), st.sampled_from([0.0, -0.0, 1.0, 1e-30, -1e12]))
MATRICES = arrays.arrays(np.float32, st.tuples(st.integers(2, 40), st.integers(1, 4)), elements=NUMBERS)


def space_of(vectors: Any, metric: Any) -> nearer.Space:
    return nearer.Space([f"k{row}" for row in range(len(vectors))], vectors, metric)


@given(MATRICES, METRICS, st.integers(1, 12), st.integers(2, 50))
@settings(max_examples=60, deadline=None)
def test_every_space_has_a_report(vectors: Any, metric: str, k: int, sample: int) -> None:
    space = space_of(vectors, metric)
    report = health(space, k=k, sample=sample, test=vectors[:1], counts="rank", others=[space])
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["measures"]
    assert str(report).count("\n") >= len(report.measures)
    for measure in report.measures:
        assert measure.interval is None or measure.interval[0] <= measure.interval[1]


@given(st.integers(0, 10**6), METRICS, st.floats(0.01, 100))
@settings(max_examples=25, deadline=None)
def test_turning_and_scaling_all_vectors_changes_nothing(seed: int, metric: str, scale: float) -> None:
    generator = np.random.default_rng(seed)
    vectors = generator.standard_normal((120, 5)) * [2, 1, 1, 0.5, 0.2] + 0.3
    vectors[60] = vectors[61] + 1e-3
    turned = scale * vectors @ np.linalg.qr(generator.standard_normal((5, 5)))[0]
    if metric == "cosine":
        turned *= generator.uniform(0.5, 2, (120, 1))
    one, two = (health(space_of(rows, metric), counts=np.arange(120)) for rows in (vectors, turned))
    for name in ("IsoScore", "RankMe", "intrinsic dimension", "first component", "spread", "mean cosine"):
        np.testing.assert_allclose(one[name].value, two[name].value, rtol=1e-3, atol=1e-5)
    for name in ("rank", "duplicates", "near-duplicates", "outliers"):
        if name in {measure.name for measure in one.measures}:
            assert one[name].value == two[name].value
    if metric != "cosine":
        np.testing.assert_allclose(
            one["norm and frequency"].value, two["norm and frequency"].value, atol=1e-3
        )


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 30), st.integers(1, 3)), elements=st.integers(-1, 1))
)
def test_copies_have_one_first_among_them(vectors: Any) -> None:
    first = first_copies(vectors, "euclidean")
    np.testing.assert_array_equal(vectors[first], vectors)
    np.testing.assert_array_equal(first[first], first)
    assert len(np.unique(vectors[np.unique(first)], axis=0)) == len(np.unique(first))
    assert sum(len(group) - 1 for group in groups_of(first)) == len(vectors) - len(np.unique(first))


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-9, 9))
def test_a_rule_does_what_it_says(good: float, bad: float, value: float) -> None:
    if good == bad:
        return
    verdict = Scale(good, bad).verdict(value)
    side = 1 if good < bad else -1
    expected = "good" if side * (good - value) >= 0 else "bad" if side * (value - bad) >= 0 else "look"
    assert verdict == expected
    words = ("up to", "from") if good < bad else ("from", "up to")
    assert str(Scale(good, bad)).startswith(f"good {words[0]} {good:g}, bad {words[1]} {bad:g}; ")
