"""The judge of rankings: every form of recommendations, intervals, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nearer
from nearer import Interactions, evaluate
from nearer.errors import FormatError, InputError, ParameterError

ROWS = [(f"u{user}", f"i{(user + step) % 6}") for user in range(6) for step in range(3)]
TEST = [(f"u{user}", f"i{(user + 3) % 6}") for user in range(6)]


def fitted() -> nearer.EASE:
    return nearer.EASE(regularization=1.0, threads=1).fit(ROWS)


def test_a_recommender_its_result_a_mapping_and_a_table_are_judged_alike(tmp_path: Path) -> None:
    model = fitted()
    found = model.recommend(None, 2)
    found.save(tmp_path / "found.parquet")
    pq.write_table(
        pa.table({"user": [u for u, _ in TEST], "item": [i for _, i in TEST]}), tmp_path / "test.parquet"
    )
    lists = {user: [row.item for row in found[user]] for user in found.users}
    test = Interactions.read(TEST, users=model.interactions_.users, items=model.interactions_.items)
    judged = evaluate.ranking(model, test, k=2)
    for recommended, held_out in (
        (found, test),
        (lists, {user: [item] for user, item in TEST}),
        (tmp_path / "found.parquet", tmp_path / "test.parquet"),
    ):
        other = evaluate.ranking(recommended, held_out, k=2, train=ROWS)
        assert other.to_dict() == judged.to_dict()
    assert 0 <= judged.interval[0] <= judged.value <= judged.interval[1] <= 1
    assert judged.n == 6
    assert "recall@2" in str(judged)
    assert "coverage 100.0% of the users" in str(judged)


def test_recommending_what_was_held_out_is_perfect_and_the_reverse_is_nothing() -> None:
    lists = {user: [item] for user, item in TEST}
    perfect = evaluate.ranking(lists, lists, k=1)
    assert perfect.value == perfect.recall.value == perfect.mean_average_precision.value == 1.0
    wrong = {user: ["other"] for user, _ in TEST}
    nothing = evaluate.ranking(wrong, lists, k=1)
    assert nothing.value == nothing.hit_rate.value == nothing.reciprocal_rank.value == 0.0
    assert nothing.gini == pytest.approx(6 / 7)


def test_users_without_recommendations_are_left_out_and_counted() -> None:
    lists = {"u0": ["i3"], "u1": ["i4"]}
    found = evaluate.ranking(lists, {user: [item] for user, item in TEST}, k=1)
    assert (found.n, found.coverage) == (2, pytest.approx(2 / 6))


def test_an_item_never_seen_in_training_is_refused_or_counted() -> None:
    model, test = fitted(), {"u0": ["i3", "new"], "u1": ["i4"]}
    with pytest.raises(
        InputError, match="the held-out item 'new' was never seen in training, so nobody can be"
    ):
        evaluate.ranking(model, test, k=1)
    found = evaluate.ranking(model, test, k=1, unknown_items="miss")
    assert found.missed == 1
    assert found.recall.value <= 0.75
    assert "1 held-out items are not in training" in str(found)


@pytest.mark.parametrize(
    ("recommended", "test", "message"),
    [
        ({"u0": ["a", "a"]}, {"u0": ["a"]}, "an item is recommended twice to 'u0'"),
        ({"u0": ["a"]}, {"u9": ["a"]}, "no user with held-out items has recommendations"),
        ({"u0": ["a"]}, {}, "test holds no items"),
        ([("u0", "a", 1), ("u0", "b", 1)], {"u0": ["a"]}, "'u0' has two items of rank 1"),
        ([("u0", "a", "first")], {"u0": ["a"]}, "the rank 'first' is no whole number"),
    ],
)
def test_bad_input_is_one_line(recommended: object, test: object, message: str) -> None:
    with pytest.raises((InputError, FormatError), match=message) as raised:
        evaluate.ranking(recommended, test, k=1)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("wrong", [{"k": 0}, {"k": True}, {"recall_of": "some"}, {"unknown_items": "skip"}])
def test_parameters_out_of_range_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        evaluate.ranking({"u": ["a"]}, {"u": ["a"]}, **wrong)  # type: ignore[arg-type]


def test_a_recommender_that_knows_none_of_the_users_is_one_line() -> None:
    with pytest.raises(
        InputError,
        match="the recommender knows none of the 2 users with held-out items; the first is 'x'; hold out",
    ):
        evaluate.ranking(fitted(), {"x": ["i1"], "y": ["i2"]})


def test_fewer_recommendations_than_are_judged_are_refused() -> None:
    found = fitted().recommend(None, 1)
    with pytest.raises(InputError, match="there are 1 recommendations a user, and 3 are to be judged"):
        evaluate.ranking(found, {"u0": ["i3"]}, k=3)


def test_a_text_is_no_list_of_items() -> None:
    with pytest.raises(InputError, match="the items of 'u' are 'ab'; give a list"):
        evaluate.ranking({"u": "ab"}, {"u": ["a"]}, k=2)


def test_only_unknown_held_out_items_have_no_popularity() -> None:
    found = evaluate.ranking(fitted(), {"u0": ["new"]}, k=1, unknown_items="miss")
    assert found.held_out_popularity is None
    assert found.recall.value == 0
    assert "popularity" not in str(found)
