"""Tables of phrases: whatever the words, they come back; whatever the bytes, a table or one of our errors."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nearer import Phrases
from nearer.errors import NearerError
from nearer.models.phrase_files import MARK
from nearer.signal.phrases import Phrase

WORD = st.one_of(
    st.text(min_size=1, max_size=6).filter(lambda word: not any("\ud800" <= c <= "\udfff" for c in word)),
    st.sampled_from(["a b", "\\", "\\t", "\t", "\n", "\r", "\u2028", " ", "\\s"]),
)
SCORE = st.floats(allow_nan=False, allow_infinity=False)
SETTINGS = (
    '{"delimiter": "_", "exclude": ["of"], "min_count": 5, "passes": 1, "score": "npmi", "threshold": 0.1}'
)
GOOD = f"""{MARK} {SETTINGS}
phrase\tparts\tcount\tscore\tpass
bank_of_england\tbank of england\t9\t0.5\t1
new_york\tnew york\t27\t0.25\t1
""".encode()


@pytest.fixture(autouse=True, scope="module")
def no_waiting_for_the_disk():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda handle: None)
        yield


@settings(deadline=None, max_examples=40)
@given(
    parts=st.lists(st.tuples(WORD, WORD), unique=True, max_size=5),
    between=st.lists(WORD, max_size=3),
    score=SCORE,
    count=st.integers(1, 10**15),
    delimiter=st.text(min_size=1, max_size=2).filter(str.isprintable),
)
def test_any_words_come_back(parts, between, score, count, delimiter):
    rows = [
        Phrase(delimiter.join((a, *inside, b)), (a, *inside, b), count, score, 1)
        for a, b in parts
        if not {a, b} & set(between)
        for inside in ((), tuple(between[:1]))[: 1 + bool(between)]
    ]
    model = Phrases(delimiter=delimiter, exclude=between, passes=2)
    model.phrases_ = rows
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "phrases.tsv")
        again = Phrases.load(Path(folder) / "phrases.tsv")
    assert again.phrases_ == rows
    assert (again.delimiter, again.connectors()) == (delimiter, model.connectors())


@settings(deadline=None, max_examples=150)
@given(at=st.integers(0, len(GOOD)), cut=st.integers(0, 12), new=st.binary(max_size=4))
@example(at=0, cut=0, new=b"")
@example(at=len(MARK) + 1, cut=0, new=b"[" * 100_000)
def test_any_change_of_a_good_table(at, cut, new):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "phrases.tsv"
        path.write_bytes(GOOD[:at] + new + GOOD[at + cut :])
        refusal = ""
        try:
            Phrases.load(path).transform([["bank", "of", "england"]])
        except NearerError as error:
            refusal = str(error)
        assert refusal == "" or str(path) in refusal
        assert "\n" not in refusal
