"""Both tokenisers, the encoding and the check of UTF-8 against definitions in Python, on hostile text."""

from __future__ import annotations

import tempfile
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nearer.data import text as data_text
from nearer.errors import InputError
from nearer.kernels.text import UNICODE_VERSION, TextFault, WordCounter
from nearer.kernels.words import LINE_START
from nearer.signal import EncodedCorpus, encode_corpus

SAME_UNICODE = unicodedata.unidata_version == UNICODE_VERSION
Lines = list[list[str]]


def comparable(char: str) -> bool:
    """Whether this Python's Unicode is sure to treat `char` as the tokeniser's does."""
    old = unicodedata.ucd_3_2_0
    return SAME_UNICODE or (old.category(char) == unicodedata.category(char) != "Cn")


characters = st.one_of(
    st.sampled_from("aA bB\n\n\t\r.,-'0é İΣßǅ\u0301\ufeff\u2028\x85\x1c\xa0\u3000٣Ⅷ²我😀"),
    st.characters(exclude_categories=("Cs",), exclude_characters="\0").filter(comparable),
)
texts = st.lists(characters, max_size=120).map("".join)


def is_word(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] in "LM" or category == "Nd"


def words_of(line: str) -> list[str]:
    """Runs of letters, marks and decimal digits, each lower-cased on its own."""
    return "".join(char.lower()[0] if is_word(char) else " " for char in line).split(" ")


def expected_lines(text: str, tokenizer: str) -> Lines:
    """What the tokeniser is documented to make of `text`; lines without tokens are left out."""
    split = words_of if tokenizer == "words" else str.split
    lines = ([token for token in split(line) if token] for line in text.split("\n"))
    return [line for line in lines if line]


def decoded(corpus: EncodedCorpus) -> Lines:
    """The encoded corpus as lines of words."""
    lines: Lines = []
    for token in corpus.tokens:
        if token & LINE_START:
            lines.append([])
        lines[-1].append(corpus.words[token & ~LINE_START])
    return lines


def encoded_file(text: str, block_bytes: int = 4 << 20, **parameters: object) -> EncodedCorpus:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_text, "BLOCK_BYTES", block_bytes)
        path = Path(folder) / "corpus.txt"
        path.write_bytes(text.encode())
        return encode_corpus(path, **parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize("tokenizer", ["words", "whitespace"])
@given(text=texts, block_bytes=st.sampled_from([1, 4, 11, 4 << 20]), threads=st.sampled_from([1, 3]))
@example(text="a\n          b", block_bytes=1, threads=1)  # a block of white space alone, between two lines
@settings(max_examples=150, deadline=None)
def test_decoding_the_encoded_gives_the_tokens_back(
    tokenizer: str, text: str, block_bytes: int, threads: int
) -> None:
    expected = expected_lines(text.removeprefix("\ufeff"), tokenizer)
    if not expected:
        with pytest.raises(InputError, match=r"no words found|the file is empty"):
            encoded_file(text, block_bytes, tokenizer=tokenizer, threads=threads)
        return
    corpus = encoded_file(text, block_bytes, tokenizer=tokenizer, threads=threads)
    counts = Counter(token for line in expected for token in line)
    assert decoded(corpus) == expected
    assert dict(zip(corpus.words, corpus.counts.tolist(), strict=True)) == counts
    assert corpus.words == sorted(counts, key=lambda word: (-counts[word], word.encode()))
    assert (corpus.tokens_read, corpus.distinct) == (counts.total(), len(counts))


@given(text=texts, block_bytes=st.sampled_from([1, 4, 11, 4 << 20]))
@settings(max_examples=100, deadline=None)
def test_a_callable_that_splits_is_as_good_as_whitespace(text: str, block_bytes: int) -> None:
    expected = expected_lines(text.removeprefix("\ufeff"), "whitespace")
    if expected:
        assert decoded(encoded_file(text, block_bytes, tokenizer=str.split, threads=2)) == expected


@pytest.mark.parametrize("tokenizer", ["words", "whitespace"])
@given(lines=st.lists(texts, min_size=1, max_size=8))
@settings(max_examples=50, deadline=None)
def test_strings_are_read_as_a_file_of_them_is(tokenizer: str, lines: list[str]) -> None:
    expected = expected_lines("\n".join(lines), tokenizer)
    if expected:
        assert decoded(encode_corpus(lines, tokenizer=tokenizer, threads=2)) == expected  # type: ignore[arg-type]


@given(
    lines=st.lists(
        st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=6), max_size=6)
    ).filter(any)
)
@settings(max_examples=50, deadline=None)
def test_ready_made_tokens_are_kept_as_they_are(lines: Lines) -> None:
    assert decoded(encode_corpus(lines)) == [line for line in lines if line]


