"""What every recommender keeps, whatever it learns; it finds them by itself."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import nearer
import nearer.models
from nearer import ALS, BPR, Interactions
from nearer.errors import InputError, IntegrityError, ModelNotFound, NotFitted, ParameterError, UnknownKey
from nearer.models.recommender import Recommender
from small_recommenders import Svd, Together, checkerboard, random_interactions


@dataclass(frozen=True)
class Example:
    """A small instance, good enough for the checkerboard of 20 users and 20 items.

    `exact` says that a known user who is folded in by their items is the user that was fitted.
    """

    make: Callable[[], Any]
    exact: bool


# A new recommender brings an example.
MADE: dict[str, Example] = {
    "ALS": Example(lambda: ALS(dim=4, regularization=1.0, threads=1), exact=True),
    "BPR": Example(lambda: BPR(dim=4, epochs=200, threads=1), exact=False),
    "EASE": Example(lambda: nearer.EASE(regularization=5.0, threads=1), exact=True),
    "Item2Vec": Example(
        lambda: nearer.Item2Vec(
            dim=2, window=20, epochs=100, learning_rate=0.05, shared=1, threads=1, seed=1
        ),
        exact=True,
    ),
    "Svd": Example(lambda: Svd(2), exact=True),
    "Together": Example(Together, exact=True),
}
FOUND = [
    value
    for name in nearer.models.__all__
    if inspect.isclass(value := getattr(nearer.models, name)) and issubclass(value, Recommender)
]
KINDS = [*FOUND, Svd, Together]

recommenders = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
_fitted: dict[tuple[str, str], Any] = {}


def fitted(kind: type, data: str = "random") -> Any:
    """The example, fitted once; tests do not change it."""
    key = kind.__name__, data
    if key not in _fitted:
        _fitted[key] = MADE[kind.__name__].make().fit(DATA[data]())
    return _fitted[key]


DATA: dict[str, Callable[[], Interactions]] = {
    "random": random_interactions,
    "weighted": lambda: random_interactions(weighted=True),
    "board": checkerboard,
    "cold": lambda: with_a_cold_user(random_interactions()),
}


def with_a_cold_user(data: Interactions) -> Interactions:
    """The same, and a user "cold" who has nothing."""
    rows = [
        (user, data.items[item])
        for row, user in enumerate(data.users)
        for item in data.indices[data.indptr[row] : data.indptr[row + 1]]
    ]
    return Interactions.read(rows, users=[*data.users, "cold"], items=data.items)


def items_of(data: Interactions, row: int) -> list[str]:
    return [data.items[item] for item in data.indices[data.indptr[row] : data.indptr[row + 1]]]


def test_the_suite_finds_what_there_is() -> None:
    assert {kind.__name__ for kind in KINDS} == set(MADE)


@recommenders
def test_nothing_seen_is_suggested_and_all_else_may_be(kind: type) -> None:
    model = fitted(kind)
    data = model.interactions_
    for row, line in enumerate(model.recommend(k=len(data.items))):
        names = [found.item for found in line]
        assert sorted(names) == sorted(set(data.items) - set(items_of(data, row)))
    everything = model.recommend(k=len(data.items), exclude_seen=False)
    assert all(len({found.item for found in line}) == len(data.items) for line in everything)


@recommenders
@pytest.mark.parametrize("k", [1, 7, 10**6])
def test_k_are_given_by_falling_score_or_all_that_are_left(kind: type, k: int) -> None:
    model = fitted(kind)
    found = model.recommend(k=k)
    assert found.items.shape == found.scores.shape == (len(found), min(k, len(model.interactions_.items)))
    left = len(model.interactions_.items) - np.diff(model.interactions_.indptr)
    assert ((found.items >= 0).sum(axis=1) == np.minimum(k, left)).all()
    for line, scores in zip(found.items, found.scores, strict=True):
        count = (line >= 0).sum()
        assert (line[count:] == -1).all()
        assert np.isnan(scores[count:]).all()
        assert (np.diff(scores[:count]) <= 0).all()
        ties = np.flatnonzero(np.diff(scores[:count]) == 0)
        assert (line[ties] < line[ties + 1]).all()


@recommenders
def test_the_checkerboard_is_completed(kind: type) -> None:
    model = fitted(kind, "board")
    for user, line in enumerate(model.recommend(k=3)):
        assert line[0].item == f"i{(user + 2) % 20}"
        assert line[0].source == "model"


@recommenders
def test_what_is_alike_has_the_same_colour(kind: type) -> None:
    model = fitted(kind, "board")
    for number in (0, 7):
        for near in (model.similar_items(f"i{number}", 9), model.similar_users(f"u{number}", 9)):
            assert {int(key[1:]) % 2 for key in near.keys} == {number % 2}
            assert len(set(near.keys) - {f"i{number}", f"u{number}"}) == 9
            assert (np.diff(near.scores) <= 0).all()
            assert max(near.scores) <= 1 + 1e-6


@recommenders
def test_somebody_new_with_the_items_of_a_user_is_that_user(kind: type) -> None:
    board = fitted(kind, "board")
    for row in range(20):
        found = board.recommend_for(items_of(board.interactions_, row), 1)
        assert found.of(0)[0].item == f"i{(row + 2) % 20}"
    if not MADE[kind.__name__].exact:
        return
    model = fitted(kind, "weighted")
    data = model.interactions_
    lists = {user: items_of(data, row) for row, user in enumerate(data.users)}
    weights = {
        user: data.weights[data.indptr[row] : data.indptr[row + 1]].tolist() for row, user in enumerate(lists)
    }
    known, new = model.recommend(k=5), model.recommend_for(lists, 5, weights=weights)
    np.testing.assert_allclose(new.scores, known.scores, rtol=1e-4, atol=1e-5)
    clear = ~(np.abs(np.diff(known.scores, axis=1)) < 1e-4).any(axis=1)
    np.testing.assert_array_equal(new.items[clear], known.items[clear])


@recommenders
@pytest.mark.parametrize("data", ["random", "weighted"])
def test_shares_are_of_past_items_and_add_up_to_one(kind: type, data: str) -> None:
    model = fitted(kind, data)
    whole = model.recommend(k=4, why=10**6)
    some = model.recommend(k=4, why=2)
    explained = 0
    for row, line in enumerate(whole):
        past = set(items_of(model.interactions_, row))
        for found, short in zip(line, some.of(row), strict=True):
            shares = [reason.share for reason in found.why]
            assert {reason.item for reason in found.why} <= past
            assert shares == sorted(shares, reverse=True)
            assert min(shares, default=1) > 0
            assert not shares or sum(shares) == pytest.approx(1)
            assert short.why == found.why[:2]
            explained += bool(shares)
        assert model.explain(whole.users[row], line[0].item) == list(line[0].why)
    assert explained > len(whole)


@recommenders
def test_what_carries_the_last_field_of_the_board_has_its_colour(kind: type) -> None:
    model = fitted(kind, "board")
    for line in model.recommend(k=1, why=3):
        assert line[0].why
        assert {int(reason.item[1:]) % 2 for reason in line[0].why} == {int(line[0].item[1:]) % 2}


@recommenders
def test_a_cold_user_gets_what_most_have_and_it_is_said(kind: type) -> None:
    model = fitted(kind, "cold")
    counts = np.bincount(model.interactions_.indices, minlength=len(model.interactions_.items))
    best = np.argsort(-counts, kind="stable")[:5]
    found = model.recommend(["u1", "cold", "nobody"], 5, unknown="popularity", why=2)
    assert found.sources == ["model", "popularity", "popularity"]
    assert (found.items[1:] == best).all()
    assert (found.scores[1:] == counts[best]).all()
    assert all(suggestion.source == "popularity" and suggestion.why == () for suggestion in found["cold"])
    assert str(found).count("(nothing is known of this user: most popular)") == 2
    assert found.to_arrow()["source"].to_pylist() == ["model"] * 5 + ["popularity"] * 10
    alone = model.recommend("u1", 5)
    assert found.of(0)[0].item == alone.of(0)[0].item
    new = model.recommend_for(["nosuch", "i1"], 5, unknown="skip")
    assert (new.sources, list(new.skipped)) == (["model"], [1])
    none = model.recommend_for({"ann": ["nosuch"], "bob": []}, 5, unknown="skip")
    assert (none.sources, list(none.skipped)) == (["popularity"] * 2, [1, 0])
    assert "unknown items left out: 1" in str(none)
    assert (none.items == best).all()
    with pytest.raises(InputError, match="'cold' has no items"):
        model.explain("cold", "i1")


@recommenders
def test_where_is_kept_for_all_users_new_ones_and_cold_ones(kind: type) -> None:
    model = MADE[kind.__name__].make().fit(DATA["cold"]())
    numbers = np.arange(len(model.interactions_.items))
    table = pa.table(
        {
            "item": model.interactions_.items,
            "kind": ["even" if number % 2 == 0 else "odd" for number in numbers],
            "size": numbers,
        }
    )
    with pytest.raises(InputError, match="no column 'kind'; give a table of items first"):
        model.recommend(where={"kind": "even"})
    assert model.describe_items(table) is model
    even = numbers % 2 == 0
    keys = [model.interactions_.items[number] for number in numbers[even]]
    by_column = model.recommend(k=40, where={"kind": "even"})
    allowed = set(keys)
    for line in by_column:
        assert line
        assert {found.item for found in line} <= allowed
    for where in (keys, even, even.tolist(), pc.field("kind") == "even", {"kind": ["even", "nosuch"]}):
        assert (model.recommend(k=40, where=where).items == by_column.items).all()
    small = {"kind": "even", "size": list(range(5))}
    for made in (model.recommend(k=9, where=small), model.recommend_for(["i1", "i3"], 9, where=small)):
        assert set(made.items[made.items >= 0].tolist()) <= {0, 2, 4}
    assert all(line == [] for line in model.recommend(k=3, where=np.zeros(len(numbers), np.bool_)))
    assert model.recommend("cold", 2, where=["i3", "i5"]).items.max() <= 5


@recommenders
def test_no_thread_and_no_other_user_changes_an_answer(kind: type) -> None:
    model = fitted(kind)
    whole = model.recommend(k=6, diversity=0.2, why=2)
    for row, user in enumerate(whole.users):
        alone = model.recommend([user], 6, diversity=0.2, why=2)
        assert (alone.items[0] == whole.items[row]).all()
        assert alone.scores[0].tobytes() == whole.scores[row].tobytes()
        assert alone.of(0) == whole.of(row)
    before = model.threads
    try:
        for threads in (1, 2, 3):
            model.set_params(threads=threads)
            again = model.recommend(k=6, diversity=0.2)
            assert again.items.tobytes() == whole.items.tobytes()
            assert again.scores.tobytes() == whole.scores.tobytes()
    finally:
        model.set_params(threads=before)


@recommenders
def test_users_are_asked_for_by_key_in_any_order_and_more_than_once(kind: type) -> None:
    data = Interactions.read(
        np.array([[user, (user * step) % 13] for user in range(7, 16) for step in (1, 2, 5)])
    )
    model = MADE[kind.__name__].make().fit(data)
    users = model.interactions_.users
    asked = [users[2], users[0], users[2]]
    found = model.recommend(asked, 2)
    assert found.users == asked
    assert (found.items[0] == found.items[2]).all()
    assert (found.items[1] == model.recommend(users[0], 2).items[0]).all()
    assert found[users[0]] == found.of(1)
    by_text, by_number = model.recommend(["7", "8"], 2), model.recommend(np.array([7, 8]), 2)
    assert (by_number.items == by_text.items).all()
    assert (model.recommend(7, 2).items == by_text.items[:1]).all()


@recommenders
def test_diversity_gives_up_relevance_for_unlikeness(kind: type) -> None:
    model = fitted(kind)
    plain = model.recommend(k=5)
    assert (model.recommend(k=5, diversity=0.0).items == plain.items).all()
    varied = model.recommend(k=5, diversity=0.7)
    assert (varied.items[:, 0] == plain.items[:, 0]).all()
    assert (varied.items != plain.items).any()
    assert np.nansum(varied.scores) < np.nansum(plain.scores)
    for row, line in enumerate(varied):
        assert len({found.item for found in line}) == len(line) == len(plain.of(row))
        assert not {found.item for found in line} & set(items_of(model.interactions_, row))
    alike = model._known_scorer().alike

    def likeness(items: np.ndarray) -> float:
        return float(np.mean([np.triu(alike(line[line >= 0]), 1).sum() for line in items]))

    assert likeness(varied.items) < likeness(plain.items)


@recommenders
def test_saved_and_opened_it_says_the_same(kind: type, tmp_path: Path) -> None:
    model = MADE[kind.__name__].make().fit(DATA["cold"]())
    items = model.interactions_.items
    model.describe_items({"item": items, "first": [item < "i2" for item in items]})
    model.save(tmp_path / "it")
    opened = nearer.recommender(tmp_path / "it")
    assert type(opened) is kind
    assert opened.get_params() == model.get_params()
    before = model.recommend(k=5, where={"first": True}, diversity=0.3, why=2)
    after = opened.recommend(k=5, where={"first": True}, diversity=0.3, why=2)
    assert before.scores.tobytes() == after.scores.tobytes()
    assert list(before) == list(after)
    new = model.recommend_for(["i1", "i3"], 5, why=2)
    assert list(opened.recommend_for(["i1", "i3"], 5, why=2)) == list(new)
    assert opened.similar_items("i1", 3) == model.similar_items("i1", 3)
    assert opened.similar_users("u1", 3) == model.similar_users("u1", 3)
    for name in ("item_space_", "user_space_"):
        if name in vars(model):
            assert getattr(opened, name).identity == getattr(model, name).identity
    opened.fit(checkerboard())
    assert opened.recommend("u0", 1).of(0)[0].item == "i2"


@recommenders
def test_users_and_items_share_an_identity(kind: type) -> None:
    model = fitted(kind)
    if kind not in FOUND or "user_space_" not in vars(model):
        pytest.skip("has no two spaces")
    assert model.user_space_.identity == model.item_space_.identity == model.space_.identity


@recommenders
def test_a_damaged_folder_is_refused(kind: type, tmp_path: Path) -> None:
    model = fitted(kind)
    folder = tmp_path / "it"
    model.save(folder)
    with pytest.raises(OSError, match="already exists"):
        model.save(folder)
    model.save(folder, overwrite=True)
    other = next(one for one in KINDS if one is not kind)
    with pytest.raises(IntegrityError, match=f"a saved {kind.__name__} and no {other.__name__}"):
        other.load(folder)
    (arrays,) = folder.glob("arrays-*.safetensors")
    arrays.write_bytes(arrays.read_bytes()[:-1] + b"\x77")
    with pytest.raises(IntegrityError, match="cut short or edited"):
        nearer.recommender(folder)
    with pytest.raises(ModelNotFound, match="is no saved model"):
        nearer.recommender(tmp_path / "nothing")


@recommenders
def test_all_users_go_to_parquet_part_by_part(
    kind: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fitted(kind, "cold")
    monkeypatch.setattr(importlib.import_module("nearer.models.recommender"), "USERS_AT_A_TIME", 7)
    path = tmp_path / "all.parquet"
    rows = model.save_recommendations(path, k=4, why=1)
    whole = model.recommend(k=4, why=1).to_arrow()
    assert rows == len(whole)
    assert pq.read_table(path).equals(whole)
    assert pq.ParquetFile(path).num_row_groups == 6
    assert [entry.name for entry in tmp_path.iterdir()] == ["all.parquet"]
    with pytest.raises(OSError, match="already exists"):
        model.save_recommendations(path)
    with pytest.raises(UnknownKey, match="nobody"):
        model.save_recommendations(tmp_path / "other.parquet", ["u1", "nobody"])
    assert not (tmp_path / "other.parquet").exists()


@recommenders
def test_bad_wishes_are_one_line(kind: type) -> None:
    model = fitted(kind)
    for k in (0, -1, 2.5, True, "5", None):
        with pytest.raises(ParameterError, match=r"^k=.* is no whole number from 1 up"):
            model.recommend("u1", k)
    for diversity in (-0.1, 1.1, float("nan"), "0.3", None):
        with pytest.raises(ParameterError, match=r"^diversity=.* is no number from 0 to 1"):
            model.recommend("u1", diversity=diversity)
    with pytest.raises(ParameterError, match="why=-1 is no whole number from 0 up"):
        model.recommend_for(["i1"], why=-1)
    with pytest.raises(UnknownKey, match="no user is called 'u99'; did you mean 'u9'"):
        model.recommend(["u1", "u99"])
    with pytest.raises(UnknownKey, match="no item is called 'i99'; did you mean 'i9'"):
        model.recommend_for(["i1", "i99"])
    with pytest.raises(UnknownKey, match="where: no item is called 'I1'; did you mean 'i1'"):
        model.recommend("u1", where=["I1"])
    for call in (lambda: model.similar_items("x99"), lambda: model.similar_users("x99")):
        with pytest.raises(UnknownKey, match="x99"):
            call()
    with pytest.raises(ParameterError, match="is no list of items"):
        model.recommend_for("i1")
    for asked in ([1.0], 1.0):
        with pytest.raises(ParameterError, match=r"1\.0 is no user"):
            model.recommend(asked)
    for nothing in ([], {}, ()):
        with pytest.raises(ParameterError, match="items is empty; give one key at least"):
            model.recommend_for(nothing)
    assert list(model.recommend_for(iter(["i1", "i3"]))) == list(model.recommend_for(["i1", "i3"]))
    with pytest.raises(InputError, match="'new' has 2 items and 1 weights"):
        model.recommend_for(["i1", "i2"], weights=[1.0])
    with pytest.raises(InputError, match="weight nan of 'i1' is not a finite number above 0"):
        model.recommend_for(["i1"], weights=[float("nan")])
    with pytest.raises(ParameterError, match="where=3 is no condition"):
        model.recommend("u1", where=3)


@recommenders
def test_before_fit_there_is_nothing_to_ask(kind: type, tmp_path: Path) -> None:
    model = MADE[kind.__name__].make()
    calls: list[Callable[[], Any]] = [
        lambda: model.recommend("u1"),
        lambda: model.recommend_for(["i1"]),
        lambda: model.explain("u1", "i1"),
        lambda: model.similar_items("i1"),
        lambda: model.similar_users("u1"),
        lambda: model.save(tmp_path / "it"),
        lambda: model.save_recommendations(tmp_path / "all.parquet"),
        lambda: model.describe_items({"item": ["i1"]}),
    ]
    for call in calls:
        with pytest.raises(NotFitted, match="call fit first"):
            call()
    assert list(tmp_path.iterdir()) == []


@recommenders
def test_another_fit_forgets_the_one_before(kind: type) -> None:
    model = MADE[kind.__name__].make().fit(random_interactions())
    model.describe_items({"item": ["i1"]})
    model.recommend("u1")
    model.similar_items("i1")
    model.similar_users("u1")
    board = [(user, item) for user in "abcdef" for item in "uvwxyz" if (ord(user) + ord(item)) % 2]
    model.fit(board)
    assert model.item_table_ is None
    assert set(model.recommend("a", 6, exclude_seen=False).item_keys) == set("uvwxyz")
    assert {found.item for found in model.recommend("a", 6)["a"]} == set("uvwxyz") - set(
        items_of(model.interactions_, 0)
    )
    assert set(model.similar_items("u", 5).keys) == set("vwxyz")
    assert set(model.similar_users("a", 5).keys) == set("bcdef")


@recommenders
@pytest.mark.parametrize("asked", [[0, 1], None, ["u1"], 1.5])
def test_explain_takes_one_user_and_one_item(kind: type, asked: Any) -> None:
    model = MADE[kind.__name__].make().fit(random_interactions())
    for what, call in (
        ("user", lambda: model.explain(asked, "i1")),
        ("item", lambda: model.explain("u1", asked)),
    ):
        with pytest.raises(ParameterError, match=rf"is no {what}; keys are text or whole numbers"):
            call()


@recommenders
def test_parameters_set_after_the_fit_change_nothing_that_was_learned(kind: type, tmp_path: Path) -> None:
    """New users are folded in as the fit was made; a saved model keeps its settings too."""
    model = MADE[kind.__name__].make().fit(random_interactions())
    chosen = list(model.interactions_.items[:3])
    before = model.recommend_for(chosen, k=4)
    others = {"dim": 9, "regularization": 7.0, "alpha": 3.0, "learning_rate": 0.5, "seed": 12}
    model.set_params(**{name: value for name, value in others.items() if name in model.parameter_names()})
    np.testing.assert_array_equal(model.recommend_for(chosen, k=4).scores, before.scores)
    model.save(tmp_path / "saved")
    np.testing.assert_array_equal(
        nearer.recommender(tmp_path / "saved").recommend_for(chosen, k=4).scores, before.scores
    )


@recommenders
@pytest.mark.parametrize(
    ("weights", "error", "said"),
    [
        (5, ParameterError, "weights=5 is no list of numbers; give one for each item"),
        ("ab", ParameterError, "weights='ab' is no list"),
        ([3e38, 3e38], InputError, "add up to more than a float32 holds; give the item once"),
    ],
)
def test_weights_that_are_none_are_one_line(
    kind: type, weights: Any, error: type[Exception], said: str
) -> None:
    model = fitted(kind)
    with pytest.raises(error, match=said):
        model.recommend_for([model.interactions_.items[0]] * 2, k=2, weights=weights)
