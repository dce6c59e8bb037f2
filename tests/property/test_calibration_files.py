"""Any calibration is read back as it was saved, and its ranks keep their order."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nearer import Space
from nearer.space import Calibration

spaces = st.builds(
    lambda n, dim, metric, seed: Space(
        [f"{row}ü" for row in range(n)], np.random.default_rng(seed).standard_normal((n, dim)), metric
    ),
    st.integers(2, 40),
    st.integers(2, 5),
    st.sampled_from(["cosine", "dot", "euclidean"]),
    st.integers(0, 2**32),
)


@settings(max_examples=25, deadline=None)
@given(spaces, st.integers(1, 50), st.integers(1, 50), st.integers(0, 2**40))
def test_a_calibration_survives(space: Space, sample: int, queries: int, seed: int) -> None:
    made = space.calibrate(sample=sample, queries=queries, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        made.save(Path(folder) / "a.json")
        read = Calibration.load(Path(folder) / "a.json")
    for name in ("identity", "content", "metric", "n", "seed"):
        assert getattr(read, name) == getattr(made, name)
    assert (read.background.scores == made.background.scores).all()
    assert read.background.exact == made.background.exact
    assert (read.best.scores == made.best.scores).all()
    assert read.to_dict() == made.to_dict()
    read.require_content(space)


@settings(max_examples=50, deadline=None)
@given(spaces, st.floats(0.2, 0.9), st.floats(-5, 5))
def test_scores_above_a_threshold_are_those_whose_p_value_is_below_the_rate(
    space: Space, rate: float, score: float
) -> None:
    made = space.calibrate(sample=30, queries=20)
    if rate >= 1 / (1 + made.background.draws):
        assert (score > made.pair_threshold(rate)) == (made.p_value(score) <= rate)
    if rate >= 2 / (1 + made.best.queries):
        assert (np.float32(score) > made.threshold(rate)) == (made.search_p_value(score) <= rate)
    p_values = made.p_value([score - 0.1, score, score + 0.1])
    assert (np.diff(p_values) <= 0).all()
    assert 0 <= made.percentile(score) <= 100
    assert made.percentile_interval(score)[0] <= made.percentile(score) <= made.percentile_interval(score)[1]
