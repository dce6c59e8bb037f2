"""Axes: what they separate, what proves it, their ends, their files, and spaces without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nearer import Space
from nearer.chance import binomial_interval
from nearer.errors import InputError, IntegrityError, ParameterError, SpaceMismatch, StorageError, UnknownKey
from nearer.space import Axis, axes_separation

DIM = 50
UP, DOWN = [f"up{n}" for n in range(6)], [f"down{n}" for n in range(6)]


def planted(metric: str = "cosine", seed: int = 0) -> tuple[Space, np.ndarray]:
    """300 keys of noise, of which six and six are moved along one direction, and another 40 each way."""
    generator = np.random.default_rng(seed)
    rows = generator.standard_normal((400, DIM))
    way = np.zeros(DIM)
    way[7] = 1.0
    rows[:6] += 5 * way
    rows[6:12] -= 5 * way
    rows[12:52] += 4 * way
    rows[52:92] -= 4 * way
    keys = [*UP, *DOWN, *(f"hi{n}" for n in range(40)), *(f"lo{n}" for n in range(40))]
    return Space([*keys, *(f"k{n}" for n in range(308))], rows, metric), way


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
@pytest.mark.parametrize("method", ["means", "pairs"])
def test_a_planted_direction_is_found(metric: str, method: str) -> None:
    space, way = planted(metric)
    axis = space.axis(UP, DOWN, method=method)
    assert axis.direction @ way > 0.9
    assert np.linalg.norm(axis.direction) == pytest.approx(1)
    assert axis.auc == 1.0
    assert axis.separation > 2
    assert axis.p_value == pytest.approx(2 / (924 if method == "means" else 64))
    assert axis.evidence.exact
    assert axis.evidence.smallest_p == pytest.approx(axis.p_value)
    assert axis.evidence.p_random < 0.01
    assert axis.stability.least > 0.9
    assert all(key.startswith("hi") for key in axis.best(20).keys)
    assert all(key.startswith("lo") for key in axis.worst(20).keys)
    assert not axis.wrong_side


def test_scores_are_deviations_from_the_middle_of_the_sides() -> None:
    space, _ = planted("euclidean")
    axis = space.axis(UP, DOWN)
    scores = axis.project()
    assert scores.std() == pytest.approx(1)
    rows = space.vectors.astype(float)
    middle = (rows[:6].mean(axis=0) + rows[6:12].mean(axis=0)) / 2
    np.testing.assert_allclose(scores, (rows - middle) @ axis.direction / axis.scale, atol=1e-5)
    np.testing.assert_allclose(axis.project(["k0", "hi3"]), scores[[92, 15]])
    np.testing.assert_allclose(axis.project(space.vectors[:5]), scores[:5])
    np.testing.assert_allclose(axis.project(space[:5]), scores[:5])
    np.testing.assert_allclose(axis.project("hi3"), scores[15:16])
    assert axis.best(1, examples=True)[0].score == pytest.approx(scores.max())


def test_an_axis_of_noise_separates_its_own_examples_but_none_left_out() -> None:
    """In 50 dimensions an axis from three and three always separates them; the held-out figures do not."""
    generator = np.random.default_rng(3)
    own, held_out, gaps = [], [], []
    for _ in range(300):
        rows = generator.standard_normal((6, DIM))
        way = rows[:3].mean(axis=0) - rows[3:].mean(axis=0)
        own.append((rows[:3] @ way).min() > (rows[3:] @ way).max())
        found = axes_separation.leave_pair_out(rows[:3], rows[3:])
        held_out.append(float(found.auc))
        gaps.append(float(found.gap))
    assert np.mean(own) > 0.95
    assert abs(np.mean(held_out) - 0.5) < 4 * np.std(held_out) / np.sqrt(300)
    assert abs(np.mean(gaps)) < 4 * np.std(gaps) / np.sqrt(300)


def test_held_out_scores_are_those_of_axes_made_without_the_pair() -> None:
    generator = np.random.default_rng(0)
    high, low = generator.standard_normal((2, 4, 7)), generator.standard_normal((2, 3, 7))
    found = axes_separation.leave_pair_out(high, low)
    for batch in range(2):
        differences, ups = [], np.zeros((4, 3))
        for i in range(4):
            for j in range(3):
                a, b = np.delete(high[batch], i, 0).mean(axis=0), np.delete(low[batch], j, 0).mean(axis=0)
                way = (a - b) / np.linalg.norm(a - b)
                differences.append((high[batch, i] - low[batch, j]) @ way)
                ups[i, j] = (high[batch, i] - (a + b) / 2) @ way
        assert found.gap[batch] == pytest.approx(np.mean(differences))
        assert found.auc[batch] == pytest.approx(np.mean(np.array(differences) > 0))
        np.testing.assert_allclose(found.positive[batch], ups.mean(axis=1))


def level(method: str, sizes: tuple[int, int], runs: int) -> tuple[list[int], list[float]]:
    """How often p <= .05 for examples drawn at random: of the p-value and of that against random axes."""
    generator = np.random.default_rng(11)
    space = Space(
        [f"k{n}" for n in range(400)], generator.standard_normal((400, 12)) @ np.diag(np.arange(1, 13))
    )
    hits, randoms = [], []
    for run in range(runs):
        keys = [space.keys[row] for row in generator.choice(400, sum(sizes), replace=False)]
        axis = space.axis(keys[: sizes[0]], keys[sizes[0] :], method=method, permutations=99, seed=run)
        hits.append(axis.p_value <= 0.05)
        randoms.append(axis.evidence.p_random <= 0.05)
    return hits, randoms


@pytest.mark.parametrize(
    ("method", "sizes"), [("means", (6, 5)), ("means", (9, 8)), ("pairs", (8, 8)), ("means", (5, 0))]
)
def test_random_examples_are_significant_as_often_as_alpha_says(method: str, sizes: tuple[int, int]) -> None:
    for hits in level(method, sizes, 400):
        low, high = binomial_interval(int(np.sum(hits)), len(hits), 0.999)
        assert low <= 0.05 <= high


@pytest.mark.slow
@pytest.mark.parametrize(("method", "sizes"), [("means", (6, 5)), ("pairs", (8, 8)), ("means", (5, 0))])
def test_the_level_is_held_in_many_runs(method: str, sizes: tuple[int, int]) -> None:
    for hits in level(method, sizes, 4000):
        assert 0.04 <= np.mean(hits) <= 0.06


def test_one_sided_axes_run_from_the_mean_of_the_space() -> None:
    space, way = planted("euclidean")
    axis = space.axis(UP)
    assert axis.direction @ way > 0.85
    assert axis.evidence.null == "axes of random keys"
    assert axis.p_value == pytest.approx(1 / 2000)
    assert axis.auc > 0.95
    np.testing.assert_allclose(axis.project().mean(), 0, atol=1e-6)
    assert axis.name == "up0, up1, up2 … - the space"


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_an_analogy_is_an_axis_of_one_example_a_side(metric: str) -> None:
    space, _ = planted(metric)
    axis = space.axis("up0", "down0")
    for query in ("k3", "hi1"):
        expected = space.analogy([query, "up0"], ["down0"], 10)
        assert axis.analogy(query, 10).keys == expected.keys
        np.testing.assert_allclose(
            [score for _, score in axis.analogy(query, 10)], [score for _, score in expected], atol=1e-6
        )
    assert (axis.separation, axis.p_value, axis.stability) == (None, 1.0, None)
    assert "cannot be told" in str(axis)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_what_is_removed_is_gone_and_the_cost_is_told(metric: str) -> None:
    space, _ = planted(metric)
    axis = space.axis(UP, DOWN)
    left = space.without(axis)
    np.testing.assert_allclose(left.vectors @ axis.direction, 0, atol=1e-5)
    kept = space.vectors - np.outer(space.vectors @ axis.direction, axis.direction)
    np.testing.assert_allclose(left.vectors, kept, atol=1e-5)
    assert left.identity != space.identity
    assert left.provenance["without_axis"]["positive"] == UP
    assert (left.keys, left.metric) == (space.keys, space.metric)
    cost = axis.removal_cost(sample=100)
    assert 0 < cost.neighbors.recall < 1
    assert cost.similarity_change > 0
    with pytest.raises(SpaceMismatch, match="make the axis anew"):
        left.without(axis)


def test_what_lay_in_one_direction_alone_cannot_be_told_any_more() -> None:
    rows = np.random.default_rng(2).standard_normal((4000, 10))
    space = Space([f"k{n}" for n in range(4000)], rows, "euclidean")
    cost = space.axis([np.eye(10)[0]], [-np.eye(10)[0]]).removal_cost(sample=20)
    assert cost.told_interval[0] <= 0.5 <= cost.told_interval[1]
    assert "little is left" in dict(cost.facts())["ends still told apart"]


def test_a_direction_that_is_left_in_others_is_told() -> None:
    generator = np.random.default_rng(0)
    sides = np.repeat([1.0, -1.0], 200)
    rows = generator.standard_normal((400, 10))
    rows[:, 0] += 4 * sides
    rows[:, 1:6] += np.where(generator.random(400) < 0.9, sides, -sides)[:, None] * 2
    space = Space([f"k{n}" for n in range(400)], rows, "euclidean")
    way = space.axis([[9.0] + [0.0] * 9], [[-9.0] + [0.0] * 9])
    cost = way.removal_cost()
    assert cost.told_interval[0] > 0.7
    assert "much is left" in dict(cost.facts())["ends still told apart"]


def test_a_saved_axis_is_read_back_to_the_bit_and_only_for_its_space(tmp_path: Path) -> None:
    space, _ = planted()
    axis = space.axis(UP, DOWN)
    axis.save(tmp_path / "a.json")
    back = Axis.load(tmp_path / "a.json", space)
    assert back.to_dict() == axis.to_dict()
    np.testing.assert_array_equal(back.project(), axis.project())
    np.testing.assert_array_equal(back.offset, axis.offset)
    with pytest.raises(StorageError, match="exists"):
        axis.save(tmp_path / "a.json")
    with pytest.raises(SpaceMismatch, match=space.identity[:12]):
        Axis.load(tmp_path / "a.json", planted(seed=1)[0])
    text = (tmp_path / "a.json").read_text()
    for name, broken in (
        ("cut", text[:-40]),
        ("other", text.replace("nearer-axis", "x")),
        ("short", text.replace('"direction": [', '"direction": [0.5, ')),
    ):
        (tmp_path / name).write_text(broken)
        with pytest.raises(IntegrityError, match=name):
            Axis.load(tmp_path / name, space)


def test_the_same_seed_gives_the_same_bits() -> None:
    space, _ = planted()
    keys = space.keys[100:120]
    one, two = (space.axis(keys[:10], keys[10:], seed=5) for _ in range(2))
    assert not one.evidence.exact
    assert one.to_dict() == two.to_dict()
    np.testing.assert_array_equal(one.direction, two.direction)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ({"positive": []}, ParameterError, "positive is empty"),
        ({"positive": ["up0", "nope"]}, UnknownKey, "'nope' is not in this space"),
        ({"positive": ["upp0"]}, UnknownKey, "did you mean 'up0'"),
        ({"positive": ["up0"], "negative": ["up0"]}, ParameterError, "'up0' is on both sides"),
        ({"positive": ["up0", "up0"]}, ParameterError, "given twice as positive"),
        ({"positive": UP[:3], "negative": DOWN[:3], "alpha": 0.05}, ParameterError,
         "reach p = 0.1 at best, alpha is 0.05; give at least 4 examples a side"),
        ({"positive": UP[:4], "negative": DOWN[:4], "alpha": 0.05, "method": "pairs"}, ParameterError,
         "give at least 6 pairs"),
        ({"positive": UP[:4], "negative": DOWN[:3], "method": "pairs"}, ParameterError, "are no pairs"),
        ({"positive": UP[:1], "alpha": 0.05}, ParameterError, "2 positive examples and 19 permutations"),
        ({"positive": [[1.0, 2.0]]}, ParameterError, "positive 0 has shape"),
        ({"positive": [[np.nan] * DIM]}, ParameterError, "holds NaN or infinity"),
        ({"positive": [[1.0] * DIM], "negative": [[1.0] * DIM]}, InputError, "there is no direction"),
        ({"positive": UP, "method": "svm"}, ParameterError, "use 'means' or 'pairs'"),
        ({"positive": UP, "permutations": 3}, ParameterError, "at least 19"),
        ({"positive": UP, "alpha": 2}, ParameterError, "alpha is 2"),
    ],
)  # fmt: skip
def test_bad_examples_are_named(call: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        planted()[0].axis(**call)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_space_of_one_place_has_no_axis() -> None:
    space = Space(["a", "b", "c"], np.ones((3, 4)))
    with pytest.raises(InputError, match="no direction"):
        space.axis("a", "b")
    with pytest.raises(InputError, match="one place"):
        space.axis([[1.0, 0, 0, 0]], [[0, 1.0, 0, 0]])


def test_the_page_shows_ends_and_examples(tmp_path: Path) -> None:
    space, _ = planted()
    axis = space.axis(UP, DOWN)
    axis.page(5).save(tmp_path / "axis.html")
    text = (tmp_path / "axis.html").read_text()
    assert text.count("<svg") == 4
    assert axis.best(1)[0].key in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


@pytest.mark.parametrize("seed", [-1, 1.5, "a", True])
def test_a_seed_that_is_none_is_one_line(seed: Any) -> None:
    space = Space(list("abcdef"), np.random.default_rng(0).standard_normal((6, 3)))
    with pytest.raises(ParameterError, match=r"^seed is .*; use a whole number of at least 0$"):
        space.axis(["a", "b"], ["c", "d"], seed=seed)
    with pytest.raises(ParameterError, match=r"^seed is .*; use a whole number of at least 0$"):
        space.axis(["a", "b"], ["c", "d"]).removal_cost(seed=seed)


def test_examples_and_items_that_are_neither_keys_nor_vectors_are_one_line() -> None:
    space = Space(list("abcdef"), np.random.default_rng(0).standard_normal((6, 3)))
    for wrong in (None, 3, np.float32(3)):
        with pytest.raises(ParameterError, match=r"^positive is .*; give keys or vectors \(dim,\)$"):
            space.axis(wrong, ["c", "d"])
    axis = space.axis(["a", "b"], ["c", "d"])
    with pytest.raises(ParameterError, match=r"^item is 3; give keys or vectors \(dim,\)$"):
        axis.project(3)
    assert axis.project(space["a"]).tolist() == axis.project(["a"]).tolist()


def test_the_verdict_is_said_in_words_by_a_stated_rule(tmp_path: Path) -> None:
    space, _ = planted()
    found = space.axis(UP, DOWN)
    few, single = space.axis(UP[:3], DOWN[:3]), space.axis(UP[:1], DOWN[:1])
    alone, near = space.axis(UP[:1]), space.axis(["k1", "k2", "k3", "k4"], ["k5", "k6", "k7", "k8"])
    verdicts = [axis.verdict for axis in (found, few, single, alone, near)]
    assert verdicts == ["a direction", *["too few examples"] * 3, "not shown"]
    assert max(found.p_value, found.evidence.p_random or 0) <= 0.05 < near.p_value
    assert found.facts()[0] == ("verdict", f"a direction. {found.meaning}")
    assert str(near).startswith("verdict")
    assert "not shown to be a direction" in str(near).splitlines()[0]
    assert few.meaning.endswith("give at least 4 examples a side.")
    assert alone.meaning.endswith("give at least 2 examples, or negative ones.")
    assert dict(single.facts())["p-value"] == "cannot be told: give at least 4 examples a side"
    assert dict(single.facts())["wrong side"] == "cannot be told: give at least 2 examples a side"
    assert dict(alone.facts())["wrong side"] == "cannot be told: give at least 2 examples"
    assert (near.to_dict()["verdict"], near.to_dict()["meaning"]) == ("not shown", near.meaning)
    near.page(5).save(tmp_path / "axis.html")
    assert near.meaning in (tmp_path / "axis.html").read_text()


def test_a_direction_of_random_keys_is_said_at_most_at_the_stated_rate() -> None:
    random = np.random.default_rng(0)
    space = Space([f"k{row}" for row in range(300)], random.standard_normal((300, 6)))
    said = 0
    for run in range(200):
        keys = [f"k{row}" for row in random.permutation(300)[:10]]
        said += space.axis(keys[:5], keys[5:], permutations=99, seed=run).verdict == "a direction"
    assert said <= 18  # 10 expected at most; binomial(200, 0.05) exceeds 18 with chance 0.005
