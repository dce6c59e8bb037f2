"""Bags of many documents are those of each document alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nearer.kernels.text import WordCounter, merge_counters
from nearer.kernels.words import LINE_START
from nearer.signal.bags import Bags, read_bags

TEXT = st.text(
    st.one_of(
        st.sampled_from(" \n\r\t\x0b\x0c\x85\u2028xXab\u0301\u0345ß\u0130\u4e00'-\u200d"),
        st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"),
    ),
    max_size=30,
)


def words_of(bags: Bags) -> list[list[str]]:
    return [
        [bags.words[place] for place in bags.tokens[begin:end]]
        for begin, end in zip(bags.offsets, bags.offsets[1:], strict=False)
    ]


def alone(text: str, tokenizer: str) -> list[str]:
    """The words of one text, read by itself."""
    counter = WordCounter()
    outcome = counter.read_block(text.encode(), tokenizer, line_start=True)  # type: ignore[arg-type]
    assert isinstance(outcome, tuple)
    merged = merge_counters([counter], 1, None)
    return [merged.words[place] for place in merged.ids[0][outcome[0] & ~LINE_START]]


@given(st.lists(TEXT, max_size=8), st.sampled_from(["words", "whitespace"]))
def test_texts_are_read_as_each_alone(texts: list[str], tokenizer: str) -> None:
    bags = read_bags(texts, tokenizer)  # type: ignore[arg-type]
    assert words_of(bags) == [alone(text, tokenizer) for text in texts]
    assert len(bags.words) == len(set(bags.words))


@given(st.lists(st.lists(TEXT, max_size=5), max_size=6))
def test_tokens_are_taken_as_they_are(documents: list[list[str]]) -> None:
    assert words_of(read_bags(documents)) == documents


@given(st.lists(TEXT, max_size=6))
def test_a_callable_splits_texts(texts: list[str]) -> None:
    assert words_of(read_bags(texts, str.split)) == [text.split() for text in texts]
    assert np.array_equal(
        read_bags(texts, str.split).offsets, read_bags([text.split() for text in texts]).offsets
    )
