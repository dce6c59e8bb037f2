"""Evidence over time: ranks that are uniform, bets that are fair, a rate that is kept for ever."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest, norm

import nearer
from nearer.chance import binomial_interval
from nearer.monitor import Baseline, Evidence, bets
from nearer.monitor.ranks import counted, ranked
from nearer.monitor.scores import Scores, in_blocks, nearest_distances
from nearer.monitor.sequential import CHUNK
from nearer.space import Metric
from nearer.space.queries import as_compared

Floats = np.ndarray


def evidence_of(seed: int, dim: int = 4, rows: int = 60) -> tuple[Evidence, np.random.Generator]:
    generator = np.random.default_rng(seed)
    source = nearer.Space([str(i) for i in range(rows)], generator.normal(size=(rows, dim)), "euclidean")
    return Evidence.of(Scores.of(Baseline.of(source, seed=seed)), seed), generator


def test_every_bet_is_fair() -> None:
    """Its integral over a uniform rank is 1, by numerical integration in the normal quantile."""
    shares = np.array([np.nan, 0.001, 0.1, 0.5, 0.9])
    made = bets.family(shares)
    for score, share in enumerate(shares):
        edge = norm.ppf(1 - share) if np.isfinite(share) else 0.0
        for bet in range(made.constant.shape[1]):

            def stake(z: float, score: int = score, bet: int = bet, edge: float = edge) -> float:
                sums = np.array([z, z * z, z < norm.ppf(bets.TAIL), z > norm.ppf(1 - bets.TAIL), z > edge])
                log = made.constant[score, bet] + made.factors[score, bet] @ sums
                return float(np.exp(log + norm.logpdf(z)))

            cuts = [-15.0, norm.ppf(bets.TAIL), edge, norm.ppf(1 - bets.TAIL), 15.0]
            whole = sum(quad(stake, a, b)[0] for a, b in zip(sorted(cuts), sorted(cuts)[1:], strict=False))
            assert whole == pytest.approx(1, abs=1e-6), (share, bet)


def test_sums_are_those_of_the_bets() -> None:
    ranks = np.random.default_rng(0).random((3, 500))
    shares = np.array([np.nan, 0.3, 0.01])
    z = norm.ppf(ranks)
    found = bets.sums(ranks, shares)
    np.testing.assert_allclose(found[:, 0], z.sum(axis=1))
    np.testing.assert_allclose(found[:, 1], (z**2).sum(axis=1))
    np.testing.assert_array_equal(found[:, 4], [0, (ranks[1] > 0.7).sum(), (ranks[2] > 0.99).sum()])


def test_sharing_out_makes_no_capital() -> None:
    capital = bets.start(bets.family(np.array([np.nan, 0.2])))
    before = 0
    for count in (1, 3, 128, 5000):
        capital = bets.staked(capital, before, count)
        before += count
        np.testing.assert_allclose(bets.total(capital), 0, atol=1e-12)
    np.testing.assert_allclose(np.exp(capital[:, 0]), (1 + before / bets.PACE) ** -bets.FADE)


def test_ranks_are_uniform_and_independent_while_nothing_changes() -> None:
    """Of tied values in few cells, beside a baseline of 5."""
    generator = np.random.default_rng(1)
    streams, length = 3000, 40
    values = generator.integers(0, 3, size=(streams, 5 + length)) * generator.integers(0, 2, (streams, 1))
    counts = counted(values[:, :5], 3)
    ranks = ranked(counts, values[:, 5:], generator.random((streams, length)))
    np.testing.assert_array_equal(counts, counted(values, 3))
    for place in (0, 1, 5, 31, 32, 39):
        assert kstest(ranks[:, place], "uniform").pvalue > 0.001, place
    correlations = np.corrcoef(ranks.T)[np.triu_indices(length, 1)]
    assert np.abs(correlations).max() < 4.5 / np.sqrt(streams)


def test_the_mean_of_capital_is_one() -> None:
    """Of every bet whose square has a mean, over 5 ranks; tails too heavy for a mean of many are left out."""
    streams = 40_000
    shares = np.repeat([np.nan, 0.2], streams)
    made = bets.family(np.array([np.nan, 0.2]))
    sums = bets.sums(np.random.default_rng(3).random((2 * streams, 5)), shares).reshape(2, streams, 5)
    for score in range(2):
        gains = made.constant[score] * 5 + sums[score] @ made.factors[score].T
        tame = (made.factors[score, :, 1] < 0.2) & (np.abs(made.factors[score, :, 0]) < 1)
        grown = np.exp(gains[:, tame])
        assert tame.sum() >= 12
        assert (np.abs(grown.mean(axis=0) - 1) < 5 * grown.std(axis=0) / np.sqrt(streams)).all()


def test_capital_seldom_grows() -> None:
    """Ville: of capital that starts at 1, at most a share a ever reaches 1 / a."""
    generator = np.random.default_rng(2)
    streams, windows = 2000, 20
    made = bets.family(np.full(streams, np.nan))
    capital, peak = bets.start(made), np.zeros(streams)
    for window in range(windows):
        staked = bets.staked(capital, 100 * window, 100)
        sums = bets.sums(generator.random((streams, 100)), np.full(streams, np.nan))
        staked[:, 1:] += made.gains(sums, 100)
        capital = staked
        peak = np.maximum(peak, bets.total(capital))
    for rate in (0.5, 0.2, 0.05):
        reached = int((peak >= -np.log(rate)).sum())
        assert binomial_interval(reached, streams, 0.999)[0] <= rate


def test_a_stream_that_does_not_change_seldom_alarms() -> None:
    alarms = 0
    for seed in range(150):
        evidence, generator = evidence_of(seed)
        for size in generator.integers(1, 120, 12):
            evidence = evidence.after(generator.normal(size=(size, 4)))
        alarms += evidence.p_value <= 0.05
    assert binomial_interval(alarms, 150, 0.999)[0] <= 0.05


@pytest.mark.slow
def test_300_streams_of_500_windows_alarm_at_most_as_often_as_alpha() -> None:
    alarms = 0
    for seed in range(300):
        evidence, generator = evidence_of(seed, rows=400)
        for _ in range(500):
            evidence = evidence.after(generator.normal(size=(200, 4)))
        alarms += evidence.p_value <= 0.05
    assert alarms / 300 <= 0.05


def test_changes_are_found_after_a_while_without_any() -> None:
    for change in (
        lambda rows: rows + 0.5 * np.eye(4)[1],
        lambda rows: rows * 1.4,
        lambda rows: np.where(np.arange(len(rows))[:, None] % 10 == 0, rows + 6, rows),
    ):
        evidence, generator = evidence_of(5, rows=1000)
        for _ in range(5):
            evidence = evidence.after(generator.normal(size=(100, 4)))
        assert evidence.p_value > 0.05
        for _ in range(10):
            evidence = evidence.after(change(generator.normal(size=(100, 4))))
        assert evidence.p_value < 0.001


def test_a_cluster_that_vanishes_is_found() -> None:
    generator = np.random.default_rng(6)
    centres = 8 * generator.normal(size=(8, 5))

    def draw(count: int, last: int) -> Floats:
        return centres[generator.integers(0, last, count)] + generator.normal(size=(count, 5))

    source = nearer.Space([str(i) for i in range(1500)], draw(1500, 8), "euclidean")
    evidence = Evidence.of(Scores.of(Baseline.of(source)), 0)
    for _ in range(10):
        evidence = evidence.after(draw(100, 7))
    kinds = np.array(evidence.scores.kinds)
    assert evidence.p_values[kinds == "cluster"].min() < 0.01


def test_evidence_once_gathered_stands() -> None:
    evidence, generator = evidence_of(7, rows=500)
    evidence = evidence.after(generator.normal(size=(300, 4)) + 2)
    reached = evidence.p_value
    for _ in range(5):
        evidence = evidence.after(generator.normal(size=(300, 4)))
    assert evidence.p_value <= reached <= 0.05


def test_no_row_of_the_guide_is_its_own_neighbour() -> None:
    guide = np.arange(12, dtype=np.float64)[:, None] ** 2
    away, nearest = nearest_distances(guide, guide, own=True)
    slow = [np.sort(np.abs(guide[:, 0] - value))[1:11].mean() for value in guide[:, 0]]
    np.testing.assert_allclose(away, slow)
    assert nearest.tolist() == [1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]


def test_blocks_are_ranked_whole_and_weights_sum_to_one() -> None:
    generator = np.random.default_rng(8)
    scores = Scores.of(Baseline.of(generator.normal(size=(800, 3)), block=10))
    values = scores.values(generator.normal(size=(57, 3)))
    assert values.shape == (len(scores.kinds), 5)
    np.testing.assert_allclose(in_blocks(np.arange(7.0)[None], 3), [[1, 4]])
    assert scores.weights.sum() == pytest.approx(1)
    assert np.isnan(scores.shares).all()


def test_rows_that_depend_on_those_before_keep_the_rate_in_blocks() -> None:
    """A moving average over 5 rows rings every bell row by row, and seldom in blocks of 50."""

    def alarmed(block: int, seed: int) -> bool:
        generator = np.random.default_rng(seed)
        noise = generator.normal(size=(5005, 2))
        rows = np.cumsum(noise, axis=0)[5:] - np.cumsum(noise, axis=0)[:-5]
        source = nearer.Space([str(i) for i in range(3000)], rows[:3000], "euclidean")
        evidence = Evidence.of(Scores.of(Baseline.of(source, block=block, rows=2000, guide=500)), seed)
        for start in range(3000, 5000, 500):
            evidence = evidence.after(rows[start : start + 500])
        return evidence.p_value <= 0.05

    assert sum(alarmed(50, seed) for seed in range(6)) <= 1
    assert sum(alarmed(1, seed) for seed in range(6)) >= 4


def repeating(
    seed: int, share: float, metric: Metric, distinct: int
) -> tuple[Baseline, Callable[[int], Floats]]:
    """A baseline of 2,000 rows of which a share is one of few vectors, and what draws more like them."""
    generator = np.random.default_rng(seed)
    few = generator.normal(size=(distinct, 32)).astype(np.float32)

    def drawn(count: int) -> Floats:
        rows = few[generator.integers(0, distinct, count)]
        fresh = generator.random(count) >= share
        rows[fresh] = generator.normal(size=(int(fresh.sum()), 32))
        return rows

    source = nearer.Space([str(i) for i in range(2000)], drawn(2000), metric)
    return Baseline.of(source, seed=seed), lambda count: as_compared(drawn(count), metric)


REPEATING = [(1.0, "euclidean", 12), (1.0, "cosine", 12), (0.3, "cosine", 1), (0.9, "euclidean", 2)]


@pytest.mark.parametrize(("share", "metric", "distinct"), REPEATING)
@pytest.mark.parametrize("window", [1, 7, 100])
def test_repeated_vectors_raise_no_alarm(share: float, metric: Metric, distinct: int, window: int) -> None:
    """Once a border lay on a value, and rows fell to its left or right by the size of their window."""
    for seed in range(3):
        baseline, drawn = repeating(seed, share, metric, distinct)
        evidence = Evidence.of(Scores.of(baseline), seed)
        for _ in range(30 if window < 100 else 8):
            evidence = evidence.after(drawn(window))
        assert evidence.p_value > 0.05, seed


@pytest.mark.parametrize(("share", "metric", "distinct"), REPEATING)
def test_the_cell_of_a_row_does_not_depend_on_its_window(share: float, metric: Metric, distinct: int) -> None:
    baseline, drawn = repeating(0, share, metric, distinct)
    scores, rows = Scores.of(baseline), drawn(200)
    together = scores.cells(scores.values(rows))
    for size in (1, 3, 50):
        parts = [scores.cells(scores.values(rows[at : at + size])) for at in range(0, 200, size)]
        np.testing.assert_array_equal(np.concatenate(parts, axis=1), together)


def test_values_of_the_guide_are_told_apart_where_they_differ() -> None:
    """Cells of equal shares where all values differ, and one for each value where there are few."""
    baseline, _ = repeating(0, 0.0, "euclidean", 1)
    scores = Scores.of(baseline)
    shares = counted(scores.cells(scores.values(baseline.guide)), scores.width) / len(baseline.guide)
    assert np.abs(shares[:10] - 1 / scores.width).max() < 0.002
    few, _ = repeating(0, 1.0, "euclidean", 3)
    cells = (told := Scores.of(few)).cells(told.values(few.rows))
    assert all(len(set(row)) == 3 for row in cells[:2])


def test_a_window_in_parts_is_ranked_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that memory does not grow with it: the counts are those of all items, bets those of all ranks."""
    evidence, generator = evidence_of(0, rows=400)
    rows = generator.normal(size=(3000, 4))
    after = evidence.after(rows)
    cells = evidence.scores.cells(evidence.scores.values(rows))
    np.testing.assert_array_equal(after.counts, evidence.counts + counted(cells, evidence.scores.width))
    assert after.seen == 3000
    asked: list[int] = []
    values = Scores.values
    monkeypatch.setattr(Scores, "values", lambda self, part: asked.append(len(part)) or values(self, part))
    evidence.after(rows)
    assert max(asked) == CHUNK


def test_a_column_that_stood_still_is_seen_to_move() -> None:
    """The guide knows one value of it, so there is no gap between values for a border to lie in."""
    generator = np.random.default_rng(0)
    rows = np.column_stack([generator.normal(size=800), np.full(800, 3.0)])
    watcher = nearer.Monitor(
        nearer.Space(list(map(str, range(600))), rows[:600], "euclidean"), mode="sequential"
    )
    assert not watcher.check(rows[600:700]).alarm
    moved = rows[700:] + np.outer(generator.normal(size=100), [0, 0.5])
    assert watcher.check(moved).alarm
