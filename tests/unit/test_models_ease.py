"""EASE: what it refuses before it starts, and what it says of itself."""

from __future__ import annotations

import numpy as np
import pytest

from nearer import EASE
from nearer.errors import InputError, ParameterError, UnknownKey
from nearer.models.sizes import free_memory

ROWS = [("ann", "tea"), ("ann", "milk"), ("bob", "milk"), ("bob", "tea"), ("cy", "rum"), ("cy", "milk")]


def test_a_matrix_without_room_is_refused_before_it_is_made() -> None:
    with pytest.raises(InputError, match=r"the weights of 3 items take 0\.0 GB of 0\.0 GB; keep fewer items"):
        EASE(memory=107).fit(ROWS)
    assert EASE(memory=108).fit(ROWS).report_.matrix_bytes == 36
    assert free_memory() > 1_000_000


def test_parameters_and_keys_that_are_none_are_named() -> None:
    with pytest.raises(ParameterError, match="regularization=0"):
        EASE(regularization=0).fit(ROWS)
    with pytest.raises(ParameterError, match="memory='much' is no size"):
        EASE(memory="much").fit(ROWS)
    model = EASE(regularization=1.0).fit(ROWS)
    with pytest.raises(UnknownKey, match="no item is called 'teas'; did you mean 'tea'"):
        model.similar_items("teas")
    with pytest.raises(ParameterError, match="k=0"):
        model.similar_items("tea", 0)


def test_similar_is_who_and_what_goes_together() -> None:
    model = EASE(regularization=1.0).fit(ROWS)
    assert model.similar_items("tea", 1).keys == ["milk"]
    assert model.similar_users("ann", 2).keys == ["bob", "cy"]
    assert model.similar_users("ann", 1).scores == pytest.approx([1.0])


def test_singular_equations_are_named() -> None:
    rows = [(f"u{user}", f"i{item}", 1e18) for user in range(3) for item in range(3)]
    with pytest.raises(InputError, match="regularization=1e-30 is too small: the equations are singular"):
        EASE(regularization=1e-30).fit(rows)


def test_the_identity_is_that_of_the_weights() -> None:
    one, two = EASE(regularization=1.0).fit(ROWS), EASE(regularization=1.0).fit(ROWS)
    assert one.identity_ == two.identity_ != EASE(regularization=2.0).fit(ROWS).identity_
    np.testing.assert_array_equal(one.weights_, two.weights_)


def test_weights_that_overflow_are_named() -> None:
    rows = [("a", "x", 1e30), ("a", "y", 1e30), ("b", "x", 1.0)]
    with pytest.raises(InputError, match="the equations overflow single precision; scale the weights down"):
        EASE(regularization=1.0).fit(rows)
