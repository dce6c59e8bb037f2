"""The encoder of words by their n-grams: means of rows, unseen words, identity."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from nearer.encoders import Subword
from nearer.errors import InputError, ParameterError, UnknownKey
from nearer.kernels.subwords import cut_ngrams, mean_rows

WORDS = ["lion", "zebra"]
TOUCHED = np.array([7, 3, 11, 0], dtype=np.uint32)


def rows(n: int, dim: int = 5) -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(size=(n, dim)).astype(np.float32)


def partial() -> Subword:
    """An encoder with rows for four buckets of twelve."""
    return Subword(WORDS, rows(6), min_n=3, max_n=4, buckets=12, touched=TOUCHED)


def whole() -> Subword:
    """The same encoder with a row for every bucket, zeros where the other has none."""
    table = np.zeros((2 + 12, 5), dtype=np.float32)
    table[:2] = rows(6)[:2]
    table[2 + TOUCHED.astype(int)] = rows(6)[2:]
    return Subword(WORDS, table, min_n=3, max_n=4, buckets=12)


def slow(encoder: Subword, word: str) -> NDArray[np.float32]:
    """The mean over all rows of a word, those that are missing counted as zeros, in single precision."""
    _, buckets = cut_ngrams([word], encoder.min_n, encoder.max_n, encoder.buckets)
    place = {int(bucket): row + len(WORDS) for row, bucket in enumerate(TOUCHED.tolist())}
    own = [encoder.rows[WORDS.index(word)]] if word in WORDS else []
    parts = [*own, *(encoder.rows[place[b]] for b in buckets.tolist() if b in place)]
    total = np.zeros(encoder.dim, dtype=np.float32)
    for part in parts:
        total += part
    return total * np.float32(1 / (len(own) + len(buckets)))


def test_a_word_is_the_mean_of_its_rows_and_a_missing_row_is_zero() -> None:
    words = ["lion", "lioness", "zebra", "lions"]
    expected = np.stack([slow(partial(), word) for word in words])
    assert np.array_equal(partial().encode(words), expected)
    assert np.array_equal(whole().encode(words), expected)


def test_identity_is_of_the_vectors_not_of_how_rows_are_kept() -> None:
    assert partial().identity == whole().identity
    table = np.eye(9, 5, dtype=np.float32)
    small = Subword(["ab", "ba"], table, min_n=2, max_n=3, buckets=7)  # changes where pooling does, too
    assert small.identity == "3836d728fd230cf197711762550494d21e966ca8b57cad95f2e51ba440aa67a3"


@pytest.mark.parametrize(
    "changed",
    [
        {"min_n": 2},
        {"max_n": 5},
        {"buckets": 13},
        {"rows": rows(6) * 2},
        {"words": ["lion", "zebrA"]},
        {"touched": np.array([7, 3, 11, 1], dtype=np.uint32)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_identity_changes_with_everything_that_decides_a_vector(changed: dict[str, object]) -> None:
    settings = {"words": WORDS, "rows": rows(6), "min_n": 3, "max_n": 4, "buckets": 12, "touched": TOUCHED}
    settings |= changed
    other = Subword(settings.pop("words"), settings.pop("rows"), **settings)  # type: ignore[arg-type]
    assert other.identity != partial().identity


def test_a_word_of_which_nothing_is_known_is_an_error_that_names_it() -> None:
    message = (
        "'xy' is unknown, and so is every n-gram of it; leave it out: there is nothing to make its vector of"
    )
    encoder = Subword(WORDS, rows(2), min_n=3, max_n=4, buckets=12, touched=np.empty(0, np.uint32))
    with pytest.raises(UnknownKey) as caught:
        encoder.encode(["lion", "xy"])
    assert str(caught.value) == message
    with pytest.raises(UnknownKey, match=r"^'' is unknown"):
        partial().encode([""])


def test_rows_of_zeros_say_nothing_of_a_word_that_has_no_row_of_its_own() -> None:
    values = rows(2 + 12)
    values[1:] = 0.0
    encoder = Subword(WORDS, values, min_n=3, max_n=4, buckets=12)
    with pytest.raises(UnknownKey, match=r"^'lionel' is unknown, and so is every n-gram of it; leave it out"):
        encoder.encode([*WORDS, "lionel", "xy"])
    assert not encoder.encode([WORDS[1]]).any()  # a word it knows, whatever its vector


@pytest.mark.parametrize("item", [3, None, b"lion", "\ud800"])
def test_what_is_no_text_is_named(item: object) -> None:
    with pytest.raises(InputError, match=r"^the item .* is no text; pass strings without lone surrogates$"):
        partial().encode(["lion", item])  # type: ignore[list-item]


def test_a_text_is_the_mean_of_its_words_unit_vectors() -> None:
    texts = ["lion zebra", "a lioness\tand  lion lion", "zebra", " lions\n", "q lion"]
    units = {word: slow(partial(), word) for text in texts for word in text.split()}
    units = {word: unit / np.linalg.norm(unit) for word, unit in units.items() if unit.any()}
    assert not {"a", "q"} & set(units)  # their n-grams have no rows
    expected = [np.mean([units[word] for word in text.split() if word in units], axis=0) for text in texts]
    expected[2] = slow(partial(), "zebra")  # one word alone keeps its length
    for encoder in (partial(), whole()):
        vectors = encoder.encode(texts)
        np.testing.assert_allclose(vectors, np.stack(expected), rtol=1e-5, atol=1e-7)
        for size in (1, 2):
            assert vectors.tobytes() == encoder.encode(texts, batch_size=size).tobytes()


def test_a_word_with_a_blank_and_a_row_of_its_own_is_a_word() -> None:
    joined = Subword(["new york", "lion"], rows(14), min_n=3, max_n=4, buckets=12)
    _, buckets = cut_ngrams(["new york"], 3, 4, 12)
    expected = joined.rows[[0, *(buckets.astype(int) + 2)]].sum(axis=0) / (1 + len(buckets))
    np.testing.assert_allclose(joined.encode(["new york"])[0], expected, rtol=1e-5)


@pytest.mark.parametrize("text", [" ", "\n", "qqqqqq\twwwwww"])
def test_a_text_of_which_nothing_is_known_is_an_error_that_names_it(text: str) -> None:
    encoder = Subword(WORDS, rows(2), min_n=3, max_n=4, buckets=12, touched=np.empty(0, np.uint32))
    with pytest.raises(UnknownKey) as caught:
        encoder.encode(["lion", text])
    assert str(caught.value) == (
        f"{text!r} holds no word of which anything is known; "
        "leave it out: there is nothing to make its vector of"
    )


def test_a_batch_has_a_size() -> None:
    with pytest.raises(ParameterError, match=r"^batch_size=0 is not a whole number from 1 up$"):
        partial().encode(["lion"], batch_size=0)


def test_a_word_that_is_not_utf8_is_cut_by_its_bytes() -> None:
    encoder = Subword(["\\xffab"], rows(13), min_n=3, max_n=4, buckets=12, spellings={"\\xffab": b"\xffab"})
    _, buckets = cut_ngrams([b"\xffab"], 3, 4, 12)
    expected = encoder.rows[[0, *(buckets.astype(int) + 1)]].sum(axis=0) / (1 + len(buckets))
    np.testing.assert_allclose(encoder.encode(["\\xffab"])[0], expected, rtol=1e-5)


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("shift", [0, 1])
def test_means_of_rows_equal_numpy_at_any_byte(threads: int, shift: int) -> None:
    random = np.random.default_rng(3)
    matrix = random.normal(size=(50, 9)).astype(np.float32)
    table = np.frombuffer(b"\0" * shift + matrix.tobytes(), dtype=np.uint8, offset=shift)
    lengths = random.integers(0, 6, 700)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    chosen = random.integers(0, 50, starts[-1])
    found = mean_rows(table, 9, 36, starts, chosen, lengths + 1, threads)
    expected = [matrix[chosen[a:b]].sum(axis=0) / (b - a + 1) for a, b in pairwise(starts)]
    np.testing.assert_allclose(found, np.stack(expected), rtol=1e-5, atol=1e-6)


def test_rows_outside_the_table_are_refused() -> None:
    table, starts, counts = np.zeros(36, np.uint8), np.array([0, 1]), np.array([1])
    for row in (-1, 1):
        with pytest.raises(ParameterError, match=r"^training needs that rows lie in the table$"):
            mean_rows(table, 9, 36, starts, np.array([row]), counts)
