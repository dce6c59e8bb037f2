"""Item2Vec: sequences as lines, vectors of users, determinism, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nearer import Interactions, Item2Vec, Word2Vec
from nearer.errors import InputError, ParameterError, UnknownKey

ROWS = [
    (f"u{user}", f"{'ab'[user % 2]}{(user + step) % 5}", 1.0, step) for user in range(40) for step in range(4)
]


def small(**settings: object) -> Item2Vec:
    return Item2Vec(**{"dim": 8, "epochs": 20, "threads": 1, "seed": 1, **settings})  # type: ignore[arg-type]


def test_items_of_one_kind_lie_together() -> None:
    model = small(epochs=60, learning_rate=0.05).fit(ROWS)
    space = model.item_space_
    cosines = space.vectors @ space.vectors.T
    kinds = np.array([key[0] for key in space.keys])
    same = (kinds[:, None] == kinds) & ~np.eye(len(kinds), dtype=bool)
    assert cosines[same].mean() > cosines[kinds[:, None] != kinds].mean() + 0.3
    assert model.recommend("u0", 1)["u0"][0].item[0] == "a"
    assert model.loss_curve_[-1] < model.loss_curve_[0]


def test_it_is_the_word_engine_on_lines_of_items(tmp_path: Path) -> None:
    """The same bits as Word2Vec on the same sequences, when its vocabulary is in the same order."""
    counts = [5, 4, 3, 2, 1]
    lines = [[f"i{item}" for item, count in enumerate(counts) if user < count] for user in range(5)]
    rows = [
        (f"u{user}", item, 1.0, place) for user, line in enumerate(lines) for place, item in enumerate(line)
    ]
    model = small(epochs=3, window=5).fit(Interactions.read(rows, items=[f"i{item}" for item in range(5)]))
    text = Word2Vec(
        8, epochs=3, threads=1, seed=1, min_count=1, subsample=0.0, window=5, tokenizer="whitespace"
    ).fit(lines)
    assert text.space_.keys == [f"i{item}" for item in range(5)]
    lengths = np.linalg.norm(text.space_.vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(model.item_space_.vectors, text.space_.vectors / lengths, atol=1e-6)


def test_users_are_the_mean_of_their_items_by_weight() -> None:
    data = Interactions.read([("u", "a", 3.0), ("u", "b", 1.0), ("v", "a", 1.0), ("v", "b", 1.0)])
    model = small(epochs=2).fit(data)
    a, b = model.item_space_["a"], model.item_space_["b"]
    np.testing.assert_allclose(model.user_space_["u"], (3 * a + b) / 4, atol=1e-6)
    assert model.user_space_.identity == model.item_space_.identity == model.space_.identity
    np.testing.assert_allclose(np.linalg.norm(model.item_space_.vectors, axis=1), 1.0, atol=1e-6)


def test_time_orders_what_a_user_chose() -> None:
    turned = [(user, item, weight, -time) for user, item, weight, time in ROWS]
    forward, back = small(window=1).fit(ROWS), small(window=1).fit(turned)
    assert list(forward.interactions_.indices) != list(back.interactions_.indices)


def test_the_same_seed_gives_the_same_bits_and_epochs_go_on() -> None:
    one, two = small().fit(ROWS), small().fit(ROWS)
    np.testing.assert_array_equal(one.space_.vectors, two.space_.vectors)
    one.fit(ROWS)
    assert one.report_.epochs == 40
    one.fit([("x", "p"), ("x", "q"), ("y", "q"), ("y", "p")])
    assert one.report_.epochs == 20
    assert list(one.space_.keys) == ["p", "q"]


def test_what_cannot_be_learned_from_is_one_line() -> None:
    with pytest.raises(InputError, match="no user has two items, so none has a neighbour to learn from"):
        small().fit([("u", "a"), ("v", "b")])
    with pytest.raises(UnknownKey, match="zebra"):
        small(epochs=1).fit(ROWS).encode(["zebra"])


def test_a_fit_that_diverged_leaves_the_last_one_whole() -> None:
    model = small(epochs=2).fit([("x", "p"), ("x", "q"), ("y", "q"), ("y", "p")])
    first, data = model.space_, model.interactions_
    with pytest.raises(ParameterError, match="diverged"):
        model.set_params(learning_rate=1e30).fit(ROWS)
    assert model.space_ is first
    assert model.interactions_ is data
    assert model.recommend("x", 1, exclude_seen=False)["x"][0].item in {"p", "q"}