@given(
    lines=st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=9), min_size=1, max_size=30),
    min_count=st.integers(1, 5),
    most=st.none() | st.integers(2, 4),
)
@settings(max_examples=100, deadline=None)
def test_dropped_words_vanish_and_line_starts_move_on(lines: Lines, min_count: int, most: int | None) -> None:
    counts = Counter(token for line in lines for token in line)
    kept = sorted((w for w in counts if counts[w] >= min_count), key=lambda word: (-counts[word], word))[
        :most
    ]
    corpus = encode_corpus(lines, min_count=min_count, max_vocabulary=most)
    assert corpus.words == kept
    assert corpus.counts.tolist() == [counts[word] for word in kept]
    assert decoded(corpus) == [part for line in lines if (part := [t for t in line if t in kept])]
    assert corpus.distinct == len(counts)


@given(lines=st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=9), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_a_given_vocabulary_keeps_its_ids(lines: Lines) -> None:
    vocabulary = ["f", "never seen", "b", "a"]
    corpus = encode_corpus(lines, vocabulary=vocabulary, max_vocabulary=2, min_count=9)
    counts = Counter(token for line in lines for token in line)
    assert corpus.words == vocabulary
    assert corpus.counts.tolist() == [counts[word] for word in vocabulary]
    assert decoded(corpus) == [part for line in lines if (part := [t for t in line if t in vocabulary])]


def first_fault(data: bytes) -> TextFault | None:
    """The first byte that is NUL or no UTF-8, as Python's decoder finds it."""
    try:
        data.decode()
        wrong = len(data)
    except UnicodeDecodeError as error:
        wrong = error.start
    nul = data.find(b"\0")
    if 0 <= nul < wrong:
        return TextFault("NUL", nul)
    return TextFault("UTF-8", wrong) if wrong < len(data) else None


fragments = st.one_of(
    st.binary(max_size=6),
    st.text(max_size=6).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [b"plain ascii text ", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\0"]
    ),
)


@given(data=st.lists(fragments, max_size=8).map(b"".join), whitespace=st.booleans())
@settings(max_examples=400, deadline=None)
def test_utf8_is_checked_as_python_checks_it(data: bytes, whitespace: bool) -> None:
    counter = WordCounter()
    outcome = counter.read_block(data, "whitespace" if whitespace else "words", True)
    fault = first_fault(data)
    if fault is None:
        assert isinstance(outcome, tuple)
    else:
        assert outcome == fault
        assert len(counter) == 0


def test_every_code_point_is_treated_as_documented() -> None:
    every = (chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000)
    codes = [char for char in every if char != "\n" and comparable(char)]
    assert len(codes) > 90_000
    for tokenizer, split in (("words", words_of), ("whitespace", str.split)):
        corpus = encode_corpus([f"x{char}y" for char in codes], tokenizer=tokenizer)  # type: ignore[arg-type]
        assert decoded(corpus) == [[t for t in split(f"x{char}y") if t] for char in codes]


def test_counts_do_not_depend_on_threads_or_blocks() -> None:
    random = np.random.default_rng(0)
    text = "\n".join(" ".join(f"w{i}" for i in random.zipf(1.5, 30)) for _ in range(300))
    first = encoded_file(text)
    for threads in (1, 2, 5):
        for block_bytes in (7, 100, 4_096):
            other = encoded_file(text, block_bytes, threads=threads)
            assert other.words == first.words
            assert (other.tokens == first.tokens).all()
