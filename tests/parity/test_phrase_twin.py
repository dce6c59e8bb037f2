"""Phrases are those that the slow twin finds, scored and joined the same, on any number of threads."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phrase_twin import twin_join, twin_phrases

from nearer import Phrases

WORDS = ["new", "york", "city", "united", "states", "of", "the", "bank", "a", "x"]
LINES = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), min_size=1, max_size=30)


def text(tokens: int, seed: int = 0) -> list[list[str]]:
    """Lines of some 40 words of a skewed vocabulary, among them phrases of two to five words."""
    source = random.Random(seed)
    names = [*WORDS, *(f"w{i}" for i in range(290))]
    phrases = [[f"p{i}{part}" for part in "abcd"[: 2 + i % 3]] for i in range(30)]
    for phrase in phrases[::3]:
        phrase.insert(1, "of")
    words: list[str] = []
    while len(words) < tokens:
        common = source.choices(names, [1 / (i + 1) for i in range(300)])
        words += source.choice(phrases) if source.random() < 0.1 else common
    return [words[i : i + 40] for i in range(0, len(words), 40)]


@pytest.mark.parametrize(("score", "threshold"), [("mikolov", 2.0), ("npmi", 0.05)])
@pytest.mark.parametrize("connectors", [(), ("of", "the", "a")])
@settings(deadline=None, max_examples=40)
@given(lines=LINES, threads=st.integers(1, 4))
def test_any_text(score, threshold, connectors, lines, threads):
    model = Phrases(score=score, threshold=threshold, min_count=1, exclude=connectors, threads=threads).fit(
        lines
    )
    expected = twin_phrases(lines, score, threshold, 1, connectors)
    assert {phrase.parts: phrase.count for phrase in model.phrases_} == {
        pair: count for pair, (count, _) in expected.items()
    }
    for phrase in model.phrases_:
        assert phrase.score == pytest.approx(expected[phrase.parts][1], rel=1e-12, abs=1e-12)
    assert model.transform(lines) == [twin_join(line, expected, connectors, "_") for line in lines]


@pytest.mark.parametrize("connectors", [(), ("of", "the", "a")])
@pytest.mark.parametrize("threads", [1, 3])
def test_several_passes_over_a_longer_text(connectors, threads):
    lines = text(20_000)
    model = Phrases(threshold=5.0, passes=2, exclude=connectors, threads=threads).fit(lines)
    for in_pass in (1, 2):
        expected = twin_phrases(lines, "mikolov", 5.0, 5, connectors)
        found = {phrase.parts: phrase.count for phrase in model.phrases_ if phrase.in_pass == in_pass}
        assert found == {pair: count for pair, (count, _) in expected.items()}
        assert found
        lines = [twin_join(line, expected, connectors, "_") for line in lines]
    assert model.transform(text(20_000)) == lines


def test_one_line_is_cut_among_threads_without_a_trace():
    line = [word for words in text(30_000) for word in words]
    one, four = (Phrases(threshold=5.0, threads=threads).fit([line]) for threads in (1, 4))
    assert one.phrases_ == four.phrases_
    assert one.transform([line]) == four.transform([line])
    assert len(one.transform([line])[0]) < len(line)
