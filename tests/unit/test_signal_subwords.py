"""N-grams: cut and hashed as fastText does it (pinned from fasttext 0.9.3), and the table of rows."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearer.errors import ParameterError
from nearer.kernels.subwords import cut_ngrams
from nearer.signal.subwords import subword_table

FASTTEXT = {  # word -> buckets of its first n-grams of 3 to 6 characters among 2,000,000, by fasttext 0.9.3
    "lion": [1653460, 1095649, 910621, 819097, 1778699, 679679, 897619, 1475469, 894281, 1449002],
    "straße": [1131652, 64706, 922521, 931, 1748752, 102627, 1121005, 610456, 963910, 733376],
    "日本語": [758587, 4581, 524609, 35559, 928923, 1674355],
    "a": [1087600],
    "": [],
    "naïve café": [1806890, 1907692, 878190, 933201, 1590546, 1719404, 832043, 380497, 356832, 1223007],
    "e\u0301te": [604793, 1967863, 822998, 1756088, 1534065, 902268, 1961062, 36193, 968205, 812388],
    "😀": [870420],
}


def slow_ngrams(word: str, least: int, most: int) -> list[str]:
    marked = f"<{word}>"
    return [
        marked[i : i + n]
        for i in range(len(marked))
        for n in range(least, most + 1)
        if i + n <= len(marked) and not (n == 1 and i in (0, len(marked) - 1))
    ]


def slow_bucket(ngram: str, buckets: int) -> int:
    """FNV-1a over 32 bits, bytes taken as signed."""
    value = 2166136261
    for byte in ngram.encode():
        signed = byte - 256 if byte > 127 else byte
        value = (value ^ (signed & 0xFFFFFFFF)) * 16777619 & 0xFFFFFFFF
    return value % buckets


@pytest.mark.parametrize("word", FASTTEXT)
def test_ngrams_are_those_of_fasttext(word: str) -> None:
    starts, buckets = cut_ngrams([word], 3, 6, 2_000_000)
    assert starts.tolist() == [0, len(buckets)]
    assert buckets.tolist()[: len(FASTTEXT[word])] == FASTTEXT[word]
    assert len(buckets) == len(slow_ngrams(word, 3, 6))


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=5),
    st.integers(0, 4),
    st.integers(0, 5),
    st.integers(1, 2**31 - 1),
)
def test_ngrams_equal_a_slow_twin(words: list[str], least: int, more: int, buckets: int) -> None:
    starts, found = cut_ngrams(words, least, least + more, buckets)
    expected = [
        [slow_bucket(ngram, buckets) for ngram in slow_ngrams(word, max(least, 1), least + more)]
        for word in words
    ]
    assert [found[a:b].tolist() for a, b in pairwise(starts)] == [
        [] if word == "</s>" else cut for word, cut in zip(words, expected, strict=True)
    ]
    assert cut_ngrams([word.encode() for word in words], least, least + more, buckets)[1].tolist() == (
        found.tolist()
    )


def test_the_end_of_a_line_has_no_ngrams() -> None:
    assert len(cut_ngrams(["</s>"], 3, 6, 100)[1]) == 0


@pytest.mark.parametrize(
    ("least", "most", "buckets", "rule"),
    [
        (4, 3, 10, "n-grams run from min_n to max_n, neither below 0"),
        (-1, 3, 10, "n-grams run from min_n to max_n, neither below 0"),
        (1, 3, 0, "n-grams have a bucket"),
    ],
)
def test_a_range_or_buckets_that_cannot_be_are_named(least: int, most: int, buckets: int, rule: str) -> None:
    with pytest.raises(ParameterError, match=f"^training needs that {rule}$"):
        cut_ngrams(["a"], least, most, buckets)


def test_a_hundred_thousand_words_are_cut_in_well_under_a_second() -> None:
    words = [f"wörter{i}" for i in range(100_000)]
    begin = time.process_time()
    subword_table(words, np.ones(len(words), dtype=np.int64), 3, 6, 2_000_000)
    assert time.process_time() - begin < 1.5


def test_a_table_lists_a_word_then_its_ngrams_by_falling_use() -> None:
    words, counts = ["abab", "bab", "zz"], np.array([5, 3, 1])
    table = subword_table(words, counts, 2, 3, 1_000_003)
    uses: Counter[int] = Counter()
    for word, count in zip(words, counts.tolist(), strict=True):
        for ngram in slow_ngrams(word, 2, 3):
            uses[slow_bucket(ngram, 1_000_003)] += count
    assert sorted(table.buckets.tolist()) == sorted(uses)
    frequencies = [uses[bucket] for bucket in table.buckets.tolist()]
    assert frequencies == sorted(frequencies, reverse=True)
    for row, word in enumerate(words):
        own, *ngrams = table.rows[table.starts[row] : table.starts[row + 1]].tolist()
        assert own == row
        assert [int(table.buckets[n - len(words)]) for n in ngrams] == [
            slow_bucket(ngram, 1_000_003) for ngram in slow_ngrams(word, 2, 3)
        ]


def test_words_without_ngrams_have_their_own_row() -> None:
    table = subword_table(["a", "b"], np.array([2, 1]), 5, 6, 10)
    assert table.rows.tolist() == [0, 1]
    assert len(table.buckets) == 0
