"""Phrases: what counts as one, how text is rewritten, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nearer import Phrases
from nearer.errors import FormatError, InputError, NotFitted, ParameterError
from nearer.kernels.phrases import count_pairs, join_phrases
from nearer.models import phrases as module
from nearer.signal.connectors import ENGLISH
from nearer.signal.corpus import encode_corpus
from nearer.signal.phrases import apply_phrases, restrict_vocabulary

TEXT = ["he moved to new york city", "new york city is in the state of new york", "the bank of england"] * 9


def test_words_that_stand_together_are_a_phrase() -> None:
    model = Phrases(threshold=0.5, exclude="english", threads=1).fit(TEXT)
    best = {phrase.phrase: phrase for phrase in model.phrases_}
    assert best["bank_of_england"].parts == ("bank", "of", "england")
    assert best["bank_of_england"].count == 9
    assert best["new_york"].count == 27
    scores = [phrase.score for phrase in model.phrases_]
    assert scores == sorted(scores, reverse=True)


def test_mikolov_scores_are_the_formula() -> None:
    (phrase,) = (
        Phrases(threshold=0.0, min_count=2, threads=1).fit([["a", "b", "c"], ["a", "b"], ["a", "b"]]).phrases_
    )
    assert phrase.score == (3 - 2) / (3 * 3) * (3 + 2)  # three words and two pairs


def test_npmi_of_words_that_never_part_is_one() -> None:
    model = Phrases(score="npmi", min_count=1, threads=1).fit([["a", "b", "c"], ["a", "b", "d"]])
    assert {phrase.phrase: phrase.score for phrase in model.phrases_}["a_b"] == pytest.approx(1.0)


def test_passes_make_longer_phrases_and_stop_when_none_is_found() -> None:
    lines = [["new", "york", "city"], ["new", "york"], ["city"]] * 20
    model = Phrases(threshold=0.02, passes=9, threads=1).fit(lines)
    assert "new_york_city" in {phrase.phrase for phrase in model.phrases_}
    assert max(phrase.in_pass for phrase in model.phrases_) < 9
    one = Phrases(threshold=0.02, threads=1).fit(lines)
    assert max(len(phrase.parts) for phrase in one.phrases_) == 2
    assert len(model.transform(lines)[0]) < len(one.transform(lines)[0])


def test_transform_keeps_lines_and_joins_from_left_to_right() -> None:
    model = Phrases(threshold=0.0, min_count=1, threads=1).fit([["a", "b", "c"]] * 3)
    assert {phrase.phrase for phrase in model.phrases_} == {"a_b", "b_c"}
    assert model.transform([["a", "b", "c"], [], ["b", "c"], ["a"], ["b"]]) == [
        ["a_b", "c"],
        [],
        ["b_c"],
        ["a"],
        ["b"],
    ]
    assert model.transform(["A b, c", "a\nb"]) == [["a_b", "c"], ["a"], ["b"]]
    assert model.transform([["a", "unknown", "b"]]) == [["a", "unknown", "b"]]


def test_max_vocabulary_keeps_rare_words_out_of_phrases() -> None:
    lines = [["new", "york"]] * 20 + [["rare", "pair"]] * 9
    assert [
        phrase.phrase for phrase in Phrases(threshold=0, max_vocabulary=2, threads=1).fit(lines).phrases_
    ] == ["new_york"]


def test_the_report_counts() -> None:
    report = Phrases(threshold=0.5, threads=1).fit(TEXT).report_
    assert (report.tokens_read, report.distinct) == (sum(len(line.split()) for line in TEXT), 13)
    assert report.phrases > 0
    assert report.items_per_second > 0
    assert len(set(ENGLISH)) == len(ENGLISH)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"score": "npmi", "threshold": 1.5},
            "threshold=1.5 lets no pair through: NPMI is at most 1; choose",
        ),
        ({"threshold": -0.5}, "threshold=-0.5 is below 0, and so would let every pair through; choose"),
        ({"threshold": float("nan")}, "threshold=nan is not allowed"),
        (
            {"threshold": -2},
            "threshold=-2 is not allowed: threshold must be a finite number from -1 up, or None",
        ),
        ({"delimiter": ""}, "delimiter='' is not allowed: delimiter must be a text of one printable"),
        (
            {"exclude": "german"},
            "exclude='german' is not allowed: exclude must be 'english' or a list of words",
        ),
        ({"exclude": ["of", ""]}, "is not allowed: exclude must be"),
        ({"passes": 0}, "passes=0 is not allowed"),
        ({"memory": "much"}, "memory='much' is no size"),
    ],
)
def test_parameters_out_of_range(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Phrases(**parameters).fit(TEXT)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_a_delimiter_inside_words_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "code.txt"
    path.write_text("the foo_bar function\n" * 3)
    with pytest.raises(
        InputError, match=r"code.txt: the word 'foo_bar' holds the delimiter '_' as phrases do; ch"
    ):
        Phrases(tokenizer="whitespace").fit(path)
    assert Phrases(tokenizer="whitespace", delimiter="+", threads=1).fit(path).phrases_ == []


def test_a_delimiter_inside_words_of_text_to_be_joined_is_refused(tmp_path: Path) -> None:
    """A phrase of the text itself, or of text that is joined already, could not be told from ours."""
    model = Phrases(threshold=0.5, exclude="english", threads=1).fit(TEXT)
    joined = model.transform(TEXT)
    assert joined[2] == ["the", "bank_of_england"]
    for text in (joined, [["new_york"], []], [["snake_case"]]):
        with pytest.raises(InputError, match=r"holds the delimiter '_' as phrases do; give text that is not"):
            model.transform(text)
    path = tmp_path / "code.txt"
    path.write_text("new york new_york\n")
    model.save(tmp_path / "phrases.tsv")
    model = Phrases.load(tmp_path / "phrases.tsv").set_params(tokenizer="whitespace")
    with pytest.raises(InputError, match=r"code.txt: the word 'new_york' holds the delimiter '_' as phrases"):
        model.transform(path)
    assert model.set_params(tokenizer="words").transform(path) == [["new_york", "new_york"]]


def test_text_without_words_is_refused() -> None:
    with pytest.raises(InputError, match="no words found in the corpus"):
        Phrases().fit(["", "..."])
    with pytest.raises(InputError, match="the corpus is empty"):
        Phrases().fit([])
    with pytest.raises(NotFitted, match="this Phrases is not fitted, so it has no phrases_; call fit first"):
        Phrases().transform(TEXT)


def test_joined_ids_are_those_of_the_rewritten_text() -> None:
    """Counts fall and rise as if the text had been written with phrases."""
    model = Phrases(threshold=0.5, passes=2, exclude="english", threads=1).fit(TEXT)
    joined = restrict_vocabulary(model.join(encode_corpus(TEXT)), min_count=2)
    again = encode_corpus(model.transform(TEXT), min_count=2)
    assert joined.words == again.words
    np.testing.assert_array_equal(joined.tokens, again.tokens)
    np.testing.assert_array_equal(joined.counts, again.counts)
    fixed = restrict_vocabulary(model.join(encode_corpus(TEXT)), vocabulary=["new_york", "absent", "the"])
    expected = encode_corpus(model.transform(TEXT), vocabulary=["new_york", "absent", "the"])
    np.testing.assert_array_equal(fixed.tokens, expected.tokens)
    np.testing.assert_array_equal(fixed.counts, expected.counts)


def test_phrases_of_unknown_words_change_nothing() -> None:
    encoded = encode_corpus(["a b c"])
    model = Phrases(threshold=0, min_count=1, threads=1).fit([["x", "y"], ["x", "y"]])
    assert model.phrases_
    after = apply_phrases(encoded, model.phrases_, ())
    assert after.words == encoded.words
    np.testing.assert_array_equal(after.tokens, encoded.tokens)


def test_kernels_refuse_what_they_cannot_work_with() -> None:
    tokens, roles = np.array([1, 0], np.uint32), np.zeros(2, np.uint8)
    with pytest.raises(ParameterError, match="min_count is at least 1"):
        count_pairs(tokens, roles, 0, 1)
    for parts, lengths, ids in (([0], [1], [2]), ([0, 5], [2], [2]), ([0, 1], [2], []), ([0, 1], [3], [2])):
        with pytest.raises(ParameterError, match="counting and joining phrases needs that"):
            join_phrases(
                tokens, roles, np.array(parts, np.uint32), np.array(lengths), np.array(ids, np.uint32), 1
            )


def saved(tmp_path: Path) -> Path:
    path = tmp_path / "phrases.tsv"
    Phrases(threshold=0.5, exclude=["of"], threads=1).fit(TEXT).save(path)
    return path


def test_saved_phrases_are_the_same_and_plain_text(tmp_path: Path) -> None:
    model = Phrases(threshold=0.5, passes=2, exclude=["of"], threads=1).fit(TEXT)
    model.save(tmp_path / "phrases.tsv")
    again = Phrases.load(tmp_path / "phrases.tsv")
    assert again.phrases_ == model.phrases_
    assert again.transform(TEXT) == model.transform(TEXT)
    lines = (tmp_path / "phrases.tsv").read_text().split("\n")
    assert lines[1] == "phrase\tparts\tcount\tscore\tpass"
    assert any(line.startswith("bank_of_england\tbank of england\t9\t") for line in lines)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda s: "new york\n" + s,
            "this is no table of phrases: its first line must begin with #nearer-phrases-1",
        ),
        (lambda s: s.replace('{"', "{", 1), "row 1: the settings must be a JSON object"),
        (lambda s: s.replace('"_"', '""', 1), "row 1: the delimiter must be"),
        (lambda s: s.replace('["of"]', "3", 1), "row 1: exclude must be a list of words"),
        (
            lambda s: s.replace("phrase\t", "phrases\t", 1),
            "row 2: the heads must be phrase parts count score pass",
        ),
        (lambda s: s.replace("\t9\t", "\t0\t", 1), "row 3: the count '0' is no whole number from 1 up"),
        (lambda s: s.replace("\t9\t", "\t9.5\t", 1), "row 3: the count '9.5' is no whole number"),
        (lambda s: s.replace("\t9\t", "\t9\tx\t", 1), "row 3: 6 cells, where 5 are expected"),
        (
            lambda s: s.replace("bank_of_", "bank-of-", 1),
            "row 3: the phrase 'bank-of-england' is not its parts",
        ),
        (
            lambda s: s.replace(" of ", " off ", 1).replace("_of_", "_off_", 1),
            "row 3: the words inside a phrase",
        ),
        (lambda s: s[:-1], "the last line has no end: the file is cut short"),
        (lambda s: s + s.split("\n")[2] + "\n", "these parts stand in another row of the same pass"),
        (lambda s: s.replace("\t1\n", "\t0\n", 1), "row 3: the pass '0' is no whole number from 1 up"),
        (
            lambda s: s.replace("bank of england", "bank  england", 1),
            "row 3: the parts 'bank  england' are no two",
        ),
    ],
)
def test_a_broken_table_is_named_by_file_and_row(tmp_path: Path, change, message: str) -> None:  # type: ignore[no-untyped-def]
    path = saved(tmp_path)
    path.write_text(change(path.read_text()))
    with pytest.raises(FormatError) as caught:
        Phrases.load(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_table_may_end_its_lines_with_crlf_and_itself_with_blank_lines(tmp_path: Path) -> None:
    path = saved(tmp_path)
    phrases, table = Phrases.load(path).phrases_, path.read_bytes()
    for changed in (table.replace(b"\n", b"\r\n"), table + b"\n\n", table.replace(b"\n", b"\r\n") + b"\r\n"):
        path.write_bytes(changed)
        assert Phrases.load(path).phrases_ == phrases
    path.write_bytes(table.replace(b"\n", b"\n\n", 3))
    with pytest.raises(FormatError, match="row 2: the heads"):
        Phrases.load(path)


def test_a_table_that_cannot_be_read_tells_what_to_check(tmp_path: Path) -> None:
    for path in (tmp_path / "none.tsv", tmp_path):
        with pytest.raises(InputError, match=r"cannot be read: .*; check the path$"):
            Phrases.load(path)


def test_a_text_to_transform_is_given_as_a_list() -> None:
    model = Phrases(threshold=0.5, threads=1).fit(TEXT)
    for text in ("he went to new york", "he went to new york " * 500):
        with pytest.raises(
            InputError, match=r"directory; to transform the text itself, give a list of strings$"
        ):
            model.transform(text)


def test_a_table_is_replaced_only_when_asked_and_must_exist(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with pytest.raises(OSError, match="already exists"):
        Phrases(threshold=0.5, threads=1).fit(TEXT).save(path)
    with pytest.raises(InputError, match=r"none.tsv: cannot be read: No such file"):
        Phrases.load(tmp_path / "none.tsv")
    with pytest.raises(NotFitted):
        Phrases().save(tmp_path / "new.tsv")


def test_thresholds_by_default_are_those_of_the_score() -> None:
    assert module.THRESHOLDS == {"mikolov": 10.0, "npmi": 0.5}
    assert Phrases(score="npmi").score_threshold() == 0.5
