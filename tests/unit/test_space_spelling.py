"""Nearest spellings."""

import time

import numpy as np
import pytest

from nearer import Space
from nearer.errors import UnknownKey
from nearer.space.spelling import edit_distance, nearest_spellings

WORDS = {
    word: row for row, word in enumerate(["lion", "line", "Paris", "new_york", "computer", "compute", "ß"])
}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("Lion", "lion"),
        ("LION", "lion"),
        ("paris", "Paris"),
        (" lion ", "lion"),
        ("new york", "new_york"),
        ("compuetr", "computer"),
        ("comptue", "compute"),
        ("lon", "lion"),
    ],
)
def test_first_offer(key, expected):
    assert nearest_spellings(key, WORDS)[0] == expected


def test_nothing_is_offered_for_what_is_far():
    assert nearest_spellings("zzzzqqqq", WORDS) == []
    assert nearest_spellings("lion", {}) == []
    assert nearest_spellings("x" * 10_000, WORDS) == []


def test_distances():
    cases = {
        ("", ""): 0,
        ("a", ""): 1,
        ("ab", "ba"): 1,
        ("kitten", "sitting"): 3,
        ("ca", "abc"): 3,
        ("a", "b"): 1,
    }
    assert {pair: edit_distance(*pair) for pair in cases} == cases


def test_offers_come_fast_in_a_large_space():
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnop"))
    keys = {"".join(letters[rng.integers(0, 16, size)]) for size in rng.integers(3, 12, 150_000)}
    space = Space([*sorted(keys), "similarity"], np.ones((len(keys) + 1, 1)))
    started = time.perf_counter()
    with pytest.raises(UnknownKey, match="did you mean 'similarity'"):
        space["similarty"]
    assert time.perf_counter() - started < 2  # about 0.1 s on a quiet machine
